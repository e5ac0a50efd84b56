"""The folder of an embedded store: generations side by side, one small file naming the current one.

    CURRENT                      name of the published generation
    generations/NAME/            never changed once published:
        recent.sqlite            articles and passages of late, with their vectors
        base.sqlite, base.*      those before, if there are many; shared with other generations
        words/                   the words of all
    generations/.building        the next generation, if a build runs or was killed
    versions.sqlite              earlier texts of articles that have changed
    failed.json                  what could not be read (`index/failures.py`)
    writer.lock

Left out: what the files hold (`catalogue.py`, `passage_vectors.py`, `word_index.py`).
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

from index.errors import NoIndexError, StoreBusy, StoreError
from index.settings import IndexSettings
from index.store import Generation, store_folder

RECENT: Final = "recent.sqlite"
BASE: Final = "base.sqlite"
BASE_VECTORS: Final = "base.faiss"
BASE_PLACES: Final = "base-places.npy"
BASE_ARTICLES: Final = "base-articles.npy"
BASE_IDS: Final = "base-ids.npy"
BASE_ORDER: Final = "base-order.npy"
BASE_LANGUAGES: Final = "base-languages.npy"
WORDS: Final = "words"

CHANGING: Final = (RECENT, "meta.json", ".managed.json")
"""Files that the next generation changes: the recent part, and those by which tantivy names its others."""

_NAME: Final = re.compile(r"[0-9]+-[0-9a-f]{12}")


class StoreFolder:
    """Paths and the publishing step of one store."""

    def __init__(self, settings: IndexSettings) -> None:
        self.root = store_folder(settings)
        self.generations = self.root / "generations"
        self.building = self.generations / ".building"
        self.lock = self.root / "writer.lock"
        self._keep = settings.keep_generations
        self.keep_versions = settings.keep_versions

    def current(self) -> str | None:
        """Name of the published generation; None before the first."""
        try:
            return (self.root / "CURRENT").read_text(encoding="utf-8").strip() or None
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, UnicodeDecodeError) as error:
            raise StoreError(
                f"The file CURRENT of the store cannot be read ({type(error).__name__}). Check the folder given "
                "as --store and its permissions, or build the index anew with `loccit index`."
            ) from error

    def current_folder(self) -> Path:
        """Folder of the published generation. Raises NoIndexError, or StoreError if it is gone."""
        name = self.current()
        if name is None:
            raise NoIndexError(
                "There is no index yet. Make one with `loccit index PATH`, then ask again. It was looked for in "
                f"{self.root}."
            )
        folder = self.generations / name
        # CURRENT may hold anything by accident, such as a path out of the store: only own names pass.
        if not _NAME.fullmatch(name) or not (folder / RECENT).is_file() or not (folder / WORDS).is_dir():
            raise StoreError(
                f"The published generation '{name[:80]}' is not in the store any more, or is of another format. "
                "Restore its folder, or remove the file CURRENT and build the index anew with `loccit index`."
            )
        return folder

    def begin(self, current: Path | None) -> Path:
        """A folder for the next generation, with all that stands in the current one's; what a killed
        build left behind is swept away. Files that never change are shared between both, so that
        beginning costs little however large they are."""
        shutil.rmtree(self.building, ignore_errors=True)
        (self.building / WORDS).mkdir(parents=True)
        if current is not None:
            for file in (*current.iterdir(), *(current / WORDS).iterdir()):
                if file.is_file():
                    take_over(file, self.building / file.relative_to(current))
        return self.building

    def next_name(self, digest: str) -> str:
        """A name for the next generation, from a hexadecimal digest of what changed in it. Numbers go on
        from the highest folder, not from CURRENT: after a rollback, or a build killed before it was
        named, a higher number is taken already."""
        names = self._names()
        return f"{_number(names[-1]) + 1 if names else 1:06d}-{digest[:12]}"

    def publish(self, name: str) -> None:
        """Make the folder being built the current generation: everything reaches the disk before
        the one small file that names it is replaced. Then forget the oldest generations."""
        for path in (*self.building.rglob("*"), self.building):
            _sync(path)
        self.building.rename(self.generations / name)
        _sync(self.generations)
        self._name_current(name)
        self._prune(name)

    def _name_current(self, name: str) -> None:
        fresh = self.root / "CURRENT.new"
        fresh.write_text(name + "\n", encoding="utf-8")
        _sync(fresh)
        fresh.replace(self.root / "CURRENT")
        _sync(self.root)

    def published(self) -> list[Generation]:
        """Those that are kept, the latest first."""
        current = self.current()
        names = reversed(self._names()) if self.generations.is_dir() else ()
        found = []
        for name in names:
            with suppress(FileNotFoundError):  # removed meanwhile
                found.append(Generation(name, _day_and_time(self.generations / name), name == current))
        return found

    def roll_back(self, name: str, check: Callable[[Path], None]) -> None:
        """Make an older generation the current one again, if `check` of its folder raises nothing. Raises StoreError
        if it is not kept any more, StoreBusy if somebody is writing."""
        with self.locked():
            if not _NAME.fullmatch(name) or not (self.generations / name / RECENT).is_file():
                kept = ", ".join(generation.name for generation in self.published()) or "none"
                raise StoreError(f"The generation '{name[:80]}' is not kept. Those that are: {kept}.")
            check(self.generations / name)
            self._name_current(name)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """While nobody else may write. Raises StoreBusy, StoreError."""
        lock = FileLock(self.lock)
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            lock.acquire(timeout=0)
        except Timeout as error:
            raise StoreBusy("Another `loccit index` is writing to this store. Wait until it ends.") from error
        except OSError as error:
            raise StoreError(
                f"The store's folder cannot be written ({error.strerror}). Choose another with --store."
            ) from error
        try:
            yield
        finally:
            lock.release()

    def _prune(self, current: str) -> None:
        older = [name for name in self._names() if name != current]
        for name in older[: max(0, len(older) + 1 - self._keep)]:
            shutil.rmtree(self.generations / name, ignore_errors=True)

    def _names(self) -> list[str]:
        names = (path.name for path in self.generations.iterdir())
        return sorted((name for name in names if _NAME.fullmatch(name)), key=_number)


def _day_and_time(folder: Path) -> str:
    at = datetime.fromtimestamp((folder / RECENT).stat().st_mtime, UTC)
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")


def take_over(file: Path, copy: Path) -> None:
    """Make `copy` the same file, or a copy of it where that will be changed or cannot be shared."""
    if file.name not in CHANGING:
        try:
            copy.hardlink_to(file)
        except OSError:  # a disk without links
            pass
        else:
            return
    shutil.copyfile(file, copy)


def _number(name: str) -> int:
    return int(name.split("-")[0])


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
