"""A text → its plain noun phrases ("the next meeting", « un don de plaquettes »), as definite ones. French and English.
Left out: names (`names.py`)."""

from __future__ import annotations

import re
from typing import Final

from rag.follow_ups.phrases import ADJECTIVE, ARTICLES_FR, WORD, Mention, french_article, small_words, with_gender

_NOUN_FR: Final = re.compile(
    rf"(?<![\w'’-])(?P<article>(?i:{ARTICLES_FR}))(?:\s+|(?<=['’]))(?P<noun>{WORD})"
    rf"(?P<more>(?:\s+(?:de\s+|d['’])(?!(?:la|le|les|l)\b){WORD})*)(?=(?P<last>\s+{WORD})?)"
)
_NOUN_EN: Final = re.compile(rf"(?P<after>\b\w+\s+)?\b(?:the|an?)\s+(?P<noun>{WORD}(?:\s+(?:of\s+)?{WORD}){{0,3}})")
_VERB_LAST: Final = re.compile(
    r"^(?!(?:what|who|which)\b)(?:.*\s)?(?:is|are|was|were|do|does|did|has|have|had|can|will)\s+$", re.IGNORECASE
)
_ORDER: Final = frozenset("next last first second third previous latest main current".split())
_TOPIC_EN: Final = re.compile(
    rf"(?:(?i:^wh(?:at|o)(?:['’]s| is| are| was| were)|\babout|^describe|^explain|^define)|\bof|\bbetween)\s+"
    rf"(?:an?\s+)?(?P<noun>{WORD}(?:\s+(?:of\s+)?{WORD}){{0,3}})\s*[?.!]?$"
)


def find_nouns(text: str, language: str) -> list[Mention]:
    """Plain noun phrases with an article ("the next meeting", "un don de plaquettes"), and in English
    what "What is …?" asks about; as definite ones, in order."""
    if language == "fr":
        return [_french_noun(m) for m in _NOUN_FR.finditer(text) if m["noun"] not in small_words("fr")]
    found = []
    for match in (*_NOUN_EN.finditer(text), *_TOPIC_EN.finditer(text)):
        words = match["noun"].split()
        kept = next((i for i, word in enumerate(words) if word in small_words("en") and word != "of"), len(words))
        words = words[:kept]
        if (
            match.re is _NOUN_EN
            and len(words) > 1
            and _VERB_LAST.search(text[: match.end("after")])
            and kept == len(match["noun"].split())
        ):
            words = words[:-1] if words[0] not in _ORDER else words  # "Why was the system chosen?"
        while words and (
            words[-1] == "of" or (match.re is _NOUN_EN and len(words) > 1 and re.search(r"(?:ed|ly|ing)$", words[-1]))
        ):
            words.pop()
        if words and words[0] != "of":
            article = "" if match.re is _TOPIC_EN else "the "
            noun = article + " ".join(words)
            plural = words[-1].endswith("s") and not words[-1].endswith("ss")
            found.append(Mention(noun, match.start(), match.end(), "noun", plural=plural))
    return found


def _french_noun(match: re.Match[str]) -> Mention:
    preposition, plain, gender, plural = french_article(match["article"])
    rest = match["noun"] + match["more"]
    last, end = match["last"] or "", match.end()
    if last and last.strip() not in small_words("fr") and "-" not in last and ADJECTIVE.search(last):
        rest, end = rest + last, match.end("last")
    if plain in ("le", "la") and rest[0] in "aeiouyéèêàâîôûœ" and match["article"] in ("un", "une", "cette", "ce"):
        plain = "l'"
    text = plain + ("" if plain == "l'" else " ") + rest
    return with_gender(Mention(text, match.start(), end, "noun", preposition, gender, plural), match.string[end:])
