"""`loccit index` and `loccit stats`: plan, progress, summary. Left out: the work itself (`index/build.py`), running
again (`watching.py`)."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from index.build import Summary, build
from index.embedder import Embedder, embedder_name, open_embedder
from index.errors import NoIndexError, TooManyRemoved, UnreadableArticle
from index.failures import FailureList
from index.fetching.state import FetchState
from index.plan import MOST_REMOVED, Change, in_one_spelling, plan_changes
from index.plan_addresses import fetch_state, plan_sources, source_name
from index.readers import count_articles, find_files, printable
from index.store import Entry, check_embedder, open_store, open_writer, store_folder
from index.types import Filters
from index.unfinished import remembering
from web import terminal
from web.settings import Settings

_KINDS_TOLD: Final = 3
"""Kinds of files left out that are named."""


@dataclass(frozen=True, slots=True)
class Sources:
    """What is indexed: files and folders, and addresses."""

    paths: list[Path]
    addresses: list[str]

    @classmethod
    def of(cls, names: Sequence[str]) -> Sources:
        """What begins with http:// or https:// is an address."""
        addresses = [name for name in names if name.lower().startswith(("http://", "https://"))]
        return cls([Path(name) for name in names if name not in addresses], addresses)

    def tried(self) -> list[str]:
        """As origins of failures begin."""
        return [*(str(in_one_spelling(path)) for path in self.paths), *map(source_name, self.addresses)]

    def parts(self) -> Iterator[Sources]:
        """The paths, among which articles may have moved, then each address by itself."""
        if self.paths:
            yield Sources(self.paths, [])
        yield from (Sources([], [url]) for url in self.addresses)

    def split(self, name: str) -> tuple[Sources, Sources]:
        """What an error calls `name`, and the others."""
        paths = [path for path in self.paths if printable(in_one_spelling(path)) == name]
        addresses = [url for url in self.addresses if source_name(url) == name]
        others = [path for path in self.paths if path not in paths], [u for u in self.addresses if u not in addresses]
        return Sources(paths, addresses), Sources(*others)


def run_index(names: Sequence[str], settings: Settings, embedder: Callable[[], Embedder] | None = None) -> int:
    """Plan, and unless it is a dry run or nothing changes, build. Returns the exit code: 1 if an
    article could not be read, or a source not be emptied unasked. The model is loaded only when something changes, by
    `embedder` if that is given; and where there are addresses, which are asked once."""
    sources, failures = Sources.of(names), FailureList(settings)
    entries, failed = _entries(settings), failures.reasons()
    if settings.dry_run:
        return _told(_print_plan(sources, entries, settings, failed), sources, settings, "plan: ")
    summary, refused = Summary(), dict[str, str]()
    for change in plan_changes(sources.paths, entries, settings, failed):
        summary.count(change)
        if summary.changes:
            break
    if summary.changes or sources.addresses:
        opened, summary = (embedder or (lambda: open_embedder(settings)))(), Summary()
        for part in sources.parts():
            summary += _build(part, settings, failed, opened, refused)
    mistyped = _mistyped(sources.paths, entries)
    found = {name: why for name, why in summary.failed.items() if name not in mistyped}
    # Of a source that was refused nothing was tried, and what was known of it stays so.
    failures.record([name for name in sources.tried() if name not in refused], found | refused)
    summary.failed |= refused
    return _told(summary, sources, settings)


def _told(summary: Summary, sources: Sources, settings: Settings, label: str = "") -> int:
    for failure in summary.failures:
        terminal.print_error(failure)
    others: Counter[str] = Counter()
    for path in sources.paths:
        with suppress(UnreadableArticle):  # the run has named it as a failure
            find_files(path, others, store_folder(settings))
    if others:
        most = sorted(others.items(), key=lambda kind: (-kind[1], kind[0]))[:_KINDS_TOLD]
        kinds = ", ".join(f"{kind or 'no ending'} {count:,}" for kind, count in most)
        terminal.print_note(f"left out {others.total():,} files of kinds that are not read ({kinds})")
    terminal.print_line(f"{label}{summary.line()}")
    return 1 if summary.failed else 0


def _mistyped(paths: Sequence[Path], entries: Sequence[Entry]) -> set[str]:
    """Paths where nothing is, and of which nothing is indexed: to try them again is no use."""
    missing = (str(in_one_spelling(path)) for path in paths if not os.path.lexists(path))
    return {name for name in missing if not any(_holds(name, entry.origin) for entry in entries)}


def _holds(source: str, origin: str) -> bool:
    return origin == source or origin.startswith((f"{source}#", f"{source}/"))


