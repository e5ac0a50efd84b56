"""Sources → articles. Chooses the reader by the file's ending and walks folders; each kind of
source has a file of its own. Left out: fetching addresses, and formats other than Markdown, plain
text and JSONL."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from pathspec import GitIgnoreSpec

from index.errors import UnreadableArticle
from index.readers import jsonl, markdown, plain_text
from index.types import Article

Source = tuple[str, Article | UnreadableArticle]
"""Where an article comes from (a path, or a path, `#` and an id) and the article, or why not."""

READERS: Final[dict[str, Callable[[Path, str], Iterator[Source]]]] = {
    ".md": markdown.read,
    ".markdown": markdown.read,
    ".txt": plain_text.read,
    ".jsonl": jsonl.read,
}
IGNORE_FILE: Final = ".loccitignore"
QUESTIONS_FILE: Final = "questions.jsonl"  # what `loccit eval` asks of a folder: no articles


def find_files(path: Path) -> list[Path]:
    """The files to read at `path`: itself, or all readable ones below a folder, in order.

    Hidden files, `questions.jsonl` and what the folder's `.loccitignore` names (one pattern a
    line, as in .gitignore) are left out. Raises UnreadableArticle if there is nothing at `path`.
    """
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise UnreadableArticle(f"{path}: there is no such file or folder. Check the path.")
    ignore_file = path / IGNORE_FILE
    lines = ignore_file.read_text(encoding="utf-8").splitlines() if ignore_file.is_file() else []
    ignored = GitIgnoreSpec.from_lines(lines)
    found = []
    for file in sorted(path.rglob("*")):
        inside = file.relative_to(path)
        hidden = any(part.startswith(".") for part in inside.parts)
        known = file.suffix.lower() in READERS and file.name != QUESTIONS_FILE
        if known and not hidden and file.is_file() and not ignored.match_file(inside.as_posix()):
            found.append(file)
    return found


def count_articles(paths: Sequence[Path]) -> int:
    """About how many articles stand at `paths`, without reading them: for a progress bar."""
    total = 0
    for path in paths:
        try:
            files = find_files(path)
        except UnreadableArticle:
            continue
        for file in files:
            if file.suffix.lower() == ".jsonl":
                with file.open("rb") as lines:
                    total += sum(1 for _ in lines)
            else:
                total += 1
    return total


def read_file(file: Path, root: Path, max_bytes: int) -> Iterator[Source]:
    """The articles of one file. The id proposed for a file of one article is its path below
    `root` without the ending. What cannot be read comes as the error that says why."""
    origin = str(file.absolute())
    reader = READERS.get(file.suffix.lower())
    try:
        size = file.stat().st_size
        if reader is None:
            known = ", ".join(sorted(READERS))
            raise UnreadableArticle(f"files that end in '{file.suffix}' are not read; these are: {known}")
        if size > max_bytes:
            raise UnreadableArticle(
                f"it has {size:,} bytes, at most {max_bytes:,} are read; split it, or raise max_article_bytes"
            )
        inside = file.relative_to(root) if root != file else Path(file.name)
        yield from reader(file, inside.with_suffix("").as_posix())
    except UnreadableArticle as error:
        yield origin, UnreadableArticle(f"{file}: {error}.")
    except OSError as error:
        yield origin, UnreadableArticle(f"{file}: it could not be read ({error.strerror}).")
