"""The body of a response → a file, decoded here, so that a small one cannot become a large one. Left out: asking for
it (`loader.py`)."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Final

import httpx

from index.fetching.timed import Deadline

SLICE_BYTES: Final = 65_536
_GZIP: Final = 16 + zlib.MAX_WBITS


class NotLoaded(Exception):
    """Why an address could not be loaded, without a full stop. `next_try`, in seconds of Unix time, is set where its
    host said when it wants to be asked again."""

    def __init__(self, reason: str, status: int | None = None, next_try: float | None = None) -> None:
        super().__init__(reason)
        self.status, self.next_try = status, next_try


class TryAgain(Exception):
    """A failure that may pass, and the seconds its host wants to be left alone."""

    def __init__(self, reason: str, status: int | None = None, wait_seconds: float = 0.0) -> None:
        super().__init__(reason)
        self.status, self.wait_seconds = status, wait_seconds


def receive(response: httpx.Response, file: Path, most_bytes: int, deadline: Deadline, cut: bool = False) -> str:
    """Write the body, and return its SHA-256 in hexadecimal digits. With `cut`, what is beyond the limit is left;
    otherwise, and for what is damaged or late, raises NotLoaded."""
    told = response.headers.get("Content-Length", "")
    if told.isdecimal() and int(told) > most_bytes and not cut:
        raise NotLoaded(f"it has {int(told):,} bytes, at most {most_bytes:,} are loaded; raise max_article_bytes")
    encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in ("identity", "", "gzip", "x-gzip"):
        raise NotLoaded("it is sent compressed in another way than was asked for")
    raw = response.iter_raw(SLICE_BYTES)
    made, size = hashlib.sha256(), 0
    try:
        with file.open("wb") as opened:
            for part in gunzipped(raw) if encoding.endswith("gzip") else raw:
                if deadline.over():
                    raise NotLoaded("loading it took too long; raise fetch_seconds")
                size += len(part)
                if size > most_bytes and not cut:
                    raise NotLoaded(f"it has more than {most_bytes:,} bytes; raise max_article_bytes")
                made.update(part)
                opened.write(part)
                if size > most_bytes:
                    break
    except OSError as error:
        raise NotLoaded(f"it could not be written to a temporary file ({error.strerror})") from error
    return made.hexdigest()


def gunzipped(raw: Iterable[bytes]) -> Iterator[bytes]:
    """What was compressed by gzip, in slices of at most 64 KiB, so that whoever takes them can stop. Raises
    NotLoaded for what is damaged."""
    unpacker, begun = zlib.decompressobj(_GZIP), False
    try:
        for part in raw:
            begun = begun or bool(part)
            left, full = part, False
            while left or full:
                if unpacker.eof:  # several may follow one another; what else stands behind the last is padding
                    if not left.startswith(b"\x1f"):
                        return
                    unpacker = zlib.decompressobj(_GZIP)
                unpacked = unpacker.decompress(left, SLICE_BYTES)
                if unpacked:
                    yield unpacked
                full = len(unpacked) == SLICE_BYTES and not unpacker.eof  # more may wait inside
                left = unpacker.unused_data if unpacker.eof else unpacker.unconsumed_tail
        if begun and not unpacker.eof:
            raise NotLoaded("it is compressed, and ends too early")
    except zlib.error as error:
        raise NotLoaded(f"it is compressed, and damaged ({error})") from error


def retry_after(value: str | None) -> float:
    """Seconds that a header Retry-After asks for, at most a day; 0 without one that can be read."""
    if not value:
        return 0.0
    if value.strip().isdecimal():
        return min(float(value), 86_400.0)
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, TypeError):
        return 0.0
    seconds = (moment.replace(tzinfo=moment.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
    return min(max(seconds, 0.0), 86_400.0)
