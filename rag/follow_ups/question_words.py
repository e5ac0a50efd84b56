"""A question and another question word → the same asked with that word. Left out: fragments of more words
(`fragments.py`)."""

from __future__ import annotations

import re
from typing import Final

from rag.follow_ups.fragment_rules import AUXILIARY, RULES

_ENGLISH_OPENING: Final = re.compile(
    r"^(?P<wh>(?:\w+ )?(?:what|which|whose|who|whom|when|where|why|"
    rf"how)\b(?:\s+(?!{AUXILIARY}\b)[\w'’-]+){{0,5}}?)(?P<rest>\s+{AUXILIARY}\b.*)$",
    re.IGNORECASE | re.DOTALL,
)
_ENGLISH_YES_NO: Final = re.compile(rf"^{AUXILIARY}\b", re.IGNORECASE)
_FRENCH_OPENING: Final = re.compile(
    r"^(?:quand|où|comment|pourquoi|combien de temps|depuis quand|(?:à|en|dans) quel(?:le)? \w+)(?P<rest>\s.*)$",
    re.IGNORECASE | re.DOTALL,
)
_FRENCH_YES_NO: Final = re.compile(
    r"^est-ce qu|^(?:l[ae]s? |l['’]|un |une )?\S[^?]*-(?:t-)?(?:il|elle)s?\b", re.IGNORECASE
)
_WHO_DID: Final = re.compile(r"^[Ww]ho (?P<verb>[a-z]+) (?P<thing>(?:the |an? |[A-Z“\"]).+?|[a-z-]{4,})\s*\?*$")
_QUI_A: Final = re.compile(
    r"^qui a (?!été\b)(?P<verb>[a-zà-ÿ]+(?:é|i|u|is|it|ert)) (?P<thing>(?P<article>les? |la |l['’]|une? ).+?)\s*\?*$",
    re.IGNORECASE,
)
_PARTICIPLES: Final = dict(
    pair.split(":")
    for pair in "wrote:written built:built won:won made:made found:found led:led drew:drawn took:taken "
    "began:begun gave:given broke:broken "
    "stole:stolen bought:bought sold:sold held:held ran:run beat:beaten shot:shot "
    "taught:taught lost:lost brought:brought drove:driven "
    "chose:chosen sang:sung directed:directed paid:paid wore:worn".split()
)


def ask_otherwise(word: str, earlier: str, language: str) -> str | None:
    """The earlier question with another question word; None where that would be no question.

    "When did it open?" and "why" make "Why did it open?"; "Who wrote it?" and "when" make "When
    was it written?", for verbs whose participle is known."""
    if not RULES[language].adverb.match(word):
        return None
    word = word[0].upper() + word[1:]
    if language == "en":
        if opening := _ENGLISH_OPENING.match(earlier):
            return word + opening["rest"]
        if _ENGLISH_YES_NO.match(earlier):
            return f"{word} {earlier[0].lower()}{earlier[1:]}"
        done = _WHO_DID.match(earlier)
        verb = done["verb"].casefold() if done else ""
        participle = _PARTICIPLES.get(verb) or (verb if verb.endswith("ed") else "")
        return f"{word} was {done['thing']} {participle}?" if done and participle else None
    if opening := _FRENCH_OPENING.match(earlier):
        return word + opening["rest"]
    if not re.match(
        r"(?:qu|combien|à|de|d['’]|en|dans|par|avec|c['’])", earlier, re.IGNORECASE
    ) and _FRENCH_YES_NO.match(earlier):
        first = (
            earlier[0].lower()
            if earlier.split()[0].casefold() in ("le", "la", "les", "est-ce") or earlier[1] in "'’"
            else earlier[0]
        )
        return f"{word} {first}{earlier[1:]}"
    if done := _QUI_A.match(earlier):
        article = done["article"].casefold().strip()
        ending = {"la": "e", "une": "e", "les": "s"}.get(article, "")
        have = "ont" if article == "les" else "a"
        return f"{word} {have} été {done['verb']}{ending} {done['thing']} ?"
    return None


def join_questions(earlier: str, word: str, language: str) -> str:
    """ "Who left, and why?": both in one, where the second cannot be asked alone."""
    return insert(earlier, f", {RULES[language].conjunction} {word[0].lower()}{word[1:]}")


def insert(question: str, words: str) -> str:
    mark = re.search(r"[\s?.!]*$", question)
    at = mark.start() if mark else len(question)
    return question[:at] + words + (question[at:] or "?")
