"""Passage vectors of one generation: those of the recent part exact, those of the base in float16,
in an inverted file that is read from the disk as it is needed. Left out: making the base (`base.py`)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import repeat
from pathlib import Path
from typing import Any, Final

import faiss
import numpy as np
from numpy.typing import NDArray

from index.stores.generations import (
    BASE_ARTICLES,
    BASE_IDS,
    BASE_LANGUAGES,
    BASE_ORDER,
    BASE_PLACES,
    BASE_VECTORS,
)
from index.stores.memory import best_first
from index.types import Filters, Found, Vectors

FILTERS_KEPT: Final = 16
"""Filters whose passages are remembered: an eighth of a byte for each passage."""

_FEW: Final = 0.3
"""Where a filter lets through a smaller share than this, all lists of the base are searched: near
passages that pass may stand in any of them."""

Rows = NDArray[np.int64]
Numbers = NDArray[np.int64]
"""The numbers of the articles that passages are of."""

UNKNOWN: Final = -1
"""In the place of a row: no such passage is there."""


class RecentVectors:
    """Exact search over vectors in memory; of each passage its row, its id, its article and its language."""

    def __init__(
        self, vectors: Vectors, rows: Rows, ids: Sequence[int], articles: Numbers, languages: Sequence[str]
    ) -> None:
        self._flat = faiss.IndexFlatIP(vectors.shape[1])
        self._flat.add(vectors)
        self._rows, self._ids, self._articles, self._languages = rows, ids, articles, languages
        self._row_of = dict(zip(ids, rows.tolist(), strict=True))
        self.dimension = vectors.shape[1]

    def allowed(self, articles: NDArray[np.bool_]) -> Any:
        """The passages of these articles, as FAISS asks for them, and their number."""
        return _selector(articles[self._articles])

    def search(self, vectors: Vectors, k: int, allowed: Any) -> list[list[Found]]:
        """For each vector the k passages with the highest inner product, and all that equal the last."""
        selector, count = allowed or (None, len(self._rows))
        parameters: Any = faiss.SearchParameters(sel=selector) if selector else None  # type: ignore[call-arg]
        found = _with_ties(self._flat, vectors, k, count, parameters)
        ids, languages = self._ids, self._languages
        return [
            Found.several(map(ids.__getitem__, places), map(languages.__getitem__, places), scores)
            for scores, places in found
        ]

    def rows_of(self, ids: Sequence[int]) -> Rows:
        """UNKNOWN for passages that are not there."""
        return np.array(list(map(self._row_of.get, ids, repeat(UNKNOWN))), np.int64)

    def languages_of(self, rows: Rows) -> list[str]:
        return [self._languages[place] for place in np.searchsorted(self._rows, rows)]

    def vectors(self, rows: Rows) -> Vectors:
        return np.asarray(self._flat.reconstruct_batch(np.searchsorted(self._rows, rows)), np.float32)


class BaseVectors:
    """The nearest lists of an inverted file, mapped from the disk. Products are of the vectors in float16."""

    def __init__(self, folder: Path, nprobe: int, languages: Sequence[str]) -> None:
        """`languages` are those of the passages, in the order of their numbers."""
        flags = faiss.IO_FLAG_MMAP | faiss.IO_FLAG_READ_ONLY
        lists: Any = faiss.read_index(str(folder / BASE_VECTORS), flags)
        # FAISS would start 32 threads for each search to have the lists read; that takes longer than reading them.
        on_disk: Any = faiss.downcast_InvertedLists(lists.invlists)
        on_disk.prefetch_nthread = 0
        self._lists, self._nprobe = lists, nprobe
        # As plain arrays: of the library's own kind, each access costs microseconds.
        self._places, self._articles, self._ids, self._order, self._numbers = files = [
            np.asarray(np.load(folder / name, mmap_mode="r"))
            for name in (BASE_PLACES, BASE_ARTICLES, BASE_IDS, BASE_ORDER, BASE_LANGUAGES)
        ]
        self._languages = languages
        if len({len(file) for file in files}) > 1:
            raise ValueError("the files of the base do not belong together")
        self.passages, self.rows = int(self._lists.ntotal), len(self._places)

    def allowed(self, articles: NDArray[np.bool_]) -> Any:
        return _selector(articles[self._articles])

    def search(self, vectors: Vectors, k: int, allowed: Any) -> list[list[Found]]:
        """For each vector about the k passages with the highest inner product, and those that equal the
        last."""
        selector, count = allowed or (None, self.passages)
        nprobe = self._nprobe if count >= _FEW * self.passages else self._lists.nlist
        parameters = faiss.SearchParametersIVF(sel=selector, nprobe=nprobe)  # type: ignore[call-arg]
        found = _with_ties(self._lists, vectors, k, count, parameters)
        return [self._found(*line) for line in found]

    def _found(self, scores: list[float], places: list[int]) -> list[Found]:
        rows = np.array(places, np.int64)
        return Found.several(self._ids[rows].tolist(), self.languages_of(rows), scores)

    def rows_of(self, ids: NDArray[np.int64], there: NDArray[np.bool_]) -> Rows:
        """The rows of passages of articles that are there, UNKNOWN for others, shape of `ids`."""
        at = np.searchsorted(self._ids, ids, sorter=self._order)
        rows = self._order[np.minimum(at, self.rows - 1)]
        return np.where((self._ids[rows] == ids) & there[self._articles[rows]], rows, UNKNOWN)

    def languages_of(self, rows: Rows) -> list[str]:
        return [self._languages[number] for number in self._numbers[rows].tolist()]

    def vectors(self, rows: Rows) -> Vectors:
        """As they are searched: in float16."""
        return vectors_at(self._lists, self._places[rows])


def places_of(number: int, size: int) -> NDArray[np.int64]:
    """The places of a list of so many: its number in the upper half, and where in it in the lower."""
    return np.asarray((number << 32) | np.arange(size), np.int64)


def vectors_at(lists: Any, places: NDArray[np.int64]) -> Vectors:
    """What an inverted file holds at these places, shape (n, dimension)."""
    made = np.empty((len(places), lists.d), np.float32)
    for place, out in zip(places.tolist(), made, strict=True):
        lists.reconstruct_from_offset(place >> 32, place & 0xFFFFFFFF, faiss.swig_ptr(out))
    return made


@contextmanager
def _one_thread() -> Iterator[None]:
    """FAISS keeps to the thread it is called from. Shared out among threads, one question of 10,000 passages took
    3 ms instead of 0.6 on two cores, by a matrix product that tells equal passages apart in the last bit, and each
    thread of a server would start threads of its own. The number is the calling thread's alone."""
    threads = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(threads)


