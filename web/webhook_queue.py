"""Messages waiting to be delivered, in an SQLite file of the server, so that they outlive it. Left out: delivering
them (`webhooks.py`)."""

from __future__ import annotations

import time
from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from sqlite3 import Connection
from typing import Final

from web.database import opened

FILE: Final = "webhooks.sqlite"
MOST: Final = 1000
"""Messages kept for one address: of one that never answers, the oldest are dropped."""

CLAIM_SECONDS: Final = 60.0
"""A message taken by one process is nobody else's for so long: longer than one attempt may take."""

_SCHEMA: Final = """
create table if not exists deliveries (
    id integer primary key, message_id text not null, url text not null, body text not null, tries integer not null,
    due real not null);
create table if not exists published (id integer primary key check (id = 1), generation text not null);
"""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message for one address; `tries` counts attempts that failed."""

    id: int
    message_id: str
    url: str
    body: str
    tries: int


class WebhookQueue:
    """One file; safe to share between threads and processes. Every method raises DataError."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / FILE

    def add(self, message_id: str, body: str, urls: Iterable[str]) -> None:
        """A message to be delivered to each address now."""
        with self._opened() as db:
            for url in urls:
                db.execute(
                    "insert into deliveries (message_id, url, body, tries, due) values (?, ?, ?, 0, ?)",
                    (message_id, url, body, time.time()),
                )
                db.execute(
                    "delete from deliveries where url = ? and id not in "
                    "(select id from deliveries where url = ? order by id desc limit ?)",
                    (url, url, MOST),
                )
            db.commit()

    def take(self, url: str) -> Delivery | None:
        """The oldest message that is due for the address; it stays here until `done`, `later` or `drop` is called."""
        now = time.time()
        with self._opened() as db:
            row = db.execute(
                "update deliveries set due = ? where id = (select id from deliveries where url = ? and due <= ? "
                "order by due, id limit 1) returning id, message_id, url, body, tries",
                (now + CLAIM_SECONDS, url, now),
            ).fetchone()
            db.commit()
        return Delivery(*row) if row else None

    def done(self, delivery: Delivery) -> None:
        """It was delivered, or is given up."""
        with self._opened() as db:
            db.execute("delete from deliveries where id = ?", (delivery.id,))
            db.commit()

    def later(self, delivery: Delivery, seconds: float) -> None:
        """It failed; it is due again after so many seconds."""
        with self._opened() as db:
            db.execute(
                "update deliveries set tries = tries + 1, due = ? where id = ?", (time.time() + seconds, delivery.id)
            )
            db.commit()

    def is_news(self, generation: str) -> bool:
        """Whether this generation is another than the last one asked about; true for one process alone. The first
        one ever is none: it was published before anybody listened."""
        with self._opened() as db:
            known = db.execute("insert or ignore into published values (1, ?)", (generation,)).rowcount == 0
            changed = db.execute(
                "update published set generation = ? where generation <> ?", (generation, generation)
            ).rowcount
            db.commit()
        return known and changed == 1

    def _opened(self) -> AbstractContextManager[Connection]:
        return opened(self._file, _SCHEMA)
