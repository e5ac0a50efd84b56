"""A French question that leans on earlier ones → the same with its pronouns filled in. Left out: possessives,
demonstratives and nouns (`french_nouns.py`), fragments such as « Et en 2019 ? » (`fragments.py`)."""

from __future__ import annotations

import re
from typing import Final

from rag.follow_ups.antecedents import antecedent
from rag.follow_ups.context import Context, Role
from rag.follow_ups.french_nouns import (
    ASKING,
    INVERTED,
    WH,
    capital,
    definite,
    demonstrative,
    independent,
    possessive,
    vowel,
    words,
)
from rag.follow_ups.french_objects import with_topic_for_object
from rag.follow_ups.phrases import attach, is_adjective

_PLAIN: Final = re.compile(
    rf"(?P<before>^|\b{WH}\s+|\best-ce\s+|\b(?:et|mais|si|quand|"
    r"alors)\s+)(?P<que>qu['’])?(?P<pronoun>ils?|elles?)\s+(?P<verb>[\w'’]+(?:\s+\w+)?)",
    re.IGNORECASE,
)
# « il y a », « faut-il », « il pleut », « est-il possible de » : « il » ne désigne rien.
_IMPERSONAL: Final = re.compile(
    r"\best-il mis fin\b|^\W*que\s.*\bpass(?:é|e|a|ait)\b|\bse (?:passe|passait|produit|"
    r"produisait)-?t?-il\b|\bs['’](?:est|était)-il (?:passé|produit)|"
    r"\by\s+a(?:vait)?[ -]t[-'’ ]?il\b|\b(?:qu['’])?en est-il\b"
    r"|\best-il\s+(?:\w+\s+){1,3}?(?:de\s+\w+(?:er|ir|re|oir)\b|d['’]\w+(?:er|ir|re|oir)\b|"
    r"que\b|qu['’])|\by\s+a(?:vait|ura|it)?(?:-t)?-il\b|(?<!-)\bil\s+(?:n['’])?y\s+a|\b(?:faut|"
    "faudra|fallait|faudrait|pleut|pleuvra|neige|neigera|suffit|vaut|convient|"
    r"existe|reste|s['’]agit|importe|fait|manque)(?:-t)?-il\b|\ba-t-il fallu\b|"
    r"(?<!-)\bil\s+(?:ne\s+)?(?:me |te |lui |nous |vous |leur )?(?:faut|faudra|faudrait|fallait|va "
    "pleuvoir|va neiger|va faire|pleut|pleuvra|neige|"
    r"suffit|vaut|convient|existe|reste|s['’]agit|semble|arrive|fait)\b|"
    r"\best-il\s+(?:\w+\s+)?(?:possible|nécessaire|obligatoire|interdit|permis|autorisé|vrai|"
    "utile|important|"
    "légal|illégal|dangereux|difficile|facile|conseillé|recommandé|prévu|question|temps|"
    r"préférable|mieux|arrivé|devenu possible)\b|(?<!-)\bil\s+est\s+(?:\w+\s+)?(?:possible|"
    "nécessaire|obligatoire|interdit|"
    r"permis|autorisé|vrai|utile|important|temps|préférable|difficile|facile)\b|\bpeut-il y "
    r"avoir\b|heures?\s+(?:est|était)-il\b|\bs['’](?:agit|agissait)-il\b|\bdoit-il y avoir\b",
    re.IGNORECASE,
)
_STRESSED: Final = re.compile(
    r"(?<![\w'’-])(?P<preposition>avec|pour|contre|chez|sans|sur|par|après|avant|entre|de|"
    r"d['’]|à)\s*(?P<word>lui|elle|eux|elles|celui-ci|celle-ci|ceux-ci|celles-ci|cela|"
    r"ça)(?:-mêmes?)?\b",
    re.IGNORECASE,
)
_POINTED: Final = re.compile(
    r"(?<![\w'’-])(?P<word>celui-ci|celle-ci|ceux-ci|celles-ci|ce dernier|cette dernière)\b", re.IGNORECASE
)
_NUMBER: Final = {
    "il": ("m", False),
    "elle": ("f", False),
    "ils": ("", True),
    "elles": ("f", True),
    "lui": ("", False),
    "eux": ("", True),
}
_OF_PEOPLE: Final = re.compile(
    r"\b(?:née?s?|morte?s?|décéd\w+|mari[ée]|mariée|épous\w+|étudi\w+|enseign\w+|travaill\w+|habit\w+|vécu|vivai\w+|"
    r"grandi|quel âge|métier|profession|enfance|enfants|surnomm\w+)\b",
    re.IGNORECASE,
)
_PASSIVE: Final = re.compile(
    r"^\W*quel(?:le)?s?\s(?:[\w'’-]+\s){1,4}?(?:(?:a|ont|avait|avaient)-(?:t-)?(?:il|elle)s?\sété|(?:est|sont|était|étaient|sera)-(?:il|elle)s?)"
    r"\s\w+(?:é|ée|és|ées)\b",
    re.IGNORECASE,
)


