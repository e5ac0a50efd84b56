"""A compressed stream (.gz, .bz2, .xz) read within limits. Left out: archives of several files (`packed.py`), other
ways of compression."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, BinaryIO, Final, cast

from index.errors import UnreadableArticle

_MEMORY_BYTES: Final = 200_000_000
"""That a compressed stream may ask for: the highest setting of xz takes 65 million."""

_OPENERS: Final[tuple[tuple[bytes, Any], ...]] = (
    (b"\x1f\x8b", gzip.open),
    (b"BZh", bz2.open),
    (b"\xfd7zXZ\0", lzma.open),
)
_DAMAGED: Final = (EOFError, zlib.error, lzma.LZMAError, OSError)


class Unpacked(io.RawIOBase):
    """The bytes inside. Reads and seeks raise UnreadableArticle beyond `most_bytes` and where it is damaged; so do
    reads of more than `most_at_once` bytes: they would take the memory that a damaged archive asks for."""

    def __init__(self, stream: BinaryIO, most_bytes: int, most_at_once: int) -> None:
        self._stream, self._most_bytes, self._most_at_once = stream, most_bytes, most_at_once

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._stream.tell()

    def read(self, size: int = -1) -> bytes:
        """`size` must be given."""
        if not 0 <= size <= self._most_at_once:
            raise UnreadableArticle(f"it is damaged (a part says that it has {size:,} bytes)")
        try:
            found = self._stream.read(size)
        except _DAMAGED as error:
            raise UnreadableArticle(f"it is damaged ({error})") from error
        self._check(self._stream.tell())
        return found

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """From the start or from here: the end is not known."""
        target = offset + (self._stream.tell() if whence == io.SEEK_CUR else 0)
        if whence == io.SEEK_END or target < 0:
            raise UnreadableArticle("it is damaged (a part would begin nowhere)")
        self._check(target)
        try:
            return self._stream.seek(target)
        except _DAMAGED as error:
            raise UnreadableArticle(f"it is damaged ({error})") from error

    def _check(self, place: int) -> None:
        if place > self._most_bytes:
            raise UnreadableArticle(f"it unpacks to more than {self._most_bytes:,} bytes; unpack it and split it")


@contextmanager
def opened_stream(file: Path, most_bytes: int, most_at_once: int = 1_000_000) -> Iterator[Unpacked]:
    """What the file holds, unpacked if it is compressed: told by its first bytes. See `Unpacked`."""
    with file.open("rb") as opened:
        start = opened.read(4096)
        opened.seek(0)
        opener = next((opener for mark, opener in _OPENERS if start.startswith(mark)), None)
        if opener is lzma.open:
            _check_memory(start)
        with opener(opened, "rb") if opener else nullcontext(opened) as stream:
            yield Unpacked(cast(BinaryIO, stream), most_bytes, most_at_once)


def _check_memory(start: bytes) -> None:
    try:
        lzma.LZMADecompressor(memlimit=_MEMORY_BYTES).decompress(start, max_length=1)
    except lzma.LZMAError as error:
        raise UnreadableArticle(f"it is damaged, or needs too much memory ({error})") from error
