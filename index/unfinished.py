"""Vectors made by a build that was stopped → the next one, which goes on where it stopped. Left out: what is
published (`build.py`): nothing of this is part of an index."""

from __future__ import annotations

import hashlib
import json
import logging
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import numpy as np

from index.embedder import Embedder
from index.plan import RECIPE
from index.settings import IndexSettings
from index.store import store_folder
from index.types import Span, Vectors

logger = logging.getLogger(__name__)


class RememberingEmbedder:
    """An embedder that writes down the vectors of passages, and reads those it has made before."""

    def __init__(self, embedder: Embedder, database: sqlite3.Connection, recipe: str) -> None:
        """`recipe` names all else that the vectors depend on."""
        self._embedder, self._recipe = embedder, recipe
        self.name, self.dimension = embedder.name, embedder.dimension
        self.embed_questions, self.count_tokens = embedder.embed_questions, embedder.count_tokens
        self._database: sqlite3.Connection | None = database

    def embed_passages(
        self, texts: Sequence[str], sentences: Sequence[Sequence[Span]]
    ) -> tuple[Vectors, list[Vectors]]:
        """See the protocol. Sentences come back from float16, made before or now."""
        digests = [self._digest(text, spans) for text, spans in zip(texts, sentences, strict=True)]
        rows = {digest: made for digest in digests if (made := self._made(digest))}
        fresh = [place for place, digest in enumerate(digests) if digest not in rows]
        vectors, inner = self._embedder.embed_passages([texts[i] for i in fresh], [sentences[i] for i in fresh])
        made_now = {
            digests[place]: (vector.tobytes(), parts.astype(np.float16).tobytes())
            for place, vector, parts in zip(fresh, vectors, inner, strict=True)
        }
        self._write(made_now)
        rows |= made_now
        joined = b"".join(rows[digest][0] for digest in digests)
        parts = [np.frombuffer(rows[digest][1], np.float16).astype(np.float32) for digest in digests]
        whole = np.frombuffer(joined, np.float32).reshape(-1, self.dimension)
        return whole, [part.reshape(-1, self.dimension) for part in parts]

    def _write(self, made: dict[bytes, tuple[bytes, bytes]]) -> None:
        if self._database is None:
            return
        try:
            with self._database:
                values = [(digest, *vectors) for digest, vectors in made.items()]
                self._database.executemany("insert or replace into made values (?, ?, ?)", values)
        except sqlite3.Error as error:  # a full disk, say: the build itself may yet have room
            logger.warning("This build could not be resumed if it were stopped: %s.", error)
            self._database = None

    def _digest(self, text: str, spans: Sequence[Span]) -> bytes:
        told = json.dumps([self.name, self._recipe, text, [(span.start, span.end) for span in spans]])
        return hashlib.blake2b(told.encode(), digest_size=16).digest()

    def _made(self, digest: bytes) -> tuple[bytes, bytes] | None:
        if self._database is None:
            return None
        row = self._database.execute("select vector, sentences from made where digest = ?", [digest]).fetchone()
        return None if row is None else (row[0], row[1])


@contextmanager
def remembering(embedder: Embedder, settings: IndexSettings) -> Iterator[Embedder]:
    """The embedder, with what an earlier build of the same store made before it was stopped. What is
    made in the block is forgotten if it ends well, and kept for the next build if it does not. Without
    a place to write, the embedder as it is."""
    name = hashlib.sha256(str(store_folder(settings).resolve()).encode()).hexdigest()[:16]
    file = settings.cache / "unfinished" / f"{name}.sqlite"
    try:
        database = _open(file)
    except (OSError, sqlite3.Error):
        yield embedder
        return
    with closing(database):
        yield RememberingEmbedder(embedder, database, f"{RECIPE} {settings.passage_prompt}")
    with suppress(OSError):
        file.unlink()


def _open(file: Path) -> sqlite3.Connection:
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        return _checked(file)
    except sqlite3.OperationalError:
        raise  # in use, or not to be written
    except sqlite3.DatabaseError:  # damaged: what it held is made again
        file.unlink()
        return _checked(file)


def _checked(file: Path) -> sqlite3.Connection:
    database = sqlite3.connect(file, check_same_thread=False)
    try:
        database.execute("pragma synchronous = off")  # survives a killed process, which is what stops builds
        database.execute("create table if not exists made (digest blob primary key, vector blob, sentences blob)")
        (state,) = database.execute("pragma quick_check").fetchone()
        if state != "ok":
            raise sqlite3.DatabaseError(state)
    except BaseException:
        database.close()
        raise
    return database
