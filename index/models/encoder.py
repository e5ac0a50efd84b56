"""The default model's transformer as the embedder and the reader run it: token ids → states after the first layers
(`lower`), and from those to the last ones (`upper`). Opened from the cache without PyTorch; made on first
use. Left out: pooling (`pooling.py`), making it (`conversion.py`)."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
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

WIDTH_STEP: Final = 32
"""A width not seen before costs OpenVINO as much again as the text (22 ms instead of 11), so there are to be few. With
steps of 32 one question takes no longer than with 8 (7 ms against 8), and those that come together share more batches:
16 take 2.6 ms each, not 4.1."""

_PADDING: Final = 1

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Encoder:
    """`tokenizer`, of the library `tokenizers`, neither truncates nor pads, so threads may share it."""

    lower: Layers
    upper: Layers
    tokenizer: Any

    def lower_states(
        self, ids: Sequence[Sequence[int]], width: int = 0
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """States after the lower layers, (n, width or that of the longest, hidden), and which of them are of
        tokens."""
        padded, mask = joined_ids(ids, width)
        (states,) = self.lower(padded, mask)
        return states, mask


def joined_ids(ids: Sequence[Sequence[int]], width: int = 0) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Texts as one array, (n, width or that of the longest), and which of it are tokens."""
    width = width or max(map(len, ids))
    padded, mask = np.full((len(ids), width), _PADDING, np.int64), np.zeros((len(ids), width), np.int64)
    for row, own in enumerate(ids):
        padded[row, : len(own)], mask[row, : len(own)] = own, 1
    return padded, mask


def in_steps(tokens: int) -> int:
    """The width to which a text of so many tokens is filled up, a multiple of WIDTH_STEP."""
    return -(-tokens // WIDTH_STEP) * WIDTH_STEP


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
    with ThreadPoolExecutor(2) as threads:  # each takes half a second or more, and little of it is Python
        opened = threads.map(open_layers, (folder / "lower.xml", folder / "upper.xml"))
        tokenizer = _open_tokenizer(folder / TOKENIZER)
        lower, upper = opened
    if lower is not None and upper is not None and tokenizer is not None:
        return Encoder(lower, upper, tokenizer)
    from index.models.conversion import make_encoder

    return make_encoder(load_model(e5_small.library_source(cache), e5_small.NAME), folder)


def _open_tokenizer(file: Path) -> Any:
    """The tokenizer kept; None where there is none or it is damaged, and the log says why."""
    from tokenizers import Tokenizer

    try:
        return Tokenizer.from_file(str(file))
    except Exception as error:  # noqa: BLE001  # the library raises nothing narrower
        logger.info("No tokenizer at %s: %s", file, error)
        return None
