"""A compound question → its parts, each a question that stands by itself; a simple one → itself. A question split
wrongly is worse than one left whole, so whatever is in doubt stays whole. French and English. Left out: answering."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Final

from index.words import question_terms
from rag.compound_rules import RULES, WH_EN, CompoundRules
from rag.conversation import LONGEST, standalone_question
from rag.follow_ups.context import Earlier
from rag.follow_ups.fragment_rules import is_bare
from rag.follow_ups.names import find_names
from rag.follow_ups.question_words import ask_otherwise
from rag.follow_ups.topics import in_parentheses, topic_of

MOST_PARTS: Final = 4
"""A question of more parts is left whole: it is rather a text."""
MOST_TERMS_LEANING: Final = 3
"""A part of so many words that say something ("how many ministers were present") may be about what the first one
is about; one of more ("when was the old canal opened") has its own subject."""

_DEFINITE: Final = re.compile(r"\b(?:the|an?|le|la|les|du|des|aux?|une?)\s|\bl['’]", re.IGNORECASE)

_END: Final = re.compile(r"\?+\s+(?=\S)")
_QUOTES: Final = re.compile(r"[\"“«(][^\"“”«»()]*\?[^\"“”«»()]*[\"”»)]")


def split_question(question: str, language: str) -> tuple[str, ...]:
    """The parts of a compound question in order, two to four; a tuple of `question` itself, character for
    character, if it is simple, in doubt, or of more parts. Pronouns of a later part that mean something in an
    earlier one are filled in."""
    rules = RULES.get(language)
    if rules is None or len(question) > LONGEST:
        return (question,)
    sentences = _sentences(question.strip(), rules)
    if not sentences:
        return (question,)
    parts: list[str] = []
    for sentence in sentences:
        parts += _clauses(sentence, language, rules, parts)
    return tuple(parts) if 2 <= len(parts) <= MOST_PARTS else (question,)


def _sentences(question: str, rules: CompoundRules) -> list[str]:
    """Questions that follow each other; [] if one of the sentences is no question of its own."""
    if _QUOTES.search(question) or re.search(
        r"[.!:…]\s", re.sub(r"\b(?:[A-Z]|[A-Z]\.[A-Z]|Dr|Mr|Mrs|Ms|St|M|Mme|vs|etc)\.\s", " ", question)
    ):
        return []
    ends = [0, *(m.end() for m in _END.finditer(question)), len(question)]
    found = [question[start:end].strip() for start, end in pairwise(ends)]
    if len(found) > 1 and any(rules.depends.match(s) or not rules.asks.match(s) or not s.endswith("?") for s in found):
        return []
    return found


def _clauses(sentence: str, language: str, rules: CompoundRules, before: list[str]) -> list[str]:
    """The questions one sentence holds, each complete; the sentence alone if it is simple."""
    mark = _mark(sentence, language)
    twin = rules.twin.match(sentence)
    if twin:
        words = [word for word in (twin["first"], twin["middle"], twin["last"]) if word]
        return [_finished(word + twin["rest"], mark) for word in words]
    pieces = _pieces(sentence, rules)
    found: list[str] = []
    for place, piece in enumerate(pieces):
        earlier = [*before, *found]
        if earlier and is_bare(piece, language):
            other = ask_otherwise(piece.strip(" ?"), earlier[-1], language)
            if other is None and place:
                return [sentence]
            found.append(_finished(other or standalone_question(piece, language, [Earlier(earlier[-1])]), mark))
        elif earlier:
            found.append(_leaning(_finished(piece, mark), earlier, language, joined=place > 0))
        else:
            found.append(_finished(piece, mark) if len(pieces) > 1 else piece)
    return found


def _pieces(sentence: str, rules: CompoundRules) -> list[str]:
    """Where the sentence may be cut, and is: before "and when did …", not in "do you know who and why"."""
    if not rules.asks.match(sentence) or rules.embeds.match(sentence):
        return [sentence]
    joints = list(rules.joint.finditer(sentence))
    if not joints:
        return [sentence]
    joints = sorted(
        (*joints, *(m for m in rules.listed.finditer(sentence) if m.end() < joints[-1].start())),
        key=lambda m: m.start(),
    )
    pieces, start = [], 0
    for joint in joints:
        left, right = sentence[start : joint.start()], sentence[joint.end() :]
        if _separate(left, right, rules):
            pieces.append(left)
            start = joint.end()
    return [*pieces, sentence[start:]]


def _separate(left: str, right: str, rules: CompoundRules) -> bool:
    """Whether both sides of "and" are questions. If a question word stands inside the left one, the right one may
    be a clause beside it, unless its verb comes first as in no clause."""
    opening = rules.asks.match(left)
    if opening is None or len(left[opening.end() :].split()) < 1:
        return False
    if re.match(rf"{WH_EN}\s+(?:not|else|if any|to|for|of|in|on|at|with|from)\b", right, re.IGNORECASE):
        return False  # "and why not", "and which to women": no question of its own
    word = re.match(r"[\w'’]+", right)
    only = word is not None and re.fullmatch(r"\W*[\w'’]+(?: (?:many|much|long|often|quel\w+|qui))?[\s?]*", right)
    if re.search(r"\b(?:the|le|la|les|of|de|between|entre|from)\s*$", left, re.IGNORECASE):
        return False
    mine, theirs = left.casefold().split(), right.casefold().split()
    if mine[:2] == theirs[:2] or re.search(r"\b(?:between|entre)\b", left, re.IGNORECASE):
        return False  # "which is cheaper and which is faster, the train or the bus": what follows is of both
    if len(theirs) > 1 and len(mine) < 3:
        return False  # « qui gagne et qui perd avec la réforme »
    if rules.inner.search(left[opening.end() :]):  # not "the rules on what you can and what you can't bring"
        return theirs[0] not in mine[1:] and rules.direct.match(right) is not None
    return bool(only) or len(right.strip(" ?").split()) >= 2


def _leaning(piece: str, earlier: list[str], language: str, joined: bool) -> str:
    """A later part with what it means of the earlier ones; one that names nothing, not even by "the", and says little
    gets their subject in parentheses, if "and" joins it to them."""
    alone = standalone_question(piece, language, [Earlier(question) for question in earlier])
    says = question_terms(piece, language, [language])
    named = _DEFINITE.search(piece) or find_names(piece, language)
    if alone != piece or not joined or named or len(says) > MOST_TERMS_LEANING:
        return alone
    about = topic_of(earlier[-1], language)
    return in_parentheses(piece, about) if about else piece


def _mark(sentence: str, language: str) -> str:
    spaced = re.search(r"[\s\u00a0\u202f]+\?", sentence)
    return spaced[0][0] + "?" if spaced else "?" if sentence.rstrip().endswith("?") or language != "fr" else " ?"


def _finished(piece: str, mark: str) -> str:
    bare = piece.strip().rstrip("?.!,; \u00a0\u202f")
    bare = re.sub(r"^(?:and|but|et|mais)\s+", "", bare, flags=re.IGNORECASE)
    return bare[:1].upper() + bare[1:] + mark
