"""The types of the index. Offsets are half-open, count Unicode code points and refer to
`Article.text`. Left out: anything that needs a question (see `rag/types.py`)."""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
"""Shape (n, dimension), float32, each row of length 1."""

Scores = NDArray[np.float32]
"""Shape (n,), float32; higher is better."""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a text: `text[start:end]`."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Article:
    """One article as its reader made it. Nothing edits `text` afterwards.

    `language` is an ISO 639-1 code; `published` and `updated` are ISO 8601 dates (YYYY-MM-DD);
    `sha256` is the hexadecimal digest of the text in UTF-8. A line of `text` that starts with
    one to six `#` and a space is a heading. `pages` are the offsets at which the pages of a file of pages begin, the
    first page's first; empty where there are none.
    """

    id: str
    title: str
    text: str
    language: str
    url: str | None = None
    source: str | None = None
    author: str | None = None
    tags: tuple[str, ...] = ()
    published: str | None = None
    updated: str | None = None
    pages: tuple[int, ...] = ()
    sha256: str = field(init=False)

    def __post_init__(self) -> None:
        digest = hashlib.sha256(self.text.encode("utf-8")).hexdigest()
        object.__setattr__(self, "sha256", digest)

    def page_at(self, offset: int) -> int | None:
        """Number, from 1, of the page that the character at an offset stands on; None without pages."""
        return bisect_right(self.pages, offset) or None


@dataclass(frozen=True, slots=True)
class Passage:
    """What is retrieved: whole consecutive sentences of one article.

    `article.text[start:end] == text`. `sentences` are spans in the article's text. `heading` is
    the path of headings above the passage ("" without one). `id` is a 63-bit hash of article
    id, start and text: the same on every machine. JSON carries it as a string.
    """

    id: int
    article_id: str
    start: int
    end: int
    text: str
    heading: str
    language: str
    sentences: tuple[Span, ...]

    def words_at(self, span: Span) -> str:
        """The characters of a span of the article's text that lies in the passage."""
        return self.text[span.start - self.start : span.end - self.start]

    @staticmethod
    def id_for(article_id: str, start: int, text: str) -> int:
        """Hash to 63 bits, so that it fits a signed 64-bit column of any engine."""
        key = f"{article_id}\0{start}\0{text}".encode()
        return int.from_bytes(hashlib.blake2b(key, digest_size=8).digest(), "big") >> 1


class Found(NamedTuple):
    """A passage found by one search of a store, not read yet: many are found and few are needed. A tuple, for a
    frozen dataclass takes five times as long to make, which was half a millisecond of each question."""

    passage_id: int
    language: str
    score: float

    @classmethod
    def several(cls, ids: Iterable[int], languages: Iterable[str], scores: Iterable[float]) -> list[Found]:
        """One of each, in two thirds of the time of a call for each."""
        return list(map(partial(tuple.__new__, cls), zip(ids, languages, scores, strict=True)))


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage found and read, with its fused score and the parts of it. `copies` are passages found
    beside it that say the same in nearly the same words."""

    passage: Passage
    score: float
    meaning: float
    words: float
    copies: tuple[Passage, ...] = ()


@dataclass(frozen=True, slots=True)
class Filters:
    """Which articles may be searched; None lets all through. `since` and `until` are ISO dates,
    both included, compared with `published`; articles without a date fail them."""

    since: str | None = None
    until: str | None = None
    source: str | None = None
    tag: str | None = None
    language: str | None = None
    article_id: str | None = None


@dataclass(frozen=True, slots=True)
class IndexInfo:
    """What one generation holds; written into it, and checked when it is opened."""

    format: int
    generation: str
    embedder: str
    dimension: int
    articles: int
    passages: int
