"""Two rankings on one scale. Left out: where they come from (`test_retriever.py`)."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.types import Scores
from rag.fusion import fuse, standardise

LISTS = st.lists(st.floats(-100, 100, width=32), min_size=1, max_size=30)


def scores(*values: float) -> Scores:
    return np.array(values, np.float32)


def test_standardise() -> None:
    np.testing.assert_allclose(standardise(scores(1, 2, 3)), [-1.2247449, 0, 1.2247449], rtol=1e-5)
    assert standardise(scores(1, 2, 3)).dtype == np.float32


@pytest.mark.parametrize("values", [(), (5.0,), (0.0, 0.0), (7.0, 7.0, 7.0)])
def test_equal_scores_become_zeros(values: tuple[float, ...]) -> None:
    assert standardise(scores(*values)).tolist() == [0.0] * len(values)


@given(LISTS)
def test_mean_zero_and_deviation_one(values: list[float]) -> None:
    found = standardise(scores(*values))
    if np.std(scores(*values)) > 1e-2:
        assert abs(float(found.mean())) < 1e-2 and float(found.std()) == pytest.approx(1, abs=1e-2)
    assert np.isfinite(found).all()


def test_fuse() -> None:
    meaning, words = scores(0.9, 0.8, 0.7), scores(0, 0, 9)
    assert fuse(meaning, words, 1.0).argmax() == 0 and fuse(meaning, words, 0.0).argmax() == 2
    np.testing.assert_allclose(
        fuse(meaning, words, 0.7), 0.7 * standardise(meaning) + 0.3 * standardise(words), rtol=1e-5
    )


@given(LISTS, st.floats(0, 1))
def test_scale_and_shift_do_not_matter(values: list[float], weight: float) -> None:
    meaning = scores(*values)
    words = scores(*range(len(values)))
    if np.std(meaning) > 1:
        np.testing.assert_allclose(fuse(meaning, words, weight), fuse(meaning * 4 + 8, words * 2, weight), atol=1e-2)


@pytest.mark.parametrize("weight", [-0.1, 1.1, float("nan")])
def test_a_weight_outside_its_range(weight: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        fuse(scores(1), scores(1), weight)


def test_scores_that_do_not_pair() -> None:
    with pytest.raises(ValueError, match="do not pair"):
        fuse(scores(1, 2), scores(1), 0.5)
