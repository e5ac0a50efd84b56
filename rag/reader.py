"""Question and passages → where in each an answer stands, and whether there is one. Reads, and
rewrites nothing: what it gives are places in the passage. Left out: training (`rag/training/`), and
what is made of a reading (`sentence_scores.py`, `confidence.py`)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from index.build import context_of
from index.embedder import Embedder, SentenceTransformerEmbedder, open_embedder
from index.models import e5_small
from index.types import Passage, Scores, Span
from rag.errors import ReaderError
from rag.settings import RagSettings

MAX_QUESTION_TOKENS: Final = 64
MAX_PASSAGE_TOKENS: Final = 320
QUESTION_PROMPT: Final = "query: "
PASSAGE_PROMPT: Final = "passage: "
MAX_SHORT_ANSWER_TOKENS: Final = 30
WEIGHTS: Final = Path(__file__).parent / "models" / "reader.safetensors"
_SAMPLE_QUESTION: Final = "Quand le canal a-t-il été ouvert ?"
_SAMPLE_TEXTS: Final = (
    "The canal\nThe canal opened in 1914, after ten years of work. It is 77 kilometres long.",
    "Le canal\nLong de 77 kilomètres, il relie deux océans.",
)
"""What the compiled form is traced and checked with."""


@dataclass(frozen=True, slots=True)
class ReadPassage:
    """A passage as it is read: its title and headings, then from `body` on its text. `sentences`
    are spans in this text."""

    text: str
    body: int
    sentences: tuple[Span, ...]


def read_passage(passage: Passage, title: str) -> ReadPassage:
    """The passage as the embedder saw it, so that both know the same subject."""
    context = context_of(title, passage.heading)
    shift = len(context) - passage.start
    sentences = tuple(Span(s.start + shift, s.end + shift) for s in passage.sentences)
    return ReadPassage(context + passage.text, len(context), sentences)


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
        inside = [self._inside(span) for span in sentences]
        return np.array([weights[tokens].sum() for tokens in inside], np.float32)

    def short_answer(self, span: Span) -> Span | None:
        """The words inside `span` that answer best; None if nothing of it was read."""
        tokens = np.flatnonzero(self._inside(span))
        if not len(tokens):
            return None
        begin, end = self.begin[tokens], self.end[tokens]
        pairs = np.triu(begin[:, None] + end[None, :]) + np.tril(np.full((len(tokens),) * 2, -1e9), -1)
        pairs -= np.triu(np.full_like(pairs, 1e9), MAX_SHORT_ANSWER_TOKENS)
        first, last = divmod(int(pairs.argmax()), len(tokens))
        return Span(int(self.offsets[tokens[first], 0]), int(self.offsets[tokens[last], 1]))

    def _inside(self, span: Span) -> NDArray[np.bool_]:
        return np.asarray((self.offsets[:, 1] > span.start) & (self.offsets[:, 0] < span.end))


class Reader(Protocol):
    """What reads passages for an answer."""

    def read(self, question: str, passages: Sequence[Passage], titles: Sequence[str]) -> list[Reading]:
        """One reading for each passage; positions are in the articles' texts."""
        ...


class LayersReader:
    """The default model's lower layers on question and passages apart, then the reader's own on both."""

    def __init__(self, encoder: Any, tokenizer: Any, joint: Any) -> None:
        self._encoder, self._tokenizer, self._joint = encoder, tokenizer, joint

    def read(self, question: str, passages: Sequence[Passage], titles: Sequence[str]) -> list[Reading]:
        """See the protocol."""
        if not passages:
            return []
        texts = [read_passage(passage, title) for passage, title in zip(passages, titles, strict=True)]
        joined, length, offsets = _joined(self._encoder, self._tokenizer, question, [text.text for text in texts])
        ends, answers = self._joint(*joined)
        return [
            _reading(ends[row].numpy(), length, float(answers[row]), offsets[row], text, passage)
            for row, (text, passage) in enumerate(zip(texts, passages, strict=True))
        ]


def _joined(encoder: Any, tokenizer: Any, question: str, texts: Sequence[str]) -> tuple[Any, int, NDArray[np.int64]]:
    """What the joint layers take: states, segments and mask of the question before each text; and
    the question's length in tokens, and where each token of the texts stands, (texts, tokens, 2)."""
    import torch

    asked = tokenizer(
        [QUESTION_PROMPT + question], truncation=True, max_length=MAX_QUESTION_TOKENS, return_tensors="pt"
    )
    read = tokenizer(
        [PASSAGE_PROMPT + text for text in texts],
        truncation=True, max_length=MAX_PASSAGE_TOKENS, padding=True, return_offsets_mapping=True, return_tensors="pt",
    )  # fmt: skip
    (question_states,) = encoder.lower(asked["input_ids"], asked["attention_mask"])
    (passage_states,) = encoder.lower(read["input_ids"], read["attention_mask"])
    states = torch.cat([question_states.expand(len(texts), -1, -1), passage_states], dim=1)
    mask = torch.cat([asked["attention_mask"].expand(len(texts), -1), read["attention_mask"]], dim=1)
    segments = torch.zeros_like(mask)
    segments[:, question_states.shape[1] :] = 1
    return (states, segments, mask), question_states.shape[1], read["offset_mapping"].numpy()


def _reading(
    ends: Scores, length: int, answers: float, offsets: NDArray[np.int64], text: ReadPassage, passage: Passage
) -> Reading:
    offsets = offsets - len(PASSAGE_PROMPT)
    own = np.flatnonzero((offsets[:, 1] > offsets[:, 0]) & (offsets[:, 1] > text.body))
    logits = ends[length + own] - ends[0]
    places = np.maximum(offsets[own], text.body) - text.body + passage.start
    return Reading(answers, places, logits[:, 0], logits[:, 1])


def digest_of(weights: Path) -> str:
    """Names the converted form, so that one of other weights is never used."""
    return hashlib.sha256(weights.read_bytes()).hexdigest()[:12]


def open_reader(settings: RagSettings, embedder: Embedder) -> Reader:
    """The reader, sharing the layers of the embedder where that is the default model. Raises
    ReaderError if its weights cannot be read, EmbedderError if the default model cannot be loaded."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    from index.models.compiled import compile_layers
    from rag.reader_network import JointLayers

    if not isinstance(embedder, SentenceTransformerEmbedder) or embedder.encoder is None:
        embedder = open_embedder(settings.model_copy(update={"embedder": e5_small.NAME}))
    assert isinstance(embedder, SentenceTransformerEmbedder) and embedder.encoder is not None
    joint = JointLayers(embedder.encoder.config).eval()
    try:
        joint.load_state_dict({name: value.float() for name, value in load_file(WEIGHTS).items()})
        digest = digest_of(WEIGHTS)
    except (OSError, SafetensorError, RuntimeError) as error:
        raise ReaderError(
            "The reader's weights could not be read. Install Loccit anew, or set reader to 'off'."
        ) from error
    example, *_ = _joined(embedder.encoder, embedder.tokenizer, _SAMPLE_QUESTION, _SAMPLE_TEXTS)
    file = e5_small.compiled_folder(settings.cache) / f"reader-{digest}.xml"
    return LayersReader(embedder.encoder, embedder.tokenizer, compile_layers(joint, example, file))
