"""How long one request may take: said where it comes in, looked at between the steps of an answer, which cannot be
stopped in the middle. Left out: steps that take no question, such as writing an article."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from rag.errors import DeadlineExceeded

# A context variable, so that threads that the server starts for the request know it too.
_ends: ContextVar[float] = ContextVar("deadline", default=math.inf)


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """What is asked in this block has so many seconds; 0 for no limit."""
    token = _ends.set(time.monotonic() + seconds if seconds else math.inf)
    try:
        yield
    finally:
        _ends.reset(token)


def seconds_left() -> float | None:
    """What is left; None without a limit. Raises DeadlineExceeded when nothing is."""
    left = _ends.get() - time.monotonic()
    if left <= 0:
        raise DeadlineExceeded("The server is too busy to answer this in time. Try again in a while.")
    return None if math.isinf(left) else left
