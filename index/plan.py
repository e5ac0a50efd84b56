"""Sources compared with what is indexed → changes, article by article. Left out: making them (`build.py`), sources by
address (`index/fetching/`)."""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from collections.abc import Collection, Container, Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final, Literal

from index.errors import TooManyRemoved, UnreadableArticle
from index.readers import find_files, printable, read_file, reader_of
from index.readers.apart import ReadingProcess
from index.readers.mapping import mapping_file
from index.settings import IndexSettings
from index.store import Entry
from index.types import Article

Kind = Literal["add", "update", "move", "unchanged", "remove", "fail"]

RECIPE: Final = 6
"""Raised when the same file is read, cut or embedded in another way than before, so that the next run of
`loccit index` reads it anew."""

MOST_REMOVED: Final = 0.2
"""A run that would remove a greater share of a source is likely one over a folder that is not mounted, or half
copied."""

_SLICE_BYTES: Final = 2**20


@dataclass(frozen=True, slots=True)
class Change:
    """What one source asks of the index. `article` is set for add and update, `error` for fail."""

    kind: Kind
    entry: Entry
    article: Article | None = None
    error: str | None = None


def plan_changes(
    paths: Sequence[Path],
    entries: Sequence[Entry],
    settings: IndexSettings,
    failed: Collection[str] = (),
    most_removed: float = 1.0,
    allowed: Collection[str] = (),
) -> Iterator[Change]:
    """Compare what stands at `paths` with what is indexed, article by article in order.

    A file with the same bytes is not read, unless it holds one of the origins that `failed` names. An article whose
    file is gone and whose text stands in a new one has moved, and keeps its id; the others that are gone come last,
    or before the article that takes their id. A source that cannot be read, be it a folder, comes as a failure, and
    what is indexed of it stays. An id that another source holds already gets a suffix made of the new source's
    origin. Raises TooManyRemoved if more than the share `most_removed` of a path's articles would be removed,
    and it is not one of `allowed`, as the error calls it.
    """
    with closing(ReadingProcess(reader_of)) as apart:
        yield from _Plan(paths, entries, settings, failed, most_removed, allowed, apart).changes()


