"""What people say of answers, kept in an SQLite file beside the index: the verdict, and the answer it is about.
Left out: HTTP (`feedback_api.py`)."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from web.database import exists, opened

FILE: Final = "feedback.sqlite"
MAX_COMMENT: Final = 2000
VERDICTS: Final = ("helpful", "answer_wrong", "evidence_wrong")

_WHOLE: Final = 0  # extracts are numbered from 1; rows without a number would not be told apart
_SCHEMA: Final = """create table if not exists feedback (
    id integer primary key, at text not null, answer_id text not null, extract integer not null, verdict text not null,
    comment text, question text not null, answer text not null, unique (answer_id, extract)
)"""


class FeedbackStore:
    """One file; safe to share between threads and processes. Nothing is created before the first verdict."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / FILE

    def add(self, answer: Mapping[str, Any], extract: int | None, verdict: str, comment: str | None) -> int:
        """Keep a verdict with the whole answer object, since the articles may change; a later one on the same thing
        takes its place. Returns its number. Raises DataError."""
        at = datetime.now(UTC).isoformat(timespec="seconds")
        row = (
            at,
            answer["id"],
            extract or _WHOLE,
            verdict,
            comment,
            answer["question"],
            json.dumps(answer, ensure_ascii=False),
        )
        with opened(self._file, _SCHEMA) as db:
            found = db.execute(
                "insert or replace into feedback (at, answer_id, extract, verdict, comment, question, answer) "
                "values (?, ?, ?, ?, ?, ?, ?)", row,
            )  # fmt: skip
            db.commit()
            assert found.lastrowid is not None
            return found.lastrowid

    def rows(self) -> list[dict[str, Any]]:
        """All verdicts, oldest first, each with its answer object. Raises DataError."""
        if not exists(self._file):
            return []
        with opened(self._file, _SCHEMA) as db:
            db.row_factory = sqlite3.Row
            found = [dict(row) for row in db.execute("select * from feedback order by id")]
        return [{**row, "extract": row["extract"] or None, "answer": json.loads(row["answer"])} for row in found]
