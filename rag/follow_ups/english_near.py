"""Whether an English pronoun means something said before it in the same question: then it leans on nothing. In
doubt it does. Left out: finding the pronouns (`english_pronouns.py`)."""

from __future__ import annotations

import re
from typing import Final, Literal

from index.language import function_words
from rag.follow_ups.context import Role
from rag.follow_ups.fragment_rules import AUXILIARY
from rag.follow_ups.names import find_names

Place = Literal["subject", "object", "owner"]
"""What a pronoun is in its clause: he, him or his."""
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
_REQUEST: Final = re.compile(
    r"\W*(?:(?:and|but|so|ok|okay|then|tell me (?:more )?about|describe|explain)\b\W*)*", re.IGNORECASE
)
_DOES: Final = re.compile(
    r"\b(?:do|does|did|can|could|will|would|should|has|have|had|didn't|don't|doesn't)$", re.IGNORECASE
)
_DOES_NOT: Final = re.compile(r"(?:n't|n’t)$", re.IGNORECASE)
# One noun with its preposition right before the pronoun: "the history of it".
_LINKED: Final = re.compile(
    r"(?:\b(?:the|an?|any|some|all|many|most|much|one)\s+)?(?:[\w-]+\s+)?[\w'-]+\s+(?:of|from|"
    "on|in|with|about|to|for|at|by|after|before|during|under|over|against|through|near|like)"
    r"(?:\s+(?:any|some|all|one)(?:\s+of)?)?\s*$",
    re.IGNORECASE,
)
_SOMEBODY: Final = re.compile(r"\s*(?:they|people|you|we|i|one|he|she|it)\b(?!\W*$)", re.IGNORECASE)
_PART_OF: Final = re.compile(r"\bthe \w+ (?:of|in|for|from|to)\s*$", re.IGNORECASE)
_CLAUSE: Final = re.compile(
    r"\b(?:when|while|after|before|because|since|if|that|and|but|who|which|where|how|although|until|as)\b",
    re.IGNORECASE,
)
_PLURAL: Final = re.compile(
    r"(?:[^suiy]s|ies|ys|es|people|men|children|team|company|group|government|family|band|army|police|country|party|club)$"
)


def stands_for_something_near(before: str, role: Role, place: Place = "object") -> bool:
    """Whether the words before the pronoun hold what it may mean: a name, a fitting noun, or, as in "Who lost
    his crown?", the one who is asked for."""
    if find_names(before, "en") or re.search(r"[.?!:;]\s", before):
        return True
    opening = _OPENING.match(before)
    if opening is None:
        return _REQUEST.fullmatch(before) is None
    rest = before[opening.end() :]
    if _holds_clause(rest):
        return True
    if _asks_for_subject(opening[0], rest):
        said = re.search(rf"{AUXILIARY}$", opening[0], re.IGNORECASE) is None
        if place == "owner" and (said or rest.strip()) and not _PART_OF.search(rest):
            return True
        if place == "subject" and said and rest.strip() and not _CLAUSE.search(rest):
            return True  # "Who announced she would leave?"
        rest = re.sub(r"^\s*[\w-]+", "", rest) if said else rest  # the verb: "Who invented it?"
    if role == "thing" and _SOMEBODY.match(rest):
        return False  # "When did they build it?"
    return _holds_noun(_LINKED.sub("", rest), role, place)


def _asks_for_subject(opening: str, rest: str) -> bool:
    """ "Who lost …?", "What was …?", "What does not …?", but not "What did they …?"."""
    does = _DOES.search(opening) is not None and _DOES_NOT.search(opening) is None
    return not does or re.match(r"\s*not\b", rest) is not None


def _holds_clause(rest: str) -> bool:
    """Whether a clause with words of its own ended already: "were his plays read while he …"."""
    joint = _CLAUSE.search(rest)
    if joint is None:
        return False
    content = [w for w in re.findall(r"[\w-]+", rest[: joint.start()].casefold()) if w not in function_words("en")]
    if joint[0].casefold() in ("and", "but", "who", "which", "where", "how"):
        return bool(set(content) - {"happened", "happens"})
    return len(rest[: joint.start()].split()) >= 2


def _holds_noun(rest: str, role: Role, place: Place) -> bool:
    """Whether a noun is left that a pronoun of this role may mean, as far as its ending tells."""
    words = [word for word in re.findall(r"[\w-]+", rest.casefold()) if word not in function_words("en")]
    if role == "person":
        return any(_PEOPLE.match(word) for word in words) or (place == "owner" and len(words) > 2)
    if role == "group":
        return any(_PLURAL.search(word) for word in words)
    if words and rest.split()[-1].casefold() == words[-1]:
        words = words[:-1]  # the verb whose object the pronoun is
    return any(not re.search(r"(?:[^su]s|ed|ly|people)$", word) for word in words)
