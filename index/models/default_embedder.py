"""The default model as an embedder: mean pooling and length 1, as its sentence-transformers folder says, but run
by our own few lines over the compiled encoder, so that neither that library nor PyTorch is loaded to ask or to
index. Left out: every other model, which the library runs (`embedder.py`).

A test holds the vectors against those of `SentenceTransformer.encode`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np

from index.models import e5_small
from index.models.encoder import Encoder, in_steps, token_ids, token_offsets
from index.models.pooling import sentence_vectors, unit
from index.types import Span, Vectors

_SLICE: Final = 2048
"""Texts put into batches together: what is known of their tokens takes 25 KB for each."""


class DefaultEmbedder:
    """Implements `embedder.Embedder`; the reader shares its encoder."""

    name = e5_small.NAME

    def __init__(self, encoder: Encoder, question_prompt: str, passage_prompt: str, batch_size: int) -> None:
        self.encoder = encoder
        self.dimension = e5_small.DIMENSION
        self._question_prompt, self._passage_prompt = question_prompt, passage_prompt
        self._batch_size = batch_size

    def embed_questions(self, texts: Sequence[str]) -> Vectors:
        """See the protocol. A question's vector is the same, bit by bit, alone and with others."""
        made = np.empty((len(texts), self.dimension), np.float32)
        ids = [token_ids(tokens) for tokens in self._tokens(self._question_prompt, texts)]
        for width, places in _batches(ids, self._batch_size):
            made[places] = self._embedded([ids[place] for place in places], width)[0]
        return made

    def embed_passages(
        self, texts: Sequence[str], sentences: Sequence[Sequence[Span]]
    ) -> tuple[Vectors, list[Vectors]]:
        """See the protocol. A sentence's vector is the mean of its own token vectors inside the
        passage: one pass for both, and about as good as embedding it alone (right sentence first
        0.809 against 0.820, in the team's notes on the default model, over 120 English paragraphs).
        A sentence beyond the model's window takes the passage's."""
        whole, inner = np.empty((len(texts), self.dimension), np.float32), []
        for at in range(0, len(texts), _SLICE):
            end = at + _SLICE
            whole[at:end], rows = self._embed_slice(texts[at:end], sentences[at:end])
            inner += rows
        return whole, inner

    def _embed_slice(self, texts: Sequence[str], sentences: Sequence[Sequence[Span]]) -> tuple[Vectors, list[Vectors]]:
        whole = np.empty((len(texts), self.dimension), np.float32)
        inner: list[Vectors] = [whole[:0]] * len(texts)
        tokens = self._tokens(self._passage_prompt, texts)
        ids = [token_ids(own) for own in tokens]
        for width, places in _batches(ids, self._batch_size):
            whole[places], states = self._embedded([ids[place] for place in places], width)
            for place, own in zip(places, states, strict=True):
                offsets = token_offsets(tokens[place])
                inner[place] = sentence_vectors(
                    own[: len(offsets)], offsets, sentences[place], len(self._passage_prompt), whole[place]
                )
        return whole, inner

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(tokens) for tokens in self.encoder.tokenizer.encode_batch(list(texts), add_special_tokens=False)]

    def _tokens(self, prompt: str, texts: Sequence[str]) -> list[Any]:
        tokens: list[Any] = self.encoder.tokenizer.encode_batch([prompt + text for text in texts])
        return tokens

    def _embedded(self, ids: list[list[int]], width: int) -> tuple[Vectors, Vectors]:
        """Vectors of texts, and of their tokens."""
        lower, mask = self.encoder.lower_states(ids, width)
        (states,) = self.encoder.upper(lower, mask)
        sums = np.einsum("ntd,nt->nd", states, mask.astype(np.float32))
        return unit(sums / mask.sum(axis=1, keepdims=True)), states


def _batches(ids: Sequence[Sequence[int]], size: int) -> Iterator[tuple[int, list[int]]]:
    """The places of at most so many texts of one width at a time, and the width. In 8 or 16 bits a vector depends on
    the width of its batch (by up to 0.003 in bfloat16), and on nothing else in it: so it is always the same. With
    batches as wide as their longest text, indexing took 2.3 GB instead of 1.3, for OpenVINO keeps each width."""
    widths: dict[int, list[int]] = {}
    for place, own in enumerate(ids):
        widths.setdefault(in_steps(len(own)), []).append(place)
    for width, places in widths.items():
        for at in range(0, len(places), size):
            yield width, places[at : at + size]
