"""The recent part grown large → a new base, with all passages in it. Left out: when that is done
(`embedded_writer.py`), searching it (`passage_vectors.py`)."""

from __future__ import annotations

import math
import shutil
import sqlite3
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any, Final

import faiss
import numpy as np
from numpy.typing import NDArray

from index.stores.catalogue import ADDED, SCHEMA
from index.stores.generations import (
    BASE,
    BASE_ARTICLES,
    BASE_IDS,
    BASE_LANGUAGES,
    BASE_ORDER,
    BASE_PLACES,
    BASE_VECTORS,
)
from index.stores.packing import unpacked
from index.stores.passage_vectors import places_of, vectors_at
from index.types import Vectors

LEAST_RECALL: Final = 0.99
"""Share of the ten nearest passages found, for sampled sentences, by which it is chosen how many lists a
search looks into."""

_LISTS_PER_ROOT: Final = 4
_TRAINING_PER_LIST: Final = 40
_TRAINING_ROUNDS: Final = 10
_SAMPLES: Final = 100
_GROWN: Final = 2
"""Lists are made anew once there are so many times the passages they were made for."""

_SLICE: Final = 10_000
_PAGE_BYTES: Final = 16384
"""A passage's row takes 1.7 KB: of pages of 4 KB, a sixth would stay empty."""

_TABLES: Final = ("article", "article_tag", "passage")


def make_base(database: sqlite3.Connection, building: Path, dimension: int, trained_for: int) -> dict[str, int]:
    """Move the recent part, open as `database` with the base attached to it, into a new base. Rows and
    numbers stay as they were. Returns what is to be known of the new base; `trained_for` is of the old.

    Takes 0.8 KB of memory for each passage, twice that when lists are made anew, and time for all of them:
    done seldom.
    """
    old = building / BASE if (building / BASE).exists() else None
    gone = _merge_catalogues(database, building, old)
    count, rows = database.execute("select count(*), ifnull(max(row), 0) + 1 from grown.passage").fetchone()
    lists: Any = None
    if old is not None:
        lists = faiss.read_index(str(building / BASE_VECTORS))
        lists.remove_ids(faiss.IDSelectorBatch(gone))
    if lists is None or count >= _GROWN * trained_for:
        lists, trained_for = _new_lists(database, lists, dimension, count), count
    for ids, vectors in _recent_vectors(database, dimension):
        lists.add_with_ids(vectors, ids)
    places = _places(lists, rows)
    nprobe = _least_nprobe(lists, _sampled_sentences(database, lists, places))
    (building / BASE_VECTORS).unlink(missing_ok=True)  # what stands there may be shared with another generation
    faiss.write_index(lists, str(building / BASE_VECTORS))
    for name, values in {BASE_PLACES: places, **_of_rows(database, rows)}.items():
        (building / name).unlink(missing_ok=True)
        np.save(building / name, values)
    _empty_recent(database, building)
    return {"nprobe": nprobe, "trained_for": trained_for, "base_rows": rows, "base_passages": count}


def _of_rows(database: sqlite3.Connection, rows: int) -> dict[str, NDArray[Any]]:
    """What a search must know of each row without asking the database; 0 where no passage is."""
    articles, ids, languages = np.zeros(rows, np.int32), np.zeros(rows, np.int64), np.zeros(rows, np.uint16)
    codes = [code for (code,) in database.execute("select code from grown.language order by code")]
    numbers = {code: number for number, code in enumerate(codes)}
    query = "select row, article, passage.id, language from grown.passage join grown.article on n = article"
    for row, article, passage_id, code in database.execute(query):
        articles[row], ids[row], languages[row] = article, passage_id, numbers[code]
    return {BASE_ARTICLES: articles, BASE_IDS: ids, BASE_ORDER: np.argsort(ids), BASE_LANGUAGES: languages}


def _merge_catalogues(database: sqlite3.Connection, building: Path, old: Path | None) -> NDArray[np.int64]:
    """The catalogue of the new base, attached as `grown`. Returns the rows that are gone."""
    grown = building / "grown.sqlite"
    if old is not None:
        shutil.copyfile(old, grown)
    database.execute("attach ? as grown", [str(grown)])
    database.execute(f"pragma grown.page_size = {_PAGE_BYTES}")
    database.execute("pragma grown.journal_mode = off")
    database.execute("pragma grown.synchronous = off")
    database.execute("begin")
    if old is None:
        for statement in filter(str.strip, SCHEMA.split(";")):
            database.execute(_into_grown(statement))
    left = "article in (select article from main.removed)"
    gone = [row for (row,) in database.execute(f"select row from grown.passage where {left}")]
    for table in ("article_tag", "passage"):
        database.execute(f"delete from grown.{table} where {left}")
    database.execute("delete from grown.article where n in (select article from main.removed)")
    # First out of each other's way: one may have moved to where another was.
    moved = "where n in (select article from main.placed)"
    database.execute(f"update grown.article set origin = char(0) || n {moved}")
    for column in ("origin", "content"):
        new = f"select {column} from main.placed where placed.article = n"
        database.execute(f"update grown.article set {column} = ({new}) {moved}")
    for table in _TABLES:
        columns = [name for _, name, *_ in database.execute(f"pragma main.table_info({table})") if name != "vector"]
        listed = ", ".join(columns)  # the base keeps vectors apart
        database.execute(f"insert into grown.{table} ({listed}) select {listed} from main.{table}")
    database.execute(f"insert into grown.line select key, articles from main.line where true order by key {ADDED}")
    database.execute("delete from grown.line where articles <= 0")
    database.execute("delete from grown.language")
    database.execute("insert into grown.language select * from main.language")
    database.execute("commit")
    return np.array(gone, np.int64)


