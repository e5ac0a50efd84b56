"""The default store, writing side: the next generation begins as the current one, is changed, and is
published whole. Left out: reading (`embedded.py`), the folder's layout (`generations.py`), and making
a base of the recent part (`base.py`)."""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from types import TracebackType
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from index.errors import StoreError
from index.lines import keys_of
from index.store import FORMAT, Entry, check_embedder
from index.stores.base import make_base
from index.stores.catalogue import (
    ADDED,
    RECENT_SCHEMA,
    SCHEMA,
    article_at,
    articles_with_passages,
    attach_base,
    conditions,
    entries_of,
    entries_query,
    passages_at,
)
from index.stores.embedded import EmbeddedStore
from index.stores.generations import RECENT, WORDS, StoreFolder
from index.stores.memory import indexed_words
from index.stores.packing import packed
from index.stores.passage_vectors import BaseVectors
from index.stores.versions import VersionWriter
from index.stores.word_index import WordWriter, remove_words
from index.types import Article, Filters, Passage, Vectors

RECENT_PASSAGES: Final = 20_000
"""A recent part of more is made into a base: up to here, exact search takes about 2 ms."""

_GONE_OF_BASE: Final = 0.2
"""A base of which a greater share is gone is made anew."""

_PLACED: Final = "select article from main.placed"

_COUNTED: Final = 0.05
"""Words are written anew when a greater share of the passages they weigh is gone: at once without a base, with
one when that is made anew."""


@contextmanager
def _failures_told() -> Iterator[None]:
    """A full disk, or damage that shows only now, as an error that says what to do."""
    try:
        yield
    except (sqlite3.Error, OSError, RuntimeError) as error:
        raise StoreError(
            f"The next generation could not be read or written ({error}); the published one is as it was. Check the "
            "space on the store's disk. If the index is damaged, remove the file CURRENT from the store and build "
            "it anew with `loccit index`."
        ) from error


