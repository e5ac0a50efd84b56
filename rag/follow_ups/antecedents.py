"""A conversation so far → what a pronoun may mean: the things named in earlier questions, answers and titles of
cited articles, the latest first, kept if person, number and gender fit. Left out: reading the new question."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Final

from rag.follow_ups.context import TURNS, Context, Earlier, Role
from rag.follow_ups.names import find_names
from rag.follow_ups.nouns import find_nouns
from rag.follow_ups.phrases import Mention
from rag.follow_ups.titles import as_titled, clean_title, heading

_NO_PERSON: Final = frozenset(
    "university college school tower agreement treaty act war battle party award prize street park bridge canal river "
    "lake mountain city union united national international festival cup league world museum church cathedral company "
    "corporation band album song film island ocean sea republic kingdom empire stone "
    "telescope tunnel station hospital show tour series magazine house street records record "
    "billboard airport "
    "committee council court house championship open games université tour accord traité loi "
    "guerre bataille parti prix "
    "rue parc pont fleuve lac mont ville festival coupe ligue musée église cathédrale société île mer océan république "
    "royaume pierre télescope tunnel gare hôpital comité conseil cour organisation réunion grotte système".split()
)
_MANY: Final = frozenset("band group team company government family people crew army couple duo trio police".split())
_ASKS_WHO: Final = re.compile(r"^\W*(?:who|qui)\s+(?!(?:did|do|does)\b)", re.IGNORECASE)
_ASKS_WHERE: Final = re.compile(
    r"^\W*(?:where|when|(?:in|from) (?:what|which)|d['’]?où|où|quand|dans quel\w*|en quel\w*)\b", re.IGNORECASE
)
_ASKS_NAME: Final = re.compile(r"^\W*(?:who|whom|what|which|qui|quel\w*|comment s['’]appel\w+)\b", re.IGNORECASE)
DESCRIBES: Final = re.compile(
    r"^\W*(?:(?P<who>who|qui)|what|which|quel(?:le)?s?|c['’]est quoi)\s+(?:(?:is|was|are|were|"
    r"est|sont|était|étaient|fut)\s+)?"
    r"(?P<thing>(?:the|le|la|les)\s[^?]+?)\s*[?.!]*$",
    re.IGNORECASE,
)
_ONE_OF_ITS_KIND: Final = re.compile(
    r"\b(?:first|second|third|last|next|only|most|least|\w{2,}est|main|premi\w+|deuxième|"
    r"second\w*|\w+ième|derni\w+|plus|moins|seule?|record|principale?)\b",
    re.IGNORECASE,
)


def antecedent(
    context: Context, role: Role, gender: str = "", plural: bool = False, other_than: str = ""
) -> str | None:
    """The best fit for a pronoun, in the words to put in its place; None if nothing fits.

    The latest turn that names anything fitting wins; in a turn what fits best, and then what stands
    first: names of the question, of the answer, titles, plain nouns."""
    if role == "person" and (person := _same_person(context, gender, other_than)):
        return person
    if described := _described(context.last, context.language, role, gender if context.language == "fr" else ""):
        return described
    if (before := context.meant.get(role)) and before.casefold() not in other_than.casefold():
        return before
    for turn in reversed(context.turns[-TURNS:]):
        known = [
            mention
            for mention in _named(turn, context.language, context.meant.get(role) == "")
            if mention.bare not in other_than.casefold()
        ]
        fits = [(_fit(mention, role, gender, plural, context), mention) for mention in known]
        best = max((fit for fit, _ in fits), default=0)
        if best > 0:
            return full_name(next(mention for fit, mention in fits if fit == best), context)
    return None


def _described(turn: Earlier, language: str, role: Role, gender: str) -> str | None:
    """What a question describes without naming it: after "Who was the first man on the Moon?", "his job" is that
    man's, not the Moon's. Not who: the answer may name him."""
    match = DESCRIBES.match(turn.question)
    if (
        match is None
        or role == "group"
        or (role == "thing" and match["who"])
        or (role == "person" and not match["who"])
    ):
        return None
    thing = match["thing"]
    article = {"le": "m", "la": "f"}.get(thing.split()[0].casefold(), "")
    named = match["who"] and any(_person(n) == 2 and not n.placed for n in find_names(turn.answer[:600], language))
    if (
        named
        or len(thing.split()) > 12
        or re.search(r"\bet\b|\band\b|,", thing)
        or (gender and article not in (gender, ""))
    ):
        return None
    return thing if match["who"] or _ONE_OF_ITS_KIND.search(thing) else None


def _same_person(context: Context, gender: str, other_than: str) -> str | None:
    """Who was called he or she before and is still named in one of the last two questions: a talk keeps its hero."""
    for turn in reversed(context.turns[-2:]):
        for name in find_names(turn.question, context.language):
            called = context.people.get(name.bare)
            if called is not None and gender in (called, "") and name.bare not in other_than.casefold():
                return name.text
    return None


def mention_with(context: Context, noun: str) -> str | None:
    """What was named with this noun: "the tower" was "the Eiffel Tower"; None if nothing was."""
    wanted = noun.casefold().rstrip("s")
    for turn in reversed(context.turns[-TURNS:]):
        for mention in _named(turn, context.language):
            words = [word.rstrip("s") for word in re.findall(r"\w+", mention.bare)]
            if wanted in words and len(words) > 1 and mention.kind == "name":
                return mention.text
    return None


def _named(turn: Earlier, language: str, unknown: bool = False) -> Iterator[Mention]:
    """What a turn names, likeliest first. `unknown`: its question leans on something not found, so that its
    own names are something else."""
    asked, answered = find_names(turn.question, language), find_names(turn.answer[:600], language)
    if _ASKS_WHERE.match(turn.question):
        answered = [replace(name, placed=True) for name in answered]
    titles = [subject for title in turn.titles[:1] if (subject := clean_title(title))]
    nouns = [m for m in find_nouns(turn.question, language) if not any(n.start <= m.start < n.end for n in asked)]
    headings = [heading(title, turn.question) for title in titles]
    if _ASKS_WHO.match(turn.question):  # then the answer names who is spoken of
        yield from _pairs(answered, turn.answer)
        yield from (name for name in answered if _person(name) == 2 and not name.placed)
    if not unknown:
        yield from _pairs(asked, turn.question)
        yield from as_titled(asked, titles, turn.question)
    yield from reversed(nouns)  # before the title: in the news that is a headline, often on more than was asked
    yield from headings
    short = len(turn.answer.split()) <= 6 and _ASKS_NAME.match(turn.question) is not None
    yield from (name for name in answered if name.opening or name.kind == "quoted" or short)


def _pairs(names: Sequence[Mention], question: str) -> Iterator[Mention]:
    """ "Armstrong and Aldrin", for "they"."""
    for one, other in pairwise(names):
        if re.fullmatch(r"\s+(?:and|et)\s+", question[one.end : other.start]):
            yield Mention(question[one.start : other.end], one.start, other.end, "quoted", plural=True)


def _fit(mention: Mention, role: Role, gender: str, plural: bool, context: Context) -> int:
    """0: cannot be meant; 1: may be; 2: is of the right kind."""
    called = context.people.get(mention.bare, "")
    if role == "thing" and called:
        return 0
    if gender and (called or mention.gender) and (called or mention.gender) != gender:
        return 0
    if context.language == "fr" and mention.plural != plural and role != "group":
        return 0
    if role == "any":
        return 2 if gender and gender in (called, mention.gender) and not mention.placed else 1
    person = _person(mention) if not called else 2
    if role == "person":
        return person if mention.kind == "name" and not mention.placed else 0
    if role == "group":
        if mention.kind == "noun" and not mention.plural:
            return 1 if mention.text.split()[-1] in _MANY else 0
        if mention.placed or (plural and not mention.plural):
            return 0
        return 2 if mention.plural or mention.text.endswith("s") else 1
    if mention.kind == "noun":
        return 0 if mention.plural else 1
    return 2 - person


def _person(mention: Mention) -> int:
    """2: two or three capitalised words without an article; 0: has an article, a number or a word for a thing."""
    words = mention.text.split()
    if words[0].casefold() == "the" or any(w.casefold() in _NO_PERSON or w[0].isdigit() for w in words):
        return 0
    if mention.text[0].islower() or mention.text.isupper():
        return 0
    return 2 if 2 <= len(words) <= 4 and all(w[0].isupper() or w in ("de", "van", "von", "la") for w in words) else 1


def full_name(mention: Mention, context: Context) -> str:
    """ "Zappa" becomes "Frank Zappa" where the conversation or a title said so."""
    if " " in mention.text or mention.kind != "name":
        return mention.text
    for turn in reversed(context.turns[-TURNS:]):
        for other in (
            *find_names(turn.question, context.language),
            *(Mention(clean_title(t), 0, 0, "name") for t in turn.titles),
        ):
            if other.text.endswith(" " + mention.text) and _person(other) == 2:
                return other.text
    return mention.text
