"""The default model's transformer as the embedder and the reader run it: token ids → states after the first layers
(`lower`), and from those to the last ones (`upper`). Opened from the cache without PyTorch; made on first
use. Left out: pooling (`default_embedder.py`), making it (`conversion.py`)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from index.models import e5_small
from index.models.compiled import Layers, open_layers
from index.models.library import load_model

TOKENIZER: Final = "tokenizer.json"
MOST_TOKENS: Final = 512
"""What the model's positions allow; what stands beyond is not seen."""


@dataclass(frozen=True, slots=True)
class Encoder:
    """`tokenizer`, of the library `tokenizers`, neither truncates nor pads, so threads may share it."""

    lower: Layers
    upper: Layers
    tokenizer: Any

    def lower_states(self, ids: list[list[int]], width: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """States after the lower layers, (n, width, hidden), and which of them are of tokens, (n, width)."""
        padded, mask = np.ones((len(ids), width), np.int64), np.zeros((len(ids), width), np.int64)  # 1 is padding
        for row, own in enumerate(ids):
            padded[row, : len(own)], mask[row, : len(own)] = own, 1
        (states,) = self.lower(padded, mask)
        return states, mask


def token_ids(tokens: Any, most: int = MOST_TOKENS) -> list[int]:
    """The ids of a text's tokens, cut to so many; the last one, which marks the end, stays."""
    ids: list[int] = tokens.ids
    return ids if len(ids) <= most else [*ids[: most - 1], ids[-1]]


def token_offsets(tokens: Any, most: int = MOST_TOKENS) -> NDArray[np.int64]:
    """Where the same tokens stand in the text, (tokens, 2)."""
    offsets = tokens.offsets
    return np.asarray(offsets if len(offsets) <= most else [*offsets[: most - 1], offsets[-1]], np.int64)


def open_encoder(cache: Path) -> Encoder:
    """The encoder kept below `cache`, or a new one. Raises EmbedderError if the default model cannot be had."""
    folder = e5_small.compiled_folder(cache)
    lower, upper = (open_layers(folder / name) for name in ("lower.xml", "upper.xml"))
    if lower is not None and upper is not None and (folder / TOKENIZER).is_file():
        from tokenizers import Tokenizer

        return Encoder(lower, upper, Tokenizer.from_file(str(folder / TOKENIZER)))
    from index.models.conversion import make_encoder

    return make_encoder(load_model(e5_small.library_source(cache), e5_small.NAME), folder)
