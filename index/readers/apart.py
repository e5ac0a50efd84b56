"""Readers that run in a process of its own, within limits of time and memory: files are hostile, and what reads them is
written in C. Left out: which readers need that (`readers/__init__.py`), what the process may open: it reads any file
that this one may."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Lock
from typing import Final

from index.errors import UnreadableArticle
from index.types import Article

Part = tuple[str, Article | UnreadableArticle]
Choose = Callable[[Path], Callable[[Path, str], Iterator[Part]]]

MOST_SECONDS: Final = 120.0
"""For one article: a PDF of 600 pages takes 23 s on a busy machine."""

MOST_BYTES: Final = 2 * 2**30
"""Of address space: the libraries take a quarter of it, a PDF of 600 pages 0.2 GB."""

_END: Final = None
_READY: Final = True
_START_SECONDS: Final = 60.0
"""What importing takes does not count for the file that is read first."""


class ReadingProcess:
    """Started when the first file is read, and again after a file that ended it. Safe to share between threads, which
    take turns."""

    def __init__(self, choose: Choose, seconds: float = MOST_SECONDS, most_bytes: int = MOST_BYTES) -> None:
        """`choose` gives the reader of a file; the process imports it by name."""
        self._choose, self._seconds, self._most_bytes = choose, seconds, most_bytes
        self._lock = Lock()
        self._process: multiprocessing.process.BaseProcess | None = None
        self._pipe: Connection | None = None

    def read(self, file: Path, identity: str) -> Iterator[Part]:
        """See `readers.Reader`. What takes too long, too much memory or ends the process raises UnreadableArticle."""
        with self._lock:
            finished = False
            try:
                pipe = self._started()
                pipe.send((file, identity))
                while (received := self._received(pipe)) is not _END:
                    if isinstance(received, Exception):
                        finished = True
                        raise received
                    yield received
                finished = True
            except (EOFError, BrokenPipeError, ConnectionError) as error:
                raise UnreadableArticle(
                    "reading it took more memory than is allowed, or ended the process that read it; split it, or save "
                    "it in another form"
                ) from error
            finally:
                if not finished:  # what it is still doing is not wanted any more
                    self._stop()

    def _received(self, pipe: Connection) -> Part | Exception | None:
        if not pipe.poll(self._seconds):
            raise UnreadableArticle(
                f"reading it took more than {self._seconds:.0f} seconds; split it, or save it in another form"
            )
        received: Part | Exception | None = pipe.recv()
        return received

    def _started(self) -> Connection:
        if self._process is None or self._pipe is None or not self._process.is_alive():
            self._stop()
            context = multiprocessing.get_context("spawn")  # what this process has open and locked stays its own
            self._pipe, theirs = context.Pipe()
            self._process = context.Process(
                target=_serve, args=(theirs, self._choose, self._most_bytes), daemon=True, name="reader"
            )
            self._process.start()
            theirs.close()
            if not self._pipe.poll(_START_SECONDS) or self._pipe.recv() is not _READY:
                raise UnreadableArticle("the process that reads such files did not start; try again")
        return self._pipe

    def _stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.join()
        if self._pipe is not None:
            self._pipe.close()
        self._process = self._pipe = None

    def close(self) -> None:
        """Ends the process; the next file starts another."""
        with self._lock:
            self._stop()


def _serve(pipe: Connection, choose: Choose, most_bytes: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that asked
    _limit_memory(most_bytes)
    pipe.send(_READY)
    with suppress(EOFError, BrokenPipeError):
        while True:
            file, identity = pipe.recv()
            try:
                for part in choose(file)(file, identity):
                    pipe.send(part)
                pipe.send(_END)
            except MemoryError:
                os._exit(1)  # what is left of memory is not enough to tell it in order
            except Exception as error:  # noqa: BLE001 - told to the process that asked
                pipe.send(_told(error))


def _told(error: Exception) -> Exception:
    """An error that can be sent."""
    if isinstance(error, UnreadableArticle | OSError):
        return error
    return UnreadableArticle(f"it could not be read ({type(error).__name__}: {str(error)[:200]})")


def _limit_memory(most_bytes: int) -> None:
    try:
        import resource  # not on Windows
    except ImportError:
        return
    with suppress(ValueError, OSError):  # macOS takes no such limit
        resource.setrlimit(resource.RLIMIT_AS, (most_bytes, most_bytes))
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
