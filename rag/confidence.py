"""What was found and read → probability that it answers, status and reason. Left out: finding it."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Final

import numpy as np

from index.store import IndexStore
from index.types import Scores
from index.words import passage_terms, question_terms
from rag.composer import Pick
from rag.retriever import Query, usual_score
from rag.types import Confidence

UNREAD_WEIGHTS: Final = np.array([33.6, 4.84], np.float32)
UNREAD_BIAS: Final = -4.0
"""Without a reader: logistic regression fitted on xquad-es with half of its articles taken out and on
clapnq-dev. Other features (words shared in the sentence, lead over the next passages, language)
fitted those better and did worse on `corpus/`, by which these two were picked."""

READ_WEIGHTS: Final = np.array([25.1, 0.475, 0.088, -0.834, 22.9], np.float32)
READ_BIAS: Final = -1.89
"""With a reader: fitted by `tests/benchmarks/fit_scores.py` on squad2-dev-half (titles it was not trained on),
clapnq-dev, xquad-en with half of its articles taken out, the same asked in Spanish, and half of xquad-es asked in
English. On `corpus/`, which was not fitted: calibration error 0.07, AUROC 0.92; on xquad-es 0.04; on xquad-en, where
everything can be answered, 0.19: it is too careful there. Without the last two, which tell languages apart, xquad-en
and -es asked in German had errors of 0.22 and 0.18, with them 0.05 (both with an earlier composer)."""

_COVERED_FROM: Final = 0.6

# What an average passage scores where an index is too small to tell: 0.74 to 0.77 on five sets.
_USUAL: Final = 0.76
_USUAL_PASSAGES: Final = 30

_HIGH: Final = 0.7
_MEDIUM: Final = 0.45


def probability(query: Query, pick: Pick, store: IndexStore) -> float:
    """Calibrated probability in [0, 1], four decimals, that a pick answers the question."""
    features = evidence_of(query, pick, store)
    weights, bias = (UNREAD_WEIGHTS, UNREAD_BIAS) if pick.reading is None else (READ_WEIGHTS, READ_BIAS)
    logit = float(features @ weights) + bias
    return round(1 / (1 + math.exp(-max(-30.0, min(30.0, logit)))), 4)


def evidence_of(query: Query, pick: Pick, store: IndexStore) -> Scores:
    """What speaks for a pick, shape (2,), or (5,) if its passage was read.

    How far its passage scores by meaning above an average passage of its language; then, read, the
    logit of the passage holding an answer, what supports the best words inside the pick, whether the
    passage is in another language than the question, and if so the first once more (across languages,
    scores by meaning lie closer together); or, unread, whether most of the question's words stand there
    (few in common say nothing against it: people ask in other words, and in other languages).
    """
    share = store.info.passages / (store.info.passages + _USUAL_PASSAGES)
    average = share * usual_score(query, store, pick.hit.passage.language) + (1 - share) * _USUAL
    level = pick.hit.meaning - average
    if pick.reading is None:
        return np.array([level, max(0.0, _coverage(query, pick, store) - _COVERED_FROM)], np.float32)
    foreign = pick.hit.passage.language != query.language
    support = pick.reading.bounded_support(pick.span)
    return np.array([level, pick.reading.answers, support, foreign, foreign * level], np.float32)


def _coverage(query: Query, pick: Pick, store: IndexStore) -> float:
    """Share of the question's terms that stand in the passage, its headings or its title; 0 for
    questions of one term and for passages in another language."""
    passage = pick.hit.passage
    terms = question_terms(query.text, query.language, [passage.language])
    if passage.language != query.language or len(terms) < 2:
        return 0.0
    title = store.article(passage.article_id).title
    held = _terms("\n".join((title, passage.heading, passage.text)), passage.language)
    return sum(term in held for term in terms) / len(terms)


@lru_cache(maxsize=256)
def _terms(text: str, language: str) -> frozenset[str]:
    return frozenset(passage_terms(text, language))


def confidence(score: float) -> Confidence:
    """The probability in a word."""
    return "high" if score >= _HIGH else "medium" if score >= _MEDIUM else "low"


def reason_not_found(language: str, passages: int, hits: int, score: float) -> str:
    """Why there is no answer, in French for questions in French, in English otherwise."""
    french = language == "fr"
    if not passages:
        return "L'index ne contient aucun passage." if french else "The index holds no passage."
    if not hits:
        return (
            "Aucun article ne correspond aux filtres demandés."
            if french
            else "No article passes the filters that were set."
        )
    percent = round(score * 100)
    return (
        f"Les articles ne semblent pas répondre à cette question : le passage le plus proche n'a que {percent} % "
        "de chances d'y répondre."
        if french
        else f"The articles do not seem to answer this question: the closest passage answers it with a chance "
        f"of only {percent}%."
    )
