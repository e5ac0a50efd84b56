"""`loccit index --watch`: runs again whenever something below the paths changes. Left out: what has changed, which each
run finds out by itself (`index/plan.py`), sources by address."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from index.errors import UnreadableArticle
from index.plan import in_one_spelling
from index.settings import IndexSettings
from index.store import store_folder

QUIET_MS: Final = 1000
"""A run begins once nothing has changed for so long: copying a folder is one change."""

LOOK_MS: Final = 500


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
