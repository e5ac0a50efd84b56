"""Passages and sentences that say the same in nearly the same words: copies of one another, in one article or in
several. Left out: those that say it of another number or deny it, which are no copies (`disagreement/`), and the
same said in other words."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from functools import lru_cache
from typing import Final

from rapidfuzz import fuzz

from index.language import function_words
from index.types import Passage, Span
from rag.types import Citation

LEAST_ALIKE: Final = 90.0
"""Two texts are copies if so many percent of their characters stand in both in the same order: a letter added or
mended, a name written otherwise; a sentence put into a passage of five makes it another."""

_LEAST_SAID: Final = 0.6
"""Share of an extract's characters that another passage must say too."""

_DENIALS: Final = r"no|not|never|nor|cannot|ne|pas|jamais|aucune?|non|nein|nicht|kein\w*|nunca"
# What a match can begin with is looked for first: so it takes a third of the time.
_MARKS: Final = re.compile(rf"(?=[\dnpjakc])(?:\d+|\b(?:{_DENIALS})\b|n['’]t|\bn['’])")
_WORD: Final = re.compile(r"[^\W_]+")


def copies(one: str, other: str) -> bool:
    """Whether two texts say the same in nearly the same words: with the same numbers and negations, and without
    a word that the other has not, but for endings, accents and, on one side, function words. By characters alone,
    "in March", "three killed", "rejected" are copies of "in May", "seven killed", "approved".
    Source of the measure: normalised Indel similarity, of RapidFuzz."""
    if not near_in_length(len(one), len(other)):
        return False
    if fuzz.ratio(one, other, score_cutoff=LEAST_ALIKE) == 0 or marks(one) != marks(other):
        return False
    mine, theirs = Counter(_words(one)), Counter(_words(other))
    left, right = list((mine - theirs).elements()), list((theirs - mine).elements())
    for word in list(left):
        twin = next((o for o in right if o.startswith(word) or word.startswith(o)), None)
        if twin is not None and min(len(word), len(twin)) >= 3:
            left.remove(word)
            right.remove(twin)
    light = function_words("en") | function_words("fr")
    return not (left and right) and light.issuperset(left + right)


def _words(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", text.casefold())
    if plain.isascii():
        return _WORD.findall(plain)
    return _WORD.findall("".join(c for c in plain if not unicodedata.combining(c)))


@lru_cache(maxsize=8192)
def marks(text: str) -> tuple[str, ...]:
    """The numbers of a text and its words that deny, in order: where these differ, it says otherwise."""
    return tuple(_MARKS.findall(text.casefold()))


def said_again(span: Span, inside: Passage, passage: Passage) -> Span | None:
    """Where another passage says nearly what `span`, whole sentences of `inside`, says: the sentences there, at
    most as many, that are copies of most of it; None if it does not."""
    quoted = sentences_in(inside, span)
    lengths = [own.end - own.start for own in quoted]
    # Most sentences are too short or too long for any: those are passed over first.
    least, most = 9 * min(lengths, default=0), 11 * max(lengths, default=0)
    found = [
        (place, own)
        for place, sentence in enumerate(passage.sentences)
        if least <= 11 * (sentence.end - sentence.start) and 9 * (sentence.end - sentence.start) <= most
        for own in quoted
        if copies(inside.words_at(own), passage.words_at(sentence))
    ]
    said = dict(found)
    run = sorted(said)
    if run and (run[-1] - run[0] >= len(quoted) or len(run) <= run[-1] - run[0]):
        # What lies between may say otherwise: the longest alone.
        run = [max(run, key=lambda place: said[place].end - said[place].start)]
    if sum(own.end - own.start for own in {said[place] for place in run}) < _LEAST_SAID * (span.end - span.start):
        return None
    return Span(passage.sentences[run[0]].start, passage.sentences[run[-1]].end)


def near_in_length(mine: int, theirs: int) -> bool:
    """Whether texts of so many characters can be copies: of those alike by 90 %, the shorter has nine elevenths of
    the longer."""
    return 9 * mine <= 11 * theirs and 9 * theirs <= 11 * mine


def sentences_in(passage: Passage, place: Span | Citation) -> list[Span]:
    """The sentences of a passage that stand whole in this place of the article."""
    return [sentence for sentence in passage.sentences if place.start <= sentence.start and sentence.end <= place.end]
