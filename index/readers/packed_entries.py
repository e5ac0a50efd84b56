"""What stands in a ZIP or TAR archive: each entry's name, what is wrong with it, and its bytes within limits. Left out:
which entries are read (`packed.py`); ZIP by LZMA, which may ask for any memory."""

from __future__ import annotations

import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Any, Final, cast

from index.errors import UnreadableArticle
from index.readers.unpacking import opened_stream

MOST_BYTES: Final = 1_000_000_000
"""Unpacked, all together, those of archives inside too."""

MOST_FILES: Final = 20_000
MOST_RATIO: Final = 200
"""Of unpacked to packed bytes; text comes to 10, a table of zeros to 1,000."""

ALWAYS_BYTES: Final = 1_000_000
"""Up to here no ratio is too high."""

_HEADER_BYTES: Final = 16_384
"""Of a TAR's entry; Python's time grows with its square (CVE-2024-6232)."""

_ENTRY_MARK: Final = b"PK\x01\x02"
_DAMAGED: Final = (
    zipfile.BadZipFile, zipfile.LargeZipFile, tarfile.TarError, zlib.error, EOFError, NotImplementedError, ValueError,
    IndexError, KeyError, OverflowError, RecursionError,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """Of an archive. `fault` says why it is none to be read; `most_bytes` is what it may unpack to by its size."""

    name: str
    fault: str | None
    most_bytes: int
    open: Callable[[], IO[bytes]]


def entries(file: Path) -> Iterator[Entry]:
    """In the order of the archive, folders left out; each is to be opened before the next is asked for. Raises
    UnreadableArticle."""
    with file.open("rb") as opened:
        zipped = opened.read(4) in (b"PK\x03\x04", b"PK\x05\x06")
    with translated():
        yield from _zip_entries(file) if zipped else _tar_entries(file)


@contextmanager
def translated() -> Iterator[None]:
    """What the libraries raise for damaged and encrypted archives as UnreadableArticle."""
    try:
        yield
    except _DAMAGED as error:
        raise UnreadableArticle(f"it is damaged ({str(error)[:200]})") from error
    except RuntimeError as error:
        if "encrypted" not in str(error):
            raise
        raise UnreadableArticle("it is encrypted; save it without a password") from error


def _zip_entries(file: Path) -> Iterator[Entry]:
    _check_count(file)
    size = file.stat().st_size
    with zipfile.ZipFile(file) as archive:
        for entry in archive.infolist():
            if entry.is_dir():
                continue
            kind = stat.S_IFMT(entry.external_attr >> 16)
            fault = _kind_fault(kind == stat.S_IFLNK, kind in (0, stat.S_IFREG, stat.S_IFLNK))
            most = _allowed(min(entry.compress_size, size))
            yield Entry(entry.filename, fault, most, partial(_open_zip, archive, entry))


def _check_count(file: Path) -> None:
    """Python makes an object of each entry before it tells how many there are."""
    count, before = 0, b""
    with file.open("rb") as opened:
        while block := opened.read(1_000_000):
            count += (before + block).count(_ENTRY_MARK)
            before = block[-3:]
    if count > MOST_FILES:
        raise UnreadableArticle(f"it holds more than {MOST_FILES:,} files; split it")


def _open_zip(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> IO[bytes]:
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2):
        raise UnreadableArticle("it is packed in a way that is not read; pack it as an ordinary ZIP")
    return archive.open(entry)


def _tar_entries(file: Path) -> Iterator[Entry]:
    most_bytes = _allowed(file.stat().st_size)
    with (
        opened_stream(file, most_bytes, _HEADER_BYTES) as stream,
        tarfile.open(fileobj=cast(IO[bytes], stream), mode="r:") as archive,
    ):
        while (entry := archive.next()) is not None:
            cast(Any, archive).members.clear()  # it keeps them all
            if not entry.isdir():
                # A sparse file says that it is as long as it likes.
                fault = _kind_fault(entry.issym() or entry.islnk(), entry.isreg() and not entry.issparse())
                yield Entry(entry.name, fault, MOST_BYTES, partial(_open_tar, archive, entry))
        # The library takes a damaged entry for the end.
        stream.seek(archive.offset)
        if stream.read(tarfile.BLOCKSIZE).strip(b"\0"):
            raise UnreadableArticle("it is damaged; what stands behind the last file could not be read")


def _open_tar(archive: tarfile.TarFile, entry: tarfile.TarInfo) -> IO[bytes]:
    opened = archive.extractfile(entry)
    assert opened is not None, "regular files have bytes"
    return opened


def _kind_fault(link: bool, regular: bool) -> str | None:
    if link:
        return "it is a link, which is not followed; pack the file itself"
    return None if regular else "it is no ordinary file"


def _allowed(packed_bytes: int) -> int:
    return min(MOST_BYTES, max(ALWAYS_BYTES, MOST_RATIO * packed_bytes))
