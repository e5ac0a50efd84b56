"""Items made ahead in a thread: same order, bounded, errors pass on, the thread ends. Left out: what is gained
(`tests/benchmarks/speed.py`)."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from index.ahead import ahead


def threads() -> int:
    return sum(thread.name.startswith("ahead") for thread in threading.enumerate())


def counted(made: list[int], fail_at: int = 10**9) -> Iterator[int]:
    for n in range(1000):
        if n == fail_at:
            raise ValueError("seen")
        made.append(n)
        yield n


def test_all_items_in_order() -> None:
    assert list(ahead(iter(range(500)), 7)) == list(range(500))
    assert list(ahead(iter([]), 1)) == [] and threads() == 0


def test_no_more_than_asked_are_made_beforehand() -> None:
    made: list[int] = []
    items = ahead(counted(made), 5)
    for n in range(50):
        assert next(items) == n
        time.sleep(0.002)
        assert len(made) <= n + 1 + 5 + 1  # used, waiting, and one in the thread's hand
    assert len(made) > 50
    items.close()
    assert threads() == 0 and len(made) < 60


def test_an_error_comes_in_its_place() -> None:
    seen: list[int] = []
    with pytest.raises(ValueError, match="seen"):
        seen.extend(ahead(counted([], fail_at=20), 3))
    assert seen == list(range(20)) and threads() == 0


def test_an_error_where_they_are_used_ends_the_thread() -> None:
    items = ahead(counted([]), 3)
    with pytest.raises(KeyError):
        for item in items:
            if item == 9:
                raise KeyError
    items.close()
    assert threads() == 0
