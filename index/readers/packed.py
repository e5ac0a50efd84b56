"""An archive (.zip, .tar, also compressed) → the files in it, one by one. Nothing is written under a name that the
archive gives. Left out: reading them (`readers/__init__.py`), RAR and 7z, archives in archives of archives."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from index.errors import UnreadableArticle
from index.readers.mapping import ENDING, MOST_MAPPING_BYTES, mapping_file
from index.readers.packed_entries import MOST_BYTES, MOST_FILES, Entry, entries, translated

ENDINGS: Final = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")

MOST_MEMBER_BYTES: Final = 50_000_000

_AT_ONCE: Final = 16_384
_MOST_NAME_CHARS: Final = 250
_ENDING: Final = re.compile(r"(?:\.[A-Za-z0-9]{1,12}){1,2}$")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")


@dataclass(slots=True)
class _Spent:
    """What an archive and those inside it have cost so far."""

    folder: Path
    unpacked_bytes: int = 0
    files: int = 0
    places: int = 0
    names: set[str] = field(default_factory=set)


class _TooMuch(UnreadableArticle):
    """Of all together: nothing more is unpacked."""


def is_packed(file: Path) -> bool:
    """By its name. A DOCX and an EPUB are ZIP archives too and none of these."""
    return file.name.lower().endswith(ENDINGS)


def members(file: Path, wanted: Callable[[Path], bool]) -> Iterator[tuple[str, Path | UnreadableArticle]]:
    """Each file in the archive: its name there, and where it stands unpacked until the next is asked for, under a name
    of the same ending, with its file of field names beside it; or why it cannot be read.

    Those that are not `wanted` by their name, and hidden ones, are left out; files of an archive inside come as
    `inner.zip/name`. Raises UnreadableArticle if the archive is damaged, or holds nothing or more than is read; what
    stands before that has come by then.
    """
    with TemporaryDirectory(prefix="loccit-") as folder:
        yield from _found(file, "", wanted, _Spent(Path(folder)))


def _found(
    file: Path, above: str, wanted: Callable[[Path], bool], spent: _Spent
) -> Iterator[tuple[str, Path | UnreadableArticle]]:
    """What `_walk` gives, which must be something."""
    found = False
    for member in _walk(file, above, wanted, spent):
        found = True
        yield member
    if not found:
        raise UnreadableArticle("it holds no articles: it is empty, or no file in it is of a kind that is read")


def _walk(
    file: Path, above: str, wanted: Callable[[Path], bool], spent: _Spent
) -> Iterator[tuple[str, Path | UnreadableArticle]]:
    beside = _field_names(file, above, wanted, spent)
    for entry in entries(file):
        spent.files += 1
        if spent.files > MOST_FILES:
            raise _TooMuch(f"it holds more than {MOST_FILES:,} files; split it")
        parts, shown = _parts(entry), above + _shown("/".join(_parts(entry)))
        packed = is_packed(Path(shown))
        if any(part == "__MACOSX" or (part[0] == "." and part != "..") for part in parts):
            continue
        try:
            _check(entry, parts)
            if not (packed or wanted(Path(shown))):
                continue
            if shown in spent.names:
                raise UnreadableArticle("the archive holds two files of this name")
            spent.names.add(shown)
            if packed and above:
                raise UnreadableArticle("it is an archive in an archive of an archive; unpack it")
            names = beside.get(shown)
            if isinstance(names, UnreadableArticle):
                raise names
            unpacked = _unpack(entry, shown, spent)
        except _TooMuch:
            raise
        except UnreadableArticle as error:
            yield shown, error
            continue
        try:
            if packed:
                yield from _inner(unpacked, shown, wanted, spent)
            else:
                if names:
                    names.rename(mapping_file(unpacked))
                yield shown, unpacked
        finally:
            unpacked.unlink(missing_ok=True)
            mapping_file(unpacked).unlink(missing_ok=True)


def _field_names(
    file: Path, above: str, wanted: Callable[[Path], bool], spent: _Spent
) -> dict[str, Path | UnreadableArticle]:
    """The files of field names in the archive, unpacked, by the names of those they are for; they may stand behind
    these. What else is wrong with the archive is told when it is walked."""
    found: dict[str, Path | UnreadableArticle] = {}
    try:
        for number, entry in enumerate(entries(file)):
            if number > MOST_FILES:
                break
            shown = above + _shown("/".join(_parts(entry)))
            name = shown.removesuffix(ENDING)
            if name == shown or not wanted(Path(name)):
                continue
            if name in found:
                found[name] = UnreadableArticle("the archive holds two files of field names (….fields.yaml) for it")
            else:
                found[name] = _field_file(entry, shown, spent)
    except UnreadableArticle as error:
        if isinstance(error, _TooMuch):
            raise
    return found


def _field_file(entry: Entry, shown: str, spent: _Spent) -> Path | UnreadableArticle:
    try:
        _check(entry, _parts(entry))
        return _unpack(entry, shown, spent, MOST_MAPPING_BYTES)
    except _TooMuch:
        raise
    except UnreadableArticle as error:
        return UnreadableArticle(f"its file of field names (….fields.yaml) cannot be used: {error}")


def _parts(entry: Entry) -> list[str]:
    return [part for part in entry.name.replace("\\", "/").split("/") if part not in ("", ".")]


def _inner(
    file: Path, shown: str, wanted: Callable[[Path], bool], spent: _Spent
) -> Iterator[tuple[str, Path | UnreadableArticle]]:
    """What is wrong with an archive inside is no reason to leave the others."""
    try:
        yield from _found(file, f"{shown}/", wanted, spent)
    except _TooMuch:
        raise
    except UnreadableArticle as error:
        yield shown, error


def _check(entry: Entry, parts: list[str]) -> None:
    absolute = entry.name.startswith(("/", "\\")) or re.match(r"[A-Za-z]:", entry.name)
    if absolute or ".." in parts or not parts:
        raise UnreadableArticle("its name leads out of the archive, so it is not unpacked")
    if len(entry.name) > _MOST_NAME_CHARS or _CONTROL.search(entry.name):
        raise UnreadableArticle(f"its name has control characters or more than {_MOST_NAME_CHARS} characters")
    if entry.fault:
        raise UnreadableArticle(entry.fault)


def _shown(name: str) -> str:
    """As text that UTF-8 can hold, on one line."""
    printable = _CONTROL.sub(" ", name).encode("utf-8", "backslashreplace").decode()
    return printable if len(printable) <= _MOST_NAME_CHARS else printable[:_MOST_NAME_CHARS] + "…"


def _unpack(entry: Entry, shown: str, spent: _Spent, most: int = MOST_BYTES) -> Path:
    """Where it stands. What is written of a file that turns out to be too large or damaged is removed."""
    ending = _ENDING.search(shown)
    spent.places += 1
    place = spent.folder / f"{spent.places}{ending[0].lower() if ending else ''}"
    most = min(most, MOST_MEMBER_BYTES, entry.most_bytes)
    size = 0
    try:
        with translated(), entry.open() as opened, place.open("xb") as written:
            while block := opened.read(_AT_ONCE):
                size += len(block)
                spent.unpacked_bytes += len(block)
                if spent.unpacked_bytes > MOST_BYTES:
                    raise _TooMuch(f"it unpacks to more than {MOST_BYTES:,} bytes; split it")
                if size > most:
                    raise UnreadableArticle(f"it unpacks to more than {most:,} bytes, which is too much for its size")
                written.write(block)
    except UnreadableArticle:
        place.unlink(missing_ok=True)
        raise
    return place
