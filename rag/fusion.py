"""Two rankings of the same passages → one. Left out: fetching them (`retriever.py`)."""

from __future__ import annotations

import math

import numpy as np

from index.types import Scores


def standardise(scores: Scores) -> Scores:
    """Shift and scale to mean 0 and deviation 1; all zeros where every score is equal."""
    if not scores.size:
        return np.zeros_like(scores)
    # As `std` does it, which takes the mean off a second time.
    away = scores - np.add.reduce(scores) / np.float32(scores.size)
    deviation = math.sqrt(np.add.reduce(away * away) / scores.size)
    return np.zeros_like(scores) if deviation < 1e-9 else np.asarray(away / np.float32(deviation), np.float32)


def fuse(meaning: Scores, words: Scores, weight: float) -> Scores:
    """Mix two rankings of the same candidates after bringing both to one scale.

    Each input, shape (n,), float32, is standardised over the candidates; `weight` in [0, 1] is the
    share of `meaning`. Raises ValueError outside that range or for different shapes.
    Source: Bruch, Gai, Ingber, "An Analysis of Fusion Functions for Hybrid Retrieval", TOIS 2023.
    """
    if not 0 <= weight <= 1:
        raise ValueError(f"weight is {weight}; it must lie between 0 and 1")
    if meaning.shape != words.shape:
        raise ValueError(f"{meaning.shape} scores by meaning and {words.shape} by words do not pair")
    return np.asarray(weight * standardise(meaning) + (1 - weight) * standardise(words), np.float32)
