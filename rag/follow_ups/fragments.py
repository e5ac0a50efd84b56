"""A fragment that leaves out what the earlier question said ("And in 2019?", "Why?", « Et la Finlande ? ») → the
earlier question with the new words in it. English and French. Left out: pronouns."""

from __future__ import annotations

import re
from typing import Final

from rag.follow_ups.context import Context
from rag.follow_ups.fragment_rules import RULES, Language
from rag.follow_ups.names import find_names, find_years
from rag.follow_ups.phrases import Mention, attach
from rag.follow_ups.question_words import ask_otherwise, insert, join_questions
from rag.follow_ups.topics import with_topic

_ORDINAL: Final = re.compile(
    r"\b(?:first|second|third|fourth|last|next|premi(?:er|ère)s?|deuxième|seconde?|troisième|"
    r"quatrième|cinquième|derni(?:er|ère)s?)\b",
    re.IGNORECASE,
)


_PLACED: Final = re.compile(r"\b(?:de|du|à|au|en|of|in|at|for|from)\s+$|\bd['’]$", re.IGNORECASE)


def complete_fragment(question: str, context: Context) -> str:
    """The earlier question with the fragment's words in it; `question` itself if it is no fragment."""
    rules, earlier = RULES[context.language], context.last.question
    lead = rules.lead.match(question)
    led = lead is not None and bool(re.search(r"\w", lead[0]))
    rest = (question[lead.end() :] if lead else question).strip().rstrip("?!. \u00a0\u202f").strip(" ,")
    if not rest:
        return question
    if rules.bare.match(rest) and (led or not re.match(r"(?:quel|what|which)", rest, re.IGNORECASE)):
        return ask_otherwise(rest, earlier, context.language) or join_questions(earlier, rest, context.language)
    words = rest.split()
    if len(words) > 6 or rules.clause.search(rest) or re.search(r"[,;:.]|[“\"«]|\b(?:and|et)\b", rest):
        return question
    if rules.preposition.match(rest):
        whole = led or (question.rstrip().endswith("?") and len(words) <= 3)
        return _with_phrase(rest, earlier, context, rules) if whole else question
    if find_years(rest) and len(words) == 1:
        return _with_phrase(("en " if context.language == "fr" else "in ") + rest, earlier, context, rules)
    if led:
        return _with_thing(rest, earlier, question, context, rules)
    names = find_names(f"x {rest}", context.language)
    if (
        question.rstrip().endswith("?")
        and len(words) <= 3
        and names
        and len(rest) - len(names[0].text) <= 4
        and (" " in names[0].text or names[0].text.isupper())  # "Parking?", "Updates?" name nothing
        and _like(names[0], earlier, context.language)
    ):
        return _with_thing(rest, earlier, question, context, rules)
    return question


def _with_phrase(phrase: str, earlier: str, context: Context, rules: Language) -> str:
    """A phrase with its preposition takes the place of one of the same kind, or goes to the end."""
    new, old = find_years(phrase), find_years(earlier)
    if new and old and len(phrase.split()) <= 2:
        last = old[-1]
        return earlier[: last.start] + new[0].text + earlier[last.end :]
    preposition = phrase.split()[0]
    names = [n for n in find_names(phrase, context.language) if not new]
    for name in find_names(earlier, context.language) if names else ():
        before = re.search(rf"\b{re.escape(preposition)}\s+$", earlier[: name.start], re.IGNORECASE)
        if before or (
            context.language == "fr"
            and name.preposition == {"de": "de", "du": "de", "à": "à", "au": "à"}.get(preposition, "-")
        ):
            start = before.start() if before else name.start
            return earlier[:start] + phrase + earlier[name.end :]
        place = re.search(r"\b(?:à|en|au|aux|dans|in|at)\s+$", earlier[: name.start], re.IGNORECASE)
        if place and preposition.casefold() in ("à", "en", "au", "aux", "dans", "in", "at"):
            return earlier[: place.start()] + phrase + earlier[name.end :]
    known = find_names(earlier, context.language)
    if len(names) == len(known) == 1 and (known[0].preposition or _PLACED.search(earlier[: known[0].start])):
        first, _, rest = earlier.rpartition(known[0].text)  # "the mayor of Lyon" and "in Paris": of Paris
        return first + names[0].text + rest
    return _for_group(phrase.split()[-1], earlier, rules) or insert(earlier, " " + phrase[0].lower() + phrase[1:])


def _with_thing(rest: str, earlier: str, question: str, context: Context, rules: Language) -> str:
    """A name takes the place of the name most like it; another noun is asked about as it is."""
    if other := _in_order(rest, earlier):
        return other
    rest = re.sub(r"^(?:celle|celui|celles|ceux)\s+(?=de\b|du\b|des\b|d['’])", "", rest, flags=re.IGNORECASE)
    names = find_names(f"x {rest}", context.language)
    if names and (old := _like(names[0], earlier, context.language)):
        new = rest
        if context.language == "fr":
            new = re.sub(
                r"^(?:de |d['’]|du |des )", lambda m: {"du ": "le ", "des ": "les "}.get(m[0].casefold(), ""), rest
            )
            new = attach(old.preposition, new)
        else:
            new = re.sub(r"^of ", "", rest)
        if old.start == 0:
            new = new[0].upper() + new[1:]
        start = old.start
        head = re.match(r"(?:l['’]|\w+\s+)[a-zà-ÿœ]\w*\s+(?:de |d['’]|en )?", earlier[old.start : old.end])
        plain = re.sub(r"^(?:de |d['’]|du |des )", "", rest)
        if head is not None and plain[:1].isupper() and old.kind == "name" and context.language == "fr":
            start, new = old.start + head.end(), plain  # « l'amende de Meta » → « l'amende de TikTok »
        return earlier[:start] + new + earlier[old.end :]
    return _for_group(rest.split()[-1], earlier, rules) or with_topic(question, context)


def _in_order(rest: str, earlier: str) -> str | None:
    """ "And the second?" after a question about the first."""
    new, old = _ORDINAL.search(rest), _ORDINAL.search(earlier)
    following = rest[new.end() :].split()[:1] if new else []
    if (
        new is None
        or old is None
        or (following and following != earlier[old.end() :].split()[:1] and following != ["one"])
    ):
        return None
    return earlier[: old.start()] + new[0] + earlier[old.end() :]


def _letters(name: str) -> str:
    return re.sub(r"^(?:the |les? |la |l['’])", "", name)


def _like(new: Mention, earlier: str, language: str) -> Mention | None:
    """The name of the earlier question that `new` is most like: article, number of words, capitals; else the first."""

    def likeness(old: Mention) -> tuple[bool, bool, bool, bool]:
        article = new.text[0].islower() == old.text[0].islower()
        return (
            _letters(new.text).isupper() == _letters(old.text).isupper(),
            article,
            new.plural == old.plural,
            len(new.text.split()) == len(old.text.split()),
        )

    return max(find_names(earlier, language), key=likeness, default=None)


def _for_group(word: str, earlier: str, rules: Language) -> str | None:
    """ "And for women?" after a question about men."""
    if word.casefold() not in rules.groups:
        return None
    others = [m for m in re.finditer(r"\w+", earlier) if m[0].casefold() in rules.groups]
    return earlier[: others[-1].start()] + word + earlier[others[-1].end() :] if others else None
