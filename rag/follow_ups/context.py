"""What is known when a question is read: the earlier turns, and what their pronouns meant. Left out: choosing
(`antecedents.py`)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal

Role = Literal["person", "thing", "group", "any"]


@dataclass(frozen=True, slots=True)
class Earlier:
    """An earlier turn: the question as it was asked, and what is known of its answer ("" and () if nothing)."""

    question: str
    answer: str = ""
    titles: tuple[str, ...] = ()


@dataclass(slots=True)
class Context:
    """Earlier turns whose questions stand alone already, and who of the named was called he or she."""

    language: str
    turns: list[Earlier] = field(default_factory=list)
    people: dict[str, str] = field(default_factory=dict)
    meant: dict[Role, str] = field(default_factory=dict)
    """What the pronouns of the last question meant; "" if that was not found out."""

    @property
    def last(self) -> Earlier:
        return self.turns[-1]


TURNS: Final = 4
"""Earlier turns looked at, the latest first: what a pronoun means is hardly ever further away."""