def _print_plan(sources: Sources, entries: Sequence[Entry], settings: Settings, failed: Collection[str]) -> Summary:
    summary, gone = Summary(), set[str]()
    with fetch_state(sources.addresses, settings) as state:
        for change in plan_sources(sources.paths, sources.addresses, entries, settings, state, failed):
            _print_planned(change)
            summary.count(change)
            if change.kind == "remove":
                gone.add(change.entry.origin)
        for name, removed, indexed in _shares(sources, entries, state, gone):
            if removed > MOST_REMOVED * indexed and not settings.yes:
                told = f"{name}: {removed:,} of its {indexed:,} articles are gone."
                terminal.print_line(f"{told} The run itself asks first, or needs --yes.")
    return summary


def _print_planned(change: Change) -> None:
    reason = {
        "add": "it is new", "update": "its text, fields or the settings have changed", "remove": "its source is gone",
        "move": f"to {change.entry.origin}",
    }.get(change.kind)  # fmt: skip
    if reason:
        terminal.print_line(f"{change.kind:9} {change.entry.article_id}  ({reason})")


def _shares(
    sources: Sources, entries: Sequence[Entry], state: FetchState | None, gone: Collection[str]
) -> Iterator[tuple[str, int, int]]:
    """Of each source how much is removed, and how much there is: articles of a path, pages of an address."""
    for path in sources.paths:
        root = str(in_one_spelling(path))
        below = [entry.origin for entry in entries if _holds(root, entry.origin)]
        yield printable(Path(root)), sum(origin in gone for origin in below), len(below)
    left = {place for entry in entries if entry.origin not in gone for place in _places(entry.origin)}
    lost = {place for origin in gone for place in _places(origin)} - left
    for source in map(source_name, sources.addresses if state else ()):
        pages = state.pages_of(source) if state else []
        yield source, sum(page in lost for page in pages), len(pages)


def _places(origin: str) -> Iterator[str]:
    """The files or pages that an article of this origin may have been read from."""
    while origin:
        yield origin
        origin = origin.rpartition("#")[0]


def _entries(settings: Settings) -> list[Entry]:
    try:
        store = open_store(settings)
    except NoIndexError:
        return []
    check_embedder(store.info, embedder_name(settings))
    return store.entries()


def _build(
    sources: Sources,
    settings: Settings,
    failed: Collection[str],
    embedder: Embedder,
    refused: dict[str, str],
    allowed: frozenset[str] = frozenset(),
) -> Summary:
    """Asks before a large share of a source's articles is removed, where there is somebody to ask. With a yes it is
    done together with the others, to which articles may have moved; without, that source stays as it is, `refused`
    says so, and the others are done all the same."""
    try:
        return _make(sources, settings, failed, embedder, allowed)
    except TooManyRemoved as error:
        if terminal.confirmed(error.gone):
            return _build(sources, settings, failed, embedder, refused, allowed | {error.path})
        held, others = sources.split(error.path)
        refused.update(dict.fromkeys(held.tried(), str(error)))
        return _build(others, settings, failed, embedder, refused, allowed) if others != Sources([], []) else Summary()


def _make(
    sources: Sources, settings: Settings, failed: Collection[str], embedder: Embedder, allowed: Collection[str]
) -> Summary:
    most_removed = 1.0 if settings.yes else MOST_REMOVED
    total, done = count_articles(sources.paths), 0
    with (
        open_writer(settings, embedder.name, embedder.dimension) as writer,
        remembering(embedder, settings) as remembered,
        terminal.progress("Indexing") as advance,
    ):

        def report(change: Change) -> None:
            nonlocal done
            done += change.kind != "remove"
            advance(done, total)

        return build(
            sources.paths, writer, remembered, settings, report, failed, most_removed, sources.addresses, allowed
        )


def index_stats(settings: Settings) -> dict[str, Any]:
    """Counts of the current generation. Raises NoIndexError."""
    store = open_store(settings)
    articles, total = store.articles(0, 2**31, Filters())
    dates = sorted(article.published for article in articles if article.published)
    return {
        "generation": store.info.generation,
        "embedder": store.info.embedder,
        "dimension": store.info.dimension,
        "articles": total,
        "passages": store.info.passages,
        "characters": sum(len(article.text) for article in articles),
        "languages": dict(Counter(article.language for article in articles).most_common()),
        "sources": dict(Counter(article.source for article in articles if article.source).most_common(20)),
        "oldest": dates[0] if dates else None,
        "newest": dates[-1] if dates else None,
    }
