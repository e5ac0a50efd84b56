"""Answers and hits as the JSON of `interfaces.md`, the same for every surface. Left out: schemas
of requests (`web/schemas.py`)."""

from __future__ import annotations

from typing import Any

from index.types import Article, Hit, Span
from rag.citations import cite, selectors, source_page, text_fragment_url
from rag.types import Answer, Citation, Extract, Nearest, Part


def answer_object(answer: Answer) -> dict[str, Any]:
    """The whole answer object."""
    return {
        "id": answer.id,
        "object": "answer",
        "generation": answer.generation,
        "question": answer.question,
        "standalone_question": answer.standalone_question,
        "language": answer.language,
        "status": answer.status,
        "confidence": answer.confidence,
        "score": answer.score,
        "reason": answer.reason,
        "text": "\n".join(f"{extract.text} [{extract.number}]" for extract in answer.extracts),
        "parts": [part_object(part) for part in answer.parts],
        "extracts": [extract_object(extract) for extract in answer.extracts],
        "nearest": [nearest_object(nearest) for nearest in answer.nearest],
        "timings_ms": answer.timings_ms,
    }


def part_object(part: Part) -> dict[str, Any]:
    """One part of a question."""
    return {"question": part.question, "status": part.status, "extracts": list(part.extracts)}


def extract_object(extract: Extract) -> dict[str, Any]:
    """One extract with everything needed to check it."""
    citation, passage, short = extract.citation, extract.passage, extract.short_answer
    inside = None
    if short is not None:
        inside = {"text": extract.short_text, "start": short.start, "end": short.end}
    return {
        "number": extract.number,
        "text": extract.text,
        "short_answer": inside,
        "score": extract.score,
        "language": citation.language,
        "start": citation.start,
        "end": citation.end,
        "page": citation.page,
        "heading": passage.heading or None,
        "passage": {"start": passage.start, "end": passage.end, "text": passage.text},
        "article": _cited_article(citation),
        "selector": selectors(citation),
        "source_page": _page(citation),
        "text_fragment_url": text_fragment_url(citation),
        "also_in": [_said_again(other) for other in extract.also_in],
        "conflicts_with": list(extract.conflicts_with),
    }


def nearest_object(nearest: Nearest) -> dict[str, Any]:
    """A passage that is close but does not answer."""
    citation, passage = nearest.citation, nearest.hit.passage
    return {
        "score": round(nearest.hit.score, 4),
        "language": citation.language,
        "start": citation.start,
        "end": citation.end,
        "text": citation.quote,
        "page": citation.page,
        "heading": passage.heading,
        "article": _cited_article(citation),
        "source_page": _page(citation),
    }


def hit_object(hit: Hit, article: Article) -> dict[str, Any]:
    """One passage found by a search, with its scores apart."""
    passage = hit.passage
    citation = cite(article, Span(passage.start, passage.end))
    return {
        "score": round(hit.score, 4),
        "meaning": round(hit.meaning, 4),
        "words": round(hit.words, 4),
        "passage": {
            "id": str(passage.id),
            "start": passage.start,
            "end": passage.end,
            "page": citation.page,
            "text": passage.text,
            "heading": passage.heading,
            "language": passage.language,
        },
        "article": _cited_article(citation),
        "source_page": _page(citation),
        "also_in": [{"id": copy.article_id, "start": copy.start, "end": copy.end} for copy in hit.copies],
    }


def _page(citation: Citation) -> str:
    return source_page(citation.article_id, citation.start, citation.end, citation.sha256)


def _said_again(citation: Citation) -> dict[str, Any]:
    """Another article that says the same: the article, and where in it."""
    where = {"text": citation.quote, "start": citation.start, "end": citation.end, "page": citation.page}
    return {**_cited_article(citation), **where, "source_page": _page(citation)}


def _cited_article(citation: Citation) -> dict[str, Any]:
    return {
        "id": citation.article_id,
        "title": citation.title,
        "url": citation.url,
        "source": citation.source,
        "author": citation.author,
        "published": citation.published,
        "updated": citation.updated,
        "sha256": citation.sha256,
    }