def _with_ties(
    searched: Any, vectors: Vectors, k: int, count: int, parameters: Any
) -> list[tuple[list[float], list[int]]]:
    """For each vector the k highest products and their labels, of `count` that may be found, and all
    products that equal the last of them: FAISS itself keeps any of equal ones."""
    k = min(k, count)
    if k < 1:
        return [([], []) for _ in vectors]
    # One more than asked shows whether the cut goes through a tie; then more are fetched, until it is there whole.
    fetched = min(k + 1, count)
    products, labels = searched.search(vectors, fetched, params=parameters)
    while fetched < count and (products[:, -1] == products[:, k - 1]).any():
        fetched = min(2 * fetched, count)
        products, labels = searched.search(vectors, fetched, params=parameters)
    there = labels >= 0
    return [(products[at][own].tolist(), labels[at][own].tolist()) for at, own in enumerate(there)]


def _selector(mask: NDArray[np.bool_]) -> Any:
    bitmap: Any = faiss.IDSelectorBitmap  # the stub has the signature of C++
    return bitmap(np.packbits(mask, bitorder="little")), int(mask.sum())


class PassageVectors:
    """Both parts as one. `first_recent` is the first row of the recent part."""

    def __init__(
        self,
        recent: RecentVectors,
        base: BaseVectors | None,
        first_recent: int,
        there: NDArray[np.bool_],
        passing: Callable[[Filters], list[int]],
    ) -> None:
        """`there` says of each article number whether there is such an article, `passing` gives those
        that filters let through."""
        self._recent, self._base, self._first_recent, self._there = recent, base, first_recent, there
        self._passing = passing
        self._all = base is None or bool(there[1:].all())  # no article has the number 0
        self._selected: dict[Filters, tuple[Any, Any]] = {}

    def search(self, vectors: Vectors, k: int, only: Filters) -> list[list[Found]]:
        """For each vector the k passages with the highest inner product, best first; of equal ones those
        with the smallest ids."""
        rows = np.ascontiguousarray(vectors, np.float32)
        recent, base = (None, None) if self._all and only == Filters() else self._select(only)
        with _one_thread():
            found = self._recent.search(rows, k, recent)
            if self._base is not None:
                others = self._base.search(rows, k, base)
                found = [one + other for one, other in zip(found, others, strict=True)]
        return [best_first(line, k) for line in found]

    def _select(self, only: Filters) -> tuple[Any, Any]:
        if only not in self._selected:
            mask = self._there
            if only != Filters():
                mask = np.zeros_like(mask)
                mask[self._passing(only)] = True
            made = self._recent.allowed(mask), self._base and self._base.allowed(mask)
            # A new one when it is full: other threads may be reading the old.
            kept = self._selected if len(self._selected) < FILTERS_KEPT else {}
            self._selected = {**kept, only: made}
            return made
        return self._selected[only]

    def rows_of(self, ids: Sequence[int]) -> Rows:
        """The rows of passages, UNKNOWN for those that are not there."""
        rows = self._recent.rows_of(ids)
        if self._base is not None:
            elsewhere = rows == UNKNOWN
            rows[elsewhere] = self._base.rows_of(np.asarray(ids, np.int64)[elsewhere], self._there)
        return rows

    def vectors(self, rows: Rows) -> Vectors:
        """Shape (n, dimension), in the order of `rows`."""
        made = np.empty((len(rows), self._recent.dimension), np.float32)
        for part, own in self._parts(rows):
            made[own] = part.vectors(rows[own])
        return made

    def languages_of(self, rows: Rows) -> list[str]:
        """The languages of the passages in these rows."""
        made = np.empty(len(rows), object)
        for part, own in self._parts(rows):
            made[own] = part.languages_of(rows[own])
        return list(made)

    def _parts(self, rows: Rows) -> list[tuple[RecentVectors | BaseVectors, NDArray[np.bool_]]]:
        """Both parts, each with those of the rows that stand in it; a part without any is left out."""
        recent = rows >= self._first_recent
        parts: list[tuple[RecentVectors | BaseVectors, NDArray[np.bool_]]] = [(self._recent, recent)]
        if self._base is not None:
            parts.append((self._base, ~recent))
        return [(part, own) for part, own in parts if own.any()]
