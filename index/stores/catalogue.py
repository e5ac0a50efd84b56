"""Articles and passages in SQLite: the tables, and what is read from them. Left out: vectors and words,
and writing (`embedded_writer.py`).

The catalogue is in two files: `recent`, small, copied and changed by each build, and below it `base`,
large, shared between generations and never changed. In the recent one, `removed` names the articles
of the base that are gone, and `placed` those whose file has moved since. An article and its passages stand in one file;
`line` of both together counts in how many articles a line stands, so that one of the recent part may be below 0.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from queue import LifoQueue
from typing import Any, Final

import numpy as np

from index.errors import UnknownArticle
from index.store import LABELS, Entry
from index.stores.generations import BASE, RECENT
from index.types import Article, Filters, Passage, Span

SCHEMA: Final = """
create table article (
    n integer primary key, id text unique not null, origin text unique not null, digest text not null,
    content text not null,
    title text not null, text text not null, language text not null, url text, source text, source_key text,
    author text, tags text not null, published text, updated text, pages text not null,
    sha256 text not null
);
create table article_tag (article integer not null, tag text not null);
create index tag_article on article_tag (tag, article);
create index article_tags on article_tag (article);
create index article_published on article (published);
create index article_source on article (source_key);
create table passage (
    row integer primary key, id integer unique not null, article integer not null, start_char integer not null,
    end_char integer not null, heading text not null, sentences blob not null, sentence_vectors blob not null,
    vector blob
);
create index passage_article on passage (article);
create table language (code text primary key, passages integer not null, total blob not null);
create table line (key integer primary key, articles integer not null);
"""
RECENT_SCHEMA: Final = """
create table removed (article integer primary key);
create table placed (article integer primary key, origin text not null, content text not null);
create index placed_origin on placed (origin);
create table meta (key text primary key, value text not null);
"""

ADDED: Final = "on conflict (key) do update set articles = articles + excluded.articles"
"""Ends the statement that adds to the counts of lines."""

CONNECTIONS: Final = 4
"""Searches of the catalogue at the same time; more wait their turn, as they would for a processor."""

PASSAGES_KEPT: Final = 5000
"""Passages read before that are remembered: about 10 MB."""

ARTICLE_CHARS_KEPT: Final = 5_000_000
"""Characters of articles read before that are remembered: 5 to 20 MB. An answer looks at an article several
times, and each reading takes its digest anew."""

_MAPPED_BYTES: Final = 2**31
"""What of each file is read through shared memory instead of a copy of one's own."""

_ARTICLE: Final = (
    "article.id, title, article.text, article.language, url, source, author, tags, published, updated, pages"
)
_PASSAGE: Final = (
    "passage.row, passage.id, article.id, start_char, end_char, substr(text, start_char + 1, end_char - start_char), "
    "heading, article.language, sentences"
)
_IN: Final = "where row in (select value from json_each(?))"
_CONDITIONS: Final = {
    "since": "published >= ?",
    "until": "published <= ?",
    "source": "source_key = ?",
    "tag": "n in (select article from {file}.article_tag where tag = ?)",
    "language": "language = ?",
    "article_id": "id = ?",
}


def conditions(only: Filters, file: str) -> tuple[str, list[Any]]:
    """The filters as an SQL condition on the articles of a file, and its values; what is removed
    from the base fails it."""
    given = [(name, getattr(only, name)) for name in _CONDITIONS if getattr(only, name) is not None]
    values = [value.casefold() if name in ("source", "tag") else value for name, value in given]
    parts = [_CONDITIONS[name].format(file=file) for name, _ in given]
    if file == "base":
        parts.append("n not in (select article from main.removed)")
    return " and ".join(parts) or "1", values


def attach_base(connection: sqlite3.Connection, folder: Path) -> bool:
    """Make the base readable beside the recent part, if the generation has one."""
    if not (folder / BASE).exists():
        return False
    connection.execute("attach ? as base", [_address(folder / BASE)])
    return True


def _address(file: Path) -> str:
    # immutable: a published file never changes, so no lock files and no checks are needed.
    return f"{file.absolute().as_uri()}?mode=ro&immutable=1"


