"""An English question whose pronouns mean something said before → the same with them filled in. Left out: nouns that
lean on others (`english.py`), what a pronoun means (`antecedents.py`)."""

from __future__ import annotations

import re
from typing import Final

from index.language import function_words
from rag.follow_ups.antecedents import antecedent
from rag.follow_ups.context import Context, Role
from rag.follow_ups.english_near import Place, stands_for_something_near
from rag.follow_ups.fragment_rules import AUXILIARY
from rag.follow_ups.topics import in_parentheses

_PRONOUNS: Final[tuple[tuple[Role, str], ...]] = (
    ("person", r"\b(?:he|she|him|his|her)\b(?![-.])"),
    ("thing", r"\b(?:it|its)\b(?!['’]?-)"),
    ("group", r"\b(?:they|them|their)\b"),
)
_POSSESSIVE: Final = frozenset(("his", "its", "their"))
# It rains, it takes a day, it is possible to …: nothing is meant by "it".
_IMPERSONAL: Final = re.compile(
    r"\bit(?:['’]s| is| was| be) (?:\w+ ){1,2}(?:that|to|how|why|whether|if|for)\b|\b(?:is|"
    r"was) it to \w+|"
    r"\bhow (?:far|long) (?:is|was) it (?:from|to|since|until)\b|\b(?:is|was) it \w+ (?:that|to|how|why|whether|for)\b"
    r"|\bit(?:['’]s| is| was| be| will be)?(?: (?:really|not|still|ever|even|most|more|"
    "so))* (?:rain|snow|late|cold|hot|dark|time|possible|impossible|"
    r"necessary|legal|illegal|important|true|common|safe|better|best|easy|easier|hard|difficult|worth|ok|okay|allowed|"
    "forbidden|dangerous|normal|mandatory|compulsory|required|likely|known|said|thought|"
    "believed|called when|seem|appear|"
    r"that|who)\w*\b(?! for\?)|\b(?:time|day|date) (?:is|was) it\b|\b(?:take|takes|took|cost|"
    r"costs|mean|means|feel|feels|look)\s+(?:\w+\s+){0,3}?to\b"
    r"|\b(?:does|did|would|will) it (?:take|cost|mean|feel|matter|rain|snow)\b(?!\s*\?)|"
    r"\bhow (?:come|is) it\b|\bis it that\b|\bas it were\b|\bit to \w+ (?:for|to)\b",
    re.IGNORECASE,
)


def fill_in_pronouns(question: str, context: Context) -> str:
    """The question with what it leans on filled in; unchanged if it leans on nothing, or nothing fits."""
    used, found_out = "", list[tuple[re.Match[str], str]]()
    asked: dict[Role, str] = {}
    for role, pattern in _PRONOUNS:
        found = re.finditer(pattern, _without_quotes(question), re.IGNORECASE)
        match = next((one for one in found if _is_pronoun(question, one)), None)
        if match is None or stands_for_something_near(question[: match.start()], role, _place(question, match)):
            continue
        called = {"she": "f", "her": "f", "he": "m", "his": "m", "him": "m"}.get(match[0].casefold(), "")
        several = role == "group" and re.search(r"\bit\b", question) is not None
        meant = antecedent(context, role, called, several, f"{used} {question}")
        asked[role] = meant or ""
        if meant is None:
            continue
        if role == "person":
            context.people[meant.casefold().removeprefix("the ")] = called
        found_out.append((match, meant))
        used = f"{used} {meant}"
    filled = question
    for match, meant in sorted(found_out, key=lambda pair: -pair[0].start()):
        filled = _put(filled, match, meant)
    context.meant = asked
    return filled


def _without_quotes(question: str) -> str:
    """The question with what stands in quotes blotted out: its pronouns are the quote's."""
    return re.sub(r"[“\"][^“”\"]*[”\"]", lambda quote: "_" * len(quote[0]), question)


def _is_pronoun(question: str, match: re.Match[str]) -> bool:
    if match[0].casefold() not in ("it", "its"):
        return True
    nothing = (one.span() for one in _IMPERSONAL.finditer(question))
    return match[0] != "IT" and not any(start <= match.start() < end for start, end in nothing)


def _place(question: str, match: re.Match[str]) -> Place:
    if _owns(question, match):
        return "owner"
    verb = re.match(rf"\s+(?:{AUXILIARY}|['’]s)\b", question[match.end() :], re.IGNORECASE)
    subject = match[0].casefold() in ("he", "she", "they") or (match[0].casefold() == "it" and verb is not None)
    return "subject" if subject else "object"


def _owns(question: str, match: re.Match[str]) -> bool:
    """Whether the pronoun is a possessive: "her" is, before a noun."""
    following = re.match(r"\s+([\w-]+)", question[match.end() :])
    small = function_words("en") - {"own", "most"}
    return match[0].casefold() in _POSSESSIVE or (
        match[0].casefold() == "her" and following is not None and following[1].casefold() not in small
    )


def _put(question: str, match: re.Match[str], meant: str) -> str:
    after = question[match.end() :]
    long, possessive = len(meant.split()) > 5, _owns(question, match)
    if long and possessive:
        return in_parentheses(question, meant)
    text = meant + ("'s" if possessive else "")
    if match.start() == 0:
        text = text[0].upper() + text[1:]
    return question[: match.start()] + text + after
