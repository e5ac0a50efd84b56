"""The default model's transformer in two parts, as PyTorch modules: its lower layers, which the
reader shares, and its upper ones. Left out: running them fast (`compiled.py`)."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor, nn

LOWER_LAYERS: Final = 6
"""Half of the default model. The reader's own layers stand in for the other half."""


class LowerLayers(nn.Module):
    """Token ids → states after the first layers."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.embeddings = model.embeddings
        self.layers = nn.ModuleList(model.encoder.layer[:LOWER_LAYERS])

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """`ids`, `mask` (n, tokens), int64; returns (n, tokens, hidden), float32, zeros for padding."""
        return _of_tokens(pass_through(self.layers, self.embeddings(input_ids=ids), mask), mask)


class UpperLayers(nn.Module):
    """States after the first layers → states after the last."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.layers = nn.ModuleList(model.encoder.layer[LOWER_LAYERS:])

    def forward(self, states: Tensor, mask: Tensor) -> Tensor:
        """`states` (n, tokens, hidden), `mask` (n, tokens), int64; returns the shape of `states`."""
        return _of_tokens(pass_through(self.layers, states, mask), mask)


def _of_tokens(states: Tensor, mask: Tensor) -> Tensor:
    """Zeros in the place of padding, whose states mean nothing, and differ most between precisions."""
    return states * mask[:, :, None].to(states.dtype)


def pass_through(layers: nn.ModuleList, states: Tensor, mask: Tensor) -> Tensor:
    """The states after these layers; tokens whose mask is 0 are looked at by none."""
    bias = (1.0 - mask[:, None, None, :].to(states.dtype)) * -1e4
    for layer in layers:
        states = layer(states, bias)
    return states


def load_bert(folder: Path) -> Any:
    """The `BertModel` of an unpacked folder, float32, without dropout."""
    from transformers import BertModel

    model: Any = BertModel  # untyped in the library
    return model.from_pretrained(str(folder), dtype=torch.float32, add_pooling_layer=False).eval()
