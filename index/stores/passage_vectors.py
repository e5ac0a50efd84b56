"""Passage vectors of one generation: those of the recent part exact, those of the base in float16,
in an inverted file that is read from the disk as it is needed. Left out: making the base (`base.py`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import faiss
import numpy as np
from numpy.typing import NDArray

from index.stores.generations import BASE_ARTICLES, BASE_PLACES, BASE_VECTORS
from index.types import Filters, Vectors

FILTERS_KEPT: Final = 16
"""Filters whose passages are remembered: an eighth of a byte for each passage."""

_FEW: Final = 0.3
"""Where a filter lets through a smaller share than this, all lists of the base are searched: near
passages that pass may stand in any of them."""

Rows = NDArray[np.int64]
Numbers = NDArray[np.int64]
"""The numbers of the articles that passages are of."""


class RecentVectors:
    """Exact search over vectors in memory; `rows` and `ids` are those of the passages."""

    def __init__(self, vectors: Vectors, rows: Rows, ids: Rows, articles: Numbers) -> None:
        self._flat = faiss.IndexFlatIP(vectors.shape[1])
        self._flat.add(vectors)
        self._rows, self._ids, self._articles = rows, ids, articles
        self.dimension = vectors.shape[1]

    def allowed(self, articles: NDArray[np.bool_]) -> Any:
        """The passages of these articles, as FAISS asks for them, and their number."""
        return _selector(articles[self._articles])

    def search(self, vectors: Vectors, k: int, allowed: Any) -> list[list[tuple[float, int]]]:
        """For each vector the k rows with the highest inner product; of equal ones those with the
        smallest passage ids."""
        selector, count = allowed or (None, len(self._rows))
        k = min(k, count)
        if k < 1:
            return [[] for _ in vectors]
        parameters: Any = faiss.SearchParameters(sel=selector) if selector else None  # type: ignore[call-arg]
        # FAISS keeps any of equal products. One more than asked shows whether the cut goes through
        # a tie; then more are fetched, until the tie is there whole.
        fetched = min(k + 1, count)
        products, found = self._flat.search(vectors, fetched, params=parameters)
        while fetched < count and (products[:, -1] == products[:, k - 1]).any():
            fetched = min(2 * fetched, count)
            products, found = self._flat.search(vectors, fetched, params=parameters)
        best = [
            sorted(zip((-scores).tolist(), self._ids[line].tolist(), line.tolist(), strict=True))[:k]
            for scores, line in zip(products, found, strict=True)
        ]
        return [[(-score, int(self._rows[place])) for score, _, place in line] for line in best]

    def vectors(self, rows: Rows) -> Vectors:
        places = np.searchsorted(self._rows, rows)
        return np.stack([self._flat.reconstruct(int(place)) for place in places])


class BaseVectors:
    """The nearest lists of an inverted file, mapped from the disk. Products are of the vectors in float16."""

    def __init__(self, folder: Path, nprobe: int) -> None:
        flags = faiss.IO_FLAG_MMAP | faiss.IO_FLAG_READ_ONLY
        self._lists: Any = faiss.read_index(str(folder / BASE_VECTORS), flags)
        self._nprobe = nprobe
        self._places = np.load(folder / BASE_PLACES, mmap_mode="r")
        self._articles = np.load(folder / BASE_ARTICLES, mmap_mode="r")
        self.passages = int(self._lists.ntotal)

    def allowed(self, articles: NDArray[np.bool_]) -> Any:
        return _selector(articles[self._articles])

    def search(self, vectors: Vectors, k: int, allowed: Any) -> list[list[tuple[float, int]]]:
        """For each vector about the k rows with the highest inner product."""
        selector, count = allowed or (None, self.passages)
        nprobe = self._nprobe if count >= _FEW * self.passages else self._lists.nlist
        parameters = faiss.SearchParametersIVF(sel=selector, nprobe=nprobe)  # type: ignore[call-arg]
        products, found = self._lists.search(vectors, min(k, max(1, count)), params=parameters)
        return [
            [(score, row) for score, row in zip(scores.tolist(), line.tolist(), strict=True) if row >= 0]
            for scores, line in zip(products, found, strict=True)
        ]

    def vectors(self, rows: Rows) -> Vectors:
        """As they are searched: in float16."""
        made = np.empty((len(rows), self._lists.d), np.float32)
        for place, out in zip(self._places[rows].tolist(), made, strict=True):
            self._lists.reconstruct_from_offset(place >> 32, place & 0xFFFFFFFF, faiss.swig_ptr(out))
        return made


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
        self._selected = lru_cache(FILTERS_KEPT)(self._select)

    def search(self, vectors: Vectors, k: int, only: Filters) -> list[list[tuple[float, int]]]:
        """For each vector the k rows with the highest inner product, best first."""
        rows = np.ascontiguousarray(vectors, np.float32)
        recent, base = (None, None) if self._all and only == Filters() else self._selected(only)
        found = self._recent.search(rows, k, recent)
        if self._base is None:
            return found
        others = self._base.search(rows, k, base)
        return [sorted(one + other, key=lambda hit: -hit[0])[:k] for one, other in zip(found, others, strict=True)]

    def _select(self, only: Filters) -> tuple[Any, Any]:
        mask = self._there
        if only != Filters():
            mask = np.zeros_like(mask)
            mask[self._passing(only)] = True
        return self._recent.allowed(mask), self._base and self._base.allowed(mask)

    def vectors(self, rows: Sequence[int]) -> Vectors:
        """Shape (n, dimension), in the order of `rows`."""
        asked = np.asarray(rows, np.int64)
        recent = asked >= self._first_recent
        made = np.empty((len(asked), self._recent.dimension), np.float32)
        if recent.any():
            made[recent] = self._recent.vectors(asked[recent])
        if self._base is not None and not recent.all():
            made[~recent] = self._base.vectors(asked[~recent])
        return made
