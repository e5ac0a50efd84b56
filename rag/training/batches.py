"""Examples → batches of tensors: question and passage drawn for each, lower states made once,
sequences of like length together. Left out: what is learnt from them."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor

from index.models.encoder import MOST_TOKENS, Encoder, token_ids, token_offsets
from rag.reader import MAX_QUESTION_TOKENS, PASSAGE_PROMPT, QUESTION_PROMPT, joined
from rag.reading import ReadPassage, own_tokens
from rag.training.examples import Example

_POOL: Final = 32
"""Batches drawn together and sorted by length, so that little of one is padding."""


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
    (the first, for no answer, and the passage's own), all bool (n, tokens)."""

    states: Tensor
    segments: Tensor
    mask: Tensor
    allowed: Tensor
    starts: Tensor
    ends: Tensor
    inside: Tensor
    answers: Tensor


class Tokens:
    """All texts as tokens and as lower states, bfloat16, made once."""

    def __init__(
        self,
        questions: Sequence[str],
        passages: Sequence[ReadPassage],
        encoder: Encoder,
        progress: Callable[[int, int], None],
    ) -> None:
        cut = encoder.tokenizer.encode_batch
        asked = [token_ids(t, MAX_QUESTION_TOKENS) for t in cut([QUESTION_PROMPT + text for text in questions])]
        tokens = cut([PASSAGE_PROMPT + passage.text for passage in passages])
        read = [token_ids(t, MOST_TOKENS) for t in tokens]
        self.passages = passages
        self.offsets = [token_offsets(t, MOST_TOKENS) - len(PASSAGE_PROMPT) for t in tokens]
        done, total = 0, len(questions) + len(passages)
        self.question_states: list[Tensor] = []
        self.passage_states: list[Tensor] = []
        for ids, states in ((asked, self.question_states), (read, self.passage_states)):
            made: dict[int, Tensor] = {}
            order = sorted(range(len(ids)), key=lambda i: len(ids[i]))
            for at in range(0, len(order), 32):
                several = order[at : at + 32]
                rows, _ = encoder.lower_states([ids[i] for i in several])
                for i, row in zip(several, rows, strict=True):
                    made[i] = torch.from_numpy(row[: len(ids[i])]).bfloat16()
                done += len(several)
                progress(done, total)
            states += [made[i] for i in range(len(ids))]

    def length(self, pair: Pair) -> int:
        return len(self.question_states[pair.question]) + len(self.passage_states[pair.passage])

    def batch(self, pairs: Sequence[Pair]) -> Batch:
        several = [(self.question_states[pair.question], self.passage_states[pair.passage]) for pair in pairs]
        made = joined([(asked.float().numpy(), read.float().numpy()) for asked, read in several])
        states, segments, mask = map(torch.from_numpy, made)
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
        return Batch(states, segments, mask, allowed, starts, ends, inside, ~starts[:, 0])


def token_at(offsets: Any, start: int) -> int | None:
    """The token that holds the character `start`."""
    found = np.flatnonzero((offsets[:, 1] > start) & (offsets[:, 1] > offsets[:, 0]))
    return int(found[0]) if len(found) else None


def token_before(offsets: Any, stop: int) -> int | None:
    """The token that holds the character before `stop`; None if the text was cut before it."""
    found = np.flatnonzero((offsets[:, 0] < stop) & (offsets[:, 1] > offsets[:, 0]))
    last = int(found[-1]) if len(found) else None
    return None if last is None or offsets[last, 1] < stop else last


def draw(examples: Sequence[Example], epoch: int, seed: int) -> list[Pair]:
    """The pairs of an epoch: for each question a passage that answers, in half of the cases in
    another language where there is one, and one that does not."""
    chance = random.Random(f"{seed}-{epoch}")  # noqa: S311  # sampling, not secrecy
    alike: dict[str, list[Example]] = {}
    for example in examples:
        alike.setdefault(example.same, []).append(example)
    pairs = []
    for place, example in enumerate(examples):
        source = example
        if len(alike[example.same]) > 1 and chance.random() < 0.5:
            source = chance.choice(alike[example.same])
        if source.answers:
            passage = chance.choice(list(source.answers))
            spans = tuple((span.start, span.end) for span in source.answers[passage])
            pairs.append(Pair(place, passage, spans))
        if source.negatives:
            # The first are the hardest; all of them are seen now and then.
            nth = min(int(chance.expovariate(0.5)), len(source.negatives) - 1)
            pairs.append(Pair(place, source.negatives[nth], ()))
    return pairs


def batches(pairs: Sequence[Pair], tokens: Tokens, size: int, seed: int) -> Iterator[Batch]:
    """All pairs, in batches of like length, in random order."""
    chance = random.Random(seed)  # noqa: S311
    order = list(pairs)
    chance.shuffle(order)
    for at in range(0, len(order), size * _POOL):
        pool = sorted(order[at : at + size * _POOL], key=tokens.length)
        several = [pool[i : i + size] for i in range(0, len(pool), size)]
        chance.shuffle(several)
        for group in several:
            yield tokens.batch(group)
