"""Metrics from outcomes made by hand with known values. Left out: folders from end to end
(`test_evaluate.py`)."""

from __future__ import annotations

import json

import pytest

from index.types import Article, Passage, Span
from rag.citations import cite
from rag.metrics import GoldQuestion, Outcome, measure
from rag.types import Answer, Extract, Status
from tests.test_evaluate import TEXTS


def extract(number: int, article_id: str, quote: str, short: str | None = None) -> Extract:
    article = Article(article_id, "T", TEXTS[article_id], "en")
    start = article.text.index(quote)
    span = Span(start, start + len(quote))
    at = article.text.index(short) if short else 0
    passage = Passage(number, article_id, 0, len(article.text), article.text, "", "en", (span,))
    return Extract(number, quote, cite(article, span), passage, 0.9, Span(at, at + len(short)) if short else None)


def outcome(
    gold: tuple[str, ...],
    answers: tuple[str, ...] = (),
    extracts: tuple[Extract, ...] = (),
    *,
    score: float = 0.5,
    ranked: tuple[str, ...] = (),
    right: bool | None = None,
    verbatim: tuple[bool, ...] | None = None,
    milliseconds: float = 10,
    crossed: bool = False,
) -> Outcome:
    status: Status = "answered" if extracts else "no_answer"
    answer = Answer("ans_1", "g", "q", "q", "en", status, "low", score, None, (), extracts, ())
    flags = tuple(True for _ in extracts) if verbatim is None else verbatim
    return Outcome(GoldQuestion("1", "q", "en", gold, answers), answer, ranked, right, flags, milliseconds, crossed)


def test_ranks() -> None:
    found = measure(
        [
            outcome(("a",), ranked=("a", "b")),
            outcome(("a",), ranked=("b", "a")),
            outcome(("a", "c"), ranked=("x", "y", "z", "c", "a")),
            outcome(("a",), ranked=("1", "2", "3", "4", "5", "a")),
            outcome(("a",), ranked=()),
            outcome((), ranked=("a",)),
        ]
    )
    assert found["article_recall_at_1"] == 0.2
    assert found["article_recall_at_5"] == 0.6
    assert found["article_mrr"] == round((1 + 1 / 2 + 1 / 4 + 1 / 6) / 5, 4)
    assert found["answerable_questions"] == 5


def test_gold_answers_in_extracts() -> None:
    long, deep = extract(1, "a", "The bridge is long."), extract(2, "b", "It is deep.")
    found = measure(
        [
            outcome(("a",), ("IS  LONG",), (long, deep)),
            outcome(("b",), ("deep",), (long, deep)),
            outcome(("b",), ("wide", "deep"), (long,)),
            outcome(("b",), ("deep",), ()),
            outcome(("b",), (), (long,)),
            outcome((), (), (long,)),
        ]
    )
    assert (found["answer_in_first_extract"], found["answer_in_extracts"]) == (0.25, 0.5)
    assert found["extract_chars_mean"] == round((19 + 11 + 19 + 11 + 19 + 19) / 6, 4)
    assert found["answered_rate"] == {"answerable": 0.8, "unanswerable": 1.0}


def test_abstention_and_calibration() -> None:
    found = measure(
        [
            outcome(("a",), ("x",), score=0.9, right=True),
            outcome(("a",), ("x",), score=0.9, right=False),
            outcome(("a",), ("x",), score=0.3, right=False),
            outcome((), score=0.6, right=False),
            outcome((), score=0.1, right=False),
            outcome((), score=1.0, right=None),
        ]
    )
    # Pairs: 0.9 and 0.9 beat 0.6 and 0.1, 0.3 beats 0.1, nothing beats 1.0.
    assert found["abstention_auroc"] == round(5 / 9, 4)
    gaps = [2 / 5 * abs(0.9 - 0.5), 1 / 5 * 0.3, 1 / 5 * 0.6, 1 / 5 * 0.1]
    assert found["expected_calibration_error"] == pytest.approx(sum(gaps), abs=1e-4)


def test_short_answers() -> None:
    whole = extract(1, "a", "The bridge is long.", "The bridge")
    found = measure([outcome(("a",), ("bridge", "old bridge"), (whole,)), outcome(("a",), ("x",), ())])
    assert found["short_answer_f1"] == round(2 / 3 / 2, 4)
    assert measure([outcome(("a",), ("x",), (extract(1, "a", "It is old."),))])["short_answer_f1"] is None


def test_times_and_verbatim() -> None:
    one = extract(1, "a", "It is old.")
    found = measure([outcome(("a",), (), (one,), milliseconds=n, verbatim=(n != 100,)) for n in range(101)])
    assert (found["ask_ms_p50"], found["ask_ms_p95"]) == (50, 95)
    assert found["verbatim_rate"] == round(100 / 101, 4)


def test_languages_apart() -> None:
    found = measure(
        [outcome(("a",), ranked=("a",)), outcome(("a",), ranked=("b",), crossed=True), outcome((), crossed=False)]
    )
    assert found["same_language"]["article_recall_at_1"] == 1
    assert found["cross_language"]["article_recall_at_1"] == 0
    assert found["cross_language"]["answerable_questions"] == 1


def test_no_outcomes_give_nulls() -> None:
    found = measure([])
    json.dumps(found, allow_nan=False)
    assert found["article_mrr"] is None and found["abstention_auroc"] is None and found["verbatim_rate"] is None
    assert measure([outcome(("a",), score=0.4)])["abstention_auroc"] is None
