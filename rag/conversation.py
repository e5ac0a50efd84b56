"""A follow-up and what was said before → a question that stands alone, by rules: no model. What leaves nothing
out comes back as it was. Left out: compound questions (`compound.py`), the rules of each language
(`follow_ups/`)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from index.language import detect_language
from rag.follow_ups.context import TURNS, Context, Earlier
from rag.follow_ups.english import fill_in_english
from rag.follow_ups.fragments import complete_fragment
from rag.follow_ups.french import fill_in_french

_FILL_IN: Final = {"en": fill_in_english, "fr": fill_in_french}
_FEW_WORDS: Final = 2
"""In a language without rules, a question of so many words after another is taken to lean on it."""

LONGEST: Final = 600
"""Characters. A longer question says its subject, and is left as it is; of earlier ones no more is read: searching
2,000 characters without a space took 0.4 s, so many less than 0.05."""


def standalone_question(question: str, language: str, earlier: Sequence[Earlier]) -> str:
    """The question with what it leaves to the earlier turns (oldest first) filled in; `question` itself,
    character for character, if it leaves nothing to them or nothing fits.

    Earlier turns may be follow-ups: they are completed first, in order. The longest history
    read is twelve turns."""
    context = Context(language)
    for turn in earlier[-3 * TURNS :]:
        asked = _complete(turn.question[:LONGEST], context)
        context.turns.append(replace(turn, question=asked))
    return _complete(question, context)


_COURTESIES: Final = (
    r"ok(?:ay)?|thanks?(?: you)?(?: (?:(?:very|so) much|a lot))?|hello|hi|hey|bye|great|cool|good (?:morning|evening)|"
    r"please|merci(?: (?:beaucoup|bien))?|bonjour|bonsoir|salut|au revoir|d['’]accord|super|parfait|"
    r"s['’]il (?:te|vous) pla[iî]t"
)
_COURTESY: Final = re.compile(rf"\W*(?:(?:{_COURTESIES})\b\W*){{1,6}}", re.IGNORECASE)


def is_courtesy(text: str) -> bool:
    """Whether somebody says hello or thanks and asks nothing, in English or French."""
    return _COURTESY.fullmatch(text) is not None


_PROBES: Final = {
    "en": (Earlier("Who was Ada Bell?"), Earlier("What are the Twin Rocks?"), Earlier("What was the old bridge?")),
    "fr": (Earlier("Qui était Ada Bell ?"), Earlier("Que sont les Rochers Jumeaux ?"), Earlier("C'est quoi le pont ?")),
}


def leans(question: str, language: str) -> bool:
    """Whether a question leaves something to earlier ones, whatever they were: whether it is completed by any of a
    few that name a person, several things, or one."""
    probes = _PROBES.get(language, (Earlier("…"),))
    return any(standalone_question(question, language, [probe]) != question for probe in probes)


def _complete(question: str, context: Context) -> str:
    if not context.turns or not question.strip() or len(question) > LONGEST or is_courtesy(question):
        return question
    fill_in = _FILL_IN.get(context.language)
    if fill_in is None:
        last = context.last.question.strip()
        few = len(question.split()) <= _FEW_WORDS and any(character.isalpha() for character in question)
        return f"{last} {question}" if few and last and last != question else question
    completed = complete_fragment(question, context)
    if completed != question:
        context.meant = {}
        last = context.last.question.strip()
        # Words of one language have no place in a question of another.
        foreign = detect_language(last) in set(_FILL_IN) - {context.language}
        return f"{last} {question}" if foreign else completed
    return fill_in(question, context)


__all__ = ["Earlier", "is_courtesy", "leans", "standalone_question"]
