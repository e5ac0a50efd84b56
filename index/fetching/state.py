"""What was loaded from which address, and when: a small SQLite file, readable by its owner alone. What a caller has not
called done is forgotten when it stops, and loaded again. Left out: the texts, which the index keeps."""

from __future__ import annotations

import sqlite3
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any, Final

from index.errors import IndexFault

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS pages (
    url TEXT PRIMARY KEY, source TEXT NOT NULL, etag TEXT, modified TEXT, sha256 TEXT NOT NULL, status INTEGER NOT NULL,
    fetched REAL NOT NULL, stamp TEXT, from_feed INTEGER NOT NULL, listed INTEGER NOT NULL, hints TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS pages_of_source ON pages (source);
CREATE TABLE IF NOT EXISTS listings (
    url TEXT PRIMARY KEY, kind TEXT NOT NULL, etag TEXT, modified TEXT, body BLOB
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS postponed (url TEXT PRIMARY KEY, status INTEGER, next_try REAL NOT NULL) WITHOUT ROWID;
"""

KEPT_BYTES: Final = 10_000_000
"""A listing of more bytes is not kept, and is loaded whole each time."""


class FetchStateError(IndexFault):
    """The file that says what was loaded cannot be used."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page as it was loaded last. `fetched` is in seconds of Unix time; `stamp` is the day of its last change as a
    sitemap tells it; `from_feed` says that its text came from the feed; `listed`, that the source named it then;
    `hints` are JSON."""

    url: str
    source: str
    etag: str | None
    modified: str | None
    sha256: str
    status: int
    fetched: float
    stamp: str | None = None
    from_feed: bool = False
    listed: bool = True
    hints: str = "{}"


@dataclass(frozen=True, slots=True)
class Listing:
    """A feed or sitemap as it was loaded last; without its body, if that was too large, and without validators then."""

    url: str
    kind: str
    etag: str | None
    modified: str | None
    body: bytes | None


class FetchState:
    """Safe to share between threads. Use with `with`, or close it."""

    def __init__(self, file: Path) -> None:
        """Made where there is none. Raises FetchStateError."""
        self._file = file
        self._lock = threading.RLock()
        self._pending: dict[str, Page | None] = {}
        with self._told():
            file.parent.mkdir(parents=True, exist_ok=True)
            if not file.exists():
                file.touch(mode=0o600)
            self._database = sqlite3.connect(file, timeout=10, check_same_thread=False)
            self._database.executescript(_SCHEMA)

    def __enter__(self) -> FetchState:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """What is pending is forgotten."""
        with self._lock:
            self._pending.clear()
            self._database.close()

    def page(self, url: str) -> Page | None:
        """What was loaded and called done."""
        rows = self._rows("SELECT * FROM pages WHERE url = ?", url)
        if not rows:
            return None
        *values, from_feed, listed, hints = rows[0]
        url, source, etag, modified, sha256, status, fetched, stamp = values
        return Page(url, source, etag, modified, sha256, status, fetched, stamp, bool(from_feed), bool(listed), hints)

    def pages_of(self, source: str) -> list[str]:
        """Addresses of all pages of a source, in order."""
        return [str(url) for (url,) in self._rows("SELECT url FROM pages WHERE source = ? ORDER BY url", source)]

    def pend(self, url: str, page: Page | None) -> None:
        """What will be known of an address once it is done; None if it is gone."""
        with self._lock:
            self._pending[url] = page

    def is_pending(self, url: str) -> bool:
        """Whether it was loaded, or found gone, and is not done yet."""
        with self._lock:
            return url in self._pending

    def pending(self) -> list[str]:
        """Addresses that were loaded, or found gone, and are not done yet."""
        with self._lock:
            return [*self._pending]

    def done(self, *urls: str) -> None:
        """What was yielded for these addresses is in the published index: all of them are recorded, or none. Those
        that are not pending are passed over. Raises FetchStateError."""
        with self._lock:
            ready = {url: self._pending[url] for url in urls if url in self._pending}
            with self._told(), self._database:
                self._database.executemany("DELETE FROM pages WHERE url = ?", [(url,) for url in ready])
                self._database.executemany(
                    f"INSERT INTO pages VALUES ({', '.join('?' * 11)})",
                    [astuple(page) for page in ready.values() if page],
                )
                self._database.executemany("DELETE FROM postponed WHERE url = ?", [(url,) for url in ready])
            for url in ready:
                del self._pending[url]

    def abandon(self) -> None:
        """Forget what is pending, if the index was not published."""
        with self._lock:
            self._pending.clear()

    def listing(self, url: str) -> Listing | None:
        """A feed or sitemap that was loaded before."""
        rows = self._rows("SELECT * FROM listings WHERE url = ?", url)
        if not rows:
            return None
        url, kind, etag, modified, body = rows[0]
        with self._told():
            return Listing(url, kind, etag, modified, zlib.decompress(body) if body is not None else None)

    def keep_listing(self, listing: Listing) -> None:
        """Recorded at once: with its body kept, nothing it names is lost if the caller stops."""
        body, etag, modified = listing.body, listing.etag, listing.modified
        if body is None or len(body) > KEPT_BYTES:
            body = etag = modified = None
        packed = zlib.compress(body, 6) if body is not None else None
        self._write(
            "INSERT OR REPLACE INTO listings VALUES (?, ?, ?, ?, ?)", listing.url, listing.kind, etag, modified, packed
        )

    def postpone(self, url: str, status: int | None, next_try: float) -> None:
        """It is not asked for again before `next_try`, in seconds of Unix time."""
        self._write("INSERT OR REPLACE INTO postponed VALUES (?, ?, ?)", url, status, next_try)

    def next_try(self, url: str) -> float:
        """When it may be asked for, in seconds of Unix time; 0 if at any time."""
        rows = self._rows("SELECT next_try FROM postponed WHERE url = ?", url)
        return float(rows[0][0]) if rows else 0.0

    def _rows(self, statement: str, *values: object) -> list[Any]:
        with self._lock, self._told():
            return self._database.execute(statement, values).fetchall()

    def _write(self, statement: str, *values: object) -> None:
        with self._lock, self._told(), self._database:
            self._database.execute(statement, values)

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:
            raise FetchStateError(f"{self._file} cannot be used ({error}). Make its folder writable.") from error
        except (sqlite3.Error, zlib.error) as error:
            raise FetchStateError(
                f"{self._file} is damaged ({error}). Move it away: all addresses are then loaded once more."
            ) from error
        except OSError as error:
            raise FetchStateError(
                f"{self._file} cannot be made ({error.strerror}). Make its folder writable."
            ) from error
