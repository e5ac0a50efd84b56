"""Models as the library sentence-transformers loads them. Left out: how texts are embedded (`embedder.py`)."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from index.errors import EmbedderError
from index.models import e5_small

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer


def uncut_tokenizer(model: SentenceTransformer) -> Any:
    """A copy of a model's tokenizer that neither truncates nor pads, safe to share between threads: how the
    model's own does so is its state, which is set anew for each batch."""
    made: Any = copy.deepcopy(model.tokenizer.backend_tokenizer)
    made.no_truncation()
    made.no_padding()
    return made


def load_model(source: str, name: str) -> SentenceTransformer:
    """The model of a folder or a hub, float32, on the CPU; `name` is what messages call it. Raises
    EmbedderError."""
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
