"""Words → passages, in tantivy: BM25 over terms that `words.py` made, filters applied inside. Left out:
analysing text, which is the same for every store.

Files of tantivy never change once written, so generations share them (`generations.py`). What removes
a passage is written beside it; until tantivy merges its segments, such passages still count in the
weights of terms.
"""

from __future__ import annotations

import hashlib
import logging
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import tantivy
from tantivy import Occur, Query

from index.types import Article, Filters

logger = logging.getLogger(__name__)

_HEAP_BYTES: Final = 32_000_000

_FETCHED: Final = 4
"""Times as many passages are fetched as are asked for: of a million, 51 take 2.7 ms and 204 take 3.0, and searching
once more, where equal ones stand at the cut, takes all of it again."""

_LABELS: Final = ("source", "tag", "language", "article_id")


@contextmanager
def _damage_told() -> Iterator[None]:
    """tantivy reports damage as ValueError, or by a panic of its Rust code, which is no Exception: both
    become RuntimeError, which the store translates."""
    try:
        yield
    except BaseException as error:
        if isinstance(error, (ValueError, OSError)) or type(error).__name__ == "PanicException":
            raise RuntimeError("the words of the index cannot be read or written") from error
        raise


@contextmanager
def _links_to(folder: Path) -> Iterator[Path]:
    """A folder of links to the files: tantivy locks the folder it opens, by a file, and a published one may
    not be ours to write to."""
    links = Path(tempfile.mkdtemp(prefix="loccit-words-"))
    try:
        for file in folder.iterdir():
            (links / file.name).symlink_to(file.absolute())
        yield links
    finally:
        if not remove_words(links):
            logger.info("The folder %s could not be removed.", links)


def remove_words(folder: Path) -> bool:
    """Whether the folder is gone: a thread of tantivy's may lock it once more while it is removed."""
    for _ in range(100):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return True
        time.sleep(0.01)
    return False


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("terms", tokenizer_name="whitespace", index_option="freq")
    builder.add_text_field("labels", tokenizer_name="raw", index_option="basic")
    builder.add_integer_field("published", fast=True)
    builder.add_integer_field("article", indexed=True)
    builder.add_integer_field("passage", fast=True)
    return builder.build()


def _label(kind: str, value: str) -> str:
    """A filter's value as a term of fixed length, whatever stands in it. Source and tags compare without
    case."""
    value = value.casefold() if kind in ("source", "tag") else value
    return hashlib.blake2b(f"{kind}\0{value}".encode(), digest_size=8).hexdigest()


def _day(date: str) -> int:
    return int(date.replace("-", ""))


def _labels_of(article: Article) -> list[str]:
    """What the filters find an article by."""
    source = [] if article.source is None else [_label("source", article.source)]
    tags = sorted({_label("tag", tag) for tag in article.tags})
    return [*source, *tags, _label("language", article.language), _label("article_id", article.id)]


class WordIndex:
    """The words of one generation, open for reading; safe to share between threads."""

    def __init__(self, folder: Path) -> None:
        """Raises RuntimeError if the files are damaged."""
        with _damage_told(), _links_to(folder) as links:
            index = tantivy.Index.open(str(links))
            index.config_reader("manual")  # a published generation never changes: nothing to watch
            index.reload()
            self._schema, self._searcher = index.schema, index.searcher()
        self.passages = self._searcher.num_docs

    def search(self, terms: Sequence[str], k: int, only: Filters) -> list[tuple[int, float]]:
        """The k passages with the highest BM25 that hold a term: ids and weights, best first. Of equal
        weights the smaller ids come first, at the cut too."""
        if not terms or not self.passages or k < 1:
            return []
        query, fetched = self._query(terms, only), _FETCHED * k
        with _damage_told():
            hits = self._searcher.search(query, fetched, count=False).hits
            # A tie that the cut goes through is fetched whole.
            while len(hits) == fetched and hits[-1][0] == hits[k - 1][0]:
                fetched *= _FETCHED
                hits = self._searcher.search(query, fetched, count=False).hits
            cut = min((score for score, _ in hits[:k]), default=0.0)
            hits = [hit for hit in hits if hit[0] >= cut]
            ids = self._searcher.fast_field_values("passage", [address for _, address in hits])
        found = [(int(i or 0), score) for i, (score, _) in zip(ids, hits, strict=True)]
        return sorted(found, key=lambda hit: (-hit[1], hit[0]))[:k]

    def _query(self, terms: Sequence[str], only: Filters) -> Query:
        any_term = Query.boolean_query(
            [(Occur.Should, Query.term_query(self._schema, "terms", term, "freq")) for term in terms]
        )
        asked = [_label(name, value) for name in _LABELS if (value := getattr(only, name)) is not None]
        filters = [Query.term_query(self._schema, "labels", label, "basic") for label in asked]
        if only.since is not None or only.until is not None:
            first, last = _day(only.since or "0000-01-01"), _day(only.until or "9999-12-31")
            filters.append(Query.range_query(self._schema, "published", tantivy.FieldType.Integer, first, last))
        if not filters:
            return any_term
        return Query.boolean_query(
            [(Occur.Must, any_term), *((Occur.Must, Query.const_score_query(one, 0.0)) for one in filters)]
        )


class WordWriter:
    """Adds and removes passages; nothing is there before `commit`."""

    def __init__(self, folder: Path) -> None:
        """Goes on with what stands in the folder. Raises RuntimeError if that is damaged."""
        self._folder = folder
        with _damage_told():
            self._index = tantivy.Index(_schema(), path=str(folder))
            self._writer: Any = self._index.writer(_HEAP_BYTES, 1)  # one thread: the same input, the same files

    def add(self, number: int, article: Article, passage_id: int, terms: Sequence[str]) -> None:
        """`number` is the article's in the catalogue, by which its passages are removed."""
        document = tantivy.Document()
        document.add_text("terms", " ".join(terms))
        for label in _labels_of(article):
            document.add_text("labels", label)
        if article.published is not None:
            document.add_integer("published", _day(article.published))
        document.add_integer("article", number)
        document.add_integer("passage", passage_id)
        with _damage_told():
            self._writer.add_document(document)

    def remove(self, number: int) -> None:
        with _damage_told():
            self._writer.delete_documents_by_term("article", number)

    def commit(self) -> None:
        """Waits until merging is done: the folder does not change afterwards."""
        with _damage_told():
            self._writer.commit()
        self.close()
        for lock in self._folder.glob("*.lock"):
            lock.unlink()

    def close(self) -> None:
        """Let the files go; what was not committed is lost. Nobody writes to the folder afterwards: threads of
        tantivy's would for a moment longer."""
        writer, self._writer = self._writer, None
        if writer is not None:
            with _damage_told():
                writer.wait_merging_threads()
