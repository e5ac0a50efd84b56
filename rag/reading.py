"""What the reader takes and gives: a passage with its title and headings, and where in it an answer
may begin and end. Left out: the model (`reader.py`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from index.build import in_context
from index.types import Passage, Scores, Span

MAX_SHORT_ANSWER_TOKENS: Final = 30
UNREAD: Final = -20.0
"""Support of words that were not read."""

MOST_SUPPORT: Final = 15.0
"""Support beyond this, either way, says no more where it is weighed."""


@dataclass(frozen=True, slots=True)
class ReadPassage:
    """A passage as it is read: its title and headings, then from `body` on its text. `sentences`
    are spans in this text."""

    text: str
    body: int
    sentences: tuple[Span, ...]


def read_passage(passage: Passage, title: str) -> ReadPassage:
    """The passage as the embedder saw it, so that both know the same subject."""
    text, sentences = in_context(passage, title)
    return ReadPassage(text, len(text) - len(passage.text), sentences)


@dataclass(frozen=True, slots=True)
class Reading:
    """What the reader makes of one passage.

    `answers` is the logit of the passage holding an answer. `offsets`, int64 (tokens, 2), are the
    spans of the passage's tokens in its text; `begin` and `end`, float32 (tokens,), the logits of
    the answer beginning and ending there, less that of there being none.
    """

    answers: float
    offsets: NDArray[np.int64]
    begin: Scores
    end: Scores

    def shares(self, sentences: Sequence[Span]) -> Scores:
        """The share of each sentence in where an answer may begin, float32 (sentences,), sum at most 1."""
        weights = np.exp(self.begin - self.begin.max()) if len(self.begin) else self.begin
        weights = weights / max(float(weights.sum()), 1e-9)
        starts = self.offsets[:, 0]
        inside = [(starts >= span.start) & (starts < span.end) for span in sentences]
        return np.array([weights[tokens].sum() for tokens in inside], np.float32)

    def short_answer(self, span: Span, margin: float = 0.0, per_token: float = 0.0) -> Span | None:
        """The words inside `span` that answer best, or the longest around them whose logits sum to
        at most `margin` less, each token after the first taking `per_token` off the sum; None if nothing of it was
        read."""
        best = self._best(span, margin, per_token)
        return None if best is None else best[1]

    def support(self, span: Span) -> float:
        """The sum of both logits of the words inside `span` that answer best: above 0, they rather
        answer than nothing does; UNREAD if nothing of it was read."""
        best = self._best(span)
        return UNREAD if best is None else best[0]

    def bounded_support(self, span: Span) -> float:
        """The support, at most MOST_SUPPORT either way."""
        return max(-MOST_SUPPORT, min(MOST_SUPPORT, self.support(span)))

    def _best(self, span: Span, margin: float = 0.0, per_token: float = 0.0) -> tuple[float, Span] | None:
        tokens = np.flatnonzero((self.offsets[:, 1] > span.start) & (self.offsets[:, 0] < span.end))
        if not len(tokens):
            return None
        score, first, last = best_span(self.begin[tokens], self.end[tokens], margin, per_token)
        # In writing without spaces a token may reach from one sentence into the next.
        start, end = int(self.offsets[tokens[first], 0]), int(self.offsets[tokens[last], 1])
        return score, Span(max(start, span.start), min(end, span.end))


def best_span(begin: Scores, end: Scores, margin: float = 0.0, per_token: float = 0.0) -> tuple[float, int, int]:
    """The greatest sum of a begin and an end not before it, of at most MAX_SHORT_ANSWER_TOKENS, less `per_token` for
    each after the first, and both places: those of the longest span around it whose sum is at most `margin` less."""
    sums = begin[:, None] + end[None, :]
    if per_token:
        places = np.arange(len(begin), dtype=np.float32)
        sums -= per_token * (places[None, :] - places[:, None])
    forward = np.triu(np.ones_like(sums, bool)) & np.tril(np.ones_like(sums, bool), MAX_SHORT_ANSWER_TOKENS - 1)
    sums = np.where(forward, sums, -np.inf)
    first, last = divmod(int(sums.argmax()), len(end))
    best = float(sums[first, last])
    around = np.argwhere(sums[: first + 1, last:] >= best - margin)
    start, more = max(around.tolist(), key=lambda place: place[1] - place[0])
    return best, start, last + more


def own_tokens(offsets: NDArray[np.int64], text: ReadPassage) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Which tokens are of the passage's own text, int64 (own,), and where, in the text as read and
    without the spaces that tokens take in before a word, int64 (own, 2)."""
    places = offsets.copy()
    for row, (start, end) in enumerate(offsets.tolist()):
        if end > text.body:
            word = text.text[max(start, text.body) : end]
            places[row, 0] = end - len(word.lstrip())
    own = np.flatnonzero((places[:, 1] > places[:, 0]) & (places[:, 1] > text.body))
    return own, places[own]
