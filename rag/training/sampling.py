"""Examples → the passages each question is seen with in an epoch, and which are seen together. Left out:
tensors (`batches.py`)."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import Final

from rag.training.batches import Pair, Tokens
from rag.training.examples import Example

_POOL: Final = 32
"""Steps drawn together and sorted by length, so that little of one is padding."""

Group = list[Pair]
"""One question with a passage that answers, if there is one, and others that do not."""


def draw(examples: Sequence[Example], keep: Sequence[int], epoch: int, seed: int) -> list[Group]:
    """The groups of an epoch, one for each question kept: a passage that answers, in half of the cases
    in another language where there is one; one of the best-ranked that do not; and the first without the
    sentences that answer, or, where it has no other, another of the best-ranked."""
    chance = random.Random(f"{seed}-{epoch}")  # noqa: S311  # sampling, not secrecy
    alike: dict[str, list[Example]] = {}
    for place in keep:
        alike.setdefault(examples[place].same, []).append(examples[place])
    groups = []
    for place in keep:
        source = examples[place]
        if len(alike[source.same]) > 1 and chance.random() < 0.5:
            source = chance.choice(alike[source.same])
        wrong = _hardest(source.negatives, 2 if source.answers else 1, chance)
        group: Group = []
        if source.answers:
            passage = chance.choice(list(source.answers))
            group.append(Pair(place, passage, tuple((span.start, span.end) for span in source.answers[passage])))
            if passage in source.without:
                wrong[1:] = [source.without[passage]]
        groups.append(group + [Pair(place, passage, ()) for passage in wrong])
    return [group for group in groups if group]


def _hardest(negatives: Sequence[int], count: int, chance: random.Random) -> list[int]:
    """Different ones; the first are the hardest, and all of them are seen now and then."""
    left = list(negatives)
    chosen: list[int] = []
    while left and len(chosen) < count:
        chosen.append(left.pop(min(int(chance.expovariate(0.5)), len(left) - 1)))
    return chosen


def steps_of(groups: Sequence[Group], tokens: Tokens, size: int, seed: int) -> list[list[Pair]]:
    """All pairs, those of one question together, in steps of at least `size` pairs of like length, in
    random order."""
    chance = random.Random(seed)  # noqa: S311
    order = list(groups)
    chance.shuffle(order)
    steps = []
    for pool in _parcels(order, size * _POOL):
        pool.sort(key=lambda group: max(tokens.length(pair) for pair in group))
        several = list(_parcels(pool, size))
        chance.shuffle(several)
        steps += [[pair for group in some for pair in group] for some in several]
    return steps


def _parcels(groups: Sequence[Group], least: int) -> Iterator[list[Group]]:
    """Groups in order, so many together that their pairs are at least `least`; the last may be fewer."""
    parcel: list[Group] = []
    for group in groups:
        parcel.append(group)
        if sum(map(len, parcel)) >= least:
            yield parcel
            parcel = []
    if parcel:
        yield parcel
