"""Questions asked → the metrics of `interfaces.md`. Left out: asking (`evaluate.py`), curves and plots."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from rag.types import Answer

_BINS = 10


@dataclass(frozen=True, slots=True)
class GoldQuestion:
    """A question with what answers it. Empty `article_ids`: the articles do not answer."""

    id: str
    question: str
    language: str
    article_ids: tuple[str, ...]
    answers: tuple[str, ...]
    history: tuple[str, ...] = ()
    """Questions asked before, oldest first."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One question asked. `ranked` are article ids, best first, each once; `right` says whether a
    gold answer stands in the best extract, given or withheld (None without gold answers)."""

    gold: GoldQuestion
    answer: Answer
    ranked: tuple[str, ...]
    right: bool | None
    verbatim: tuple[bool, ...]
    milliseconds: float
    crossed: bool


def measure(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """The metrics over questions already asked; None where no question bears on one."""
    answerable = [o for o in outcomes if o.gold.article_ids]
    unanswerable = [o for o in outcomes if not o.gold.article_ids]
    timed = [o.milliseconds for o in outcomes]
    lengths = [len(e.text) for o in answerable for e in o.answer.extracts]
    verbatim = [equal for o in outcomes for equal in o.verbatim]
    return _found(answerable) | {
        "extract_chars_mean": _mean(lengths),
        "short_answer_f1": _short_answer_f1(answerable),
        "answered_rate": {
            "answerable": _mean([o.answer.status != "no_answer" for o in answerable]),
            "unanswerable": _mean([o.answer.status != "no_answer" for o in unanswerable]),
        },
        "abstention_auroc": _auroc([o.answer.score for o in answerable], [o.answer.score for o in unanswerable]),
        "expected_calibration_error": _calibration_error(outcomes),
        "ask_ms_p50": _percentile(timed, 50),
        "ask_ms_p95": _percentile(timed, 95),
        "verbatim_rate": _mean(verbatim),
        "same_language": _found([o for o in answerable if not o.crossed]),
        "cross_language": _found([o for o in answerable if o.crossed]),
    }


def _found(outcomes: Sequence[Outcome]) -> dict[str, float | int | None]:
    ranks = [
        next((i for i, article in enumerate(o.ranked, 1) if article in o.gold.article_ids), None) for o in outcomes
    ]
    with_answers = [o for o in outcomes if o.gold.answers]
    found = [[any(holds(e.text, a) for a in o.gold.answers) for e in o.answer.extracts] for o in with_answers]
    return {
        "answerable_questions": len(outcomes),
        "article_recall_at_1": _mean([rank == 1 for rank in ranks]),
        "article_recall_at_5": _mean([rank is not None and rank <= 5 for rank in ranks]),
        "article_mrr": _mean([1 / rank if rank else 0.0 for rank in ranks]),
        "answer_in_first_extract": _mean([bool(each[:1]) and each[0] for each in found]),
        "answer_in_extracts": _mean([any(each) for each in found]),
    }


def _short_answer_f1(outcomes: Sequence[Outcome]) -> float | None:
    """Mean over questions of the best token F1 with a gold answer; None if no extract has one."""
    scores, marked = [], False
    for outcome in outcomes:
        first = outcome.answer.extracts[:1]
        short = first[0].short_text if first else None
        if short is None:
            scores.append(0.0)
            continue
        marked, words = True, _folded(short).split()
        scores.append(max((_f1(words, _folded(a).split()) for a in outcome.gold.answers), default=0.0))
    return _mean(scores) if marked else None


def _f1(given: list[str], gold: list[str]) -> float:
    shared = sum(min(given.count(word), gold.count(word)) for word in set(given))
    return 2 * shared / (len(given) + len(gold)) if shared else 0.0


def _auroc(answerable: Sequence[float], unanswerable: Sequence[float]) -> float | None:
    if not answerable or not unanswerable:
        return None
    from sklearn.metrics import roc_auc_score

    truth = [1] * len(answerable) + [0] * len(unanswerable)
    return round(float(roc_auc_score(truth, [*answerable, *unanswerable])), 4)


def _calibration_error(outcomes: Sequence[Outcome]) -> float | None:
    """Mean gap between score and share of right first extracts over ten bins of equal width,
    weighted by their size. Source: Guo et al., "On Calibration of Modern Neural Networks", 2017."""
    judged = [(o.answer.score, o.right) for o in outcomes if o.right is not None]
    if not judged:
        return None
    scores, right = np.array([s for s, _ in judged]), np.array([r for _, r in judged], float)
    bins = np.minimum((scores * _BINS).astype(int), _BINS - 1)
    gaps = [abs(scores[bins == b].mean() - right[bins == b].mean()) * (bins == b).mean() for b in set(bins.tolist())]
    return round(float(sum(gaps)), 4)


def _mean(values: Sequence[float]) -> float | None:
    return round(float(np.mean(values)), 4) if len(values) else None


def _percentile(values: Sequence[float], share: float) -> float | None:
    return round(float(np.percentile(values, share)), 2) if len(values) else None


def holds(text: str, answer: str) -> bool:
    """Whether an answer occurs in a text, white space and case folded."""
    return _folded(answer) in _folded(text)


def _folded(text: str) -> str:
    return " ".join(text.split()).casefold()