def fill_in_french(question: str, context: Context) -> str:
    """The question with what it leans on filled in; unchanged if it leans on nothing, or nothing fits."""
    for step in (_subject, _stressed, possessive, demonstrative, definite):
        filled = step(question, context)
        if filled != question:
            return filled
    return with_topic_for_object(question, context)


def _meant(word: str, context: Context, question: str) -> str | None:
    """What il, elle, celui-ci… means: of its gender and number."""
    plain = re.sub(r"-ci$", "", word.casefold())
    forms = {
        "celui": "il",
        "celle": "elle",
        "ceux": "ils",
        "celles": "elles",
        "ce dernier": "il",
        "cette dernière": "elle",
    }
    gender, plural = _NUMBER.get(forms.get(plain, plain), ("", False))
    role: Role = "person" if _OF_PEOPLE.search(question) else "any"
    found = antecedent(context, role, gender, plural, question)
    if found and gender:
        context.people.setdefault(re.sub(r"^(?:le|la|les|l['’])\s*", "", found.casefold()), gender)
    return found


def _has_subject(before: str) -> bool:
    """Whether words stand between the question words and the verb that are its subject: « Pourquoi testing
    peut-elle »; of « quel prix », « combien de temps » only the noun and an adjective are not."""
    asking = ASKING.match(before)
    rest = before[asking.end() :] if asking else before
    counted = asking is not None and re.search(r"(?:quel(?:le)?s?|combien(?: de| d['’]))\s*$", asking[0], re.IGNORECASE)
    if counted:
        rest = re.sub(r"^\s*[\w'’-]+(?:\s+(?:de\s+|d['’])[\w-]+)*", "", rest)
        words = rest.split()
        return len(words) > 1 or bool(words and not is_adjective(words[0]))
    return bool(re.search(r"\w", re.sub(r"\b(?:ne|n['’]|donc|alors|qu['’]|que)", "", rest, flags=re.IGNORECASE)))


def _asks_for_subject(question: str) -> bool:
    """« Quelle loi a-t-elle été votée ? »: the pronoun is the law asked for; not so « Quel jour est-il né ? »."""
    return _PASSIVE.match(question) is not None and _OF_PEOPLE.search(question) is None


def _subject(question: str, context: Context) -> str:
    """« Où est-elle née ? » → « Où Marie Curie est-elle née ? »: the subject goes before the verb."""
    for pattern in (INVERTED, _PLAIN):
        match = pattern.search(question)
        if match is None or _IMPERSONAL.search(question):
            continue
        before = question[: match.start("verb" if pattern is INVERTED else "pronoun")]
        if pattern is INVERTED and _asks_for_subject(question):
            continue
        if independent(before) or (words(before) if pattern is _PLAIN else _has_subject(before)):
            continue
        meant = _meant(match["pronoun"], context, question)
        if meant is None:
            continue
        if pattern is INVERTED:
            verb = question[match.start("verb") :]
            if not vowel(meant):
                before = re.sub(r"\b([Qq]u)['’]$", r"\1e ", before)
            return capital(before + meant + " " + verb[0].lower() + verb[1:])
        if match["que"]:
            before = question[: match.start("que")] + (match["que"] if vowel(meant) else "que ")
        return capital(before + meant + question[match.end("pronoun") :])
    return question


def _stressed(question: str, context: Context) -> str:
    """« avec lui », « celui-ci »."""
    for pattern in (_STRESSED, _POINTED):
        match = pattern.search(question)
        if match is None or match["word"].casefold() in ("cela", "ça"):
            continue
        before = question[: match.start()]
        if independent(before) or len(words(before)) > 2 or re.search(r"\w\s+(?:si|lorsque?|quand|car)\b", before):
            continue
        meant = _meant(match["word"], context, question)
        if meant:
            preposition = match.groupdict().get("preposition") or ""
            plain = {"d'": "de", "d’": "de"}.get(preposition.casefold(), preposition)
            return capital(question[: match.start()] + attach(plain, meant) + question[match.end() :])
    return question
