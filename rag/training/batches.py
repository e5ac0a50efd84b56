"""Questions with passages → batches of tensors; lower states are made once. Left out: which passages
a question is seen with (`sampling.py`), and what is learnt from them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from index.models.compiled import Layers
from rag.reader import MAX_PASSAGE_TOKENS, MAX_QUESTION_TOKENS, PASSAGE_PROMPT, QUESTION_PROMPT, joined
from rag.reading import ReadPassage, own_tokens


@dataclass(frozen=True, slots=True)
class Pair:
    """A question and a passage, by their places; `spans` are where it answers, none if it does not."""

    question: int
    passage: int
    spans: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Batch:
    """Tensors of n pairs, `tokens` long. `starts` and `ends` mark the tokens at which an answer may
    begin and end, `inside` those of the sentences that hold it, `allowed` those that may be chosen
    (the first, for no answer, and the passage's own), all bool (n, tokens). `questions`, int64 (n,),
    are the places of the questions."""

    states: Tensor
    segments: Tensor
    mask: Tensor
    allowed: Tensor
    starts: Tensor
    ends: Tensor
    inside: Tensor
    answers: Tensor
    questions: Tensor


class Tokens:
    """All texts as tokens and as lower states, bfloat16, made once."""

    def __init__(
        self,
        questions: Sequence[str],
        passages: Sequence[ReadPassage],
        tokenizer: Any,
        lower: Layers,
        progress: Callable[[int, int], None],
    ) -> None:
        asked = tokenizer(
            [QUESTION_PROMPT + text for text in questions], truncation=True, max_length=MAX_QUESTION_TOKENS
        )
        read = tokenizer(
            [PASSAGE_PROMPT + passage.text for passage in passages],
            truncation=True, max_length=MAX_PASSAGE_TOKENS, return_offsets_mapping=True,
        )  # fmt: skip
        self.passages = passages
        self.offsets = [np.asarray(pairs) - len(PASSAGE_PROMPT) for pairs in read["offset_mapping"]]
        done, total = 0, len(questions) + len(passages)
        self.question_states: list[Tensor] = []
        self.passage_states: list[Tensor] = []
        for ids, states in ((asked["input_ids"], self.question_states), (read["input_ids"], self.passage_states)):
            made: dict[int, Tensor] = {}
            order = sorted(range(len(ids)), key=lambda i: len(ids[i]))
            for at in range(0, len(order), 32):
                several = order[at : at + 32]
                width = max(len(ids[i]) for i in several)
                padded = torch.tensor([ids[i] + [0] * (width - len(ids[i])) for i in several])
                mask = torch.tensor([[1] * len(ids[i]) + [0] * (width - len(ids[i])) for i in several])
                with torch.inference_mode():
                    (rows,) = lower(padded, mask)
                for i, row in zip(several, rows, strict=True):
                    made[i] = row[: len(ids[i])].bfloat16()
                done += len(several)
                progress(done, total)
            states += [made[i] for i in range(len(ids))]

    def length(self, pair: Pair) -> int:
        return len(self.question_states[pair.question]) + len(self.passage_states[pair.passage])

    def batch(self, pairs: Sequence[Pair]) -> Batch:
        states, segments, mask = joined(
            [(self.question_states[pair.question], self.passage_states[pair.passage]) for pair in pairs]
        )
        allowed, starts, ends, inside = (torch.zeros_like(mask, dtype=torch.bool) for _ in range(4))
        for row, pair in enumerate(pairs):
            begin, end = len(self.question_states[pair.question]), self.length(pair)
            passage, offsets = self.passages[pair.passage], self.offsets[pair.passage]
            own = np.zeros(len(offsets), bool)
            own[own_tokens(offsets, passage)[0]] = True
            allowed[row, begin:end] = torch.from_numpy(own)
            allowed[row, 0] = True
            for start, stop in pair.spans:
                first, last = token_at(offsets, start), token_before(offsets, stop)
                if first is None or last is None:
                    continue
                starts[row, begin + first] = True
                ends[row, begin + last] = True
                for sentence in passage.sentences:
                    if sentence.start < stop and sentence.end > start:
                        held = own & (offsets[:, 1] > sentence.start) & (offsets[:, 0] < sentence.end)
                        inside[row, begin:end] |= torch.from_numpy(held)
            if not starts[row].any():
                starts[row, 0] = ends[row, 0] = inside[row, 0] = True
        questions = torch.tensor([pair.question for pair in pairs])
        return Batch(states, segments, mask, allowed, starts, ends, inside, ~starts[:, 0], questions)


def token_at(offsets: Any, start: int) -> int | None:
    """The token that holds the character `start`."""
    found = np.flatnonzero((offsets[:, 1] > start) & (offsets[:, 1] > offsets[:, 0]))
    return int(found[0]) if len(found) else None


def token_before(offsets: Any, stop: int) -> int | None:
    """The token that holds the character before `stop`; None if the text was cut before it."""
    found = np.flatnonzero((offsets[:, 0] < stop) & (offsets[:, 1] > offsets[:, 0]))
    last = int(found[-1]) if len(found) else None
    return None if last is None or offsets[last, 1] < stop else last