class _Plan:
    def __init__(
        self,
        paths: Sequence[Path],
        entries: Sequence[Entry],
        settings: IndexSettings,
        failed: Collection[str],
        most_removed: float,
        allowed: Collection[str],
        apart: ReadingProcess,
    ) -> None:
        self._apart = apart
        self._settings = settings
        self._most_removed, self._allowed = most_removed, allowed
        self._roots: dict[Path, Path] = {}  # each file, and the path it was found at
        self._failures: list[Change] = []
        folders, unlisted = self._find([in_one_spelling(path) for path in paths])
        self._indexed: dict[str, list[Entry]] = {str(file): [] for file in self._roots}
        self._known: dict[str, Entry] = {}
        self._gone: dict[str, Entry] = {}  # by id: their files are not there any more
        self._sizes = Counter[str]()  # articles indexed of each path
        self._removed = Counter[str]()
        for entry in entries:
            self._sort(entry, folders, unlisted)
        self._gone_by_text = {entry.sha256: entry for entry in reversed(self._gone.values())}
        self._taken = {entry.article_id for entry in self._known.values()}
        self._seen: set[str] = set()
        self._failed = {_file_of(origin, self._indexed) for origin in failed}

    def _find(self, roots: Sequence[Path]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Lists the files; returns the folders, and those that cannot be listed, each once and with a slash."""
        folders: list[str] = []
        unlisted: dict[str, None] = {}
        for root in roots:
            try:
                files, failed = find_files(root)
                self._roots |= {file: root for file in files if file not in self._roots}
                unlisted |= {f"{folder}/": None for folder in failed}
                folders.append(f"{root}/")
            except UnreadableArticle as error:
                self._failures.append(Change("fail", Entry("", str(root), ""), error=str(error)))
        for name in unlisted:
            told = f"{printable(Path(name))}: this folder could not be read. Check its permissions."
            self._failures.append(Change("fail", Entry("", name, ""), error=told))
        return tuple(folders), tuple(unlisted)

    def _sort(self, entry: Entry, folders: tuple[str, ...], unlisted: tuple[str, ...]) -> None:
        holder = _file_of(entry.origin, self._indexed)
        if holder is not None:
            self._sizes[str(self._roots[Path(holder)])] += 1
            self._indexed[holder].append(entry)
        below = next((folder for folder in folders if entry.origin.startswith(folder)), None)
        if holder is None and below and not entry.origin.startswith(unlisted):
            self._sizes[below[:-1]] += 1
            self._removed[below[:-1]] += 1
            self._gone[entry.article_id] = entry
        else:
            self._known[entry.origin] = entry

    def changes(self) -> Iterator[Change]:
        yield from self._failures
        contents = {file: content_digest(file, self._settings) for file in self._roots}
        self._count_moved({contents[file] for file in self._roots if not self._indexed[str(file)]})
        self._check_removed()
        for file, root in self._roots.items():
            indexed = self._indexed[str(file)]
            same = bool(indexed) and {entry.content for entry in indexed} == {contents[file]} != {""}
            if same and str(file) not in self._failed:
                yield from (Change("unchanged", entry) for entry in indexed)
            else:
                yield from self._read(file, root, contents[file])
        for entry in self._gone.values():
            yield Change("remove", entry)

    def _count_moved(self, new: Container[str]) -> None:
        """Files with the same bytes elsewhere are not removed; those with the same text may yet turn up."""
        for path in self._removed:
            gone = (entry for entry in self._gone.values() if entry.origin.startswith(f"{path}/"))
            self._removed[path] -= sum(entry.content in new and entry.content != "" for entry in gone)

    def _check_removed(self) -> None:
        for path, removed in self._removed.items():
            if removed > self._most_removed * self._sizes[path] and printable(Path(path)) not in self._allowed:
                raise TooManyRemoved(printable(Path(path)), removed, self._sizes[path])

    def _read(self, file: Path, root: Path, content: str) -> Iterator[Change]:
        unread = False
        for origin, result in read_file(file, root, self._settings.max_article_bytes, self._apart):
            if isinstance(result, UnreadableArticle):
                unread = True
                yield Change("fail", Entry("", origin, ""), error=str(result))
            elif origin not in self._seen:
                self._seen.add(origin)
                yield from self._place(result, origin, content)
        gone = [entry for entry in self._indexed[str(file)] if not unread and entry.origin not in self._seen]
        self._removed[str(root)] += len(gone)
        self._check_removed()
        for entry in gone:
            self._taken.discard(entry.article_id)
            yield Change("remove", entry)

    def _place(self, article: Article, origin: str, content: str) -> Iterator[Change]:
        known = self._known.get(origin) or self._moved(article)
        identity = known.article_id if known else free_id(article.id, origin, self._taken)
        if identity in self._gone:  # another one's until now
            yield Change("remove", self._gone.pop(identity))
        self._taken.add(identity)
        yield compare(replace(article, id=identity), origin, known, self._settings, content)

    def _moved(self, article: Article) -> Entry | None:
        """What is indexed of an article whose file is gone, if this is its text and its id is free."""
        entry = self._gone_by_text.pop(article.sha256, None)
        return self._gone.pop(entry.article_id, None) if entry else None


def in_one_spelling(path: Path) -> Path:
    """As origins begin: `path` absolute and without `..`, so that one folder never counts as two. Links keep their
    names: `current -> 2025-03-01` stays one place when it points to the next day."""
    place = Path()
    expanded = os.path.expanduser(path)  # noqa: PTH111  # unlike Path's, leaves "~nobody" as it is
    for part in Path(expanded).absolute().parts:
        if part != "..":
            place /= part
        else:  # behind a link, `..` is above the folder it points to, not above the link
            place = (place.resolve() if place.is_symlink() else place).parent
    return place


def _file_of(origin: str, files: Container[str]) -> str | None:
    """The one of `files` an origin lies in: its name, or its name, `#` and an id. Names and ids may
    hold a `#` themselves, so the longest name that fits is taken."""
    name = origin
    while name not in files:
        name, mark, _ = name.rpartition("#")
        if not mark:
            return None
    return name


def free_id(wanted: str, origin: str, taken: Container[str]) -> str:
    """The id wanted, or one with a suffix made of the origin, if that is taken."""
    digest = hashlib.sha256(origin.encode()).hexdigest()
    # A file may itself be named like a suffixed id; then the suffix grows.
    candidates = (wanted, *(f"{wanted}~{digest[:length]}" for length in range(8, 65)))
    return next(candidate for candidate in candidates if candidate not in taken)


def content_digest(file: Path, settings: IndexSettings) -> str:
    """Of a file's bytes, and of all that says how they are read; "" if they cannot be read."""
    made = hashlib.blake2b(json.dumps(_recipe(settings)).encode(), digest_size=16)
    try:
        for part in (file, mapping_file(file)):
            if part != file and not part.is_file():
                continue
            with part.open("rb") as opened:
                while some := opened.read(_SLICE_BYTES):
                    made.update(some)
    except OSError:
        return ""
    return made.hexdigest()


def compare(article: Article, origin: str, known: Entry | None, settings: IndexSettings, content: str = "") -> Change:
    """What an article asks of the index, where `known` is what the index has of it."""
    told = json.dumps([asdict(article), _recipe(settings)], sort_keys=True, ensure_ascii=True)
    entry = Entry(article.id, origin, hashlib.sha256(told.encode()).hexdigest(), content, article.sha256)
    if known is None:
        return Change("add", entry, article)
    if known.digest != entry.digest:
        return Change("update", entry, article)
    return Change("unchanged" if known.origin == origin else "move", entry)


def recipe_digest(settings: IndexSettings) -> str:
    """Of all that says how a file is read, cut and embedded."""
    return hashlib.blake2b(json.dumps(_recipe(settings)).encode(), digest_size=16).hexdigest()


def _recipe(settings: IndexSettings) -> list[object]:
    return [RECIPE, settings.passage_tokens, settings.passage_prompt]
