"""Sources that could not be read the last time they were tried, with the reasons: a small file for each store.
Left out: trying them again (`plan.py`)."""

from __future__ import annotations

import contextlib
import json
import logging
from collections.abc import Collection
from typing import Final

from filelock import FileLock, Timeout

from index.settings import IndexSettings
from index.store import store_folder

_PATIENCE_SECONDS: Final = 10.0

logger = logging.getLogger(__name__)


class FailureList:
    """Of one store. Reading it never fails: a list that is lost is made again by the next run."""

    def __init__(self, settings: IndexSettings) -> None:
        self._file = store_folder(settings) / "failed.json"

    def reasons(self) -> dict[str, str]:
        """For each origin why it could not be read."""
        with contextlib.suppress(OSError, ValueError):
            found = json.loads(self._file.read_text(encoding="utf-8"))
            if isinstance(found, dict):
                return {str(origin): str(reason) for origin, reason in found.items()}
        return {}

    def record(self, tried: Collection[str], failed: dict[str, str]) -> None:
        """What came of a run over the paths or addresses `tried`: what stood below them before is forgotten. A list
        that cannot be kept is logged: the run itself is done."""
        if self._after(tried, failed) == self.reasons():
            return
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            # Commands and the server keep the same list; what another has written meanwhile is read again.
            with FileLock(self._file.with_suffix(".lock"), timeout=_PATIENCE_SECONDS):
                fresh = self._file.with_suffix(".new")
                fresh.write_text(json.dumps(self._after(tried, failed), ensure_ascii=True, indent=1), encoding="utf-8")
                fresh.replace(self._file)
        except (OSError, Timeout) as error:
            logger.warning("The list of what could not be read was not kept (%s).", error)

    def _after(self, tried: Collection[str], failed: dict[str, str]) -> dict[str, str]:
        # What comes of an address is named behind a "#"; behind a "/" stand other addresses.
        marks = {name: "#" if "://" in name else "/#" for name in tried}
        below = tuple(f"{name}{mark}" for name in tried for mark in marks[name])
        known = self.reasons().items()
        return {name: why for name, why in known if name not in tried and not name.startswith(below)} | failed