class Catalogue:
    """The catalogue of one generation, open for reading. All connections are opened at once and lent
    to whichever thread asks: the files leave the folder when newer generations are published, and
    then only what is open can still be read. Errors of SQLite pass through."""

    def __init__(self, folder: Path) -> None:
        self._connections: list[sqlite3.Connection] = []
        self._idle: LifoQueue[sqlite3.Connection] = LifoQueue()  # the last one used has the fullest cache
        self._kept: dict[int, Passage] = {}
        self._articles_kept: dict[str, Article] = {}
        self._chars_kept = 0
        self.files: tuple[str, ...] = ("main",)
        for _ in range(CONNECTIONS):
            connection = sqlite3.connect(_address(folder / RECENT), uri=True, check_same_thread=False)
            self._connections.append(connection)
            self._idle.put(connection)
            connection.execute(f"pragma mmap_size = {_MAPPED_BYTES}")
            if attach_base(connection, folder):
                self.files = ("main", "base")
        self.meta = dict(self.rows("select key, value from meta"))
        self.removed = [n for (n,) in self.rows("select article from removed")]

    @contextmanager
    def _lent(self) -> Iterator[sqlite3.Connection]:
        connection = self._idle.get()
        try:
            yield connection
        finally:
            self._idle.put(connection)

    def rows(self, query: str, values: Sequence[Any] = ()) -> list[Any]:
        with self._lent() as connection:
            return connection.execute(query, values).fetchall()

    def _in_files(self, query: Callable[[str], tuple[str, Sequence[Any]]]) -> list[Any]:
        """Rows of the same query to each file."""
        found = []
        for file in self.files:
            found += self.rows(*query(file))
        return found

    def entries(self) -> list[Entry]:
        with self._lent() as connection:
            return entries_of(connection, self.files)

    def article(self, article_id: str) -> Article:
        known = self._articles_kept.get(article_id)
        if known is None:
            known = self._read_article(article_id)
            self._keep_article(known)
        return known

    def _read_article(self, article_id: str) -> Article:
        query, values = self._articles(Filters(article_id=article_id))
        rows = self.rows(query, values)
        if not rows:
            raise UnknownArticle(f"No article has the id '{article_id[:200]}'. GET /v1/articles lists them.")
        return _article_of(rows[0])

    def articles(self, offset: int, limit: int, only: Filters) -> tuple[list[Article], int]:
        query, values = self._articles(only)
        (total,) = self.rows(f"select count(*) from ({query})", values)[0]
        rows = self.rows(f"{query} order by 1 limit ? offset ?", [*values, limit, offset])
        return [_article_of(row) for row in rows], total

    @cached_property
    def sources(self) -> list[str]:
        """See `IndexStore.sources`; each page shows them, and a generation never changes."""
        return self._labels(
            "select min(source), source_key, count(*) from {file}.article where {there} and source_key > '' group by 2"
        )

    @cached_property
    def tags(self) -> list[str]:
        """See `IndexStore.tags`."""
        joined = "{file}.article_tag join {file}.article on n = article_tag.article"
        return self._labels(f"select tag, tag, count(*) from {joined} where {{there}} and tag > '' group by 2")

    def _labels(self, query: str) -> list[str]:
        """Spellings, most articles first, of rows of a spelling, what it is compared by, and how many there are."""
        spelt: dict[str, str] = {}
        counts: Counter[str] = Counter()
        for spelling, key, count in self._in_files(
            lambda file: (query.format(file=file, there=conditions(Filters(), file)[0]), ())
        ):
            spelt[key] = min(spelling, spelt.get(key, spelling))
            counts[key] += count
        return [spelt[key] for key in sorted(counts, key=lambda key: (-counts[key], key))[:LABELS]]

    def _articles(self, only: Filters) -> tuple[str, list[Any]]:
        parts, values = [], []
        for file in self.files:
            condition, given = conditions(only, file)
            parts.append(f"select {_ARTICLE} from {file}.article where {condition}")
            values += given
        return " union all ".join(parts), values

    def allowed(self, only: Filters) -> list[int]:
        """Numbers of the articles that the filters let through."""

        def query(file: str) -> tuple[str, Sequence[Any]]:
            condition, values = conditions(only, file)
            return f"select n from {file}.article where {condition}", values

        return [n for (n,) in self._in_files(query)]

    def passages(self, rows: Iterable[int]) -> dict[int, Passage]:
        """Passages by their rows."""
        asked = list(rows)
        known = {row: passage for row in asked if (passage := self._kept.get(row))}
        if len(known) < len(asked):
            wanted = [json.dumps([row for row in asked if row not in known])]
            found = self._in_files(
                lambda file: (f"select {_PASSAGE} from {file}.passage join {file}.article on n = article {_IN}", wanted)
            )
            fresh = {row[0]: _passage_of(row[1:]) for row in found}
            self._keep(fresh)
            known |= fresh
        return known

    def _keep_article(self, article: Article) -> None:
        if self._chars_kept + len(article.text) > ARTICLE_CHARS_KEPT:
            self._articles_kept, self._chars_kept = {}, 0  # a new one: other threads may be reading the old
        self._articles_kept[article.id] = article
        self._chars_kept += len(article.text)

    def _keep(self, fresh: dict[int, Passage]) -> None:
        if len(self._kept) + len(fresh) > PASSAGES_KEPT:
            self._kept = {}  # a new one: other threads may be reading the old
        self._kept |= fresh

    def sentence_vectors(self, rows: Iterable[int]) -> dict[int, bytes]:
        """Packed sentence vectors of passages, by their rows."""
        wanted = [json.dumps(list(rows))]
        return dict(self._in_files(lambda file: (f"select row, sentence_vectors from {file}.passage {_IN}", wanted)))

    def line_counts(self, keys: Sequence[int]) -> list[int]:
        """See `IndexStore.line_counts`."""
        counts: Counter[int] = Counter()
        asked = [json.dumps(keys)]
        for key, count in self._in_files(
            lambda file: (f"select key, articles from {file}.line where key in (select value from json_each(?))", asked)
        ):
            counts[key] += count
        return [counts[key] for key in keys]

    def close(self) -> None:
        for connection in self._connections:
            connection.close()


