"""Sentence vectors as bytes, small enough to keep one for every sentence of a large index. Left out:
passage vectors (`passage_vectors.py`)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import Final

import numpy as np

from index.types import Vectors

_STEPS: Final = 7
"""Whole steps each way from zero that four bits hold."""


def packed(sentences: Vectors, passage: Vectors) -> bytes:
    """How far each row, shape (sentences, dimension), stands from its passage's vector, shape
    (dimension,): a float16 step for each row, then four bits a number. Sentences stand close to
    their passage, so the steps are fine."""
    away = sentences - passage
    steps = (np.abs(away).max(axis=1, initial=0) / _STEPS).astype(np.float16)
    whole = np.rint(away / np.maximum(steps.astype(np.float32), 1e-9)[:, None]).clip(-_STEPS, _STEPS) + _STEPS
    if whole.shape[1] % 2:
        whole = np.concatenate([whole, np.zeros((len(whole), 1), np.float32)], axis=1)
    halves = whole.astype(np.uint8)
    pairs: bytes = (halves[:, ::2] | halves[:, 1::2] << 4).tobytes()
    return bytes(steps.tobytes()) + pairs


def unpacked(blobs: Sequence[bytes], passages: Vectors) -> list[Vectors]:
    """The rows again, each of length 1, of several passages, whose vectors have shape (n, dimension); cosine with the
    true ones above 0.99. All at once: one by one, calling NumPy takes most of the time."""
    dimension = passages.shape[1]
    width = (dimension + 1) // 2
    counts = [len(blob) // (2 + width) for blob in blobs]
    steps = np.frombuffer(b"".join(blob[: 2 * n] for blob, n in zip(blobs, counts, strict=True)), np.float16)
    halves = b"".join(blob[2 * n : (2 + width) * n] for blob, n in zip(blobs, counts, strict=True))
    pairs = np.frombuffer(halves, np.uint8).reshape(-1, width)
    whole = np.empty((len(pairs), 2 * width), np.float32)
    whole[:, ::2], whole[:, 1::2] = pairs & 15, pairs >> 4
    rows = whole[:, :dimension] - _STEPS
    rows *= steps.astype(np.float32)[:, None]
    rows += np.repeat(passages, counts, axis=0)
    rows /= np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
    ends = list(accumulate(counts))
    return [rows[end - count : end] for end, count in zip(ends, counts, strict=True)]
