"""Passages and sentences that say the same in nearly the same words: copies of one another, in one article or in
several. Left out: those that say it of another number or deny it, which are no copies (`disagreement/`), and the
same said in other words."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from rapidfuzz import fuzz

from index.types import Passage, Span
from rag.types import Citation

LEAST_ALIKE: Final = 90.0
"""Two texts are copies if so many percent of their characters stand in both in the same order: a letter added or
mended, a name written otherwise; a sentence put into a passage of five makes it another."""

_LEAST_SAID: Final = 0.6
"""Share of an extract's characters that another passage must say too."""

_DENIALS: Final = r"no|not|never|nor|cannot|ne|pas|jamais|aucune?|non|nein|nicht|kein\w*|nunca"
_MARKS: Final = re.compile(rf"\d+|\b(?:{_DENIALS})\b|n['’]t|\bn['’]")


def copies(one: str, other: str) -> bool:
    """Whether two texts say the same in nearly the same words, with the same numbers and negations.
    Source of the measure: normalised Indel similarity, of RapidFuzz."""
    return fuzz.ratio(one, other, score_cutoff=LEAST_ALIKE) > 0 and marks(one) == marks(other)


@lru_cache(maxsize=8192)
def marks(text: str) -> tuple[str, ...]:
    """The numbers of a text and its words that deny, in order: where these differ, it says otherwise."""
    return tuple(_MARKS.findall(text.casefold()))


def said_again(span: Span, inside: Passage, passage: Passage) -> Span | None:
    """Where another passage says nearly what `span`, whole sentences of `inside`, says: the sentences there, at
    most as many, that are copies of most of it; None if it does not."""
    quoted = sentences_in(inside, span)
    found = [
        (place, own)
        for place, sentence in enumerate(passage.sentences)
        for own in quoted
        if _near_in_length(own, sentence) and copies(_text(inside, own), _text(passage, sentence))
    ]
    said = sum(own.end - own.start for own in {own for _, own in found})
    if said < _LEAST_SAID * (span.end - span.start):
        return None
    first, last = found[0][0], found[-1][0]
    if last - first >= len(quoted):  # they do not follow one another: the longest alone
        first = last = max(found, key=lambda pair: pair[1].end - pair[1].start)[0]
    return Span(passage.sentences[first].start, passage.sentences[last].end)


def _near_in_length(one: Span, other: Span) -> bool:
    """Whether they can be copies: of characters alike by 90 %, the shorter has nine elevenths of the longer."""
    mine, theirs = one.end - one.start, other.end - other.start
    return 9 * max(mine, theirs) <= 11 * min(mine, theirs)


def sentences_in(passage: Passage, place: Span | Citation) -> list[Span]:
    """The sentences of a passage that stand whole in this place of the article."""
    return [sentence for sentence in passage.sentences if place.start <= sentence.start and sentence.end <= place.end]


def _text(passage: Passage, span: Span) -> str:
    return passage.text[span.start - passage.start : span.end - passage.start]
