"""Token vectors → vectors of length 1. Left out: where token vectors come from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from index.types import Span, Vectors


def unit(rows: Any) -> Vectors:
    """Each row brought to length 1."""
    vectors = np.asarray(rows, np.float32)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-12), np.float32)


def sentence_vectors(tokens: Vectors, offsets: Any, spans: Sequence[Span], shift: int, fallback: Vectors) -> Vectors:
    """Mean of the token vectors that lie inside each span, at `shift` in the text that `offsets` are of; shape
    (len(spans), dimension). A span without any takes the fallback."""
    starts, ends = offsets[: len(tokens), 0], offsets[: len(tokens), 1]
    rows = []
    for span in spans:
        inside = (ends > starts) & (ends > span.start + shift) & (ends <= span.end + shift)
        rows.append(tokens[: len(inside)][inside].mean(axis=0) if inside.any() else fallback)
    return unit(np.asarray(rows, np.float32).reshape(len(spans), tokens.shape[1]))
