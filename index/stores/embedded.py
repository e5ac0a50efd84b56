"""The default store, reading side: a catalogue in SQLite, words in its FTS5, vectors in FAISS.

Vectors are searched exactly (`IndexFlatIP`), so results equal those of `memory.py`. Text is
analysed by `words.py` before it reaches FTS5, which only splits at spaces. Left out: writing
(`embedded_writer.py`), and an approximate index for very many passages.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

import faiss
import numpy as np

from index.errors import StoreError, UnknownArticle
from index.settings import IndexSettings
from index.store import FORMAT, Entry, IndexWriter
from index.stores.generations import CATALOGUE, VECTORS, StoreFolder
from index.types import Article, Filters, Hit, IndexInfo, Passage, Span, Vectors
from index.words import question_terms

MAX_TERMS: Final = 200
"""Terms of one search: far above any question, below what slows FTS5."""

_ARTICLE: Final = "article.id, title, article.text, article.language, url, source, author, tags, published, updated"
_PASSAGE: Final = (
    "passage.id, article.id, start_char, end_char, substr(text, start_char + 1, end_char - start_char), "
    "heading, article.language, sentences"
)
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
    folder = StoreFolder(place, settings).current_folder()
    try:
        return EmbeddedStore(folder)
    except (sqlite3.Error, RuntimeError, KeyError, ValueError) as error:
        raise StoreError(
            f"The generation '{folder.name}' is damaged and cannot be opened. Remove the file CURRENT from the "
            "store and build the index anew with `loccit index`."
        ) from error


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
    """One generation, open for reading. Each thread has a connection of its own."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / CATALOGUE
        self._local = threading.local()
        self._connections: list[sqlite3.Connection] = []
        meta = dict(self._rows("select key, value from meta"))
        if int(meta["format"]) != FORMAT:
            raise StoreError(
                f"The index is of format {meta['format']}; this version reads {FORMAT}. Build it anew with "
                "`loccit index`."
            )
        counts = self._rows("select (select count(*) from article), (select count(*) from passage)")[0]
        self.info = IndexInfo(FORMAT, folder.name, meta["embedder"], int(meta["dimension"]), *counts)
        means = self._rows("select code, passages, mean from language order by passages desc, code")
        self._counts: dict[str, int] = {code: count for code, count, _ in means}
        self._means = {code: np.frombuffer(blob, np.float32) for code, _, blob in means}
        self.languages = tuple(self._means)
        self._vectors = faiss.read_index(str(folder / VECTORS))
        if self._vectors.ntotal != self.info.passages or self._vectors.d != self.info.dimension:
            raise StoreError("The vectors and the catalogue of the index differ. Build it anew with `loccit index`.")

    def _rows(self, query: str, values: Sequence[Any] = ()) -> list[Any]:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            # immutable: a published generation never changes, so no lock files and no checks are needed.
            address = f"{self._path.absolute().as_uri()}?mode=ro&immutable=1"
            connection = sqlite3.connect(address, uri=True, check_same_thread=False)
            self._local.connection = connection
            self._connections.append(connection)
        return connection.execute(query, values).fetchall()

    def entries(self) -> list[Entry]:
        return [Entry(*row) for row in self._rows("select id, origin, digest from article order by id")]

    def article(self, article_id: str) -> Article:
        rows = self._rows(f"select {_ARTICLE} from article where id = ?", [article_id])
        if not rows:
            raise UnknownArticle(f"No article has the id '{article_id[:200]}'. GET /v1/articles lists them.")
        return _article(rows[0])

    def articles(self, offset: int, limit: int, only: Filters) -> tuple[list[Article], int]:
        condition, values = where(only)
        (total,) = self._rows(f"select count(*) from article where 1 {condition}", values)[0]
        query = f"select {_ARTICLE} from article where 1 {condition} order by id limit ? offset ?"
        return [_article(row) for row in self._rows(query, [*values, limit, offset])], total

    def nearest(self, vectors: Vectors, k: int, only: Filters) -> list[list[Hit]]:
        parameters: Any = None
        if only != Filters():
            condition, values = where(only)
            query = f"select passage.id from passage join article on article.n = article where 1 {condition}"
            ids = np.array([row[0] for row in self._rows(query, values)], np.int64)
            if not len(ids):
                return [[] for _ in vectors]
            parameters = faiss.SearchParameters(  # type: ignore[call-arg]  # the stub lacks it
                sel=faiss.IDSelectorBatch(ids)
            )
        if not self.info.passages:
            return [[] for _ in vectors]
        products, found = self._vectors.search(
            np.ascontiguousarray(vectors, np.float32), min(k, self.info.passages), params=parameters
        )
        passages = self._passages({int(i) for i in found.ravel() if i >= 0})
        return [
            sorted(
                (Hit(passages[int(i)], float(s), meaning=float(s)) for i, s in zip(row, scores, strict=True) if i >= 0),
                key=lambda hit: (-hit.score, hit.passage.id),
            )
            for row, scores in zip(found, products, strict=True)
        ]

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
            f"select {_PASSAGE} from passage join article on article.n = passage.article "
            "where passage.id in (select value from json_each(?))"
        )
        return {row[0]: _passage(row) for row in self._rows(query, [json.dumps(wanted)])}

    def vectors(self, passage_ids: Sequence[int]) -> Vectors:
        try:
            rows = [self._vectors.reconstruct(int(i)) for i in passage_ids]
        except RuntimeError as error:
            raise StoreError("A passage is not in this index.") from error
        return np.stack(rows) if rows else np.zeros((0, self.info.dimension), np.float32)

    def sentence_vectors(self, passage_ids: Sequence[int]) -> list[Vectors]:
        query = "select id, sentence_vectors from passage where id in (select value from json_each(?))"
        blobs = dict(self._rows(query, [json.dumps([int(i) for i in passage_ids])]))
        return [_unpacked(blobs[i], self.info.dimension) for i in passage_ids]

    def language_passages(self, language: str) -> int:
        return self._counts.get(language, 0)

    def language_mean(self, language: str) -> Vectors:
        return self._means.get(language, np.zeros(self.info.dimension, np.float32))

    def close(self) -> None:
        for connection in self._connections:
            connection.close()

    def __del__(self) -> None:
        self.close()


def packed(vectors: Vectors) -> bytes:
    """Rows of length 1 as 8-bit whole numbers, each row scaled to its largest value. The scale is
    not kept: rows are brought back to length 1. Error of a cosine: below 0.01."""
    largest = np.maximum(np.abs(vectors).max(axis=1, keepdims=True, initial=0), 1e-12)
    rows: bytes = np.rint(vectors / largest * 127).astype(np.int8).tobytes()
    return rows


def _unpacked(blob: bytes, dimension: int) -> Vectors:
    rows = np.frombuffer(blob, np.int8).reshape(-1, dimension).astype(np.float32)
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12), np.float32)


def _article(row: Sequence[Any]) -> Article:
    identity, title, text, language, url, source, author, tags, published, updated = row
    return Article(identity, title, text, language, url, source, author, tuple(json.loads(tags)), published, updated)


def _passage(row: Sequence[Any]) -> Passage:
    identity, article_id, start, end, text, heading, language, sentences = row
    ends = np.frombuffer(sentences, np.int32).reshape(-1, 2).tolist()
    spans = tuple(Span(first, last) for first, last in ends)
    return Passage(identity, article_id, start, end, text, heading, language, spans)