def _into_grown(statement: str) -> str:
    for what in ("create table ", "create index "):
        statement = statement.replace(what, f"{what}grown.")
    return statement


def _empty_recent(database: sqlite3.Connection, building: Path) -> None:
    database.execute("detach grown")
    for table in (*_TABLES, "line", "removed", "placed"):
        database.execute(f"delete from main.{table}")
    if "base" in [name for _, name, _ in database.execute("pragma database_list")]:
        database.execute("detach base")
    database.execute("vacuum main")
    (building / "grown.sqlite").replace(building / BASE)


def _recent_vectors(database: sqlite3.Connection, dimension: int) -> Iterator[tuple[NDArray[np.int64], Vectors]]:
    """Rows and vectors of the recent part, so many at a time."""
    cursor = database.execute("select row, vector from main.passage order by row")
    while some := cursor.fetchmany(_SLICE):
        joined = np.frombuffer(b"".join(blob for _, blob in some), np.float32)
        yield np.array([row for row, _ in some], np.int64), joined.reshape(-1, dimension)


def _new_lists(database: sqlite3.Connection, before: Any, dimension: int, count: int) -> Any:
    """An inverted file for so many passages, with those of the lists before it, if there are any."""
    number = max(1, min(int(_LISTS_PER_ROOT * math.sqrt(count)), count // _TRAINING_PER_LIST))
    lists: Any = faiss.index_factory(dimension, f"IVF{number},SQfp16", faiss.METRIC_INNER_PRODUCT)
    lists.cp.spherical = True
    lists.cp.niter, lists.cp.min_points_per_centroid = _TRAINING_ROUNDS, 1
    share = min(1.0, _TRAINING_PER_LIST * number / max(1, count))
    draw = np.random.default_rng(count)
    every = chain(_listed(before), _recent_vectors(database, dimension))
    lists.train(np.concatenate([vectors[draw.random(len(vectors)) <= share] for _, vectors in every]))
    for ids, vectors in _listed(before):
        lists.add_with_ids(vectors, ids)
    return lists


def _listed(lists: Any) -> Iterator[tuple[NDArray[np.int64], Vectors]]:
    """Rows and vectors of an inverted file, list by list."""
    for number in range(lists.nlist if lists is not None else 0):
        ids = _ids_of(lists, number)
        if len(ids):
            yield ids, vectors_at(lists, places_of(number, len(ids)))


def _ids_of(lists: Any, number: int) -> NDArray[np.int64]:
    size = lists.invlists.list_size(number)
    if not size:
        return np.empty(0, np.int64)
    return np.asarray(faiss.rev_swig_ptr(lists.invlists.get_ids(number), size).copy(), np.int64)


def _places(lists: Any, rows: int) -> NDArray[np.int64]:
    """Where each row stands."""
    places = np.zeros(rows, np.int64)
    for number in range(lists.nlist):
        ids = _ids_of(lists, number)
        places[ids] = places_of(number, len(ids))
    return places


def _sampled_sentences(database: sqlite3.Connection, lists: Any, places: NDArray[np.int64]) -> Vectors:
    """One sentence of each of some passages, which stand in for questions."""
    query = "select row, sentence_vectors from grown.passage where sentence_vectors <> x'' order by id limit ?"
    made = []
    for row, blob in database.execute(query, [_SAMPLES]):
        sentences = unpacked([blob], vectors_at(lists, places[[row]]))[0]
        made.append(sentences[row % len(sentences)])
    return np.array(made, np.float32).reshape(-1, lists.d)


def _least_nprobe(lists: Any, questions: Vectors) -> int:
    """The fewest lists, a quarter more at a time from 8 on, that find LEAST_RECALL of what all of them find."""
    nprobe = 8
    looking_into: Any = faiss.SearchParametersIVF  # the stub lacks its parameters
    if not len(questions):
        return nprobe
    _, wanted = lists.search(questions, 10, params=looking_into(nprobe=lists.nlist))
    while nprobe < lists.nlist:
        _, found = lists.search(questions, 10, params=looking_into(nprobe=nprobe))
        hit = sum(len(set(one) & set(other)) for one, other in zip(found.tolist(), wanted.tolist(), strict=True))
        if hit >= LEAST_RECALL * wanted.size:
            break
        nprobe = math.ceil(1.25 * nprobe)
    return nprobe
