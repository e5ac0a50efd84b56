"""The reader as a network: the default model's lower layers on question and passage apart, then its
upper layers, trained anew, on both in one sequence. Left out: texts (`reader.py`), training.

Running the lower layers apart keeps them as the embedder has them, so nothing of them is shipped;
the idea is that of Cao et al., "DeFormer: Decomposing Pre-trained Transformers for Faster Question
Answering", 2020, with the lower part frozen instead of distilled.
"""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from index.models.layers import LOWER_LAYERS, pass_through


class JointLayers(nn.Module):
    """States of question and passage in one sequence → where an answer begins and ends, and whether
    there is one. The first token of the question stands for "no answer"."""

    def __init__(self, config: Any) -> None:
        """`config` is the default model's; weights are random until they are loaded."""
        from transformers.models.bert.modeling_bert import BertLayer

        super().__init__()
        layer: Any = BertLayer  # untyped in the library
        hidden = int(config.hidden_size)
        self.segment = nn.Embedding(2, hidden)
        self.layers = nn.ModuleList(layer(config, number) for number in range(LOWER_LAYERS, config.num_hidden_layers))
        self.ends = nn.Linear(hidden, 2)
        self.answers = nn.Linear(hidden, 1)
        nn.init.zeros_(self.segment.weight)
        for part in self.modules():
            if isinstance(part, nn.Dropout):
                part.p = 0.0  # a quarter of a training step's time; two epochs hardly overfit

    def forward(self, states: Tensor, segments: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """`states` (n, tokens, hidden); `segments` 0 for question and 1 for passage, and `mask`,
        both (n, tokens), int64. Returns logits of start and end, (n, tokens, 2), and of there being
        an answer, (n,)."""
        states = pass_through(self.layers, states + self.segment(segments), mask)
        return self.ends(states), self.answers(states[:, 0])[:, 0]
