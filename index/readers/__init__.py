"""Sources → articles. Walks folders for files of known endings and chooses the reader by what a file holds, then by
its ending; each kind of source has a file of its own. Left out: fetching addresses."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from pathspec import GitIgnoreSpec

from index.errors import UnreadableArticle
from index.readers import (
    docx,
    epub,
    html,
    json_file,
    jsonl,
    mail,
    mapping,
    markdown,
    mediawiki,
    packed,
    pdf,
    plain_text,
    table,
)
from index.readers.apart import ReadingProcess
from index.readers.archives import opened_archive
from index.types import Article

Source = tuple[str, Article | UnreadableArticle]
"""Where an article comes from (a path, or a path, `#` and a part of that file) and the article, or why not."""

Reader = Callable[[Path, str], Iterator[tuple[str, Article | UnreadableArticle]]]
"""From a file and the id proposed for its article: each article with the part of the file it comes from, "" for a
file of one article. What is wrong with a part is yielded, what is wrong with the file is raised; both say so without
naming the file and without a full stop."""


def read_packed(file: Path, identity: str) -> Iterator[tuple[str, Article | UnreadableArticle]]:
    """See `Reader`: the articles of each file in an archive, by the reader that fits it."""
    for name, member in packed.members(file, lambda path: ending_of(path) is not None):
        if isinstance(member, UnreadableArticle):
            yield name, member
            continue
        for part, result in read_parts(member, f"{identity}/{without_ending(name)}", packed.MOST_MEMBER_BYTES):
            yield f"{name}#{part}" if part else name, result


READERS: Final[dict[str, Reader]] = {
    ".md": markdown.read,
    ".markdown": markdown.read,
    ".txt": plain_text.read,
    ".text": plain_text.read,
    ".html": html.read,
    ".htm": html.read,
    ".xhtml": html.read,
    ".docx": docx.read,
    ".epub": epub.read,
    ".pdf": pdf.read,
    ".eml": mail.read,
    ".csv": table.read,
    ".tsv": table.read,
    ".json": json_file.read,
    ".jsonl": jsonl.read,
    ".xml": mediawiki.read,
    ".xml.bz2": mediawiki.read,
    ".xml.gz": mediawiki.read,
    **dict.fromkeys(packed.ENDINGS, read_packed),
}
_READ_HERE: Final = (markdown.read, plain_text.read, jsonl.read)
"""Those in Python alone that are known to take time in proportion to the file; all others may be read apart."""

_OWN_LIMITS: Final = (mediawiki.read, read_packed)
"""What holds many articles may be larger than one."""

IGNORE_FILE: Final = ".loccitignore"
# What is asked of a folder, alone and after another question: no articles.
QUESTIONS_FILES: Final = frozenset(("questions.jsonl", "follow_ups.jsonl"))


def ending_of(file: Path) -> str | None:
    """The longest known ending of a name, in small letters."""
    parts = file.name.lower().split(".")
    endings = (f".{'.'.join(parts[at:])}" for at in range(1, len(parts)))
    return next((ending for ending in endings if ending in READERS), None)


def without_ending(name: str) -> str:
    """A path without its known ending."""
    return name[: -len(ending_of(Path(name)) or "")] or name


def holds_many(name: str) -> bool:
    """Whether a file of this name may hold many articles, and so be larger than one may be."""
    return READERS.get(ending_of(Path(name)) or "") in _OWN_LIMITS


def find_files(
    path: Path, others: Counter[str] | None = None, own: Path | None = None
) -> tuple[list[Path], list[Path]]:
    """The files to read at `path` (itself, or all of known endings below a folder), and the folders
    below it that cannot be listed, both in order. `others` counts the endings of files of other kinds, but
    for those below `own`.

    Hidden files, `questions.jsonl`, `follow_ups.jsonl` and what the folder's `.loccitignore` names (one pattern a
    line, as in .gitignore) are left out. Raises UnreadableArticle if there is nothing at `path`, or
    it or its `.loccitignore` cannot be used.
    """
    try:
        if path.is_file():
            return [path], []
        if not path.is_dir():
            raise UnreadableArticle(f"{printable(path)}: there is no such file or folder. Check the path.")
    except OSError as error:
        raise UnreadableArticle(f"{printable(path)}: it could not be read ({error.strerror}).") from error
    ignored = _ignored(path / IGNORE_FILE)
    found: list[Path] = []
    unlisted: list[Path] = []
    for folder, inner, names in os.walk(path, onerror=lambda error: unlisted.append(Path(error.filename))):
        inner[:] = [name for name in inner if not name.startswith(".")]
        for file in (Path(folder, name) for name in names if not name.startswith(".")):
            known = ending_of(file) is not None and file.name not in QUESTIONS_FILES
            if not known and others is None:
                continue
            if ignored.match_file(file.relative_to(path).as_posix()) or not _may_be_file(file):
                continue
            if known:
                found.append(file)
            elif others is not None and _is_article(file, own):
                others[file.suffix.lower()] += 1
    unlisted = [folder for folder in unlisted if not ignored.match_file(f"{folder.relative_to(path).as_posix()}/")]
    return sorted(found), sorted(unlisted)


def _may_be_file(file: Path) -> bool:
    try:
        return file.is_file()
    except OSError:  # it is there and may not be looked at: reading it says so
        return True


def printable(path: Path) -> str:
    """The path as text that UTF-8 can hold: bytes of a name that are not UTF-8 read like `\\xe9`."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def _is_article(file: Path, own: Path | None) -> bool:
    """Whether somebody may have meant a file to be one, though it is of no kind that is read."""
    ours = own is not None and file.absolute().is_relative_to(own.absolute())
    return not ours and file.name not in QUESTIONS_FILES and not file.name.endswith(mapping.ENDING)


