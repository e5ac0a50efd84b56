"""Items made in a thread of their own while those before them are used. Left out: worker processes: reading and
cutting take 3 % of what the model takes, and each process would load a tokenizer of its own."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import suppress
from queue import Empty, Full, Queue
from threading import Event, Thread
from typing import TypeVar

_LOOK_SECONDS = 0.1

T = TypeVar("T")


def ahead(items: Iterator[T], most: int) -> Generator[T, None, None]:
    """The same items in the same order, at most `most` made beforehand; what making them raises is raised
    here. Closing the iterator, or an error where it is used, ends the thread."""
    made: Queue[tuple[list[T], BaseException | None]] = Queue(most)
    stop = Event()

    def put(some: list[T], error: BaseException | None) -> None:
        while not stop.is_set():
            with suppress(Full):
                made.put((some, error), timeout=_LOOK_SECONDS)
                return

    def run() -> None:
        try:
            for item in items:
                put([item], None)
                if stop.is_set():
                    return
            put([], StopIteration())
        except BaseException as error:  # noqa: BLE001  # raised where the items are used
            put([], error)

    thread = Thread(target=run, name="ahead", daemon=True)
    thread.start()
    try:
        while True:
            some, error = _next(made)
            if isinstance(error, StopIteration):
                return
            if error is not None:
                raise error
            yield from some
    finally:
        stop.set()
        thread.join()


def _next(made: Queue[tuple[list[T], BaseException | None]]) -> tuple[list[T], BaseException | None]:
    while True:  # in steps, so that an interrupt is seen
        try:
            return made.get(timeout=_LOOK_SECONDS)
        except Empty:
            continue
