"""Speed beside the plain library, in one run and by turns: indexing, a question, many people at once, and the
first answer of a server. Left out: how cost grows with the index (`growth.py`), quality (`loccit eval`).

    python -m tests.benchmarks.speed DATA [--passages 600] [--json FILE]

Plain is `SentenceTransformer.encode` in float32 with the same model, in batches of 32. Indexing takes whole
articles of `docs-fr` until there are so many passages: read, cut, embedded with their sentences, and published;
the plain library embeds the passages alone. Ratios are of medians.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from index.build import build, in_context
from index.embedder import Embedder, open_embedder
from index.models import e5_small
from index.passages import cut_passages
from index.store import open_writer
from index.types import Article
from rag.chatbot import Chatbot
from rag.settings import RagSettings

_PEOPLE = 16
_ROUNDS = 3


def seconds(run: Callable[..., Any], *given: Any) -> float:
    began = time.perf_counter()
    run(*given)
    return time.perf_counter() - began


def plain_model(settings: RagSettings) -> Any:
    """The library by itself; as float32 by name, since the folder may say otherwise."""
    from sentence_transformers import SentenceTransformer

    folder = str(e5_small.unpacked_folder(settings.cache))
    return SentenceTransformer(folder, device="cpu", model_kwargs={"dtype": "float32"})


def some_articles(data: Path, folder: Path, passages: int) -> list[Path]:
    """`docs-fr` in files of about `passages` each, one for each round."""
    lines = (data / "docs-fr" / "corpus.jsonl").read_text(encoding="utf-8").splitlines()
    # About 220 tokens of such text stand in 1,000 bytes.
    size, files, at = passages * 800, [], 0
    for number in range(_ROUNDS):
        taken: list[str] = []
        while sum(map(len, taken)) < size:
            taken.append(lines[at])
            at += 1
        files.append(folder / f"round-{number}.jsonl")
        files[-1].write_text("\n".join(taken), encoding="utf-8")
    return files


def index_file(file: Path, settings: RagSettings, embedder: Embedder) -> None:
    with open_writer(settings, embedder.name, embedder.dimension) as writer:
        build([file], writer, embedder, settings)


def passage_texts(file: Path, settings: RagSettings, embedder: Embedder) -> list[str]:
    """What is embedded of the articles, prompts included."""
    texts = []
    for told in map(json.loads, file.read_text(encoding="utf-8").splitlines()):
        article = Article(told["id"], told.get("title", ""), told["text"], "fr")
        passages = cut_passages(article, embedder.count_tokens, settings.passage_tokens)
        texts += [f"passage: {in_context(passage, article.title)[0]}" for passage in passages]
    return texts


def plain_in_batches(plain: Any, texts: list[str]) -> None:
    plain.encode(texts, batch_size=32)


def indexing(data: Path, folder: Path, embedder: Embedder, plain: Any, passages: int) -> dict[str, Any]:
    ours, theirs, counts = [], [], []
    settings = RagSettings.model_validate({"store": f"embedded:{folder}/index"})
    for number, file in enumerate(some_articles(data, folder, passages)):
        own = settings.model_copy(update={"store": f"embedded:{folder}/index-{number}"})

        taken = seconds(index_file, file, own, embedder)
        texts = passage_texts(file, own, embedder)
        counts.append(len(texts))
        ours.append(len(texts) / taken)
        theirs.append(len(texts) / seconds(plain_in_batches, plain, texts))
    return _ratio("index docs-fr, passages a second", statistics.median(ours), statistics.median(theirs), sum(counts))


def one_question(questions: Sequence[str], embedder: Embedder, plain: Any) -> dict[str, Any]:
    ours, theirs = [], []
    for question in questions[:100]:
        ours.append(seconds(embedder.embed_questions, [question]))
        theirs.append(seconds(plain.encode, [f"query: {question}"]))
    return _ratio("one question embedded, ms", statistics.median(ours) * 1e3, statistics.median(theirs) * 1e3, 100)


def at_once(store: str, questions: Sequence[str], reader: str) -> dict[str, Any]:
    """Answers a second of many people, against one after another; all questions are different."""
    settings = RagSettings.model_validate({"store": store, "cached_answers": 0, "reader": reader})
    chatbot = Chatbot(settings)
    chatbot.warm_up()
    together, alone = [], []
    with ThreadPoolExecutor(_PEOPLE) as pool:
        list(pool.map(chatbot.ask, questions))
        for _ in range(_ROUNDS):
            alone.append(len(questions) / seconds(lambda: [chatbot.ask(question) for question in questions]))
            together.append(len(questions) / seconds(lambda: list(pool.map(chatbot.ask, questions))))
    name = f"{_PEOPLE} people at once, answers a second, reader {reader}"
    return _ratio(name, statistics.median(together), statistics.median(alone), len(questions))


def first_answer(store: str) -> dict[str, Any]:
    """Seconds from starting `loccit serve` to the first answer, models converted and in the disk's cache."""
    taken = []
    for _ in range(_ROUNDS):
        began = time.perf_counter()
        environment = {**os.environ, "LOCCIT_PORT": "8765", "LOCCIT_STORE": store}
        server = subprocess.Popen(
            [str(Path(sys.executable).with_name("loccit")), "serve"], env=environment,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            _answer("http://127.0.0.1:8765/v1/answer", began)
            taken.append(time.perf_counter() - began)
        finally:
            server.terminate()
            server.wait()
    return {"what": "first answer after start, s", "ours": round(statistics.median(taken), 1)}


def _answer(address: str, began: float) -> None:
    request = urllib.request.Request(  # loopback
        address, json.dumps({"question": "Quand ?"}).encode(), {"Content-Type": "application/json"}
    )
    while time.perf_counter() - began < 120:
        try:
            urllib.request.urlopen(request, timeout=120).read()
        except urllib.error.URLError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError("the server gave no answer in two minutes")


def _ratio(what: str, ours: float, theirs: float, count: int) -> dict[str, Any]:
    return {
        "what": what,
        "ours": round(ours, 1),
        "plain": round(theirs, 1),
        "ratio": round(ours / theirs, 2),
        "n": count,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--passages", type=int, default=300, help="a round of indexing takes about so many")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    settings = RagSettings.model_validate({})
    embedder, plain = open_embedder(settings), plain_model(settings)
    lines = (given.data / "xquad-en" / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    questions = [json.loads(line)["question"] for line in lines[::3]]
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        own = settings.model_copy(update={"store": f"embedded:{folder}/asked"})
        with open_writer(own, embedder.name, embedder.dimension) as writer:
            build([given.data / "xquad-en" / "corpus.jsonl"], writer, embedder, own)
        rows: list[dict[str, Any]] = []
        steps: list[tuple[Callable[..., dict[str, Any]], tuple[Any, ...]]] = [
            (indexing, (given.data, folder, embedder, plain, given.passages)),
            (one_question, (questions, embedder, plain)),
            (at_once, (own.store, questions[:96], "off")),
            (at_once, (own.store, questions[:96], "default")),
            (first_answer, (own.store,)),
        ]
        for measure, of_it in steps:
            rows.append(measure(*of_it))
            print(json.dumps(rows[-1]), flush=True)
    if given.json:
        given.json.write_text(json.dumps(rows, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
