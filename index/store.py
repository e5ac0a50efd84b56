"""What every store offers, and opening one by its address. Left out: the stores themselves, each
imported only when an address asks for it, so that this file loads neither FAISS nor a database."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Any, Final, Protocol, Self

from index.errors import EmbedderError, IndexFault, StoreError
from index.settings import IndexSettings
from index.types import Article, Filters, Found, IndexInfo, Passage, Vectors

FORMAT: Final = 5
"""Raised when a published index can no longer be read as before."""

LABELS: Final = 200
"""Sources and tags that a store lists: a person chooses among them."""

logger = logging.getLogger(__name__)

_MODULES: Final = {"embedded": "index.stores.embedded"}


@dataclass(frozen=True, slots=True)
class Entry:
    """What the index knows of a source: the article made of it, where it came from (a path, or a path, `#` and a
    part of that file), a digest of everything that went into its passages, one of the file's bytes ("" if
    they are not to be compared), and that of the article's text."""

    article_id: str
    origin: str
    digest: str
    content: str = ""
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Generation:
    """A published state of the index that is kept; `published` is ISO 8601, in UTC."""

    name: str
    published: str
    current: bool


class IndexStore(Protocol):
    """One published generation, read-only; safe to share between threads."""

    @property
    def info(self) -> IndexInfo: ...
    @property
    def languages(self) -> tuple[str, ...]:
        """Languages of the passages, most passages first."""
        ...

    def entries(self) -> list[Entry]:
        """What each article was made of, in order of id."""
        ...

    def article(self, article_id: str) -> Article:
        """Raises UnknownArticle."""
        ...

    def version(self, article_id: str, digest: str) -> Article | None:
        """The article with the text whose SHA-256 begins with `digest`: that of today, or an earlier one that is
        kept; None if there is none."""
        ...

    def articles(self, offset: int, limit: int, only: Filters) -> tuple[list[Article], int]:
        """A page of articles in order of id, and how many there are in all."""
        ...

    def sources(self) -> list[str]:
        """Sources that articles name, most articles first, at most LABELS; of spellings that differ in
        case alone the first in order of characters."""
        ...

    def tags(self) -> list[str]:
        """Tags that articles carry, without case, most articles first, at most LABELS."""
        ...

    def nearest(self, vectors: Vectors, k: int, only: Filters) -> list[list[Found]]:
        """For each row of `vectors`, shape (n, dimension), the k passages with the highest inner
        product, which is their score, among those the filters let through. Of equal products the
        smaller passage ids come first, at the cut too."""
        ...

    def matching(self, words: str, language: str, k: int, only: Filters) -> list[Found]:
        """The k passages with the highest BM25 (k1 1.2, b 0.75, over title, headings and text),
        which is their score, that hold a word of `words`."""
        ...

    def passages(self, passage_ids: Sequence[int]) -> list[Passage]:
        """The passages with these ids. Raises StoreError on an unknown id."""
        ...

    def vectors(self, passage_ids: Sequence[int]) -> Vectors:
        """The vectors of these passages, shape (n, dimension). Raises StoreError on an unknown id."""
        ...

    def sentence_vectors(self, passage_ids: Sequence[int]) -> list[Vectors]:
        """For each passage one row for each of its sentences; within 0.01 of the exact vectors.
        Raises StoreError on an unknown id."""
        ...

    def language_passages(self, language: str) -> int:
        """How many passages are in a language."""
        ...

    def language_mean(self, language: str) -> Vectors:
        """Mean of the vectors of all passages in a language, shape (dimension,), not of length 1;
        zeros if there are none. Its inner product with a question is what an average passage of
        that language scores, which differs between languages."""
        ...

    def line_counts(self, keys: Sequence[int]) -> list[int]:
        """In how many articles each line stands, by their keys (`lines.key_of`)."""
        ...

    def close(self) -> None: ...


