"""Hits → picks, without a language model: sentences are chosen, never written.

Every sentence of the best passages gets a chance of being the answer; then the run of one to three
sentences is taken that gains most for its length, and again among the rest. Left out: marking the
short answer, finding disagreement.
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
from index.types import Hit, Scores, Span, Vectors
from index.words import passage_terms, question_terms
from rag.fusion import standardise
from rag.retriever import Query

PASSAGES_READ: Final = 8
"""Passages whose sentences compete: they hold the answer for 0.99 of the questions on xquad-en and -es."""

MAX_SENTENCES: Final = 3
MAX_EXTRACT_CHARS: Final = 500
"""A run is not made longer than this; a single long sentence may be."""

CHANCE_PER_CHAR: Final = 0.0001
"""What a character must gain to be quoted. Chosen on xquad-es, with the length above: the answer is in
the first extract for 0.86 at 0.0003 and 450 characters, 0.89 at 0.0001 and 550; less gains nothing."""

LEAST_SHARE: Final = 0.05
"""A further extract must gain at least this share of the first one's. On xquad-es, 0 finds 0.943 in any
extract with 1.8 extracts, 0.1 finds 0.937 with 1.3; below 0.05 a filler sentence often comes third."""

_K1: Final = 1.2
_TERMINAL = re.compile(r"[.!?…。！？؟۔।][\"'’”»)\]\u00a0\s]*$")
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff]")


@dataclass(frozen=True, slots=True)
class Pick:
    """A run of whole sentences of one passage. `chance` is its share of the chances given to all
    sentences in play; `meaning` the highest inner product of the question with one of its
    sentences; `overlap` the share of the question's term weight that it holds."""

    hit: Hit
    span: Span
    chance: float
    meaning: float
    overlap: float


class Composer(Protocol):
    """Chooses what to quote from the hits."""

    def compose(self, query: Query, hits: Sequence[Hit], store: IndexStore, limit: int) -> Iterator[Pick]:
        """At most `limit` picks, best first, none repeating another."""
        ...


@dataclass(frozen=True, slots=True)
class Sentence:
    """A quotable sentence of a passage that was read."""

    hit: Hit
    position: int
    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class _Run:
    first: int
    last: int  # included
    gain: float


class ExtractiveComposer:
    """A run's gain is the sum of its sentences' chances less the cost of its characters."""

    def compose(self, query: Query, hits: Sequence[Hit], store: IndexStore, limit: int) -> Iterator[Pick]:
        """See the protocol."""
        sentences, vectors = quotable_sentences(hits[:PASSAGES_READ], store)
        if not sentences:
            return
        meaning = np.asarray(vectors @ query.vector, np.float32)
        terms, weights = _term_weights(query, store.languages, sentences)
        chances = _chances(sentences, meaning, terms, weights)
        taken: list[_Run] = []
        least = 0.0
        for run in sorted(_runs(sentences, chances), key=lambda run: (-run.gain, run.first)):
            if run.gain < least:
                return
            if any(run.first <= other.last + 1 and other.first <= run.last + 1 for other in taken):
                continue  # overlaps or touches what is quoted already
            if any(_repeats(terms, run, other) for other in taken):
                continue
            taken.append(run)
            least = max(least, LEAST_SHARE * run.gain)
            inside = slice(run.first, run.last + 1)
            held = set().union(*(terms[i].keys() for i in range(run.first, run.last + 1)))
            yield Pick(
                sentences[run.first].hit,
                Span(sentences[run.first].span.start, sentences[run.last].span.end),
                float(chances[inside].sum()),
                float(meaning[inside].max()),
                sum(weight for term, weight in weights.items() if term in held) / (sum(weights.values()) or 1.0),
            )
            if len(taken) == limit:
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


def quotable_sentences(hits: Sequence[Hit], store: IndexStore) -> tuple[list[Sentence], Vectors]:
    """The sentences of these passages that may be quoted, in order of passage and place, and their
    vectors, shape (sentences, dimension)."""
    sentences: list[Sentence] = []
    rows: list[Vectors] = []
    for hit, vectors in zip(hits, store.sentence_vectors([hit.passage.id for hit in hits]), strict=True):
        for position, span in enumerate(hit.passage.sentences):
            text = hit.passage.text[span.start - hit.passage.start : span.end - hit.passage.start]
            if quotable(text):
                sentences.append(Sentence(hit, position, text, span))
                rows.append(vectors[position])
    return sentences, np.array(rows, np.float32)


def _term_weights(
    query: Query, languages: Sequence[str], sentences: Sequence[Sentence]
) -> tuple[list[Counter[str]], dict[str, float]]:
    """Terms of each sentence with their counts, and the weight of each term of the question: its
    inverse document frequency among these sentences."""
    counts = [Counter(passage_terms(s.text, s.hit.passage.language)) for s in sentences]
    weights = {}
    for term in question_terms(query.text, query.language, languages):
        holders = sum(term in count for count in counts)
        weights[term] = math.log(1 + (len(counts) - holders + 0.5) / (holders + 0.5)) if holders else 0.0
    return counts, weights


def _chances(
    sentences: Sequence[Sentence], meaning: Scores, terms: Sequence[Counter[str]], weights: dict[str, float]
) -> Scores:
    """The chance of each sentence to be the answer, shape (sentences,), sum 1: the exponential of
    passage score + meaning + half of BM25 without length normalisation, each standardised.

    Weights learnt on squad2-dev-half (0.9, 1.1, 0.7) did no better on xquad; nor did a bilinear
    form of question and sentence vectors learnt there.
    """
    bm25 = [
        sum(weight * count[term] * (_K1 + 1) / (count[term] + _K1) for term, weight in weights.items())
        for count in terms
    ]
    passage = np.array([sentence.hit.score for sentence in sentences], np.float32)
    scores = standardise(passage) + standardise(meaning) + 0.5 * standardise(np.array(bm25, np.float32))
    chances = np.exp(scores - scores.max())
    return np.asarray(chances / chances.sum(), np.float32)


def _runs(sentences: Sequence[Sentence], chances: Scores) -> Iterator[_Run]:
    """All runs of one to three consecutive sentences of one passage that are short enough."""
    for first, opening in enumerate(sentences):
        for last in range(first, min(first + MAX_SENTENCES, len(sentences))):
            closing = sentences[last]
            if closing.hit is not opening.hit or closing.position - opening.position != last - first:
                break
            chars = closing.span.end - opening.span.start
            if last > first and chars > MAX_EXTRACT_CHARS:
                break
            yield _Run(first, last, float(chances[first : last + 1].sum()) - CHANCE_PER_CHAR * chars)


def _repeats(terms: Sequence[Counter[str]], run: _Run, other: _Run) -> bool:
    """Whether nearly all words of the shorter of two runs stand in the other."""
    own, theirs = (set().union(*(terms[i].keys() for i in range(each.first, each.last + 1))) for each in (run, other))
    return len(own & theirs) >= 0.8 * max(1, min(len(own), len(theirs)))
