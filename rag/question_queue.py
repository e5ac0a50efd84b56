"""Questions asked at the same time → one batch for the embedder, which takes far less time for it than for each
alone. Left out: waiting for company: a question that comes alone is embedded at once."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Condition
from typing import Final

from index.embedder import Embedder
from index.types import Vectors
from rag.deadline import seconds_left

MOST: Final = 16
"""Questions of one batch: with more, the first would wait longer than the last gain."""


@dataclass(slots=True)
class _Waiting:
    text: str
    vector: Vectors | None = None
    error: BaseException | None = None

    @property
    def done(self) -> bool:
        return self.vector is not None or self.error is not None


class QuestionQueue:
    """While one batch is embedded, the questions that come meanwhile gather for the next one; one of
    their threads embeds for all of them. Safe to share between threads."""

    def __init__(self, embedder: Embedder) -> None:
        self.embedder = embedder
        self._changed = Condition()
        self._busy = False
        self._waiting: list[_Waiting] = []

    def embed(self, question: str) -> Vectors:
        """The question's vector, shape (dimension,). Raises DeadlineExceeded, and what the embedder raises."""
        own = _Waiting(question)
        with self._changed:
            self._waiting.append(own)
        try:
            while several := self._turn(own):
                self._embed(several)
        finally:
            self._leave(own)
        if own.vector is None:
            assert own.error is not None
            raise own.error
        return own.vector

    def _turn(self, own: _Waiting) -> list[_Waiting]:
        """Waits for one's turn, and takes those who wait; nobody if one's own question is done."""
        with self._changed:
            while not self._changed.wait_for(lambda: own.done or not self._busy, seconds_left()):
                continue  # which raises: no time is left
            if own.done:
                return []
            self._busy = True
            several, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
            return several

    def _leave(self, own: _Waiting) -> None:
        """Nobody embeds a question that nobody waits for any more."""
        with self._changed:
            self._waiting = [waiting for waiting in self._waiting if waiting is not own]

    def _embed(self, several: list[_Waiting]) -> None:
        try:
            vectors = self.embedder.embed_questions([waiting.text for waiting in several])
            for waiting, vector in zip(several, vectors, strict=True):
                waiting.vector = vector
        except BaseException as error:  # raised again where each of them was asked
            for waiting in several:
                waiting.error = error
            if not isinstance(error, Exception):
                raise
        finally:
            with self._changed:
                self._busy = False
                self._changed.notify_all()
