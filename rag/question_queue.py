"""Questions asked at the same time → one batch for the embedder, which takes far less time for it than for each
alone. Left out: waiting for company: a question that comes alone is embedded at once."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock
from typing import Final

from index.embedder import Embedder
from index.types import Vectors

MOST: Final = 16
"""Questions of one batch: with more, the first would wait longer than the last gain."""


@dataclass(slots=True)
class _Waiting:
    text: str
    vector: Vectors | None = None
    error: Exception | None = None


class QuestionQueue:
    """While one batch is embedded, the questions that come meanwhile gather for the next one; the first
    of their threads to get its turn embeds for all of them. Safe to share between threads."""

    def __init__(self, embedder: Embedder) -> None:
        self.embedder = embedder
        self._turn, self._guard = Lock(), Lock()
        self._waiting: list[_Waiting] = []

    def embed(self, question: str) -> Vectors:
        """The question's vector, shape (dimension,). Raises what the embedder raises."""
        own = _Waiting(question)
        with self._guard:
            self._waiting.append(own)
        with self._turn:
            while own.vector is None and own.error is None:
                with self._guard:
                    several, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
                self._embed(several)
        if own.vector is None:
            assert own.error is not None
            raise own.error
        return own.vector

    def _embed(self, several: list[_Waiting]) -> None:
        try:
            vectors = self.embedder.embed_questions([waiting.text for waiting in several])
        except Exception as error:  # noqa: BLE001  # raised again where each of them was asked
            for waiting in several:
                waiting.error = error
            return
        for waiting, vector in zip(several, vectors, strict=True):
            waiting.vector = vector
