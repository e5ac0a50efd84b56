"""`loccit index --watch`: runs again whenever something below the paths changes. Left out: what has changed, which each
run finds out by itself (`index/plan.py`), sources by address."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Final

from index.embedder import open_embedder
from index.errors import IndexFault, UnreadableArticle
from index.plan import in_one_spelling
from index.settings import IndexSettings
from index.store import store_folder
from web import terminal
from web.indexing import Sources, run_index
from web.settings import Settings

QUIET_MS: Final = 1000
"""A run begins once nothing has changed for so long: copying a folder is one change."""

LOOK_MS: Final = 500


def run_watching(sources: Sequence[str], settings: Settings) -> None:
    """Index, then again after each change below the paths, until Ctrl-C. The model is loaded once. What goes wrong is
    told, and tried again after the next change. Raises UnreadableArticle if there is nothing to watch, and
    KeyboardInterrupt if a run was under way when Ctrl-C came."""
    if not Sources.of(sources).paths:
        raise UnreadableArticle("Only files and folders are watched. Name one, or leave --watch out.")
    opened = cache(lambda: open_embedder(settings))
    under_way = False

    def run() -> None:
        nonlocal under_way
        under_way = True
        try:
            run_index(sources, settings, opened)
        except IndexFault as error:
            terminal.print_error(str(error))
        under_way = False

    terminal.print_line("Watching for changes  (Ctrl-C stops it)")
    try:
        watch(Sources.of(sources).paths, settings, run)
    except KeyboardInterrupt:
        if under_way:
            raise
        terminal.print_line("Stopped watching.")


def watch(paths: Sequence[Path], settings: IndexSettings, changed: Callable[[], object]) -> None:
    """Call `changed` at once and after each change, until Ctrl-C. What a run itself writes, and hidden files, are
    none."""
    from watchfiles import watch as changes_below  # a library in Rust, for those who watch

    own = store_folder(settings).resolve()

    def counts(change: object, path: str) -> bool:
        inside = Path(path)
        root = next((root for root in watched if inside.is_relative_to(root)), inside)
        hidden = any(part.startswith(".") for part in inside.relative_to(root).parts)
        return not inside.is_relative_to(own) and not hidden

    watched = [in_one_spelling(path).resolve() for path in paths]
    for path in watched:
        if not path.exists():
            raise UnreadableArticle(f"{path}: there is no such file or folder. Check the path.")
    below = changes_below(
        *watched, watch_filter=counts, step=QUIET_MS, debounce=60_000, rust_timeout=LOOK_MS, yield_on_timeout=True
    )
    next(below)  # from here on changes are seen, so that none between the first run and the watching is missed
    changed()
    for some in below:
        if some:
            changed()
