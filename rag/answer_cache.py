"""Answers given before → the same again, as long as the generation is the same. Left out: answers
by their ids, and anything that outlives the process."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import TypeAlias

from index.types import Filters
from rag.types import Answer

Key: TypeAlias = tuple[str, str, str, Filters, int]
"""Generation, stand-alone question, its language, filters, limit: all that an answer depends on."""


class AnswerCache:
    """The last answers, at most `size` of them; safe to share between threads."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._answers: OrderedDict[Key, Answer] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Key) -> Answer | None:
        """The answer to the same request, which then counts as the latest; None if it is not held."""
        with self._lock:
            if key in self._answers:
                self._answers.move_to_end(key)
            return self._answers.get(key)

    def put(self, key: Key, answer: Answer) -> None:
        """Hold an answer, and let the oldest go when there are too many."""
        with self._lock:
            self._answers[key] = answer
            self._answers.move_to_end(key)
            while len(self._answers) > self._size:
                self._answers.popitem(last=False)