def entries_of(connection: sqlite3.Connection, files: Sequence[str]) -> list[Entry]:
    """What each article of these files was made of, in order of id."""
    found: list[Entry] = []
    for file in files:
        there, _ = conditions(Filters(), file)
        found += (Entry(*row) for row in connection.execute(entries_query(file, there)))
    return sorted(found, key=lambda entry: entry.article_id)


def entries_query(file: str, condition: str) -> str:
    """What is asked for entries of a file."""
    return (
        "select id, ifnull(placed.origin, article.origin), digest, ifnull(placed.content, article.content), sha256 "
        f"from {file}.article left join main.placed on placed.article = n where {condition}"
    )


def article_at(connection: sqlite3.Connection, file: str, n: int) -> Article:
    """The article of this number."""
    return _article_of(connection.execute(f"select {_ARTICLE} from {file}.article where n = ?", [n]).fetchone())


def passages_at(connection: sqlite3.Connection, file: str, n: int, article: Article) -> list[Passage]:
    """The passages of this article, whose number is given. Cut from its text here: the database would go through the
    text from its beginning for each, which took 22 seconds for an article of 4.6 MB."""
    query = f"select id, start_char, end_char, heading, sentences from {file}.passage where article = ? order by row"
    return [
        _passage_of((identity, article.id, start, end, article.text[start:end], heading, article.language, sentences))
        for identity, start, end, heading, sentences in connection.execute(query, [n])
    ]


def articles_with_passages(
    connection: sqlite3.Connection, files: Sequence[str]
) -> Iterator[tuple[int, Article, list[Passage]]]:
    """All that is there of these files, with the articles' numbers."""
    for file in files:
        condition, _ = conditions(Filters(), file)
        for n, *row in connection.execute(f"select n, {_ARTICLE} from {file}.article where {condition} order by n"):
            article = _article_of(row)
            yield n, article, passages_at(connection, file, n, article)


def _article_of(row: Sequence[Any]) -> Article:
    identity, title, text, language, url, source, author, tags, published, updated, pages = row
    return Article(
        identity, title, text, language, url, source, author, tuple(json.loads(tags)), published, updated,
        tuple(json.loads(pages)),
    )  # fmt: skip


def _passage_of(row: Sequence[Any]) -> Passage:
    identity, article_id, start, end, text, heading, language, sentences = row
    ends = np.frombuffer(sentences, np.int32).tolist()
    return Passage(identity, article_id, start, end, text, heading, language, tuple(map(Span, ends[::2], ends[1::2])))
