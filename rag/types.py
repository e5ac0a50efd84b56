"""The types of an answer. The JSON that leaves the program is made of them in
`answer_object.py`. Left out: how any of it is found."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from index.types import Hit, Passage, Span

Status = Literal["answered", "partial", "no_answer"]
Confidence = Literal["high", "medium", "low"]


@dataclass(frozen=True, slots=True)
class Turn:
    """One earlier question of a conversation, and the id of its answer if there is one."""

    question: str
    answer_id: str | None = None


@dataclass(frozen=True, slots=True)
class Citation:
    """Where an extract stands: the article, the span in its text, the quoted words and up to 32
    characters on either side, so that the quote can be found again when the text has moved."""

    article_id: str
    title: str
    url: str | None
    source: str | None
    published: str | None
    updated: str | None
    author: str | None
    sha256: str
    language: str
    start: int
    end: int
    quote: str
    prefix: str
    suffix: str
    page: int | None = None
    """Page of the file it begins on, from 1; None where there are no pages."""


@dataclass(frozen=True, slots=True)
class Extract:
    """One to three consecutive sentences of one article, verbatim. `score` is in [0, 1];
    `short_answer` is a span in the article's text."""

    number: int
    text: str
    citation: Citation
    passage: Passage
    score: float
    short_answer: Span | None = None
    also_in: tuple[Citation, ...] = ()
    conflicts_with: tuple[int, ...] = ()

    @property
    def short_text(self) -> str | None:
        """The words of the short answer."""
        short, start = self.short_answer, self.citation.start
        return None if short is None else self.text[short.start - start : short.end - start]


@dataclass(frozen=True, slots=True)
class Part:
    """One of the questions asked in a compound question, and the numbers of its extracts."""

    question: str
    status: Status
    extracts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Nearest:
    """A passage close to a question that it does not answer."""

    hit: Hit
    citation: Citation


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer. `score` is the calibrated probability that the first extract answers."""

    id: str
    generation: str
    question: str
    standalone_question: str
    language: str
    status: Status
    confidence: Confidence
    score: float
    reason: str | None
    parts: tuple[Part, ...]
    extracts: tuple[Extract, ...]
    nearest: tuple[Nearest, ...]
    timings_ms: dict[str, float] = field(default_factory=dict)