class IndexWriter(Protocol):
    """The next generation, seen by nobody until `publish`. Leaving the `with` block without
    publishing throws it away."""

    def entries(self) -> list[Entry]: ...
    def entry(self, article_id: str) -> Entry | None:
        """What one article was made of, found without reading the others; None if there is no such article."""
        ...

    def sha256(self, article_id: str) -> str | None:
        """Digest of the article's text; None if there is no such article."""
        ...

    def replace(
        self,
        article: Article,
        entry: Entry,
        passages: Sequence[Passage],
        vectors: Vectors,
        sentence_vectors: Sequence[Vectors],
    ) -> None:
        """Add an article, or put it in the place of the one with its id. Raises StoreError if a
        passage id is taken."""
        ...

    def place(self, entry: Entry) -> None:
        """Give an article another origin and another digest of its file's bytes: what was made of it stays."""
        ...

    def remove(self, article_ids: Iterable[str]) -> None: ...
    def publish(self) -> str:
        """Make what was written the current generation, at once and whole; returns its name."""
        ...

    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


def _module(settings: IndexSettings) -> Any:
    scheme, colon, _ = settings.store.partition(":")
    if not colon or scheme not in _MODULES:
        known = ", ".join(f"'{name}:'" for name in _MODULES)
        raise StoreError(f"The store '{scheme}:' is not known. Stores of this version: {known}.")
    return import_module(_MODULES[scheme])


def store_folder(settings: IndexSettings) -> Path:
    """Where a store keeps its files, and others keep what belongs to it. Raises StoreError."""
    place = settings.store.partition(":")[2]
    try:
        return Path(place).expanduser() if place else settings.data / "index"
    except RuntimeError as error:
        raise StoreError("The store's folder begins with '~' and no home folder is known for it.") from error


def open_store(settings: IndexSettings) -> IndexStore:
    """Open the current generation. Raises NoIndexError if nothing was published yet, StoreError
    if it cannot be read."""
    store: IndexStore = _module(settings).open_store(settings)
    return store


def check_embedder(info: IndexInfo, given: str, dimension: int | None = None) -> None:
    """Raises EmbedderError if an index was made with another model than the one given."""
    if info.embedder != given or dimension not in (None, info.dimension):
        raise EmbedderError(
            f"The index was made with {info.embedder} ({info.dimension}); the embedder given is {given}"
            f"{f' ({dimension})' if dimension else ''}. Leave the embedder out, or index into another --store with it."
        )


def open_writer(settings: IndexSettings, embedder: str, dimension: int) -> IndexWriter:
    """Begin the next generation from the current one. Raises EmbedderError if that was made with
    another embedder, StoreError if somebody else is writing."""
    writer: IndexWriter = _module(settings).open_writer(settings, embedder, dimension)
    return writer


def current_generation(settings: IndexSettings) -> str | None:
    """Name of the current generation; None if there is none. Costs one small read."""
    name: str | None = _module(settings).current_generation(settings)
    return name


def generations(settings: IndexSettings) -> list[Generation]:
    """Those that are kept, the latest first."""
    found: list[Generation] = _module(settings).generations(settings)
    return found


def roll_back(settings: IndexSettings, name: str) -> None:
    """Publish an older generation again. The next build begins from it. Raises StoreError if it is not kept any more,
    StoreBusy if somebody is writing."""
    _module(settings).roll_back(settings, name)


class LiveStore:
    """The current generation, whichever that is: looks for a newer one at most once a second and
    opens it without a restart. Whoever holds the older one goes on with it undisturbed; it closes
    when the last of them lets it go."""

    def __init__(self, settings: IndexSettings) -> None:
        self._settings = settings
        self._lock = Lock()
        self._store: IndexStore | None = None
        self._looked = float("-inf")

    def look_again(self) -> None:
        """Look for a newer generation at the next call, however soon."""
        self._looked = float("-inf")

    def current(self) -> IndexStore:
        """Raises what `open_store` raises, if nothing could be opened yet. Later the generation
        that is open stays in use while no newer one can be opened."""
        with self._lock:
            if self._store is None:
                self._store = open_store(self._settings)
            elif time.monotonic() - self._looked > 1:
                self._looked = time.monotonic()
                try:
                    if current_generation(self._settings) != self._store.info.generation:
                        self._store = open_store(self._settings)
                except IndexFault as error:
                    logger.warning("The generation that is open stays in use: %s", error)
            return self._store
