"""Passages read → the chance of each of their sentences to be the answer. Left out: how many sentences
to quote (`composer.py`), and reading the words themselves (`reader.py`)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

from index.store import IndexStore
from index.types import Article, Hit, Scores, Span, Vectors
from index.words import passage_terms, question_terms
from rag.fusion import standardise
from rag.quotable import quotable, repeated_sentences, rows_of_tables
from rag.reading import Reading
from rag.retriever import Query

_K1: Final = 1.2
_LEAST_SHARE: Final = 0.01

SENTENCES_KEPT: Final = 8192
"""Sentences whose terms are remembered: about 20 MB."""

UNREAD_WEIGHTS: Final = np.array([1.0, 0.5, 0.5, 0.6], np.float32)
"""Weights of the features without a reader: the best of 108 tried for the share of answers in the
first extract, mean of xquad-es, squad2-dev-half and clapnq-dev: 0.863, against 0.840 without contrast
and with the terms of titles counted (`corpus/`, seen beside them though not counted: 0.727 against 0.673)."""

READ_WEIGHTS: Final = np.array([3.0, 0.45, 0.20, 0.20, 0.53, 0.32, 1.11], np.float32)
"""Weights of the features with a reader. They began as those of the highest likelihood on piaf-wiki, squad2-dev-half
and xquad-es (titles it was not trained on), with the score of the passage; then the article's was put in its
place, contrast raised, words lowered, by the share of answers in the first extract on these, xquad-en, -de, clapnq-dev
(129 to 194 questions each) and piaf-crpa (38), with `corpus/` seen beside them: mean of the seven 0.88, `corpus/` 0.82,
no threshold, against 0.86 and 0.80 at the same length before, and piaf-crpa alone 0.79 against 0.63. Weights near
these give the same within a point; among them `corpus/` decided. Which article is right is best known from retrieval,
where in it the answer stands from reading. With both, it does no good any more to weigh opening passages less, which
were in the way of news. That support is among the features was decided by xquad-en and `corpus/`."""

_SUPPORT_SCALE: Final = 5.0


@dataclass(frozen=True, slots=True)
class Sentence:
    """A quotable sentence of a passage that was read."""

    hit: Hit
    position: int
    text: str
    span: Span
    alone: bool = False
    """It is a row of a table, which is not joined to others."""


def quotable_sentences(hits: Sequence[Hit], store: IndexStore) -> tuple[list[Sentence], Vectors]:
    """The sentences of these passages that may be quoted, in order of passage and place, and their
    vectors, shape (sentences, dimension). Lines repeated over many articles are left out."""
    sentences: list[Sentence] = []
    if not hits:
        return sentences, np.empty((0, store.info.dimension), np.float32)
    kept: list[int] = []
    before = 0
    common = repeated_sentences([hit.passage for hit in hits], store)
    for hit in hits:
        rows = rows_of_tables(hit.passage)
        for position, span in enumerate(hit.passage.sentences):
            text = hit.passage.words_at(span)
            if (hit.passage.id, span) not in common and (quotable(text) or span in rows):
                sentences.append(Sentence(hit, position, text, span, span in rows))
                kept.append(before + position)
        before += len(hit.passage.sentences)
    return sentences, np.concatenate(store.sentence_vectors([hit.passage.id for hit in hits]))[kept]


def chances_of(
    query: Query, sentences: Sequence[Sentence], vectors: Vectors, readings: Mapping[int, Reading], store: IndexStore
) -> Scores:
    """The chance of each sentence to be the answer, shape (sentences,), sum 1: the exponential of
    the weighted sum of its features."""
    features = features_of(query, sentences, vectors, readings, store)
    scores = features @ (READ_WEIGHTS if readings else UNREAD_WEIGHTS)
    chances = np.exp(scores - scores.max())
    return np.asarray(chances / chances.sum(), np.float32)


def features_of(
    query: Query, sentences: Sequence[Sentence], vectors: Vectors, readings: Mapping[int, Reading], store: IndexStore
) -> Scores:
    """What speaks for each sentence, shape (sentences, 4), or (sentences, 7) if all were read: the score of its
    passage, or, read, how far that of its article's best stands below the best of all; meaning, contrast, and
    BM25 without length normalisation; these standardised over the sentences, but for the article's; then the
    log of the probability that its passage answers, that of its share there, and what supports its best
    words, in fifths."""
    ids = {sentence.hit.passage.article_id for sentence in sentences}
    articles = {article_id: store.article(article_id) for article_id in ids}
    terms, weights = _term_weights(query, store.languages, sentences, articles)
    bm25 = [
        sum(weights[term] * count * (_K1 + 1) / (count + _K1) for term, count in counts.items()) for counts in terms
    ]
    scores = np.array([sentence.hit.score for sentence in sentences], np.float32)
    columns = [
        _of_articles(scores, sentences) if readings else standardise(scores),
        standardise(np.asarray(vectors @ query.vector, np.float32)),
        standardise(_contrast(query.vector, vectors, sentences)),
        standardise(np.array(bm25, np.float32)),
    ]
    if readings:
        columns += _read_features(sentences, readings)
    return np.stack(columns, axis=1)


def _of_articles(scores: Scores, sentences: Sequence[Sentence]) -> Scores:
    """For each sentence the highest score in its article, less the highest of all, shape (sentences,)."""
    best: dict[str, float] = {}
    for score, sentence in zip(scores.tolist(), sentences, strict=True):
        article = sentence.hit.passage.article_id
        best[article] = max(score, best.get(article, score))
    highest = max(best.values())
    return np.array([best[sentence.hit.passage.article_id] - highest for sentence in sentences], np.float32)


def _read_features(sentences: Sequence[Sentence], readings: Mapping[int, Reading]) -> list[Scores]:
    shares: dict[int, Scores] = {}
    for sentence in sentences:
        passage = sentence.hit.passage
        if passage.id not in shares:
            shares[passage.id] = readings[passage.id].shares(passage.sentences)
    answers = np.array([readings[sentence.hit.passage.id].answers for sentence in sentences], np.float32)
    own = np.array([shares[sentence.hit.passage.id][sentence.position] for sentence in sentences], np.float32)
    support = [readings[sentence.hit.passage.id].bounded_support(sentence.span) for sentence in sentences]
    return [
        np.asarray(-np.logaddexp(0, -answers), np.float32),
        np.log(own + _LEAST_SHARE),
        np.array(support, np.float32) / _SUPPORT_SCALE,
    ]


def _term_weights(
    query: Query, languages: Sequence[str], sentences: Sequence[Sentence], articles: Mapping[str, Article]
) -> tuple[list[dict[str, int]], dict[str, float]]:
    """Terms of the question in each sentence with their counts, and the weight of each term of the question: its
    inverse document frequency among these sentences.

    Terms of the article's title and of the headings above count for nothing: every sentence there
    is about them, and those that name them again are seldom the ones that answer.
    """
    asked = question_terms(query.text, query.language, languages)
    said: dict[int, list[str]] = {}
    counts: list[dict[str, int]] = []
    holders = dict.fromkeys(asked, 0)
    for sentence in sentences:
        passage = sentence.hit.passage
        if passage.id not in said:
            subject = _subject_terms(articles[passage.article_id].title, passage.heading, passage.language)
            said[passage.id] = [term for term in asked if term not in subject]
        own = sentence_terms(sentence.text, passage.language)
        counts.append({term: own.count(term) for term in said[passage.id] if term in own})
        for term in counts[-1]:
            holders[term] += 1
    weights = {
        term: math.log(1 + (len(counts) - count + 0.5) / (count + 0.5)) if count else 0.0
        for term, count in holders.items()
    }
    return counts, weights


@lru_cache(maxsize=SENTENCES_KEPT)
def sentence_terms(text: str, language: str) -> tuple[str, ...]:
    """`words.passage_terms`, kept for sentences asked for before."""
    return tuple(passage_terms(text, language))


@lru_cache(maxsize=SENTENCES_KEPT)
def distinct_terms(text: str, language: str) -> frozenset[str]:
    """The same, each once."""
    return frozenset(sentence_terms(text, language))


@lru_cache(maxsize=4096)
def _subject_terms(title: str, heading: str, language: str) -> frozenset[str]:
    return frozenset(passage_terms(f"{title}\n{heading}", language))


def _contrast(question: Vectors, vectors: Vectors, sentences: Sequence[Sentence]) -> Scores:
    """Cosine of question and sentence after most of what the article's sentences have in common
    is taken off both, shape (sentences,): what sets a sentence apart from its neighbours."""
    # All articles at once: one after another, each step took longer to call than to do.
    numbers: dict[str, int] = {}
    own = np.array([numbers.setdefault(s.hit.passage.article_id, len(numbers)) for s in sentences])
    inside = (own == np.arange(len(numbers))[:, None]).astype(np.float32)
    common = 0.9 * (inside @ vectors) / inside.sum(axis=1, keepdims=True)
    rows, asked = vectors - common[own], question - common
    lengths = _lengths(rows) * _lengths(asked)[own]
    return np.asarray(np.einsum("sd,sd->s", rows, asked[own]) / np.maximum(lengths, 1e-9), np.float32)


def _lengths(rows: Vectors) -> Scores:
    return np.asarray(np.sqrt(np.einsum("sd,sd->s", rows, rows)), np.float32)
