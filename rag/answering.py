"""The parts of a question with their hits → its answer: each part has its extracts or is not found. Left out:
splitting and retrieving (`chatbot.py`), how extracts are chosen (`extracts.py`)."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from rag.composer import Composer
from rag.confidence import confidence, reason_not_found
from rag.deadline import seconds_left
from rag.extracts import Asked, extracts_of, place_of, read
from rag.reader import Reader
from rag.settings import RagSettings
from rag.types import Answer, Extract, Nearest, Part, Status

NEAREST: Final = 3
"""Passages shown when there is no answer."""


@dataclass(frozen=True, slots=True)
class Understood:
    """What was asked: the question as it came, what it was understood as, its parts after retrieval, and
    what each step took so far."""

    id: str
    question: str
    standalone: str
    language: str
    parts: Sequence[Asked]
    began: float
    times_ms: dict[str, float]


def answer_of(
    asked: Understood, reader: Reader | None, composer: Composer, settings: RagSettings
) -> Iterator[Extract | Answer]:
    """The extracts as they are found, then the whole answer. Raises ReaderError, VerbatimError, DeadlineExceeded."""
    store = asked.parts[0].store
    extracts: list[Extract] = []
    parts: list[Part] = []
    scores: list[float] = []
    times = dict.fromkeys(("read", "compose"), 0.0)
    for part in asked.parts:
        seconds_left()
        start = time.perf_counter()
        readings = read(part, reader, settings.passages_read)
        done_reading = time.perf_counter()
        seconds_left()
        own, score = extracts_of(part, readings, composer, settings)
        numbered = _numbered(own, extracts)
        parts.append(Part(part.query.text, "answered" if own else "no_answer", tuple(e.number for e in numbered)))
        scores.append(score)
        times["read"] += (done_reading - start) * 1e3
        times["compose"] += (time.perf_counter() - done_reading) * 1e3
        for extract in numbered:
            if extract.number > len(extracts):
                extracts.append(extract)
                yield extract
    start = time.perf_counter()
    nearest = () if extracts else _nearest(asked.parts)
    times["compose"] += (time.perf_counter() - start) * 1e3
    times = {**asked.times_ms, **times, "total": (time.perf_counter() - asked.began) * 1e3}
    best = extracts[0].score if extracts else max(scores)
    reason = None
    if not extracts:
        reason = reason_not_found(asked.language, store.info.passages, sum(len(p.hits) for p in asked.parts), best)
    yield Answer(
        id=asked.id,
        generation=store.info.generation,
        question=asked.question,
        standalone_question=asked.standalone,
        language=asked.language,
        status=_status(parts),
        confidence=confidence(best),
        score=best,
        reason=reason,
        parts=tuple(parts),
        extracts=tuple(extracts),
        nearest=nearest,
        timings_ms={name: round(value, 2) for name, value in times.items()},
    )


def _status(parts: Sequence[Part]) -> Status:
    found = [part.status == "answered" for part in parts]
    return "answered" if all(found) else "partial" if any(found) else "no_answer"


def _numbered(own: Sequence[Extract], before: Sequence[Extract]) -> list[Extract]:
    """A part's extracts numbered on from those of earlier parts; one that stands in an earlier one is that one."""
    numbers: dict[int, int] = {}
    fresh = len(before)
    for extract in own:
        holder = next((other for other in before if _inside(extract, other)), None)
        fresh += holder is None
        numbers[extract.number] = holder.number if holder else fresh
    known = {extract.number: extract for extract in before}
    made = {}
    for extract in own:
        number = numbers[extract.number]
        others = tuple(sorted({numbers[other] for other in extract.conflicts_with} - {number}))
        made[number] = known.get(number) or replace(extract, number=number, conflicts_with=others)
    return list(made.values())


def _inside(extract: Extract, other: Extract) -> bool:
    mine, theirs = extract.citation, other.citation
    return mine.article_id == theirs.article_id and theirs.start <= mine.start and mine.end <= theirs.end


def _nearest(parts: Sequence[Asked]) -> tuple[Nearest, ...]:
    """The passages nearest to any of the parts, those of the first part first among equals of rank."""
    ranked = [(rank, number, hit) for number, part in enumerate(parts) for rank, hit in enumerate(part.hits)]
    found: dict[int, Nearest] = {}
    for _, _, hit in sorted(ranked, key=lambda place: place[:2]):
        if hit.passage.id not in found and len(found) < NEAREST:
            found[hit.passage.id] = Nearest(hit, place_of(hit, parts[0].store))
    return tuple(found.values())
