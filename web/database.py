"""Small SQLite files of the server: made at the first write, readable by their owner alone. Left out: the index,
which has files of its own (`index/stores/`)."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from index.errors import IndexFault


class DataError(IndexFault):
    """A file of the server itself cannot be used."""


def exists(file: Path) -> bool:
    """Whether anything was written yet. Raises DataError if its folder is none."""
    if file.parent.exists() and not file.parent.is_dir():
        raise DataError(f"{file.parent} is no folder. Name a folder with the setting `data`.")
    return file.exists()


@contextmanager
def opened(file: Path, schema: str) -> Iterator[sqlite3.Connection]:
    """The file, made where there is none. Raises DataError if it cannot be used."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        if not file.exists():
            file.touch(mode=0o600)
        with closing(sqlite3.connect(file, timeout=10)) as db:
            db.executescript(schema)
            yield db
    except sqlite3.OperationalError as error:
        raise DataError(_unwritable(file, error)) from error
    except sqlite3.DatabaseError as error:
        raise DataError(f"{file} is damaged ({error}). Restore it, or move it away to begin a new one.") from error
    except OSError as error:
        raise DataError(_unwritable(file, error)) from error


def _unwritable(file: Path, error: Exception) -> str:
    return f"{file} cannot be written ({error}). Make its folder writable, or name another with the setting `data`."
