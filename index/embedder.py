"""Texts → vectors. The protocol, its implementation by any sentence-transformers model, by hub name or
folder, and opening the one that the settings name. Left out: the default model, which is run by itself to be
fast (`models/default_embedder.py`)."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Final, Protocol

import numpy as np

from index.models import e5_small
from index.models.library import load_model, uncut_tokenizer
from index.models.pooling import sentence_vectors, unit
from index.settings import IndexSettings
from index.types import Span, Vectors

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer


_SLICE: Final = 256
"""Texts whose token vectors are held at once: about 200 MB of the default model at its longest."""


class Embedder(Protocol):
    """What turns passages and questions into vectors of one space. `name` identifies it in an
    index; `dimension` is the length of its vectors."""

    @property
    def name(self) -> str: ...
    @property
    def dimension(self) -> int: ...

    def embed_passages(
        self, texts: Sequence[str], sentences: Sequence[Sequence[Span]]
    ) -> tuple[Vectors, list[Vectors]]:
        """One vector for each text, shape (n, dimension), and for each of its sentences (spans in
        the text), a list of n arrays of shape (sentences, dimension)."""
        ...

    def embed_questions(self, texts: Sequence[str]) -> Vectors:
        """One vector for each question, shape (n, dimension); with the default model compiled, the same bit
        by bit whatever is asked beside it."""
        ...

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text, without those that mark its ends."""
        ...


class SentenceTransformerEmbedder:
    """A sentence-transformers model on the CPU."""

    def __init__(
        self,
        model: SentenceTransformer,
        name: str,
        question_prompt: str,
        passage_prompt: str,
        batch_size: int,
    ) -> None:
        self.name = name
        self.dimension = int(model.get_embedding_dimension() or 0)
        self._model = model
        self._question_prompt = question_prompt
        self._passage_prompt = passage_prompt
        self._batch_size = batch_size
        self._copying = Lock()
        self._uncut: Any = None

    def embed_questions(self, texts: Sequence[str]) -> Vectors:
        if not texts:
            return np.zeros((0, self.dimension), np.float32)
        prompted = [self._question_prompt + text for text in texts]
        return unit(self._model.encode(prompted, batch_size=self._batch_size, show_progress_bar=False))

    def embed_passages(
        self, texts: Sequence[str], sentences: Sequence[Sequence[Span]]
    ) -> tuple[Vectors, list[Vectors]]:
        """See the protocol. A sentence's vector is pooled from the passage's own token vectors, as for the
        default model."""
        whole, pooled = [np.zeros((0, self.dimension), np.float32)], []
        for at in range(0, len(texts), _SLICE):
            vectors, inner = self._embed_slice(texts[at : at + _SLICE], sentences[at : at + _SLICE])
            whole.append(vectors)
            pooled += inner
        return np.concatenate(whole), pooled

    def _embed_slice(self, texts: Sequence[str], sentences: Sequence[Sequence[Span]]) -> tuple[Vectors, list[Vectors]]:
        prompted = [self._passage_prompt + text for text in texts]
        outputs: Any = self._model.encode(  # a dict for each text; the stub knows only arrays
            prompted, batch_size=self._batch_size, show_progress_bar=False, output_value=None
        )
        whole = unit(np.stack([output["sentence_embedding"].float().numpy() for output in outputs]))
        shift = len(self._passage_prompt)
        offsets = self._model.tokenizer(prompted, truncation=True, return_offsets_mapping=True)["offset_mapping"]
        pooled = [
            sentence_vectors(output["token_embeddings"].float().numpy(), np.asarray(ends), spans, shift, vector)
            for output, ends, spans, vector in zip(outputs, offsets, sentences, whole, strict=True)
        ]
        return whole, pooled

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        encoded = self._uncut_tokenizer().encode_batch(list(texts), add_special_tokens=False)
        return [len(tokens) for tokens in encoded]

    def _uncut_tokenizer(self) -> Any:
        with self._copying:
            self._uncut = self._uncut or uncut_tokenizer(self._model)
            return self._uncut


def embedder_name(settings: IndexSettings) -> str:
    """The name under which the model of the settings stands in an index, without loading it. That of
    a folder ends in a digest of its place: many are called `model`."""
    if _is_default(settings):
        return e5_small.NAME
    folder = _folder(settings.embedder)
    if folder is None:
        return settings.embedder
    called = os.fsencode(folder.name).decode("utf-8", "backslashreplace")
    return f"{called}~{hashlib.sha256(os.fsencode(folder)).hexdigest()[:8]}"


def _is_default(settings: IndexSettings) -> bool:
    return settings.embedder in (e5_small.NAME, e5_small.HUB_NAME)


def _folder(name: str) -> Path | None:
    try:  # without the first check an empty name would be the working directory
        return Path(name).resolve() if name and Path(name).is_dir() else None
    except OSError:  # too long for a path, or in a folder that may not be entered
        return None


def open_embedder(settings: IndexSettings) -> Embedder:
    """Load the model named in the settings; the default one is unpacked on first use.

    Raises EmbedderError if it is neither the default, nor a folder, nor to be had from its hub.
    """
    name = embedder_name(settings)
    if _is_default(settings):
        from index.models.default_embedder import DefaultEmbedder
        from index.models.encoder import open_encoder

        return DefaultEmbedder(open_encoder(settings.cache), *_prompts(settings, e5_small.PROMPTS), settings.batch_size)
    model = load_model(settings.embedder, name)
    called = name.rpartition("~")[0] or name  # a digest may hold "e5" by chance
    asked = e5_small.PROMPTS if "e5" in called.lower() else _own_prompts(model)
    return SentenceTransformerEmbedder(model, name, *_prompts(settings, asked), settings.batch_size)


def _prompts(settings: IndexSettings, asked: tuple[str, str]) -> tuple[str, str]:
    """What is put before questions and passages: as the settings say, or as the model asks for."""
    question, passage = settings.question_prompt, settings.passage_prompt
    return asked[0] if question is None else question, asked[1] if passage is None else passage


def _own_prompts(model: SentenceTransformer) -> tuple[str, str]:
    prompts = {key: value or "" for key, value in (model.prompts or {}).items()}
    return prompts.get("query", ""), prompts.get("document") or prompts.get("passage", "")
