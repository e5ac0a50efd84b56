"""The default store, reading side: a catalogue in SQLite, words in its FTS5, vectors in FAISS.

Vectors are searched exactly (`IndexFlatIP`), so results equal those of `memory.py`. Text is
analysed by `words.py` before it reaches FTS5, which only splits at spaces. Left out: writing
(`embedded_writer.py`), and an approximate index for very many passages.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from queue import LifoQueue
from typing import Any, Final

import faiss
import numpy as np

from index.errors import StoreError, UnknownArticle
from index.settings import IndexSettings
from index.store import FORMAT, Entry, IndexWriter
from index.stores.generations import CATALOGUE, VECTORS, StoreFolder
from index.stores.rows import ARTICLE_COLUMNS, PASSAGE_COLUMNS, article_of, passage_of, unpacked
from index.types import Article, Filters, Hit, IndexInfo, Passage, Vectors
from index.words import question_terms

MAX_TERMS: Final = 200
"""Terms of one search: far above any question, below what slows FTS5."""

CONNECTIONS: Final = 4
"""Searches of the catalogue at the same time; more wait their turn, as they would for a processor."""

_CONDITIONS: Final = {
    "since": "published >= ?",
    "until": "published <= ?",
    "source": "source_key = ?",
    "tag": "article.n in (select article from article_tag where tag = ?)",
    "language": "article.language = ?",
    "article_id": "article.id = ?",
}


def current_generation(place: str, settings: IndexSettings) -> str | None:
    """See `store.current_generation`."""
    return StoreFolder(place, settings).current()


def open_store(place: str, settings: IndexSettings) -> EmbeddedStore:
    """See `store.open_store`."""
    return open_generation(StoreFolder(place, settings).current_folder())


def open_generation(folder: Path) -> EmbeddedStore:
    """Raises StoreError if its files are damaged, do not belong together, or are of another format."""
    try:
        return EmbeddedStore(folder)
    except (sqlite3.Error, OSError, RuntimeError, KeyError, ValueError) as error:
        raise _damaged(folder.name) from error


def _damaged(generation: str) -> StoreError:
    return StoreError(
        f"The generation '{generation}' is damaged and cannot be read. Remove the file CURRENT from the store "
        "and build the index anew with `loccit index`."
    )


def open_writer(place: str, settings: IndexSettings, embedder: str, dimension: int) -> IndexWriter:
    """See `store.open_writer`."""
    from index.stores.embedded_writer import EmbeddedWriter  # reading needs none of it

    return EmbeddedWriter(StoreFolder(place, settings), embedder, dimension)


def where(only: Filters) -> tuple[str, list[Any]]:
    """The filters as an SQL condition on `article` and its values; ("", []) lets all through."""
    given = [(name, getattr(only, name)) for name in _CONDITIONS if getattr(only, name) is not None]
    values = [value.casefold() if name in ("source", "tag") else value for name, value in given]
    return "".join(f" and {_CONDITIONS[name]}" for name, _ in given), values


class EmbeddedStore:
    """One generation, open for reading. All connections are opened at once and lent to whichever
    thread asks: the files leave the folder when newer generations are published, and then only
    what is open can still be read."""

    def __init__(self, folder: Path) -> None:
        self._name = folder.name
        self._connections: list[sqlite3.Connection] = []
        self._idle: LifoQueue[sqlite3.Connection] = LifoQueue()  # the last one used has the fullest cache
        # immutable: a published generation never changes, so no lock files and no checks are needed.
        address = f"{(folder / CATALOGUE).absolute().as_uri()}?mode=ro&immutable=1"
        for _ in range(CONNECTIONS):
            connection = sqlite3.connect(address, uri=True, check_same_thread=False)
            self._connections.append(connection)
            self._idle.put(connection)
        meta = dict(self._rows("select key, value from meta"))
        if int(meta["format"]) != FORMAT:
            raise StoreError(
                f"The index is of format {meta['format']}; this version reads {FORMAT}. Use another --store, or "
                "remove the file CURRENT from this one and build the index anew with `loccit index`."
            )
        counts = self._rows("select (select count(*) from article), (select count(*) from passage)")[0]
        self.info = IndexInfo(FORMAT, folder.name, meta["embedder"], int(meta["dimension"]), *counts)
        means = self._rows("select code, passages, mean from language order by passages desc, code")
        self._counts: dict[str, int] = {code: count for code, count, _ in means}
        self._means = {code: np.frombuffer(blob, np.float32) for code, _, blob in means}
        self.languages = tuple(self._means)
        self.flat = faiss.read_index(str(folder / VECTORS))  # the next generation begins with them
        if self.flat.ntotal != self.info.passages or self.flat.d != self.info.dimension:
            raise _damaged(folder.name)

    def _rows(self, query: str, values: Sequence[Any] = ()) -> list[Any]:
        connection = self._idle.get()
        try:
            return connection.execute(query, values).fetchall()
        except sqlite3.ProgrammingError:
            raise  # the store was closed: the caller's mistake, not damage
        except sqlite3.Error as error:
            raise _damaged(self._name) from error
        finally:
            self._idle.put(connection)

    def entries(self) -> list[Entry]:
        return [Entry(*row) for row in self._rows("select id, origin, digest from article order by id")]

    def article(self, article_id: str) -> Article:
        rows = self._rows(f"select {ARTICLE_COLUMNS} from article where id = ?", [article_id])
        if not rows:
            raise UnknownArticle(f"No article has the id '{article_id[:200]}'. GET /v1/articles lists them.")
        return article_of(rows[0])

    def articles(self, offset: int, limit: int, only: Filters) -> tuple[list[Article], int]:
        condition, values = where(only)
        (total,) = self._rows(f"select count(*) from article where 1 {condition}", values)[0]
        query = f"select {ARTICLE_COLUMNS} from article where 1 {condition} order by id limit ? offset ?"
        return [article_of(row) for row in self._rows(query, [*values, limit, offset])], total

    def nearest(self, vectors: Vectors, k: int, only: Filters) -> list[list[Hit]]:
        parameters: Any = None
        count = self.info.passages
        if only != Filters():
            condition, values = where(only)
            query = f"select passage.id from passage join article on article.n = article where 1 {condition}"
            ids = np.array([row[0] for row in self._rows(query, values)], np.int64)
            count = len(ids)
            parameters = faiss.SearchParameters(  # type: ignore[call-arg]  # the stub lacks it
                sel=faiss.IDSelectorBatch(ids)
            )
        k = min(k, count)
        if k < 1:
            return [[] for _ in vectors]
        rows = np.ascontiguousarray(vectors, np.float32)
        # FAISS keeps any of equal products. One more than asked shows whether the cut goes through
        # a tie; then more are fetched, until the tie is there whole.
        fetched = min(k + 1, count)
        products, found = self.flat.search(rows, fetched, params=parameters)
        while fetched < count and (products[:, -1] == products[:, k - 1]).any():
            fetched = min(2 * fetched, count)
            products, found = self.flat.search(rows, fetched, params=parameters)
        best = [
            sorted(zip((-scores).tolist(), line.tolist(), strict=True))[:k]
            for scores, line in zip(products, found, strict=True)
        ]
        passages = self._passages({i for line in best for _, i in line})
        return [[Hit(passages[i], -score, meaning=-score) for score, i in line] for line in best]

    def matching(self, words: str, language: str, k: int, only: Filters) -> list[Hit]:
        terms = question_terms(words, language, self.languages)[:MAX_TERMS]
        if not terms:
            return []
        condition, values = where(only)
        join = "join passage on passage.id = words.rowid join article on article.n = article" if condition else ""
        query = (
            f"select words.rowid, -bm25(words) from words {join} where words match ? {condition} "
            "order by bm25(words), words.rowid limit ?"
        )
        rows = self._rows(query, [" OR ".join(f'"{term}"' for term in terms), *values, k])
        passages = self._passages({row[0] for row in rows})
        return [Hit(passages[i], score, words=score) for i, score in rows]

    def _passages(self, ids: Iterable[int]) -> dict[int, Passage]:
        wanted = list(ids)
        query = (
            f"select {PASSAGE_COLUMNS} from passage join article on article.n = passage.article "
            "where passage.id in (select value from json_each(?))"
        )
        return {row[0]: passage_of(row) for row in self._rows(query, [json.dumps(wanted)])}

    def vectors(self, passage_ids: Sequence[int]) -> Vectors:
        try:
            rows = [self.flat.reconstruct(int(i)) for i in passage_ids]
        except RuntimeError as error:
            raise StoreError("A passage is not in this index.") from error
        return np.stack(rows) if rows else np.zeros((0, self.info.dimension), np.float32)

    def sentence_vectors(self, passage_ids: Sequence[int]) -> list[Vectors]:
        query = "select id, sentence_vectors from passage where id in (select value from json_each(?))"
        blobs = dict(self._rows(query, [json.dumps([int(i) for i in passage_ids])]))
        if unknown := [i for i in passage_ids if i not in blobs]:
            raise StoreError(f"Passage {unknown[0]} is not in this index.")
        return [unpacked(blobs[i], self.info.dimension) for i in passage_ids]

    def language_passages(self, language: str) -> int:
        return self._counts.get(language, 0)

    def language_mean(self, language: str) -> Vectors:
        return self._means.get(language, np.zeros(self.info.dimension, np.float32))

    def close(self) -> None:
        for connection in self._connections:
            connection.close()

    def __del__(self) -> None:
        self.close()
