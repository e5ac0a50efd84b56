"""Questions of many threads are embedded together, and each gets its own vector. Left out: what is gained by it
(`tests/benchmarks/`)."""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from index.models.compiled import Compiled
from index.models.default_embedder import DefaultEmbedder
from index.types import Vectors
from rag.chatbot import Chatbot
from rag.question_queue import MOST, QuestionQueue
from tests.conftest import WordEmbedder


class HeldEmbedder(WordEmbedder):
    """Waits until it is let go, and remembers what was embedded together."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.batches: list[list[str]] = []

    def embed_questions(self, texts: Sequence[str]) -> Vectors:
        self.batches.append(list(texts))
        assert self.go.wait(30)
        if "bad" in texts:
            raise ValueError("a bad question")
        if "worse" in texts:
            raise KeyboardInterrupt
        return super().embed_questions(texts)


def ask_all(embedder: HeldEmbedder, texts: Sequence[str]) -> list[Vectors | BaseException]:
    """The first is under way before the others come."""
    queue = QuestionQueue(embedder)

    def ask(text: str) -> Vectors | BaseException:
        try:
            return queue.embed(text)
        except (ValueError, KeyboardInterrupt) as error:
            return error

    with ThreadPoolExecutor(len(texts)) as pool:
        first = pool.submit(ask, texts[0])
        while not embedder.batches:
            pass
        others = [pool.submit(ask, text) for text in texts[1:]]
        while len(queue._waiting) < len(texts) - 1:
            pass
        embedder.go.set()
        return [one.result() for one in (first, *others)]


def test_those_who_wait_are_embedded_together() -> None:
    embedder = HeldEmbedder()
    texts = [f"question {n}" for n in range(2 * MOST + 3)]
    found = ask_all(embedder, texts)
    for text, vector in zip(texts, found, strict=True):
        np.testing.assert_array_equal(vector, WordEmbedder().embed_questions([text])[0])
    assert [len(batch) for batch in embedder.batches] == [1, MOST, MOST, 2]
    assert sorted(text for batch in embedder.batches for text in batch) == sorted(texts)


def test_an_error_reaches_all_it_concerns_and_nobody_later() -> None:
    embedder = HeldEmbedder()
    found = ask_all(embedder, ["first", "bad", "other"])
    assert isinstance(found[0], np.ndarray)
    assert isinstance(found[1], ValueError) and isinstance(found[2], ValueError)
    np.testing.assert_array_equal(QuestionQueue(embedder).embed("later"), WordEmbedder().embed_questions(["later"])[0])


def test_nobody_waits_for_ever_after_an_interrupt() -> None:
    embedder = HeldEmbedder()
    found = ask_all(embedder, ["first", "worse", "other"])
    assert [type(one) for one in found[1:]] == [KeyboardInterrupt, KeyboardInterrupt]
    assert len(embedder.batches) == 2
    assert QuestionQueue(embedder).embed("later").shape == (embedder.dimension,)


def test_a_question_has_one_vector_alone_and_with_others(chatbot: Chatbot) -> None:
    """Else the same request would not give the same bytes."""
    lines = (Path(__file__).parent.parent / "corpus/questions.jsonl").read_text(encoding="utf-8").splitlines()[::9]
    texts = [json.loads(line)["question"] for line in lines] + ["?", "Où ?", "word " * 90, "桥很长吗？"]
    embedder = chatbot.embedder()
    assert isinstance(embedder, DefaultEmbedder)
    together = embedder.embed_questions(texts)
    for text, row in zip(texts, together, strict=True):
        alone = embedder.embed_questions([text])[0]
        if isinstance(embedder.encoder.lower, Compiled):
            assert alone.tobytes() == row.tobytes()
        else:  # PyTorch itself promises less
            assert float(alone @ row) == pytest.approx(1.0, abs=1e-5)
