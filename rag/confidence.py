"""What was found → probability that it answers, status and reason. Left out: finding it; telling
near misses from answers, which takes reading (the same subject scores alike either way)."""

from __future__ import annotations

import math
from typing import Final

from index.store import IndexStore
from rag.composer import Pick
from rag.retriever import Query, usual_score
from rag.types import Confidence

# Logistic regression on one feature, fitted by `tests/benchmarks/fit_confidence.py` on xquad-es with
# half of its articles taken out and on clapnq-dev. More features (words shared, lead over the next
# passages, language) fitted those better and did worse on `corpus/`, which was not used.
_WEIGHT: Final = 50.2
_BIAS: Final = -5.29

# What an average passage scores where an index is too small to tell: 0.74 to 0.77 on five sets.
_USUAL: Final = 0.76
_USUAL_PASSAGES: Final = 30

_HIGH: Final = 0.7
_MEDIUM: Final = 0.45


def probability(query: Query, pick: Pick, store: IndexStore) -> float:
    """Calibrated probability in [0, 1], four decimals, that a pick answers the question.

    It rests on how far its passage scores by meaning above an average passage of its language.
    """
    share = store.info.passages / (store.info.passages + _USUAL_PASSAGES)
    average = share * usual_score(query, store, pick.hit.passage.language) + (1 - share) * _USUAL
    logit = _WEIGHT * ((pick.hit.meaning or 0.0) - average) + _BIAS
    return round(1 / (1 + math.exp(-max(-30.0, min(30.0, logit)))), 4)


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
        else f"The articles do not seem to answer this question: the closest passage has only a {percent}% chance "
        "of answering it."
    )
