"""Cost of asking as the index grows: time of an answer, memory, opening, disk, and adding one article, at sizes
given. Left out: speed of the models (`speed.py`) and quality (`loccit eval`).

    python -m tests.benchmarks.growth DATA [--sizes 1000,10000,100000] [--json FILE] [--plot FILE]

Passages of `docs-fr` and `docs-en` are embedded once, POOL of each. The index is filled with copies of their articles:
a third of the words changed to others of the same length, another third in each copy, and their vectors moved (cosine
with the true one about 0.94). Questions are those of `debian-faq-fr` and `-en`. The reader is off. Each size is
asked in a process of its own, embedding alone and whole answers by turns; times are medians, in ms.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from index.build import build, in_context
from index.embedder import Embedder, open_embedder
from index.passages import cut_passages
from index.store import Entry, open_store, open_writer
from index.types import Article, Filters, Passage, Vectors
from rag.chatbot import Chatbot
from rag.settings import RagSettings

POOL = 1500
NOISE = 0.36
_ASKED = 150


@dataclass(frozen=True, slots=True)
class Real:
    """An article with its passages, their vectors and those of their sentences."""

    article: Article
    passages: list[Passage]
    vectors: Vectors
    sentences: list[Vectors]


def read_pool(data: Path, embedder: Embedder, settings: RagSettings) -> list[Real]:
    pool: list[Real] = []
    for language in ("fr", "en"):
        count = 0
        for line in (data / f"docs-{language}" / "corpus.jsonl").open(encoding="utf-8"):
            told = json.loads(line)
            article = Article(told["id"], told.get("title", ""), told["text"], language)
            passages = cut_passages(article, embedder.count_tokens, settings.passage_tokens)[:12]
            article = replace(article, text=article.text[: passages[-1].end]) if passages else article
            read = [in_context(passage, article.title) for passage in passages]
            made = embedder.embed_passages([text for text, _ in read], [spans for _, spans in read])
            pool.append(Real(article, passages, *made))
            count += len(passages)
            if count >= POOL:
                break
    return pool


def changed(text: str, copy: int) -> str:
    """The text with a third of its words changed to others of the same length."""
    words = text.split(" ")
    for place, word in enumerate(words):
        if word.isalpha() and hash((len(word), word[0], copy)) % 3 == 0:
            words[place] = "".join(chr((ord(c) - 97 + copy) % 26 + 97) if "a" <= c <= "z" else c for c in word)
    return " ".join(words)


def copies(pool: list[Real]) -> Iterator[Real]:
    """Articles without end, all different."""
    chance = np.random.default_rng(1)
    copy = 0
    while True:
        for real in pool:
            text, name = changed(real.article.text, copy), f"{real.article.language}-{real.article.id}-{copy}"
            article = replace(real.article, id=name, text=text)
            passages = [
                replace(p, id=Passage.id_for(name, p.start, text[p.start : p.end]), article_id=name,
                        text=text[p.start : p.end]) for p in real.passages
            ]  # fmt: skip
            noise = chance.normal(size=real.vectors.shape) * NOISE / np.sqrt(real.vectors.shape[1])
            moved = [_unit(rows + away) for rows, away in zip(real.sentences, noise, strict=True)]
            yield Real(article, passages, _unit(real.vectors + noise), moved)
        copy += 1


def _unit(rows: Any) -> Vectors:
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def fill(settings: RagSettings, embedder: Embedder, source: Iterator[Real], size: int) -> dict[str, float]:
    """Add copies until the index holds `size` passages."""
    began, text_bytes = time.perf_counter(), 0
    with open_writer(settings, embedder.name, embedder.dimension) as writer:
        held = 0
        while held < size:
            real = next(source)
            entry = Entry(real.article.id, f"/{real.article.id}", real.article.sha256)
            writer.replace(real.article, entry, real.passages, real.vectors, real.sentences)
            held += len(real.passages)
            text_bytes += len(real.article.text.encode())
        writer.publish()
    return {"fill_seconds": round(time.perf_counter() - began, 1), "text_bytes": text_bytes}


def asked(store: str, questions: Path) -> None:
    """In a process of its own: times and memory of one index, as JSON."""
    settings = RagSettings.model_validate({"store": store, "reader": "off", "cached_answers": 0})
    began = time.perf_counter()
    open_store(settings).close()
    opened = time.perf_counter() - began
    chatbot = Chatbot(settings)
    texts = json.loads(questions.read_text(encoding="utf-8"))
    for text in texts[:20]:
        chatbot.ask(text)
    embedding, whole, steps = [], [], []
    embedder = chatbot.embedder()
    for text in texts[20 : 20 + _ASKED]:
        start = time.perf_counter()
        embedder.embed_questions([text])
        between = time.perf_counter()
        answer = chatbot.ask(text)
        embedding.append(between - start)
        whole.append(time.perf_counter() - between)
        steps.append(answer.timings_ms)
    print(
        json.dumps(
            {
                "open_ms": round(opened * 1e3, 1),
                "embedding_ms": round(statistics.median(embedding) * 1e3, 1),
                "answer_ms": round(statistics.median(whole) * 1e3, 1),
                "ratio": round(statistics.median(whole) / statistics.median(embedding), 2),
                "retrieve_ms": statistics.median(step["retrieve"] for step in steps),
                "compose_ms": statistics.median(step["compose"] for step in steps),
                "private_mb": _private_bytes() // 2**20,
            }
        )
    )


def _private_bytes() -> int:
    lines = Path("/proc/self/smaps_rollup").read_text(encoding="utf-8").splitlines()
    # Private_Clean are pages of mapped files that no other process reads now: they are shared when one does.
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Private_Dirty"))


def add_one(settings: RagSettings, embedder: Embedder, folder: Path) -> float:
    """Seconds from a new file to its being found."""
    file = folder / "fresh.md"
    file.write_text(f"# Fresh\n\nThe zyxwvut{time.time_ns()} opened to the public this morning.", encoding="utf-8")
    word = file.read_text(encoding="utf-8").split()[3]
    began = time.perf_counter()
    with open_writer(settings, embedder.name, embedder.dimension) as writer:
        build([file], writer, embedder, settings)
    store = open_store(settings)
    assert store.matching(word, "en", 1, Filters())
    store.close()
    return time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--sizes", default="1000,10000,100000")
    parser.add_argument("--work", type=Path)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--plot", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=given.work) as temporary:
        rows = measured(given.data, [int(size) for size in given.sizes.split(",")], Path(temporary))
    if given.json:
        given.json.write_text(json.dumps(rows, indent=1), encoding="utf-8")
    if given.plot:
        plot(rows, given.plot)


def measured(data: Path, sizes: list[int], folder: Path) -> list[dict[str, Any]]:
    settings = RagSettings.model_validate({"store": f"embedded:{folder}/index", "reader": "off", "keep_generations": 1})
    embedder = open_embedder(settings)
    lines = [json.loads(line) for lang in ("fr", "en") for line in (data / f"debian-faq-{lang}/questions.jsonl").open()]
    questions = folder / "questions.json"
    questions.write_text(json.dumps([line["question"] for line in lines[::-1][:: max(1, len(lines) // (_ASKED + 20))]]))
    source, held, text_bytes, rows = copies(read_pool(data, embedder, settings)), 0, 0.0, []
    for size in sizes:
        filled = fill(settings, embedder, source, size - held)
        text_bytes += filled["text_bytes"]
        store = open_store(settings)
        held, generation = store.info.passages, store.info.generation
        store.close()
        disk = sum(path.stat().st_size for path in (folder / "index/generations" / generation).rglob("*"))
        command = [sys.executable, "-m", "tests.benchmarks.growth", "asked", settings.store, str(questions)]
        run = subprocess.run(command, capture_output=True, text=True, check=True)
        rows.append(
            {
                "passages": held,
                "fill_seconds": filled["fill_seconds"],
                "disk_bytes_a_passage": round((disk - text_bytes) / held),
                "add_one_seconds": round(min(add_one(settings, embedder, folder) for _ in range(3)), 2),
                **json.loads(run.stdout.splitlines()[-1]),
            }
        )
        print(json.dumps(rows[-1]), flush=True)
    return rows


def plot(rows: list[dict[str, Any]], file: Path) -> None:
    """Answer time and memory by size, as a picture."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, left = pyplot.subplots(figsize=(7, 4))
    sizes = [row["passages"] for row in rows]
    left.plot(sizes, [row["answer_ms"] for row in rows], "o-", label="answer, ms")
    left.plot(sizes, [row["embedding_ms"] for row in rows], "o--", label="question embedded, ms")
    slowest, largest = max(row["answer_ms"] for row in rows), max(row["private_mb"] for row in rows)
    left.set(xscale="log", xlabel="passages", ylabel="ms", ylim=(0, 1.4 * slowest))  # with room for what is named
    right = left.twinx()
    right.plot(sizes, [row["private_mb"] for row in rows], "s-", color="tab:green", label="private memory, MB")
    right.set(ylabel="MB", ylim=(0, 2 * largest))
    left.legend(loc="upper left")
    right.legend(loc="upper right")
    figure.tight_layout()
    figure.savefig(file)


if __name__ == "__main__":
    if sys.argv[1:2] == ["asked"]:
        asked(sys.argv[2], Path(sys.argv[3]))
    else:
        main()
