"""Rows of the catalogue → articles and passages; sentence vectors packed and unpacked. Left out: the
tables (`embedded_writer.py`) and the queries (`embedded.py`)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from index.types import Article, Passage, Span, Vectors

ARTICLE_COLUMNS: Final = (
    "article.id, title, article.text, article.language, url, source, author, tags, published, updated"
)
PASSAGE_COLUMNS: Final = (
    "passage.id, article.id, start_char, end_char, substr(text, start_char + 1, end_char - start_char), "
    "heading, article.language, sentences"
)


def packed(vectors: Vectors) -> bytes:
    """Rows of length 1 as 8-bit whole numbers, each row scaled to its largest value. The scale is
    not kept: rows are brought back to length 1. Error of a cosine: below 0.01."""
    largest = np.maximum(np.abs(vectors).max(axis=1, keepdims=True, initial=0), 1e-12)
    rows: bytes = np.rint(vectors / largest * 127).astype(np.int8).tobytes()
    return rows


def unpacked(blob: bytes, dimension: int) -> Vectors:
    """The rows again; shape (sentences, dimension), each of length 1."""
    rows = np.frombuffer(blob, np.int8).reshape(-1, dimension).astype(np.float32)
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12), np.float32)


def article_of(row: Sequence[Any]) -> Article:
    """From a row of `ARTICLE_COLUMNS`."""
    identity, title, text, language, url, source, author, tags, published, updated = row
    return Article(identity, title, text, language, url, source, author, tuple(json.loads(tags)), published, updated)


def passage_of(row: Sequence[Any]) -> Passage:
    """From a row of `PASSAGE_COLUMNS`."""
    identity, article_id, start, end, text, heading, language, sentences = row
    ends = np.frombuffer(sentences, np.int32).reshape(-1, 2).tolist()
    spans = tuple(Span(first, last) for first, last in ends)
    return Passage(identity, article_id, start, end, text, heading, language, spans)
