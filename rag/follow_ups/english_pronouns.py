"""An English question whose pronouns mean something said before → the same with them filled in. Left out: nouns that
lean on others (`english.py`), what a pronoun means (`antecedents.py`)."""

from __future__ import annotations

import re
from typing import Final

from index.language import function_words
from rag.follow_ups.antecedents import antecedent
from rag.follow_ups.context import Context, Role
from rag.follow_ups.fragment_rules import AUXILIARY
from rag.follow_ups.names import find_names
from rag.follow_ups.topics import in_parentheses

_PRONOUNS: Final[tuple[tuple[Role, str], ...]] = (
    ("person", r"\b(?:he|she|him|his|her|himself|herself)\b(?![-.])"),
    ("thing", r"\b(?:it|its)\b(?!['’]?-)"),
    ("group", r"\b(?:they|them|their)\b"),
)


_POSSESSIVE: Final = frozenset(("his", "its", "their"))


# It rains, it takes a day, it is possible to …: nothing is meant by "it".
_IMPERSONAL: Final = re.compile(
    r"\bit(?:['’]s| is| was| be)? (?:\w+ ){1,2}(?:that|to|how|why|whether|if|for)\b|\b(?:is|"
    r"was) it \w+ (?:that|to|how|why|whether|for)\b"
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


_PEOPLE: Final = re.compile(
    "^(?:man|woman|boy|girl|king|queen|prince|princess|president|child|person|people|pope|"
    "saint|emperor|son|daughter|wife|husband|"
    r"mother|father|brother|sister|general|anyone|someone|everyone|somebody|students?|\w{3,}(?:er|or|ist|ian|ant|ee))$"
)


_OPENING: Final = re.compile(
    rf"^\W*(?:(?:and|but|so|then|also|ok|okay)\b,?\s*)*(?:(?:\w+ )?(?:what|which|whose|who|whom|when|where|why|how)\b"
    rf"(?:(?:\s+(?!{AUXILIARY}\b)[\w'’-]+){{0,5}}?\s+{AUXILIARY}\b)?|{AUXILIARY}\b)",
    re.IGNORECASE,
)


_LINKED: Final = re.compile(
    r"(?:\b(?:the|an?|any|some|all|many|most|much|one)\s+)?(?:[\w-]+\s+)?[\w'-]+\s+(?:of|from|"
    "on|in|with|about|to|for|at|by|after|before|during)"
    r"(?:\s+(?:any|some|all|one)(?:\s+of)?)?\s*$",
    re.IGNORECASE,
)


_SOMEBODY: Final = re.compile(r"\s*(?:they|people|you|we|i|one|he|she|it)\b(?!\W*$)", re.IGNORECASE)


_PART_OF: Final = re.compile(r"\bthe \w+ (?:of|in|for|from|to)\s*$", re.IGNORECASE)


_CLAUSE: Final = re.compile(
    r"\b(?:when|while|after|before|because|since|if|that|and|but|who|which|where|how|although|until|as)\b",
    re.IGNORECASE,
)


def fill_in_pronouns(question: str, context: Context) -> str:
    """The question with what it leans on filled in; unchanged if it leans on nothing, or nothing fits."""
    used, found_out = "", list[tuple[re.Match[str], str]]()
    asked: dict[Role, str] = {}
    for role, pattern in _PRONOUNS:
        found = re.finditer(pattern, _without_quotes(question), re.IGNORECASE)
        match = next((one for one in found if _is_pronoun(question, one)), None)
        if (
            match is None
            or stands_for_something_near(question[: match.start()], role, _owns(question, match))
            or not _is_pronoun(question, match)
        ):
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


def stands_for_something_near(before: str, role: Role, possessive: bool = False) -> bool:
    """Whether the pronoun may mean something said before it in the same question."""
    if find_names(before, "en") or re.search(r"[.?!:;]\s", before):
        return True
    opening = _OPENING.match(before)
    if opening is None:
        return (
            re.fullmatch(
                r"\W*(?:(?:and|but|so|ok|okay|then|tell me (?:more )?about|describe|explain)\b\W*)*",
                before,
                re.IGNORECASE,
            )
            is None
        )
    rest = before[opening.end() :]
    if _CLAUSE.search(rest) and re.search(r"\w+\s+(?:\w+\s+)*\w+", _CLAUSE.split(rest)[0]):
        return True  # "were his plays read while he …": what the clause before was about
    if not re.search(
        r"\b(?:do|does|did|can|could|will|would|should|has|have|had|didn't|don't|doesn't)$", opening[0], re.IGNORECASE
    ):
        if re.search(rf"{AUXILIARY}$", opening[0], re.IGNORECASE) is None:
            rest = re.sub(r"^\s*[\w-]+", "", rest)  # the verb: "Who invented it?", "What happened to him?"
            if possessive and not _PART_OF.search(rest):
                return True  # "Who lost his crown?": who did
        elif rest.strip() and possessive and not _PART_OF.search(rest):
            return True
    if role == "thing" and _SOMEBODY.match(rest):
        return False  # "When did they build it?"
    rest = _LINKED.sub("", rest)
    words = [word for word in re.findall(r"[\w-]+", rest.casefold()) if word not in function_words("en")]
    if role == "person":
        return any(_PEOPLE.match(word) for word in words)
    if role == "group":
        return any(
            re.search(r"(?:[^suiy]s|ies|ys|es|people|men|children|team|company|group|government)$", w) for w in words
        )
    if rest.strip() and words and rest.split()[-1].casefold() == words[-1]:
        words = words[:-1]  # the verb whose object the pronoun is
    return any(not re.search(r"(?:[^su]s|ed|ly|people)$", word) for word in words)


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
