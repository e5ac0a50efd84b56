"""`loccit index` and `loccit stats`: plan, progress, summary. Left out: the work itself (`index/build.py`)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from index.build import Summary, build
from index.embedder import Embedder, embedder_name, open_embedder
from index.errors import IndexFault, NoIndexError, TooManyRemoved, UnreadableArticle
from index.failures import FailureList
from index.plan import MOST_REMOVED, Change, in_one_spelling, plan_changes
from index.plan_addresses import fetch_state, plan_sources, source_name
from index.readers import count_articles
from index.store import Entry, check_embedder, open_store, open_writer
from index.types import Filters
from index.unfinished import remembering
from web import terminal
from web.settings import Settings
from web.watching import watch


def run_watching(sources: Sequence[str], settings: Settings) -> None:
    """Index, then again after each change below the paths, until Ctrl-C. The model is loaded once. What goes wrong is
    told, and tried again after the next change."""
    if not Sources.of(sources).paths:
        raise UnreadableArticle("Only files and folders are watched. Name one, or leave --watch out.")
    opened = cache(lambda: open_embedder(settings))

    def run() -> None:
        try:
            run_index(sources, settings, opened)
        except IndexFault as error:
            terminal.print_error(str(error))

    terminal.print_line("Watching for changes  (Ctrl-C stops it)")
    watch(Sources.of(sources).paths, settings, run)


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


def run_index(names: Sequence[str], settings: Settings, embedder: Callable[[], Embedder] | None = None) -> int:
    """Plan, and unless it is a dry run or nothing changes, build. Returns the exit code: 1 if an
    article could not be read. The model is loaded only when something changes, by `embedder` if that is given;
    and where there are addresses, which are asked once."""
    sources, failures = Sources.of(names), FailureList(settings)
    entries, failed = _entries(settings), failures.reasons()
    summary = Summary()
    if settings.dry_run:
        with fetch_state(sources.addresses, settings) as state:
            for change in plan_sources(sources.paths, sources.addresses, entries, settings, state, failed):
                _print_planned(change)
                summary.count(change)
        code = _told(summary)
        terminal.print_line(f"plan: {summary.line()}")
        return code
    for change in plan_changes(sources.paths, entries, settings, failed):
        summary.count(change)
        if summary.changes:
            break
    if summary.changes or sources.addresses:
        summary = _build(sources, settings, failed, (embedder or (lambda: open_embedder(settings)))())
    failures.record(sources.tried(), summary.failed)
    code = _told(summary)
    terminal.print_line(summary.line())
    return code


def _told(summary: Summary) -> int:
    for failure in summary.failures:
        terminal.print_error(failure)
    return 1 if summary.failed else 0


def _print_planned(change: Change) -> None:
    reason = {
        "add": "it is new", "update": "its text, fields or the settings have changed", "remove": "its source is gone",
        "move": f"to {change.entry.origin}",
    }.get(change.kind)  # fmt: skip
    if reason:
        terminal.print_line(f"{change.kind:9} {change.entry.article_id}  ({reason})")


def _entries(settings: Settings) -> list[Entry]:
    try:
        store = open_store(settings)
    except NoIndexError:
        return []
    check_embedder(store.info, embedder_name(settings))
    return store.entries()


def _build(sources: Sources, settings: Settings, failed: Collection[str], embedder: Embedder) -> Summary:
    """Asks before a large share of a path's articles is removed, where there is somebody to ask."""

    def make(most_removed: float) -> Summary:
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

            return build(sources.paths, writer, remembered, settings, report, failed, most_removed, sources.addresses)

    try:
        return make(1.0 if settings.yes else MOST_REMOVED)
    except TooManyRemoved as error:
        if not terminal.confirmed(str(error)):
            raise
    return make(1.0)


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
