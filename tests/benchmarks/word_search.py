"""Word search by three libraries on the same terms: SQLite's FTS5, tantivy and bm25s. Left out: what is found, which
`tests/test_stores.py` compares with the reference.

    python -m tests.benchmarks.word_search DATA [--passages 200000] [--json FILE]

Passages are pieces of 110 words of `docs-fr` and `docs-en`, analysed by `index/words.py`; when they run out they are
repeated with a third of the terms changed, others in each copy. A search asks for the 100 best of six terms of a
passage. "One more": one passage is added so that it can be found, by whatever the library offers for that.
"""

from __future__ import annotations

import argparse
import json
import random
import sqlite3
import statistics
import tempfile
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from index.stores.generations import take_over
from index.stores.word_index import WordIndex, WordWriter
from index.types import Article, Filters
from index.words import passage_terms
from tests.benchmarks.speed import seconds

_SEARCHES = 200
_TERMS = 6
_BEST = 100


def passages(data: Path) -> Iterator[list[str]]:
    """Terms of passages, without end."""
    real = []
    for language in ("fr", "en"):
        for line in (data / f"docs-{language}" / "corpus.jsonl").open(encoding="utf-8"):
            words = json.loads(line)["text"].split()
            real += [passage_terms(" ".join(words[at : at + 110]), language) for at in range(0, len(words), 110)]
    yield from real
    copy = 1
    while True:
        for terms in real:
            yield [f"{term}{copy % 7}" if (len(term) + ord(term[0]) + copy) % 3 == 0 else term for term in terms]
        copy += 1


class Fts5:
    def __init__(self, folder: Path) -> None:
        self._db = sqlite3.connect(folder / "words.sqlite", isolation_level=None)
        self._db.executescript("pragma journal_mode = off; pragma synchronous = off;")
        self._db.execute("create virtual table words using fts5 (terms, detail = none, content = '')")

    def build(self, texts: list[list[str]]) -> None:
        self._db.execute("begin")
        self._db.executemany("insert into words (terms) values (?)", ((" ".join(terms),) for terms in texts))
        self._db.execute("commit")

    def search(self, terms: list[str]) -> None:
        asked = " OR ".join(f'"{term}"' for term in terms)
        self._db.execute(
            "select rowid from words where words match ? order by bm25(words) limit ?", [asked, _BEST]
        ).fetchall()

    def one_more(self) -> None:
        self._db.execute("insert into words (terms) values ('zyxwvut')")


class Tantivy:
    """As the store uses it: the new passage goes into a copy that shares the old one's files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "tantivy"
        self._folder.mkdir()

    def build(self, texts: list[list[str]]) -> None:
        writer, article = WordWriter(self._folder), Article("a", "", "", "fr")
        for number, terms in enumerate(texts):
            writer.add(number, article, number, terms)
        writer.commit()
        self._words = WordIndex(self._folder)

    def search(self, terms: list[str]) -> None:
        self._words.search(terms, _BEST, Filters())

    def one_more(self) -> None:
        copy = self._folder.with_name("next")
        copy.mkdir()
        for file in self._folder.iterdir():
            take_over(file, copy / file.name)
        writer = WordWriter(copy)
        writer.add(10**9, Article("b", "", "", "fr"), 10**9, ["zyxwvut"])
        writer.commit()
        assert WordIndex(copy).search(["zyxwvut"], 1, Filters())


class Bm25s:
    """Scores are made when it is built, so that one more passage means building it anew."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "bm25s"

    def build(self, texts: list[list[str]]) -> None:
        import bm25s

        self._texts = texts
        made = bm25s.BM25()
        made.index(texts, show_progress=False)
        made.save(str(self._folder))
        self._index = bm25s.BM25.load(str(self._folder), mmap=True)

    def search(self, terms: list[str]) -> None:
        self._index.retrieve([terms], k=_BEST, show_progress=False)

    def one_more(self) -> None:
        self.build([*self._texts, ["zyxwvut"]])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--passages", type=int, default=200_000)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    texts = list(islice(passages(given.data), given.passages))
    chance, rows = random.Random(1), []
    long = [terms for terms in texts if len(set(terms)) > 30]
    asked = [chance.sample(sorted(set(chance.choice(long))), _TERMS) for _ in range(_SEARCHES)]
    for name, make in (("FTS5", Fts5), ("tantivy", Tantivy), ("bm25s", Bm25s)):
        with tempfile.TemporaryDirectory() as temporary:
            engine: Any = make(Path(temporary))
            built = seconds(engine.build, texts)
            size = sum(path.stat().st_size for path in Path(temporary).rglob("*") if path.is_file())
            times = sorted(seconds(engine.search, terms) * 1e3 for terms in asked)
            rows.append(
                {
                    "library": name,
                    "passages": len(texts),
                    "build_seconds": round(built, 1),
                    "bytes_a_passage": round(size / len(texts)),
                    "search_ms_p50": round(statistics.median(times), 2),
                    "search_ms_p95": round(times[int(0.95 * len(times))], 2),
                    "one_more_seconds": round(seconds(engine.one_more), 3),
                }
            )
        print(json.dumps(rows[-1]), flush=True)
    if given.json:
        given.json.write_text(json.dumps(rows, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
