"""Items made in a thread of their own while those before them are used. Left out: worker processes: reading and
cutting take 3 % of what the model takes, and each process would load a tokenizer of its own."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

T = TypeVar("T")


def ahead(items: Iterator[T], most: int) -> Generator[T, None, None]:
    """The same items in the same order, at most `most` made beforehand; what making them raises is raised
    here. Closing the iterator, or an error where it is used, ends the thread."""
    pool = ThreadPoolExecutor(1, thread_name_prefix="ahead")
    try:
        # Each gives one item, or none after the last; with one thread they follow one another.
        made = deque(pool.submit(_next, items) for _ in range(most))
        while some := made.popleft().result():
            made.append(pool.submit(_next, items))
            yield from some
    finally:
        pool.shutdown(cancel_futures=True)


def _next(items: Iterator[T]) -> list[T]:
    return list(islice(items, 1))
