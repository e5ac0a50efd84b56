"""An English question that leans on earlier ones → the same with that filled in: pronouns, and here nouns and small
words ("the tower", "this treaty", "the next one", "there", "after that?"). Left out: fragments (`fragments.py`)."""

from __future__ import annotations

import re
from typing import Final

from index.language import function_words
from rag.follow_ups.antecedents import antecedent, mention_with
from rag.follow_ups.context import Context
from rag.follow_ups.english_near import stands_for_something_near
from rag.follow_ups.english_pronouns import fill_in_pronouns
from rag.follow_ups.fragment_rules import AUXILIARY
from rag.follow_ups.names import find_names
from rag.follow_ups.nouns import find_nouns
from rag.follow_ups.topics import with_topic

_TIMES: Final = (
    "year|years|month|week|day|days|morning|evening|night|time|century|decade|moment|way|"
    "weekend|season|point|case|reason|kind|type|sort|article|page|text|last|next|first"
)
_DEMONSTRATIVE: Final = re.compile(
    r"\b(?:this|these|those(?!\s+\w*[^s\W]\b)|(?:(?<=\bof )|(?<=\bin )|(?<=\bfor )|(?<=\bwith )|(?<=\bon )|"
    r"(?<=\bfrom )|(?<=\bto )|(?<=\bwas )|(?<=\bdid )|(?<=\bis )|(?<=\bdoes ))that(?!\s+\w*[^s]s\b))\s+"
    rf"(?!(?:{_TIMES}|{AUXILIARY}|of|the|they|he|she|we|you|who)\b)(?P<noun>[a-z]{{3,}})\b",
    re.IGNORECASE,
)
_BARE_DEMONSTRATIVE: Final = re.compile(
    r"\b(?:this|that|these|those)\s*[?.!]*$|\b(?:is|was|did|does|do|were|are) (?:this|that|these|those) "
    r"(?:happen|work|mean|affect|cause|lead|change|help|start|begin|end|go|come|so|important|true|called)\b",
    re.IGNORECASE,
)
_DEFINITE: Final = re.compile(r"\b[Tt]he (?P<noun>[a-z]{3,})\b(?!['’]s)(?=\s*[?.!]?$|\s+(?P<next>[a-z]+))")
_ONE: Final = re.compile(r"\b(?P<before>(?:the|an?|any|which|this|that)\s+[a-z]+\s+)one(?P<s>s?)\b")
_THERE: Final = re.compile(
    r"(?<!\bwhere )(?<!\bis )(?<!\bare )(?<!\bwas )(?<!\bwere )(?<!\bbe )(?<!\bbeen )\b(?:from )?there(?=\s*[?.!]*$|"
    r"\s+(?:in|now|today|during|each|every|and)\b)"
)
_VERBS: Final = frozenset(
    "open close start begin end win lose cost take get go come become work look happen last "
    "weigh stand built made found".split()
)
_LIGHT: Final = frozenset(
    "won win happen happened happens else next other others example examples give tell me "
    "main reason reasons first later cause causes result results".split()
)
"""A question with no words but these says nothing of its subject: "Who won?", "What happened next?"."""


def fill_in_english(question: str, context: Context) -> str:
    """The question with what it leans on filled in; unchanged if it leans on nothing, or nothing fits."""
    filled = fill_in_pronouns(question, context)
    return _fill_in_nouns(filled, context, changed=filled != question)


def _fill_in_nouns(question: str, context: Context, changed: bool) -> str:
    """ "The tower", "this treaty", "the next one", "there": by what was named; "after that?" by the topic."""
    one = _ONE.search(question)
    if one is not None and (nouns := find_nouns(context.last.question, "en")):
        noun = nouns[-1].text.split()[-1]
        return question[: one.start()] + one["before"] + noun + question[one.end() :]
    names = find_names(question, "en")
    if changed or names:
        return question
    for match in (_DEMONSTRATIVE.search(question), _DEFINITE.search(question)):
        if match is None or (match.re is _DEFINITE and not _ends_here(match["next"])):
            continue
        if meant := mention_with(context, match["noun"]):
            return question[: match.start()] + meant + question[match.end() :]
    there = _THERE.search(question)
    if there is not None and (place := antecedent(context, "thing")):
        return question[: there.start()] + f"in {place}" + question[there.end() :]
    demonstrative = _DEMONSTRATIVE.search(question) or _BARE_DEMONSTRATIVE.search(question)
    words = {word for word in re.findall(r"[a-z]+", question.casefold()) if word not in function_words("en")}
    if words <= _LIGHT and len(question.split()) > 1 and not re.search(r"\d", question):
        return with_topic(question, context)
    if demonstrative is not None and not stands_for_something_near(question[: demonstrative.start()], "thing"):
        return with_topic(question, context)
    return question


def _ends_here(following: str | None) -> bool:
    """Whether "the tower" says no more than that: "the tower of London", "the tower that fell" do."""
    if following is None:
        return True
    if following in (
        "of",
        "that",
        "which",
        "who",
        "whose",
        "where",
        "in",
        "at",
        "from",
        "for",
        "between",
        "with",
        "to",
        "on",
    ):
        return False
    return following in function_words("en") or following.endswith("ed") or following in _VERBS