class EmbeddedWriter:
    """Holds the store's lock from its creation to the end of its `with` block."""

    def __init__(self, folder: StoreFolder, embedder: str, dimension: int) -> None:
        self._folder = folder
        self._cleanup = ExitStack()
        self._cleanup.enter_context(folder.locked())
        try:
            self._begin(embedder, dimension)
        except BaseException:
            self._cleanup.close()
            raise

    @_failures_told()
    def _begin(self, embedder: str, dimension: int) -> None:
        current = self._folder.current_folder() if self._folder.current() else None
        if current:
            with closing(EmbeddedStore(current)) as published:  # finds damage before anything is begun
                check_embedder(published.info, embedder, dimension)
        building = self._folder.begin(current)
        self._cleanup.callback(shutil.rmtree, building, ignore_errors=True)
        # No journal: the file is thrown away unless it is finished and flushed to disk by `publish`.
        self._db = sqlite3.connect(building / RECENT, isolation_level=None, check_same_thread=False, uri=True)
        self._cleanup.callback(self._db.close)
        self._db.executescript("pragma journal_mode = off; pragma synchronous = off;")
        if current is None:
            self._db.executescript(SCHEMA + RECENT_SCHEMA)
            self._set(format=FORMAT, embedder=embedder, dimension=dimension, counted=0)
        self._files = ("main", "base") if attach_base(self._db, building) else ("main",)
        self._dimension = dimension
        self._changes = hashlib.sha256((current.name if current else "").encode())  # names what is published
        self._number = self._next("n", "article")
        self._row = self._next("row", "passage")
        self._words = WordWriter(building / WORDS)
        self._cleanup.callback(lambda: self._words.close())
        self._versions = VersionWriter(self._folder.root, self._folder.keep_versions)
        self._cleanup.callback(self._versions.close)
        self._db.execute("begin")

    def _next(self, column: str, table: str) -> int:
        """Above every number of the column ever used in files that stay."""
        highest = [self._one(f"select ifnull(max({column}), 0) from {file}.{table}") for file in self._files]
        return 1 + max(int(value) for value in highest)

    def _one(self, query: str, values: Sequence[object] = ()) -> int:
        row = self._db.execute(query, values).fetchone()
        return int(row[0])

    def _meta(self, key: str) -> int:
        row = self._db.execute("select value from meta where key = ?", [key]).fetchone()
        return int(row[0]) if row else 0

    def _set(self, **values: object) -> None:
        self._db.executemany("insert or replace into meta values (?, ?)", [(k, str(v)) for k, v in values.items()])

    @_failures_told()
    def entries(self) -> list[Entry]:
        return entries_of(self._db, self._files)

    @_failures_told()
    def entry(self, article_id: str) -> Entry | None:
        for file in self._files:
            asked, values = conditions(Filters(article_id=article_id), file)
            if row := self._db.execute(entries_query(file, asked), values).fetchone():
                return Entry(*row)
        return None

    def _find(self, article_id: str) -> tuple[str, int, str] | None:
        """The file an article stands in, its number, and the digest of its text."""
        for file in self._files:
            asked, values = conditions(Filters(article_id=article_id), file)
            if row := self._db.execute(f"select n, sha256 from {file}.article where {asked}", values).fetchone():
                return file, int(row[0]), str(row[1])
        return None

    @_failures_told()
    def sha256(self, article_id: str) -> str | None:
        found = self._find(article_id)
        return found[2] if found else None

    @_failures_told()
    def replace(
        self,
        article: Article,
        entry: Entry,
        passages: Sequence[Passage],
        vectors: Vectors,
        sentence_vectors: Sequence[Vectors],
    ) -> None:
        if found := self._find(article.id):
            old = self._take_out(article.id, *found[:2])
            if found[2] != article.sha256:
                self._versions.keep(old)
        self._changes.update(f"{article.id}\0{entry.digest}\0".encode())
        if "base" in self._files:
            there, _ = conditions(Filters(), "base")
            known = f"select count(*) from base.article where origin = ? and {there} and n not in ({_PLACED})"
            placed = f"select count(*) from ({_PLACED} where origin = ?)"
            if self._one(known, [entry.origin]) or self._one(placed, [entry.origin]):
                raise StoreError(f"Another article has the origin '{entry.origin}'. Remove it first.")
        n, self._number = self._number, self._number + 1
        self._db.execute(
            "insert into article values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                n, article.id, entry.origin, entry.digest, entry.content, article.title, article.text,
                article.language, article.url, article.source,
                None if article.source is None else article.source.casefold(),
                article.author, json.dumps(article.tags, ensure_ascii=False), article.published, article.updated,
                json.dumps(article.pages), article.sha256,
            ],
        )  # fmt: skip
        tags = {tag.casefold() for tag in article.tags}
        self._db.executemany("insert into article_tag values (?, ?)", [(n, tag) for tag in sorted(tags)])
        for passage, vector, sentences in zip(passages, vectors, sentence_vectors, strict=True):
            self._add_passage(n, passage, vector, packed(sentences, vector))
            self._words.add(n, article, passage.id, indexed_words(article, passage))
        self._count_lines(article, passages, 1)

    def _add_passage(self, n: int, passage: Passage, vector: Vectors, sentences: bytes) -> None:
        row, self._row = self._row, self._row + 1
        spans = np.array([(span.start, span.end) for span in passage.sentences], np.int32).tobytes()
        values = [row, passage.id, n, passage.start, passage.end, passage.heading, spans, sentences, vector.tobytes()]
        there = "select count(*) from base.passage where id = ? and article not in (select article from removed)"
        try:
            if "base" in self._files and self._one(there, [passage.id]):
                raise sqlite3.IntegrityError
            self._db.execute("insert into passage values (?, ?, ?, ?, ?, ?, ?, ?, ?)", values)
        except sqlite3.IntegrityError as error:
            raise StoreError(
                f"Two passages have the id {passage.id}; change a word of '{passage.article_id}'."
            ) from error

    @_failures_told()
    def place(self, entry: Entry) -> None:
        found = self._find(entry.article_id)
        if found is None:
            raise StoreError(f"The article '{entry.article_id}' cannot be placed: it is not in the index.")
        file, n, _ = found
        self._changes.update(f"{entry.article_id}\0{entry.origin}\0{entry.content}\0".encode())
        if file == "base":
            self._db.execute("insert or replace into placed values (?, ?, ?)", [n, entry.origin, entry.content])
        else:
            update = "update main.article set origin = ?, content = ? where n = ?"
            self._db.execute(update, [entry.origin, entry.content, n])

    @_failures_told()
    def remove(self, article_ids: Iterable[str]) -> None:
        for article_id in article_ids:
            if found := self._find(article_id):
                self._take_out(article_id, *found[:2])
            self._versions.forget(article_id)

    def _take_out(self, article_id: str, file: str, n: int) -> Article:
        """Returns what was there."""
        self._changes.update(f"{article_id}\0".encode())
        self._words.remove(n)
        article = article_at(self._db, file, n)
        passages = passages_at(self._db, file, n, article)
        self._set(counted=self._meta("counted") + len(passages))
        self._count_lines(article, passages, -1)
        if file == "base":
            self._db.execute("insert into removed values (?)", [n])
            self._db.execute("delete from placed where article = ?", [n])
            return article
        for table, column in (("passage", "article"), ("article_tag", "article"), ("article", "n")):
            self._db.execute(f"delete from main.{table} where {column} = ?", [n])
        return article

    def _count_lines(self, article: Article, passages: Sequence[Passage], by: int) -> None:
        counts = [(key, by) for key in keys_of(article, passages)]
        self._db.executemany(f"insert into main.line values (?, ?) {ADDED}", counts)

    @_failures_told()
    def publish(self) -> str:
        recent = self._one("select count(*) from main.passage")
        gone = self._one(
            f"select count(*) from {self._files[-1]}.passage where article in (select article from removed)"
        )
        totals = self._totals()
        passages = sum(count for count, _ in totals.values())
        self._db.execute("delete from main.language")
        rows = [(code, count, total.tobytes()) for code, (count, total) in totals.items()]
        self._db.executemany("insert into main.language values (?, ?, ?)", rows)
        grown = recent > RECENT_PASSAGES or gone > _GONE_OF_BASE * self._meta("base_passages")
        if self._meta("counted") > _COUNTED * passages and (grown or "base" not in self._files):
            self._write_words_anew()
        articles = sum(self._one(f"select count(*) from {file}.article") for file in self._files)
        articles -= self._one("select count(*) from removed")
        self._words.commit()
        self._db.execute("delete from main.line where articles = 0")
        self._db.execute("commit")
        if grown and passages:
            made = make_base(self._db, self._folder.building, self._dimension, self._meta("trained_for"))
            self._set(**made)
        self._set(articles=articles, passages=passages, numbers=self._number)
        self._db.close()
        name = self._folder.next_name(self._changes.hexdigest())
        self._versions.commit()  # first: what is published is never without them
        self._folder.publish(name)
        return name

    def _totals(self) -> dict[str, tuple[int, NDArray[np.float64]]]:
        """For each language its passages, and the sum of their vectors."""
        counts: Counter[str] = Counter()
        sums: dict[str, NDArray[np.float64]] = {}

        def add(code: str, count: int, total: NDArray[np.float64]) -> None:
            counts[code] += count
            sums[code] = sums.get(code, np.zeros(self._dimension)) + total

        if "base" in self._files:
            for code, count, total in self._db.execute("select code, passages, total from base.language"):
                add(code, count, np.frombuffer(total, np.float64))
            query = (
                "select language, row from base.passage join base.article on n = article "
                "where article in (select article from removed)"
            )
            base, gone = BaseVectors(self._folder.building, 1, ()), self._db.execute(query)
            while some := gone.fetchmany(1000):
                vectors = base.vectors(np.array([row for _, row in some], np.int64))
                for (code, _), vector in zip(some, vectors, strict=True):
                    add(code, -1, -vector.astype(np.float64))
        query = "select language, vector from main.passage join main.article on n = article order by row"
        for code, vector in self._db.execute(query):
            add(code, 1, np.frombuffer(vector, np.float32).astype(np.float64))
        return {code: (count, sums[code]) for code, count in sorted(counts.items()) if count}

    def _write_words_anew(self) -> None:
        """Without the passages that are gone, so that they weigh no more."""
        self._words.close()
        folder = self._folder.building / WORDS
        remove_words(folder)
        folder.mkdir()
        self._words = WordWriter(folder)
        for number, article, passages in articles_with_passages(self._db, self._files):
            for passage in passages:
                self._words.add(number, article, passage.id, indexed_words(article, passage))
        self._set(counted=0)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._cleanup.close()
