"""What has changed between two texts of an article, paragraph by paragraph and word by word. Left out: keeping older
texts (`index/stores/versions.py`), the markup (`templates/article_text.html`)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from rapidfuzz.distance import Indel

MOST_PARAGRAPHS: Final = 20_000
"""Comparing as many takes a third of a second and 50 MB, at worst; longer texts are not compared."""

MOST_WORDS: Final = 10_000
"""Of two paragraphs; longer ones are shown whole."""

_UNCHANGED_AROUND: Final = 1
"""Paragraphs shown before and after one that has changed."""

Kind = Literal["same", "gone", "new", "left_out"]


@dataclass(frozen=True, slots=True)
class Stretch:
    """Words that stayed, went or came; of `left_out`, none."""

    kind: Kind
    text: str


def changed_paragraphs(old: str, new: str) -> list[list[Stretch]] | None:
    """The paragraphs that differ, each with its words in order, one more around them; in the place of others that
    stayed stands one "left_out". None if the texts are too long to be compared."""
    before, after = _paragraphs(old), _paragraphs(new)
    if max(len(before), len(after)) > MOST_PARAGRAPHS:
        return None
    compared = list(_compared(before, after))
    shown = [False] * len(compared)
    for at, stretches in enumerate(compared):
        if any(stretch.kind != "same" for stretch in stretches):
            for near in range(max(0, at - _UNCHANGED_AROUND), min(len(compared), at + _UNCHANGED_AROUND + 1)):
                shown[near] = True
    found: list[list[Stretch]] = []
    for stretches, show in zip(compared, shown, strict=True):
        if show:
            found.append(stretches)
        elif not found or found[-1][0].kind != "left_out":
            found.append([Stretch("left_out", "")])
    return found


def _steps(before: Sequence[str], after: Sequence[str]) -> Iterator[tuple[Sequence[str], Sequence[str], Sequence[str]]]:
    """In order: what stayed, or what went and what came in its place; the others are empty."""
    gone: list[str] = []
    new: list[str] = []
    for step in Indel.opcodes(before, after):
        if step.tag == "delete":
            gone += before[step.src_start : step.src_end]
        elif step.tag == "insert":
            new += after[step.dest_start : step.dest_end]
        else:
            yield [], gone, new
            gone, new = [], []
            yield before[step.src_start : step.src_end], [], []
    yield [], gone, new


def _compared(before: Sequence[str], after: Sequence[str]) -> Iterator[list[Stretch]]:
    for same, gone, new in _steps(before, after):
        yield from ([Stretch("same", paragraph)] for paragraph in same)
        yield from _replaced(gone, new)


def _replaced(gone: Sequence[str], new: Sequence[str]) -> Iterator[list[Stretch]]:
    """Paragraphs at the same place are compared word by word, the others stand alone."""
    pairs = min(len(gone), len(new))
    yield from (list(_words(old, fresh)) for old, fresh in zip(gone[:pairs], new[:pairs], strict=True))
    yield from ([Stretch("gone", paragraph)] for paragraph in gone[pairs:])
    yield from ([Stretch("new", paragraph)] for paragraph in new[pairs:])


def _words(old: str, new: str) -> Iterator[Stretch]:
    before, after = re.findall(r"\w+|\s+|[^\w\s]", old), re.findall(r"\w+|\s+|[^\w\s]", new)
    if max(len(before), len(after)) > MOST_WORDS:
        yield from (Stretch("gone", old), Stretch("new", new))
        return
    for step in _steps(before, after):
        kinds: tuple[Kind, ...] = ("same", "gone", "new")
        yield from (Stretch(kind, "".join(words)) for kind, words in zip(kinds, step, strict=True) if words)


def _paragraphs(text: str) -> list[str]:
    return [line for line in text.split("\n") if line.strip()]
