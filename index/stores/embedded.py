"""The default store, reading side: a catalogue in SQLite, words in tantivy, vectors in FAISS. Left out:
writing (`embedded_writer.py`).

Passages of late are searched exactly, so that a small index answers as `memory.py` does; above
`RECENT_PASSAGES` the rest stands in a base that is read from the disk as it is needed. Opening
costs the same however large the base is.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np

from index.errors import StoreError, UnknownArticle
from index.settings import IndexSettings
from index.store import FORMAT, Entry, Generation, IndexWriter
from index.stores.catalogue import Catalogue
from index.stores.generations import WORDS, StoreFolder
from index.stores.packing import unpacked
from index.stores.passage_vectors import UNKNOWN, BaseVectors, PassageVectors, RecentVectors, Rows
from index.stores.versions import read_version
from index.stores.word_index import WordIndex
from index.types import Article, Filters, Found, IndexInfo, Passage, Vectors
from index.words import question_terms

MAX_TERMS = 200
"""Terms of one search: far above any question, below what slows the search down."""


def current_generation(settings: IndexSettings) -> str | None:
    """See `store.current_generation`."""
    return StoreFolder(settings).current()


def generations(settings: IndexSettings) -> list[Generation]:
    """See `store.generations`."""
    return StoreFolder(settings).published()


def roll_back(settings: IndexSettings, name: str) -> None:
    """See `store.roll_back`."""
    StoreFolder(settings).roll_back(name, lambda folder: EmbeddedStore(folder).close())


def open_store(settings: IndexSettings) -> EmbeddedStore:
    """See `store.open_store`."""
    return EmbeddedStore(StoreFolder(settings).current_folder())


def open_writer(settings: IndexSettings, embedder: str, dimension: int) -> IndexWriter:
    """See `store.open_writer`."""
    from index.stores.embedded_writer import EmbeddedWriter  # reading needs none of it

    return EmbeddedWriter(StoreFolder(settings), embedder, dimension)


@contextmanager
def _damage_told(generation: str) -> Iterator[None]:
    try:
        yield
    except (sqlite3.ProgrammingError, UnicodeEncodeError):
        raise  # the store was closed, or asked for an id that is no text: the caller's mistake, not damage
    except (sqlite3.Error, OSError, RuntimeError, KeyError, ValueError, IndexError, EOFError) as error:
        raise StoreError(
            f"The generation '{generation}' is damaged and cannot be read. Remove the file CURRENT from the store "
            "and build the index anew with `loccit index`."
        ) from error


class EmbeddedStore:
    """One generation, open for reading."""

    def __init__(self, folder: Path) -> None:
        """Raises StoreError if its files are damaged, do not belong together, or are of another format."""
        self._name = folder.name
        self._versions = folder.parent.parent
        with _damage_told(folder.name):
            self._open(folder)

    def _open(self, folder: Path) -> None:
        self._catalogue = Catalogue(folder)
        meta = self._catalogue.meta
        if int(meta["format"]) != FORMAT:
            raise StoreError(
                f"The index is of format {meta['format']}; this version reads {FORMAT}. Use another --store, or "
                "remove the file CURRENT from this one and build the index anew with `loccit index`."
            )
        self._words = WordIndex(folder / WORDS)
        articles, passages, dimension = (int(meta[key]) for key in ("articles", "passages", "dimension"))
        self.info = IndexInfo(FORMAT, folder.name, meta["embedder"], dimension, articles, passages)
        totals = self._catalogue.rows("select code, passages, total from main.language order by passages desc, code")
        self._counts: dict[str, int] = {code: count for code, count, _ in totals}
        self._means: dict[str, Vectors] = {
            code: (np.frombuffer(blob, np.float64) / count).astype(np.float32) for code, count, blob in totals
        }
        self.languages = tuple(self._means)
        self._vectors = self._open_vectors(folder, int(meta["numbers"]))
        if self._words.passages != passages or sum(self._counts.values()) != passages:
            raise ValueError("the files are of different generations")

    def _open_vectors(self, folder: Path, numbers: int) -> PassageVectors:
        meta, dimension = self._catalogue.meta, self.info.dimension
        passages = self._catalogue.rows(
            "select row, passage.id, article, language, vector from main.passage join main.article on n = article "
            "order by row"
        )
        rows, ids, articles, languages, vectors = ([passage[at] for passage in passages] for at in range(5))
        recent = RecentVectors(
            np.frombuffer(b"".join(vectors), np.float32).reshape(-1, dimension),
            np.array(rows, np.int64), ids, np.array(articles, np.int64), languages,
        )  # fmt: skip
        base = None
        if "base" in self._catalogue.files:
            numbered = self._catalogue.rows("select code from base.language order by code")
            base = BaseVectors(folder, int(meta["nprobe"]), [code for (code,) in numbered])
            if (base.passages, base.rows) != (int(meta["base_passages"]), int(meta["base_rows"])):
                raise ValueError("the base is of another generation")
        there = np.ones(numbers, bool)
        there[[0, *self._catalogue.removed]] = False
        return PassageVectors(recent, base, int(meta.get("base_rows", 0)), there, self._catalogue.allowed)

    def entries(self) -> list[Entry]:
        with _damage_told(self._name):
            return self._catalogue.entries()

    def article(self, article_id: str) -> Article:
        with _damage_told(self._name):
            return self._catalogue.article(article_id)

    def version(self, article_id: str, digest: str) -> Article | None:
        with _damage_told(self._name), suppress(UnknownArticle):
            today = self._catalogue.article(article_id)
            return today if today.sha256.startswith(digest) else read_version(self._versions, article_id, digest)
        return None

    def articles(self, offset: int, limit: int, only: Filters) -> tuple[list[Article], int]:
        with _damage_told(self._name):
            return self._catalogue.articles(offset, limit, only)

    def sources(self) -> list[str]:
        with _damage_told(self._name):
            return [*self._catalogue.sources]

    def tags(self) -> list[str]:
        with _damage_told(self._name):
            return [*self._catalogue.tags]

    def nearest(self, vectors: Vectors, k: int, only: Filters) -> list[list[Found]]:
        with _damage_told(self._name):
            return self._vectors.search(vectors, k, only)

    def matching(self, words: str, language: str, k: int, only: Filters) -> list[Found]:
        terms = question_terms(words, language, self.languages)[:MAX_TERMS]
        with _damage_told(self._name):
            found = self._words.search(terms, k, only)
            rows = self._vectors.rows_of([i for i, _ in found])
            if UNKNOWN in rows:
                raise ValueError("the words are of another generation")
            languages = self._vectors.languages_of(rows)
        return Found.several([i for i, _ in found], languages, [score for _, score in found])

    def passages(self, passage_ids: Sequence[int]) -> list[Passage]:
        rows = self._rows(passage_ids).tolist()
        with _damage_told(self._name):
            passages = self._catalogue.passages(rows)
            return [passages[row] for row in rows]

    def vectors(self, passage_ids: Sequence[int]) -> Vectors:
        rows = self._rows(passage_ids)
        with _damage_told(self._name):
            return self._vectors.vectors(rows)

    def sentence_vectors(self, passage_ids: Sequence[int]) -> list[Vectors]:
        rows = self._rows(passage_ids)
        with _damage_told(self._name):
            blobs = self._catalogue.sentence_vectors(rows.tolist())
            vectors = self._vectors.vectors(rows)
            return unpacked([blobs[row] for row in rows.tolist()], vectors)

    def _rows(self, passage_ids: Sequence[int]) -> Rows:
        with _damage_told(self._name):
            rows = self._vectors.rows_of(passage_ids)
        if UNKNOWN in rows:
            raise StoreError(f"Passage {passage_ids[rows.tolist().index(UNKNOWN)]} is not in this index.")
        return rows

    def language_passages(self, language: str) -> int:
        return self._counts.get(language, 0)

    def language_mean(self, language: str) -> Vectors:
        mean = self._means.get(language)
        return np.zeros(self.info.dimension, np.float32) if mean is None else mean

    def line_counts(self, keys: Sequence[int]) -> list[int]:
        with _damage_told(self._name):
            return self._catalogue.line_counts(keys)

    def close(self) -> None:
        self._catalogue.close()

    def __del__(self) -> None:
        if hasattr(self, "_catalogue"):
            self.close()
