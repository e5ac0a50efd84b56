"""Where an extract stands, in forms others can check: selectors, text fragments, verification.

Selectors follow the W3C Web Annotation Data Model (2017), text fragments the WICG draft
"Text Fragments". Left out: choosing what to cite (`composer.py`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

from index.errors import UnknownArticle
from index.store import IndexStore
from index.types import Article, Span
from rag.errors import InvalidFolder, VerbatimError
from rag.types import Citation

CONTEXT_CHARS: Final = 32
"""Characters kept before and after a quote, to find it again."""

MAX_OCCURRENCES: Final = 1000
"""Places of a quote that are weighed, the first ones: an answer object may come from anybody, with a quote of one
letter."""

DIGITS: Final = 12
"""Digits of an article's digest in the address of a citation."""

MAX_VERIFIED: Final = 100
"""Extracts verified at once; an answer has at most 10."""

_LONG_QUOTE: Final = 120  # a longer quote is addressed by its first and last words


def cite(article: Article, span: Span) -> Citation:
    """The citation of `article.text[span.start:span.end]`. Raises VerbatimError if the span does
    not lie inside the text."""
    if not 0 <= span.start < span.end <= len(article.text):
        raise VerbatimError(f"The span {span.start}-{span.end} does not lie in article '{article.id}'.")
    return Citation(
        article.id, article.title, article.url, article.source, article.published, article.updated,
        article.author, article.sha256, article.language, span.start, span.end,
        quote=article.text[span.start : span.end],
        prefix=article.text[max(0, span.start - CONTEXT_CHARS) : span.start],
        suffix=article.text[span.end : span.end + CONTEXT_CHARS],
        page=article.page_at(span.start),
    )  # fmt: skip


def selectors(citation: Citation) -> list[dict[str, Any]]:
    """The quote and its position as Web Annotation selectors; positions count code points."""
    return [
        {
            "type": "TextQuoteSelector",
            "exact": citation.quote,
            "prefix": citation.prefix,
            "suffix": citation.suffix,
        },
        {"type": "TextPositionSelector", "start": citation.start, "end": citation.end},
    ]


def article_page(article_id: str) -> str:
    """Path of the page that shows the article."""
    return f"/articles/{quote(article_id, safe='')}"


def source_page(article_id: str, start: int, end: int, sha256: str) -> str:
    """Path of the page that shows the article with these characters marked. The beginning of the text's digest lets
    it say that the article has changed since, where it would otherwise mark other words; "" leaves it out."""
    digest = f"&sha256={sha256[:DIGITS]}" if sha256 else ""
    return f"{article_page(article_id)}?start={start}&end={end}{digest}#cited"


def text_fragment_url(citation: Citation) -> str | None:
    """Address of the original page that makes a browser scroll to the quote and mark it, or open the file at its page;
    None without an address. A browser matches over white space, so line breaks count as spaces."""
    if not citation.url:
        return None
    words = citation.quote.split()
    if len(citation.quote) > _LONG_QUOTE and len(words) >= 10:
        target = f"{_encoded(' '.join(words[:5]))},{_encoded(' '.join(words[-5:]))}"
    else:
        target = _encoded(" ".join(words))
    page = f"page={citation.page}" if citation.page else ""
    return f"{citation.url.partition('#')[0]}#{page}:~:text={target}"


def _encoded(text: str) -> str:
    # '-', ',' and '&' are syntax in a text fragment; quote() leaves '-' as it is.
    return quote(text, safe="").replace("-", "%2D")


def verify_answer(answer: Mapping[str, Any], store: IndexStore) -> list[dict[str, Any]]:
    """Compare every extract of an answer object with the articles of today.

    For each extract `{"number", "status", "start", "end"}`: `valid` (the words stand where the
    citation says), `moved` (they stand elsewhere in the article: the new positions), `changed`
    (they are not in the article any more; then `kept` says whether the text that was cited is kept, and holds them),
    `deleted` (the article is gone); the positions of the last two are None. Raises InvalidFolder
    if the object is not an answer.
    """
    extracts = answer.get("extracts")
    if not isinstance(extracts, list):
        raise InvalidFolder("This is not an answer object: it has no list 'extracts'.")
    if len(extracts) > MAX_VERIFIED:
        raise InvalidFolder(f"There are {len(extracts)} extracts; at most {MAX_VERIFIED} are verified at once.")
    return [_verify_extract(extract, position, store) for position, extract in enumerate(extracts, 1)]


def _verify_extract(extract: Any, position: int, store: IndexStore) -> dict[str, Any]:
    try:
        text, start, end = extract["text"], extract["start"], extract["end"]
        article_id, number = extract["article"]["id"], extract.get("number", position)
    except (TypeError, KeyError, AttributeError) as error:
        raise InvalidFolder(
            f"Extract {position} is not complete: 'text', 'start', 'end' and 'article.id' are needed."
        ) from error
    if not (isinstance(text, str) and text and isinstance(article_id, str) and type(start) is type(end) is int):
        raise InvalidFolder(f"Extract {position} has a field of the wrong type, or no text.")
    number = number if type(number) is int else position
    found = {"number": number, "status": "valid", "start": start, "end": end}
    try:
        article = store.article(article_id)
    except (UnknownArticle, UnicodeEncodeError):  # half of a surrogate pair is no id of an article
        return {**found, "status": "deleted", "start": None, "end": None}
    if 0 <= start < end and article.text[start:end] == text:
        return found
    at = _nearest_occurrence(article.text, extract, start)
    if at < 0:
        kept = _stood_there(extract, store)
        return {**found, "status": "changed", "start": None, "end": None, "kept": kept}
    return {**found, "status": "moved", "start": at, "end": at + len(text)}


def _stood_there(extract: Mapping[str, Any], store: IndexStore) -> bool:
    """Whether the text that was cited is kept, and holds the words where the citation says."""
    digest = extract["article"].get("sha256")
    if not isinstance(digest, str) or not re.fullmatch("[0-9a-f]{64}", digest):
        return False
    then = store.version(extract["article"]["id"], digest)
    return then is not None and then.text[extract["start"] : extract["end"]] == extract["text"]


def _nearest_occurrence(text: str, extract: Mapping[str, Any], start: int) -> int:
    """Start of the occurrence with the most context of the quote around it, then nearest to where
    it was; -1 if there is none."""
    exact = extract["text"]
    listed = extract.get("selector")
    kept = listed if isinstance(listed, list) else []
    quotes = [s for s in kept if isinstance(s, dict) and s.get("exact") == exact]
    prefix, suffix = (str(quotes[0].get(side, ""))[:CONTEXT_CHARS] if quotes else "" for side in ("prefix", "suffix"))
    best: tuple[int, int, int] | None = None
    at, seen = text.find(exact), 0
    while at >= 0 and seen < MAX_OCCURRENCES:
        seen += 1
        context = text.endswith(prefix, 0, at) + text.startswith(suffix, at + len(exact))
        place = (-context, abs(at - start), at)
        best = place if best is None else min(best, place)
        at = text.find(exact, at + 1)
    return best[2] if best else -1
