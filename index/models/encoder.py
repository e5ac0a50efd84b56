"""The default model's transformer, compiled, in the place sentence-transformers gives its own: the
library goes on tokenising, pooling and normalising. Left out: other models, which PyTorch runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from torch import Tensor, nn

from index.models.compiled import Layers, compile_layers
from index.models.layers import LowerLayers, UpperLayers

_SAMPLE: Final = (
    "query: Who led the meeting, and when is the next one?",
    "passage: Le canal, long de 77 kilomètres, relie deux océans. Il a été ouvert à la navigation en 1914, après dix "
    "ans de travaux ; l'élargissement, achevé en 2016, laisse passer des navires trois fois plus gros.",
    "passage: 万里の長城は世界遺産に登録されている。 Великая стена. السور العظيم",
)
"""Texts the compiled form is traced and checked with: two languages, three more scripts, padding."""


class Encoder(nn.Module):
    """Token ids → states after the first layers (`lower`), and from those to the last ones (`upper`)."""

    def __init__(self, bert: Any, tokenizer: Any, folder: Path) -> None:
        """`bert` is a `BertModel` in float32; converted forms are kept in `folder`."""
        super().__init__()
        self.config = bert.config
        tokens = tokenizer(list(_SAMPLE), padding=True, return_tensors="pt")
        ids, mask = tokens["input_ids"], tokens["attention_mask"]
        self.lower: Layers = compile_layers(LowerLayers(bert), (ids, mask), folder / "lower.xml")
        (states,) = self.lower(ids, mask)
        self.upper: Layers = compile_layers(UpperLayers(bert), (states, mask), folder / "upper.xml")

    def forward(self, input_ids: Tensor, attention_mask: Tensor, **_: Any) -> Any:
        """As a `BertModel` is called: `input_ids`, `attention_mask` (n, tokens), int64."""
        from transformers.modeling_outputs import BaseModelOutput

        (states,) = self.lower(input_ids, attention_mask)
        (last,) = self.upper(states, attention_mask)
        return BaseModelOutput(last_hidden_state=last)
