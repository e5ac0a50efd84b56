"""Vectors made by a build that was stopped → the next one, which goes on where it stopped. Left out: what is
published (`build.py`): nothing of this is part of an index."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import numpy as np

from index.embedder import Embedder
from index.settings import IndexSettings
from index.types import Span, Vectors


class RememberingEmbedder:
    """An embedder that writes down the vectors of passages, and reads those it has made before."""

    def __init__(self, embedder: Embedder, database: sqlite3.Connection) -> None:
        self._embedder = embedder
        self.name, self.dimension = embedder.name, embedder.dimension
        self.embed_questions, self.count_tokens = embedder.embed_questions, embedder.count_tokens
        self._database = database
        database.execute("create table if not exists made (digest blob primary key, vector blob, sentences blob)")

    def embed_passages(
        self, texts: Sequence[str], sentences: Sequence[Sequence[Span]]
    ) -> tuple[Vectors, list[Vectors]]:
        """See the protocol. Sentences come back from float16, made before or now."""
        digests = [self._digest(text, spans) for text, spans in zip(texts, sentences, strict=True)]
        fresh = [place for place, digest in enumerate(digests) if self._made(digest) is None]
        vectors, inner = self._embedder.embed_passages([texts[i] for i in fresh], [sentences[i] for i in fresh])
        with self._database:
            self._database.executemany(
                "insert or replace into made values (?, ?, ?)",
                [
                    (digests[place], vector.tobytes(), rows.astype(np.float16).tobytes())
                    for place, vector, rows in zip(fresh, vectors, inner, strict=True)
                ],
            )
        rows = [self._made(digest) or (b"", b"") for digest in digests]
        whole = np.frombuffer(b"".join(vector for vector, _ in rows), np.float32).reshape(-1, self.dimension)
        parts = [np.frombuffer(part, np.float16).astype(np.float32).reshape(-1, self.dimension) for _, part in rows]
        return whole, parts

    def _digest(self, text: str, spans: Sequence[Span]) -> bytes:
        told = json.dumps([self.name, text, [(span.start, span.end) for span in spans]])
        return hashlib.blake2b(told.encode(), digest_size=16).digest()

    def _made(self, digest: bytes) -> tuple[bytes, bytes] | None:
        row = self._database.execute("select vector, sentences from made where digest = ?", [digest]).fetchone()
        return None if row is None else (row[0], row[1])


@contextmanager
def remembering(embedder: Embedder, settings: IndexSettings) -> Iterator[Embedder]:
    """The embedder, with what an earlier build of the same store made before it was stopped. What is
    made in the block is forgotten if it ends well, and kept for the next build if it does not. Without
    a place to write, the embedder as it is."""
    file = settings.cache / "unfinished" / f"{hashlib.sha256(settings.store.encode()).hexdigest()[:16]}.sqlite"
    try:
        database = _open(file)
    except (OSError, sqlite3.Error):
        yield embedder
        return
    with closing(database):
        yield RememberingEmbedder(embedder, database)
    with suppress(OSError):
        file.unlink()


def _open(file: Path) -> sqlite3.Connection:
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        return _checked(file)
    except sqlite3.DatabaseError:  # damaged: what it held is made again
        file.unlink()
        return _checked(file)


def _checked(file: Path) -> sqlite3.Connection:
    database = sqlite3.connect(file, check_same_thread=False)
    try:
        database.execute("pragma synchronous = off")  # survives a killed process, which is what stops builds
        database.execute("select count(*) from sqlite_master").fetchone()
        (state,) = database.execute("pragma quick_check").fetchone()
        if state != "ok":
            raise sqlite3.DatabaseError(state)
    except BaseException:
        database.close()
        raise
    return database
