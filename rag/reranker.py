"""Hits → the same, in the order in which a cross-encoder of sentence-transformers puts them. Left out: any such
model: one is named in the settings, and none is by default, for our own reader does better here for less time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from threading import Lock
from typing import Any, Protocol

import numpy as np

from index.build import in_context
from index.types import Hit, Scores
from rag.errors import RerankerError
from rag.fusion import standardise
from rag.settings import RagSettings


class Reranker(Protocol):
    """What says how well texts answer a question."""

    def score(self, question: str, texts: Sequence[str]) -> Scores:
        """One score for each text, shape (n,); higher is better."""
        ...


class CrossEncoderReranker:
    """A cross-encoder on the CPU."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self._asking = Lock()  # the tokenizer of the library is no two threads' at once

    def score(self, question: str, texts: Sequence[str]) -> Scores:
        """See the protocol."""
        with self._asking:
            scores = self._model.predict([(question, text) for text in texts], show_progress_bar=False)
        return np.asarray(scores, np.float32)


def reranked(question: str, hits: Sequence[Hit], title_of: Callable[[str], str], reranker: Reranker) -> list[Hit]:
    """The same hits, best first, with the reranker's score in place of the fused one, brought to the same scale:
    standardised over them; equal ones by id of the passage. It reads each passage below its title and
    headings, as the embedder does."""
    if not hits:
        return []
    texts = [in_context(hit.passage, title_of(hit.passage.article_id))[0] for hit in hits]
    scores = standardise(reranker.score(question, texts)).tolist()
    made = [replace(hit, score=score) for hit, score in zip(hits, scores, strict=True)]
    return sorted(made, key=lambda hit: (-hit.score, hit.passage.id))


def open_reranker(settings: RagSettings) -> Reranker | None:
    """The model that `reranker` names, by hub name or folder; None if it names none. Raises RerankerError."""
    if settings.reranker is None:
        return None
    from safetensors import SafetensorError
    from sentence_transformers import CrossEncoder  # it takes seconds

    try:
        model = CrossEncoder(settings.reranker, device="cpu", model_kwargs={"dtype": "float32"})
    except (OSError, ValueError, KeyError, ImportError, SafetensorError) as error:
        raise _not_loaded(settings.reranker) from error
    if model.num_labels != 1:
        raise RerankerError(
            f"The reranker '{settings.reranker}' gives {model.num_labels} scores for a passage; one that gives one "
            "is needed. Check the setting 'reranker', or leave it out."
        )
    return CrossEncoderReranker(model)


def _not_loaded(name: str) -> RerankerError:
    return RerankerError(
        f"The reranker '{name}' could not be loaded: it is not a cross-encoder's folder on this machine, and its hub "
        "did not give it. Check the setting 'reranker', or leave it out."
    )