def _ignored(file: Path) -> GitIgnoreSpec:
    try:
        lines = file.read_text(encoding="utf-8").splitlines() if file.is_file() else []
        return GitIgnoreSpec.from_lines(lines)
    except UnicodeDecodeError as error:
        raise UnreadableArticle(f"{printable(file)}: it is not valid UTF-8. Save it as UTF-8.") from error
    except ValueError as error:
        raise UnreadableArticle(f"{printable(file)}: {error}. Mend this pattern or remove it.") from error
    except OSError as error:
        raise UnreadableArticle(f"{printable(file)}: it could not be read ({error.strerror}).") from error


def count_articles(paths: Sequence[Path]) -> int:
    """About how many articles stand at `paths`, without reading them: for a progress bar."""
    total = 0
    for path in paths:
        try:
            files, _ = find_files(path)
        except UnreadableArticle:
            continue
        total += sum(_count_lines(file) if file.suffix.lower() == ".jsonl" else 1 for file in files)
    return total


def _count_lines(file: Path) -> int:
    try:
        with file.open("rb") as lines:
            return sum(1 for _ in lines)
    except OSError:  # the build names it as a failure
        return 1


def reader_of(file: Path) -> Reader:
    """By what the file holds where that is plain to see, else by its name. Raises UnreadableArticle."""
    ending = ending_of(file)
    if ending is None:
        known = ", ".join(sorted(READERS))
        raise UnreadableArticle(f"files that end in '{file.suffix}' are not read; these are: {known}")
    with file.open("rb") as opened:
        start = opened.read(1000).lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith(b"%pdf-"):
        return pdf.read
    if start.startswith((b"<!doctype html", b"<html")):
        return html.read
    if start.startswith(b"pk\x03\x04") and READERS[ending] is not read_packed:
        with opened_archive(file) as archive:
            names = set(archive.namelist())
        if "word/document.xml" in names:
            return docx.read
        if "META-INF/container.xml" in names:
            return epub.read
    return READERS[ending]


def read_file(file: Path, root: Path, max_bytes: int, apart: ReadingProcess | None = None) -> Iterator[Source]:
    """The articles of one file. The id proposed for a file of one article is its path below
    `root` without the ending. What cannot be read comes as the error that says why; see `read_parts`."""
    shown = printable(file)
    if printable(file.absolute()) != str(file.absolute()):
        told = "its name, or that of a folder above it, is not valid UTF-8; rename it"
        yield printable(file.absolute()), UnreadableArticle(f"{shown}: {told}.")
        return
    inside = file.relative_to(root) if root != file else Path(file.name)
    for part, result in read_parts(file, without_ending(inside.as_posix()), max_bytes, apart):
        if isinstance(result, UnreadableArticle):
            result = UnreadableArticle(f"{shown}{f', {part}' if part else ''}: {result}.")
        yield f"{file.absolute()}{f'#{part}' if part else ''}", result


def read_parts(
    file: Path, identity: str, max_bytes: int, apart: ReadingProcess | None = None
) -> Iterator[tuple[str, Article | UnreadableArticle]]:
    """The articles of one file, each with its part of it, as `Reader` gives them; what is wrong with the file is
    yielded too. Formats that could take any time or memory are read by `apart`, if it is given."""
    try:
        size = file.stat().st_size
        reader = reader_of(file)
        if size > max_bytes and reader not in _OWN_LIMITS:
            raise UnreadableArticle(
                f"it has {size:,} bytes, at most {max_bytes:,} are read; split it, or raise max_article_bytes"
            )
        yield from (apart.read if apart and reader not in _READ_HERE else reader)(file, identity)
    except UnreadableArticle as error:
        yield "", error
    except OSError as error:
        yield "", UnreadableArticle(f"it could not be read ({error.strerror})")
    except Exception as error:  # noqa: BLE001 - files are hostile, and one must not stop the run over all others
        yield "", UnreadableArticle(f"it could not be read ({type(error).__name__}: {str(error)[:200]})")
