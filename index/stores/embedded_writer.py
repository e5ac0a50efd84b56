"""The default store, writing side: the next generation is a copy of the current one, changed, and
published whole. Left out: reading (`embedded.py`), the folder's layout (`generations.py`)."""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from types import TracebackType
from typing import Final, Self

import faiss
import numpy as np
from filelock import FileLock, Timeout

from index.errors import StoreError
from index.store import FORMAT, Entry, check_embedder
from index.stores.embedded import open_generation
from index.stores.generations import CATALOGUE, VECTORS, StoreFolder
from index.stores.memory import indexed_words
from index.stores.rows import packed
from index.types import Article, Passage, Vectors

# The terms arrive analysed; FTS5 only splits them. Its own removal of accents and of characters
# outside letters and digits would change what `words.py` decided.
_SCHEMA: Final = """
create table meta (key text primary key, value text not null);
create table language (code text primary key, passages integer not null, mean blob not null);
create table article (
    n integer primary key, id text unique not null, origin text unique not null, digest text not null,
    title text not null, text text not null, language text not null, url text, source text, source_key text,
    author text, tags text not null, published text, updated text, sha256 text not null
);
create table article_tag (article integer not null, tag text not null);
create index tag_article on article_tag (tag, article);
create index article_tags on article_tag (article);
create index article_published on article (published);
create index article_source on article (source_key);
create table passage (
    id integer primary key, article integer not null, start_char integer not null, end_char integer not null,
    heading text not null, sentences blob not null, sentence_vectors blob not null
);
create index passage_article on passage (article);
create virtual table words using fts5 (terms, tokenize = "unicode61 remove_diacritics 0 categories 'L* N* Co Mn Mc'");
"""


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
        lock = FileLock(folder.lock)
        try:
            folder.root.mkdir(parents=True, exist_ok=True)
            lock.acquire(timeout=0)
        except Timeout as error:
            raise StoreError("Another `loccit index` is writing to this store. Wait until it ends.") from error
        except OSError as error:
            raise StoreError(
                f"The store's folder cannot be written ({error.strerror}). Choose another with --store."
            ) from error
        self._cleanup.callback(lock.release)
        try:
            self._begin(embedder, dimension)
        except BaseException:
            self._cleanup.close()
            raise

    @_failures_told()
    def _begin(self, embedder: str, dimension: int) -> None:
        current = self._folder.current_folder() if self._folder.current() else None
        self._vectors: faiss.Index = faiss.IndexIDMap2(faiss.IndexFlatIP(dimension))
        if current:
            with closing(open_generation(current)) as published:  # finds damage before anything is copied
                info, self._vectors = published.info, published.flat
            check_embedder(info, embedder, dimension)
        building = self._folder.begin()
        self._cleanup.callback(shutil.rmtree, building, ignore_errors=True)
        if current:
            shutil.copyfile(current / CATALOGUE, building / CATALOGUE)
        # No journal: the file is thrown away unless it is finished and flushed to disk by `publish`.
        self._db = sqlite3.connect(building / CATALOGUE, isolation_level=None, check_same_thread=False)
        self._cleanup.callback(self._db.close)
        self._db.executescript("pragma journal_mode = off; pragma synchronous = off;")
        if current is None:
            self._db.executescript(_SCHEMA)
            meta = {"format": str(FORMAT), "embedder": embedder, "dimension": str(dimension)}
            self._db.executemany("insert into meta values (?, ?)", meta.items())
        self._db.execute("begin")
        self._gone: list[int] = []
        self._fresh: dict[int, Vectors] = {}

    @_failures_told()
    def entries(self) -> list[Entry]:
        return [Entry(*row) for row in self._db.execute("select id, origin, digest from article order by id")]

    @_failures_told()
    def sha256(self, article_id: str) -> str | None:
        row = self._db.execute("select sha256 from article where id = ?", [article_id]).fetchone()
        return row[0] if row else None

    @_failures_told()
    def replace(
        self,
        article: Article,
        entry: Entry,
        passages: Sequence[Passage],
        vectors: Vectors,
        sentence_vectors: Sequence[Vectors],
    ) -> None:
        self.remove([article.id])
        n = self._db.execute(
            "insert into article (id, origin, digest, title, text, language, url, source, source_key, author, tags,"
            " published, updated, sha256) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                article.id, entry.origin, entry.digest, article.title, article.text, article.language, article.url,
                article.source, None if article.source is None else article.source.casefold(), article.author,
                json.dumps(article.tags, ensure_ascii=False), article.published, article.updated, article.sha256,
            ],
        ).lastrowid  # fmt: skip
        tags = {tag.casefold() for tag in article.tags}
        self._db.executemany("insert into article_tag values (?, ?)", [(n, tag) for tag in sorted(tags)])
        for passage, vector, sentences in zip(passages, vectors, sentence_vectors, strict=True):
            self._add_passage(n, article, passage, sentences)
            self._fresh[passage.id] = vector

    def _add_passage(self, n: int | None, article: Article, passage: Passage, sentences: Vectors) -> None:
        spans = np.array([(span.start, span.end) for span in passage.sentences], np.int32)
        try:
            self._db.execute(
                "insert into passage values (?, ?, ?, ?, ?, ?, ?)",
                [passage.id, n, passage.start, passage.end, passage.heading, spans.tobytes(), packed(sentences)],
            )
        except sqlite3.IntegrityError as error:
            raise StoreError(f"Two passages have the id {passage.id}; change a word of '{article.id}'.") from error
        terms = " ".join(indexed_words(article, passage))
        self._db.execute("insert into words (rowid, terms) values (?, ?)", [passage.id, terms])

    @_failures_told()
    def remove(self, article_ids: Iterable[str]) -> None:
        for article_id in article_ids:
            row = self._db.execute("select n from article where id = ?", [article_id]).fetchone()
            if row is None:
                continue
            ids = [i for (i,) in self._db.execute("select id from passage where article = ?", row)]
            self._db.executemany("delete from words where rowid = ?", [(i,) for i in ids])
            for table, column in (("passage", "article"), ("article_tag", "article"), ("article", "n")):
                self._db.execute(f"delete from {table} where {column} = ?", row)
            # A passage added and removed again before publishing was never in the vectors.
            self._gone += [i for i in ids if self._fresh.pop(i, None) is None]

    @_failures_told()
    def publish(self) -> str:
        if self._gone:
            self._vectors.remove_ids(faiss.IDSelectorBatch(np.array(self._gone, np.int64)))
        if self._fresh:
            ids = np.array(list(self._fresh), np.int64)
            self._vectors.add_with_ids(np.stack(list(self._fresh.values())), ids)
        self._write_languages()
        digest = hashlib.sha256()
        for entry in self.entries():
            digest.update(f"{entry.article_id}\0{entry.digest}\0".encode())
        self._db.execute("commit")
        self._db.close()
        faiss.write_index(self._vectors, str(self._folder.building / VECTORS))
        name = self._folder.next_name(digest.hexdigest())
        self._folder.publish(name)
        return name

    def _write_languages(self) -> None:
        query = "select language, passage.id from passage join article on article.n = passage.article order by 2"
        ids: dict[str, list[int]] = {}
        for code, passage_id in self._db.execute(query):
            ids.setdefault(code, []).append(passage_id)
        self._db.execute("delete from language")
        for code, listed in ids.items():
            total = np.zeros(self._vectors.d, np.float64)
            for at in range(0, len(listed), 10_000):
                total += self._vectors.reconstruct_batch(np.array(listed[at : at + 10_000], np.int64)).sum(axis=0)
            mean = (total / len(listed)).astype(np.float32).tobytes()
            self._db.execute("insert into language values (?, ?, ?)", [code, len(listed), mean])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._cleanup.close()
