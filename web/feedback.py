"""What people say of answers, kept in an SQLite file beside the index: the verdict, and the answer it is about.
Left out: HTTP (`feedback_api.py`)."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from index.errors import StoreError

FILE: Final = "feedback.sqlite"
MAX_COMMENT: Final = 2000
VERDICTS: Final = ("helpful", "answer_wrong", "evidence_wrong")

_SCHEMA: Final = """create table if not exists feedback (
    id integer primary key, at text not null, answer_id text not null, extract integer, verdict text not null,
    comment text, question text not null, answer text not null
)"""


class FeedbackStore:
    """One file; safe to share between threads and processes. Nothing is created before the first verdict."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / FILE

    def add(self, answer: Mapping[str, Any], extract: int | None, verdict: str, comment: str | None) -> int:
        """Keep a verdict with the whole answer object, since the articles may change. Returns its number.
        Raises StoreError if it cannot be written."""
        at = datetime.now(UTC).isoformat(timespec="seconds")
        row = (at, answer["id"], extract, verdict, comment, answer["question"], json.dumps(answer, ensure_ascii=False))
        with self._open() as db:
            found = db.execute(
                "insert into feedback (at, answer_id, extract, verdict, comment, question, answer) "
                "values (?, ?, ?, ?, ?, ?, ?)", row,
            )  # fmt: skip
            db.commit()
            assert found.lastrowid is not None
            return found.lastrowid

    def rows(self) -> list[dict[str, Any]]:
        """All verdicts, oldest first, each with its answer object. Raises StoreError."""
        if not self._file.exists():
            return []
        with self._open() as db:
            db.row_factory = sqlite3.Row
            found = [dict(row) for row in db.execute("select * from feedback order by id")]
        return [{**row, "answer": json.loads(row["answer"])} for row in found]

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            with closing(sqlite3.connect(self._file, timeout=10)) as db:
                db.execute(_SCHEMA)
                yield db
        except (OSError, sqlite3.Error) as error:
            raise StoreError(
                f"Feedback cannot be kept in {self._file} ({error}). Make its folder writable, or name another with "
                "the setting `data`."
            ) from error
