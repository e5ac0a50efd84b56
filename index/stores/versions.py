"""Texts of articles that have changed since, so that what was cited can still be shown: a file beside the generations,
for all of them. Left out: what has changed between two of them (`web/changes.py`)."""

from __future__ import annotations

import json
import sqlite3
import zlib
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from index.types import Article

FILE: Final = "versions.sqlite"
_SCHEMA: Final = """
create table if not exists version (
    n integer primary key, id text not null, sha256 text not null, article blob not null, unique (id, sha256)
)
"""


class VersionWriter:
    """What is kept and forgotten here is so once `commit` is called; errors of SQLite pass through."""

    def __init__(self, folder: Path, most: int) -> None:
        """`most` versions of an article are kept, the latest."""
        self._most = most
        # In shared use: servers read it while a build writes.
        self._db = sqlite3.connect(folder / FILE, isolation_level=None, check_same_thread=False)
        self._db.executescript(f"pragma journal_mode = wal; {_SCHEMA};")
        self._db.execute("begin")

    def keep(self, article: Article) -> None:
        fields = asdict(article)
        del fields["sha256"]
        packed = zlib.compress(json.dumps(fields, ensure_ascii=False).encode())
        values = [article.id, article.sha256]
        self._db.execute("delete from version where id = ? and sha256 = ?", values)
        self._db.execute("insert into version (id, sha256, article) values (?, ?, ?)", [*values, packed])
        latest = "select n from version where id = ? order by n desc limit ?"
        self._db.execute(
            f"delete from version where id = ? and n not in ({latest})", [article.id, article.id, self._most]
        )

    def forget(self, article_id: str) -> None:
        """An article that was removed is not to be read any more in an older form."""
        self._db.execute("delete from version where id = ?", [article_id])

    def commit(self) -> None:
        self._db.execute("commit")

    def close(self) -> None:
        self._db.close()


def read_version(folder: Path, article_id: str, digest: str) -> Article | None:
    """The text of an article whose digest begins so, if it is kept. Errors of SQLite pass through."""
    if not (folder / FILE).exists():
        return None
    beyond = f"{digest}g"  # after every digit
    with closing(sqlite3.connect(folder / FILE, timeout=10)) as db:
        query = "select article from version where id = ? and sha256 >= ? and sha256 < ? order by n desc"
        row = db.execute(query, [article_id, digest, beyond]).fetchone()
    return _article_of(json.loads(zlib.decompress(row[0]))) if row else None


def _article_of(fields: dict[str, Any]) -> Article:
    return Article(**{**fields, "tags": tuple(fields["tags"]), "pages": tuple(fields["pages"])})
