"""Hits → extracts, without a language model: sentences are picked, never written.

Every sentence of the best passages gets a score; the best ones, with a neighbour where it belongs
to them, become extracts. Left out: marking the short answer, finding disagreement.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np

from index.store import IndexStore
from index.types import Hit, Scores, Span
from index.words import passage_terms, question_terms
from rag.fusion import standardise
from rag.retriever import Query

PASSAGES_READ: Final = 8
"""Passages whose sentences compete. The right one is among the first 8 in over 0.99 of xquad."""

MAX_EXTRACT_CHARS: Final = 420
"""An extract is not grown beyond this by neighbours; a single long sentence may exceed it."""

_K1: Final = 1.2
_TERMINAL = re.compile(r"[.!?…。！？؟۔।][\"'’”»)\]\u00a0\s]*$")
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff]")
# Openings that lean on the sentence before: alone, such a sentence says "he" of nobody.
_LEANS: Final = re.compile(
    r"(?:il|elle|ils|elles|celui-ci|celle-ci|ceux-ci|celles-ci|ce dernier|cette dernière|he|she|they|it|his|her|"
    r"their|its|this|these|those|such|the latter|él|ella|ellos|ellas|este|esta|estos|estas|er|sie|dieser|diese|"
    r"dieses|en effet|cependant|toutefois|pourtant|ainsi|however|therefore|thus|moreover|but|mais|so)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Pick:
    """A span of whole sentences of one passage, and what it scored. `score` is on the fused
    scale; `meaning` is the inner product of question and best sentence, `overlap` the share of the
    question's term weight that the span holds."""

    hit: Hit
    span: Span
    score: float
    meaning: float
    overlap: float


class Composer(Protocol):
    """Chooses what to quote from the hits."""

    def compose(self, query: Query, hits: Sequence[Hit], store: IndexStore, limit: int) -> Iterator[Pick]:
        """At most `limit` picks, best first, none repeating another."""
        ...


@dataclass(frozen=True, slots=True)
class _Candidate:
    hit: Hit
    position: int  # which sentence of the passage
    text: str
    span: Span


class ExtractiveComposer:
    """Scores a sentence by passage, by its own meaning, and by the words it shares.

    Method: passage score + sentence meaning + half of sentence BM25, each standardised over the
    sentences in play (measured best of the mixes tried, see `shared` notes in the README).
    """

    def compose(self, query: Query, hits: Sequence[Hit], store: IndexStore, limit: int) -> Iterator[Pick]:
        read = list(hits[:PASSAGES_READ])
        candidates, meaning = _candidates(query, read, store)
        if not candidates:
            return
        overlap, words = _word_scores(query, store.languages, candidates)
        passage = np.array([candidate.hit.score for candidate in candidates], np.float32)
        scores = standardise(passage) + standardise(meaning) + 0.5 * standardise(words)
        taken: list[_Candidate] = []
        for i in sorted(range(len(candidates)), key=lambda i: (-scores[i], i)):
            if len(taken) and (scores[i] < 0 or _repeats(candidates[i], taken)):
                continue
            group = _grown(i, candidates, scores)
            if any(member in taken for member in group):
                continue
            taken += group
            yield Pick(
                candidates[i].hit,
                Span(group[0].span.start, group[-1].span.end),
                float(scores[i]),
                float(meaning[i]),
                float(overlap[i]),
            )
            limit -= 1
            if limit == 0:
                return


def quotable(text: str) -> bool:
    """Whether a sentence may be quoted: it must read as a sentence, not as a heading, a label, a
    byline or a list of tags, which attract questions by meaning but state nothing."""
    stripped = text.strip()
    if stripped.startswith("#"):
        return False
    words = stripped.split()
    if _UNSPACED.search(stripped):
        return len(stripped) >= 8 and bool(_TERMINAL.search(stripped))
    if len(words) < 4 or not any(character.islower() or ord(character) > 0x590 for character in stripped):
        return False
    if _TERMINAL.search(stripped):
        return not stripped.endswith("?")
    # Without a full stop only a long run of words with few separators passes: a list item, a caption.
    separators = sum(stripped.count(mark) for mark in ",|·•;/:>")
    return len(words) >= 8 and separators * 5 <= len(words)


def _candidates(query: Query, hits: Sequence[Hit], store: IndexStore) -> tuple[list[_Candidate], Scores]:
    candidates: list[_Candidate] = []
    meaning: list[float] = []
    for hit, vectors in zip(hits, store.sentence_vectors([hit.passage.id for hit in hits]), strict=True):
        products = vectors @ query.vector
        for position, span in enumerate(hit.passage.sentences):
            text = hit.passage.text[span.start - hit.passage.start : span.end - hit.passage.start]
            if quotable(text):
                candidates.append(_Candidate(hit, position, text, span))
                meaning.append(float(products[position]))
    return candidates, np.array(meaning, np.float32)


def _word_scores(query: Query, languages: Sequence[str], candidates: Sequence[_Candidate]) -> tuple[Scores, Scores]:
    """Share of the question's term weight in each sentence, and its BM25 without length
    normalisation; document frequencies are those among the candidates."""
    terms = question_terms(query.text, query.language, languages)
    counts = [Counter(passage_terms(c.text, c.hit.passage.language)) for c in candidates]
    holders = {term: sum(term in count for count in counts) for term in terms}
    weights = {t: math.log(1 + (len(counts) - n + 0.5) / (n + 0.5)) for t, n in holders.items()}
    total = sum(weight for term, weight in weights.items() if holders[term]) or 1.0
    share = [sum(w for t, w in weights.items() if count[t]) / total for count in counts]
    bm25 = [sum(w * count[t] * (_K1 + 1) / (count[t] + _K1) for t, w in weights.items()) for count in counts]
    return np.array(share, np.float32), np.array(bm25, np.float32)


def _grown(i: int, candidates: Sequence[_Candidate], scores: Scores) -> list[_Candidate]:
    """The sentence and the neighbours that belong to it: the one before when the sentence leans on
    it, and one that scores nearly as well."""
    group = [candidates[i]]
    before = candidates[i - 1] if i > 0 and _adjacent(candidates[i - 1], candidates[i]) else None
    after = candidates[i + 1] if i + 1 < len(candidates) and _adjacent(candidates[i], candidates[i + 1]) else None
    if before and (_LEANS.match(candidates[i].text) or scores[i - 1] > scores[i] - NEAR_TIE):
        group = _within([before, *group], group)
    if after and scores[i + 1] > scores[i] - NEAR_TIE:
        group = _within([*group, after], group)
    return group


NEAR_TIE: Final = 1.0


def _adjacent(first: _Candidate, second: _Candidate) -> bool:
    return first.hit is second.hit and first.position + 1 == second.position


def _within(wanted: list[_Candidate], otherwise: list[_Candidate]) -> list[_Candidate]:
    short = wanted[-1].span.end - wanted[0].span.start <= MAX_EXTRACT_CHARS
    return wanted if short and len(wanted) <= 3 else otherwise


def _repeats(candidate: _Candidate, taken: Sequence[_Candidate]) -> bool:
    """Whether nearly all words of the shorter of two sentences stand in the other."""
    own = set(passage_terms(candidate.text, candidate.hit.passage.language))
    for other in taken:
        theirs = set(passage_terms(other.text, other.hit.passage.language))
        if len(own & theirs) >= 0.8 * max(1, min(len(own), len(theirs))):
            return True
    return False
