"""What is made of a reading: shares of sentences, and the short answer, whatever the logits are.
Left out: the model that makes them (`test_reader.py`)."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.types import Passage, Span
from rag.composer import SHORT_ANSWER_MARGIN, SHORT_ANSWER_PER_TOKEN
from rag.reading import MAX_SHORT_ANSWER_TOKENS, Reading, best_span, read_passage

WORDS = st.lists(st.integers(1, 9), min_size=1, max_size=80)
"""Lengths of words, one token each, a space apart."""


def reading(lengths: list[int], seed: int, start: int = 100) -> Reading:
    random = np.random.default_rng(seed)
    ends = start + np.cumsum(lengths) + np.arange(len(lengths))
    offsets = np.stack([ends - np.array(lengths), ends], axis=1).astype(np.int64)
    begin, end = (random.normal(0, 4, len(lengths)).astype(np.float32) for _ in range(2))
    return Reading(0.0, offsets, begin, end)


def sentences(made: Reading, cuts: list[int]) -> list[Span]:
    """The passage cut before these tokens."""
    edges = sorted({0, len(made.offsets), *(cut % len(made.offsets) for cut in cuts)})
    return [Span(int(made.offsets[a, 0]), int(made.offsets[b - 1, 1])) for a, b in pairwise(edges)]


@given(WORDS, st.integers(0, 10**6), st.lists(st.integers(0, 100), max_size=6))
def test_shares_of_all_sentences_sum_to_one(lengths: list[int], seed: int, cuts: list[int]) -> None:
    made = reading(lengths, seed)
    shares = made.shares(sentences(made, cuts))
    assert (shares >= 0).all() and shares.sum() == pytest.approx(1, abs=1e-4)


@given(WORDS, st.integers(0, 10**6), st.lists(st.integers(0, 100), max_size=6))
def test_a_short_answer_lies_in_its_span_and_is_the_best_there(lengths: list[int], seed: int, cuts: list[int]) -> None:
    made = reading(lengths, seed)
    for span in sentences(made, cuts):
        short = made.short_answer(span)
        assert short is not None and span.start <= short.start < short.end <= span.end
        tokens = [i for i, (a, b) in enumerate(made.offsets.tolist()) if a >= span.start and b <= span.end]
        allowed = [(i, j) for i in tokens for j in tokens if 0 <= j - i < MAX_SHORT_ANSWER_TOKENS]
        best = max(float(made.begin[i] + made.end[j]) for i, j in allowed)
        (i,) = np.flatnonzero(made.offsets[:, 0] == short.start)
        (j,) = np.flatnonzero(made.offsets[:, 1] == short.end)
        assert float(made.begin[i] + made.end[j]) == pytest.approx(best) and j - i < MAX_SHORT_ANSWER_TOKENS
        assert made.support(span) == pytest.approx(best)


@given(WORDS, st.integers(0, 10**6), st.sampled_from([0.5, 1.0, 5.0, 100.0]))
def test_with_a_margin_the_best_words_are_kept_and_none_is_cut_short(
    lengths: list[int], seed: int, margin: float
) -> None:
    made = reading(lengths, seed)
    (whole,) = sentences(made, [])
    best, longer = made.short_answer(whole), made.short_answer(whole, margin)
    assert best is not None and longer is not None and longer.start <= best.start and best.end <= longer.end
    (i,) = np.flatnonzero(made.offsets[:, 0] == longer.start)
    (j,) = np.flatnonzero(made.offsets[:, 1] == longer.end)
    assert j - i < MAX_SHORT_ANSWER_TOKENS
    assert float(made.begin[i] + made.end[j]) >= made.support(whole) - margin - 1e-4


def test_a_number_is_not_cut_short() -> None:
    """The reader's own logits for "nine hundred sacks of salt"."""
    words = ["nine", "hundred", "sacks", "of", "salt"]
    ends = np.cumsum([len(word) + 1 for word in words]) - 1
    offsets = np.stack([ends - [len(word) for word in words], ends], axis=1)
    begin = np.array([2.5, -4.9, -6.4, -7.9, -6.2], np.float32)
    end = np.array([1.1, 0.5, 0.5, -7.5, -1.4], np.float32)
    made = Reading(1.0, offsets, begin, end)
    assert made.short_answer(Span(0, 26)) == Span(0, 4) and made.short_answer(Span(0, 26), 1.0) == Span(0, 18)
    assert made.short_answer(Span(0, 26), SHORT_ANSWER_MARGIN, SHORT_ANSWER_PER_TOKEN) == Span(0, 18)


@given(WORDS, st.integers(0, 10**6), st.sampled_from([0.05, 0.5, 5.0]))
def test_each_token_more_takes_something_off(lengths: list[int], seed: int, per_token: float) -> None:
    made = reading(lengths, seed)
    score, first, last = best_span(made.begin, made.end, 0.0, per_token)
    places = range(len(lengths))
    allowed = [(i, j) for i in places for j in places if 0 <= j - i < MAX_SHORT_ANSWER_TOKENS]
    best = max(float(made.begin[i] + made.end[j]) - per_token * (j - i) for i, j in allowed)
    assert score == pytest.approx(best, abs=1e-4)
    assert float(made.begin[first] + made.end[last]) - per_token * (last - first) == pytest.approx(best, abs=1e-4)


def test_outside_of_what_was_read_there_is_nothing() -> None:
    made = reading([4, 5, 6], 1)
    assert made.short_answer(Span(0, 50)) is None
    assert made.shares([Span(0, 50)]).tolist() == [0.0]
    empty = Reading(-3.0, np.zeros((0, 2), np.int64), np.zeros(0, np.float32), np.zeros(0, np.float32))
    assert empty.short_answer(Span(0, 9)) is None and empty.shares([Span(0, 9)]).tolist() == [0.0]


def test_a_passage_is_read_with_title_and_headings() -> None:
    passage = Passage(1, "a", 40, 60, "It opened. It closed", "Works", "en", (Span(40, 50), Span(51, 60)))
    text = read_passage(passage, "The canal")
    assert text.text == "The canal — Works\nIt opened. It closed" and text.text[text.body :] == passage.text
    assert [text.text[span.start : span.end] for span in text.sentences] == ["It opened.", "It closed"]


def test_a_token_across_two_sentences_counts_once_and_is_cut() -> None:
    """As in writing without spaces, where a token may hold the end of one sentence and the next's start."""
    offsets = np.array([[0, 4], [4, 7], [7, 9]], np.int64)
    made = Reading(0.0, offsets, np.array([0, 9, 0], np.float32), np.array([0, 9, 0], np.float32))
    first, second = Span(0, 5), Span(5, 9)
    assert made.shares([first, second]).sum() == pytest.approx(1)
    assert made.short_answer(first) == Span(4, 5) and made.short_answer(second) == Span(5, 7)
