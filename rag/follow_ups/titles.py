"""Titles of cited articles as names: their subject, with its article. Left out: when they are meant
(`antecedents.py`)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from rag.follow_ups.phrases import ASCII_QUOTE, Gender, Mention

_ARTICLE: Final = re.compile(r"(the|le|la|les)\s|(?:l['’])")
_GIVEN: Final = re.compile(r"\b(the|le|la|les|du|au|aux|des|l['’])\s*$", re.IGNORECASE)


def clean_title(title: str) -> str:
    """The subject of a title: what stands before a comma, a colon, a bracket or a dash, its article small; "" if
    that is a sentence ("How Finland joined NATO") or a date."""
    short = " ".join(title[:200].split())
    cut = re.split(r"\s?[:,(|–—]|\s-\s", short, maxsplit=1)[0].strip()
    if len(cut.split()) > 5 or re.match(
        r"(?:how|why|what|when|who|comment|pourquoi|quand|qui|que|où|\d)", cut, re.IGNORECASE
    ):
        return ""
    return re.sub(r"^(?:The|Le|La|Les|L['’])(?=\s|(?<=['’]))", lambda article: article[0].lower(), cut)


def heading(title: str, question: str) -> Mention:
    """A title, with its own article or the one that the question gave it."""
    if _ARTICLE.match(title):
        return _mention(title)
    at = question.casefold().find(title.casefold())
    before = _GIVEN.search(question[:at]) if at >= 0 else None
    if before is None:
        return _mention(title)
    article = {"du": "le", "au": "le", "aux": "les", "des": "les"}.get(before[1].casefold(), before[1].casefold())
    first = title[0] if article == "the" else title[0].lower()
    return _mention(f"{article}{'' if article[-1] in ASCII_QUOTE else ' '}{first}{title[1:]}")


def as_titled(names: Sequence[Mention], titles: Sequence[str], question: str) -> Iterator[Mention]:
    """A title that stands in the question is one name, whatever words it is made of."""
    for name in names:
        whole = [t for t in titles if name.bare in t.casefold() and t.casefold() in question.casefold()]
        yield heading(whole[0], question) if whole and whole[0].casefold() != name.bare else name


def _mention(text: str) -> Mention:
    article = _ARTICLE.match(text)
    word = article[1] if article else ""
    gender: Gender = "m" if word == "le" else "f" if word == "la" else ""
    return Mention(text, 0, 0, "name", gender=gender, plural=text.startswith("les "))
