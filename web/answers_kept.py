"""The last answers by their ids, in memory alone: what people asked is written nowhere unless they give
feedback. Left out: repeated questions (`rag/answer_cache.py`)."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from threading import Lock
from typing import Any

from web.errors import UnknownAnswer


class AnswersKept:
    """Answer objects; safe to share between threads."""

    def __init__(self, most: int, *tell: Callable[[Mapping[str, Any]], None]) -> None:
        """Keeps at most so many, the newest. Each of `tell` is given every answer."""
        self._tell = tell
        self._most = most
        self._answers: OrderedDict[str, dict[str, Any]] = OrderedDict()
        self._lock = Lock()

    def put(self, answer: dict[str, Any]) -> dict[str, Any]:
        """Keep it, and give it back."""
        for tell in self._tell:
            tell(answer)
        with self._lock:
            self._answers[answer["id"]] = answer
            while len(self._answers) > self._most:
                self._answers.popitem(last=False)
        return answer

    def get(self, answer_id: str) -> dict[str, Any]:
        """Raises UnknownAnswer."""
        with self._lock:
            answer = self._answers.get(answer_id)
        if answer is None:
            raise UnknownAnswer(
                "No answer with this id is kept: the server keeps the newest, until it stops. Ask the question again."
            )
        return answer
