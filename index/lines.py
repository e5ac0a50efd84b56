"""Lines that many articles of one source have in common: "Subscribe to our newsletter", "All rights reserved". They are
counted as articles come and go, so that an index knows the same of them however it was made. Left out: what is
done about them (`rag/quotable.py`), and noise that one article shows by itself (`readers/cleaning.py`)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b
from typing import Final
from urllib.parse import urlsplit

from index.types import Article, Passage, Span

# What is counted of an article is taken off again when it goes: a change to that below raises `store.FORMAT`.

LEAST_ARTICLES: Final = 5
LEAST_SHARE: Final = 0.1
"""A line is a repeated one if it stands in at least so many articles, and in this share of its source's."""

MOST_CHARS: Final = 240
"""A longer line is not counted: it likely states something, and what is counted takes room on the disk."""

_LEAST_BYTES: Final = 24
"""Eight Chinese characters, four Latin words: what is shorter is not quoted anyway."""

_ARTICLE: Final = ""
"""Stands for a line that every article has, so that the articles of a source are counted by the same rule."""


def lines_of(passage: Passage) -> Iterator[tuple[str, list[Span]]]:
    """The lines that a passage's sentences stand on, each with its sentences and one space between words."""
    held: list[Span] = []
    for span in passage.sentences:
        if held and "\n" in passage.words_at(Span(held[-1].end, span.start)):
            yield _words(passage, held), held
            held = []
        held = [*held, span]
    if held:
        yield _words(passage, held), held


def _words(passage: Passage, spans: Sequence[Span]) -> str:
    return spaced_once(passage.words_at(Span(spans[0].start, spans[-1].end)))


def spaced_once(line: str) -> str:
    """As lines are compared: with one space between words."""
    return " ".join(line.split())


def counted(line: str) -> bool:
    """Whether a line is one of those that are counted."""
    return len(line) <= MOST_CHARS and len(line.encode()) >= _LEAST_BYTES


def keys_of(article: Article, passages: Iterable[Passage]) -> set[int]:
    """What is counted of an article: its lines, each once, and itself."""
    lines = {line for passage in passages for line, _ in lines_of(passage) if counted(line)}
    return {key_of(article, line) for line in lines} | {key_of(article)}


def key_of(article: Article, line: str = _ARTICLE) -> int:
    """Hash to 42 bits, six bytes in a database, of a line and of where its article comes from: its source, or the host
    of its address. That a few of many millions of lines share one does no harm: seldom lines stay seldom."""
    origin = article.source or _host(article.url or "")
    digest = blake2b(f"{origin.casefold()}\0{line.casefold()}".encode(), digest_size=6)
    return int.from_bytes(digest.digest(), "big") >> 6


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:  # articles say of themselves where they are from
        return ""


def repeated(articles: int, of: int) -> bool:
    """Whether a line that stands in so many of a source's articles is one of those repeated."""
    return articles >= max(LEAST_ARTICLES, LEAST_SHARE * of)
