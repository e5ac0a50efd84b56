"""A question with its hits → its answer: read, composed, calibrated, cited. Left out: checking and
retrieving (`chatbot.py`)."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

from index.store import IndexStore
from index.types import Article, Hit, Span
from rag.citations import cite
from rag.composer import Composer, Pick
from rag.confidence import confidence, probability, reason_not_found
from rag.errors import VerbatimError
from rag.reader import Reader
from rag.reading import Reading
from rag.retriever import Query
from rag.settings import RagSettings
from rag.types import Answer, Extract, Nearest, Part, Status

NEAREST = 3
"""Passages shown when there is no answer."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question after retrieval."""

    id: str
    query: Query
    store: IndexStore
    hits: list[Hit]
    limit: int
    began: float
    times_ms: dict[str, float]


def answer_of(
    asked: Asked, reader: Reader | None, composer: Composer, settings: RagSettings
) -> Iterator[Extract | Answer]:
    """The extracts as they are found, then the whole answer."""
    start = time.perf_counter()
    articles: dict[str, Article] = {}
    readings = _read(asked, reader, settings.passages_read, articles)
    read = time.perf_counter()
    extracts: list[Extract] = []
    best = 0.0
    for pick in composer.compose(asked.query, asked.hits, readings, asked.store, asked.limit):
        score = probability(asked.query, pick, asked.store)
        best = best if extracts else score
        if score < settings.answer_threshold:
            if not extracts:
                break
            continue
        extracts.append(_extract(len(extracts) + 1, pick, score, asked.store, articles))
        yield extracts[-1]
    nearest = () if extracts else _nearest(asked, articles)
    done = time.perf_counter()
    timings = {
        **asked.times_ms,
        "read": (read - start) * 1e3,
        "compose": (done - read) * 1e3,
        "total": (done - asked.began) * 1e3,
    }
    status: Status = "answered" if extracts else "no_answer"
    question, language = asked.query.text, asked.query.language
    yield Answer(
        id=asked.id,
        generation=asked.store.info.generation,
        question=question,
        standalone_question=question,
        language=language,
        status=status,
        confidence=confidence(best),
        score=best,
        reason=None if extracts else reason_not_found(language, asked.store.info.passages, len(asked.hits), best),
        parts=(Part(question, status, tuple(extract.number for extract in extracts)),),
        extracts=tuple(extracts),
        nearest=nearest,
        timings_ms={name: round(value, 2) for name, value in timings.items()},
    )


def _read(asked: Asked, reader: Reader | None, most: int, articles: dict[str, Article]) -> dict[int, Reading]:
    """What the reader makes of the best passages, by their ids; empty when it is off."""
    if reader is None:
        return {}
    passages = [hit.passage for hit in asked.hits[:most]]
    titles = [_article(passage.article_id, asked.store, articles).title for passage in passages]
    readings = reader.read(asked.query.text, passages, titles)
    return {passage.id: reading for passage, reading in zip(passages, readings, strict=True)}


def _extract(number: int, pick: Pick, score: float, store: IndexStore, articles: dict[str, Article]) -> Extract:
    article_id = pick.hit.passage.article_id
    article = _article(article_id, store, articles)
    citation = cite(article, pick.span)
    passage = pick.hit.passage
    inside = passage.text[pick.span.start - passage.start : pick.span.end - passage.start]
    if citation.quote != inside:
        raise VerbatimError(
            f"An extract of article '{article_id}' differs from the article's text. Build the index anew with "
            "`loccit index`."
        )
    return Extract(number, inside, citation, passage, score, pick.short_answer)


def _article(article_id: str, store: IndexStore, articles: dict[str, Article]) -> Article:
    """An article, fetched once for all extracts."""
    if article_id not in articles:
        articles[article_id] = store.article(article_id)
    return articles[article_id]


def _nearest(asked: Asked, articles: dict[str, Article]) -> tuple[Nearest, ...]:
    found = []
    for hit in asked.hits[:NEAREST]:
        passage = hit.passage
        article = _article(passage.article_id, asked.store, articles)
        found.append(Nearest(hit, cite(article, Span(passage.start, passage.end))))
    return tuple(found)
