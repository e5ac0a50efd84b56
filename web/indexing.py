"""`loccit index` and `loccit stats`: plan, progress, summary. Left out: the work itself (`index/build.py`)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from index.build import Change, Summary, build, plan_changes
from index.embedder import embedder_name, open_embedder
from index.errors import NoIndexError
from index.readers import count_articles
from index.store import Entry, check_embedder, open_store, open_writer
from index.types import Filters
from index.unfinished import remembering
from web import terminal
from web.settings import Settings


def run_index(paths: Sequence[Path], settings: Settings) -> int:
    """Plan, and unless it is a dry run or nothing changes, build. Returns the exit code: 1 if an
    article could not be read. The model is loaded only when something changes."""
    entries = _entries(settings)
    planned = Counter[str]()
    failures = []
    for change in plan_changes(paths, entries, settings):
        planned[change.kind] += 1
        if change.kind == "fail":
            failures.append(change.error or "")
        elif settings.dry_run and change.kind != "unchanged":
            terminal.print_line(f"{change.kind:9} {change.entry.article_id}")
    summary = Summary(unchanged=planned["unchanged"], failures=failures)
    if settings.dry_run:
        summary.add, summary.update, summary.remove = planned["add"], planned["update"], planned["remove"]
    elif planned["add"] or planned["update"] or planned["remove"]:
        summary = _build(paths, settings)
    for failure in summary.failures:
        terminal.print_error(failure)
    terminal.print_line(("plan: " if settings.dry_run else "") + summary.line())
    return 1 if summary.failures else 0


def _entries(settings: Settings) -> list[Entry]:
    try:
        store = open_store(settings)
    except NoIndexError:
        return []
    check_embedder(store.info, embedder_name(settings))
    return store.entries()


def _build(paths: Sequence[Path], settings: Settings) -> Summary:
    embedder = open_embedder(settings)
    total, done = count_articles(paths), 0
    with (
        open_writer(settings, embedder.name, embedder.dimension) as writer,
        remembering(embedder, settings) as remembered,
        terminal.progress("Indexing") as advance,
    ):

        def report(change: Change) -> None:
            nonlocal done
            done += change.kind != "remove"
            advance(done, total)

        return build(paths, writer, remembered, settings, report)


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
