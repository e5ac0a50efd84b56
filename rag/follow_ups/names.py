"""A text → the names, quoted titles and years in it, in order, by the shape of words: no model. French and English.
Left out: plain noun phrases (`nouns.py`), which of them a pronoun means (`antecedents.py`)."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from rag.follow_ups.fragment_rules import AUXILIARY
from rag.follow_ups.phrases import ARTICLES_FR, ASCII_QUOTE, WORD, Mention, french_article, small_words, with_gender

_NAME_WORD: Final = r"(?:[A-ZÀ-ÖØ-Þ]['’](?=[A-ZÀ-ÖØ-Þ]))?[A-ZÀ-ÖØ-Þ](?:\.(?=\s?[A-Z])|[\w&]+(?:[-.][\w&]+)*)?"
_JOIN: Final = {
    "en": r"of the|of|for the|the|de la|de|du|von|van der|van|la|al|&",
    "fr": r"de la|de l['’]|de|du|des|d['’]|von|van|sur|en|et la|la|le|&",
}


def _run(language: str) -> str:
    """Capitalised words, small words and numbers between them: "Mothers of Invention", "Ariane 6"."""
    more = rf"(?:\s+(?:{_JOIN[language]})(?:\s+|(?<=['’])))?"
    return rf"{_NAME_WORD}(?:{more}\s*(?<=[\s'’.]){_NAME_WORD}|\s+\d+(?![\w%]))*"


# « le canal du Midi » is one name, « la capitale du Japon » is two things.
_NAMED_PLACES: Final = (
    "canal|tunnel|pont|musée|palais|château|festival|fleuve|île|col|lac|cathédrale|institut|"
    "gare|place|prix|piton|baie|guerre"
)
_FRENCH: Final = re.compile(
    rf"(?:(?<![\w'’])(?P<article>(?i:{ARTICLES_FR}))(?:\s+|(?<=['’])))?"
    rf"(?:(?P<head>(?:{_NAMED_PLACES})\s+(?:du|des|de\s+la)|{WORD})\s+(?:de\s+|d['’]|en\s+)?)?(?P<run>{_run('fr')})"
)
_ENGLISH: Final = re.compile(rf"(?P<article>\bthe\s+)?(?P<head>(?!))?(?P<run>{_run('en')})(?P<tail>\s+{WORD})?")
_QUOTED: Final = re.compile(r"[“\"«]\s*(?P<run>[^“”\"«»?]{2,60}?)\s*[”\"»]")
_PLACING: Final = re.compile(r"\b(?:in|at|on|near|into|à|au|aux|en|dans|sur)\s+(?:the\s+)?$", re.IGNORECASE)
_ARTICLE: Final = re.compile(r"(?:The|A|La|Le|Les|L['’])(?:\s|(?<=['’]))")
_OPENING: Final = re.compile(r"(?:^|[.!?:]\s+)[“\"«(]?\s*$")
_YEAR: Final = re.compile(r"(?<![\w.,-])(?:1\d{3}|20\d\d)(?:s\b|(?![\w%]|[.,-]\d))")
_CLITIC: Final = re.compile(r"-(?:t-)?(?:ils?|elles?|on|ce|je|tu|nous|vous|y)$", re.IGNORECASE)
# Capitalised, but no names: they open a request, or are times; French writes its own small.
_NO_NAMES: Final = frozenset(
    "tell describe explain give list name compare define please say show find ok okay yes no "
    "thanks hello oh wow interesting great cool nice right sure agreed well i i'm i'd "
    "january february march april may june july august september october november december monday tuesday wednesday "
    "thursday friday saturday sunday mr mrs ms dr however although though according since despite besides along "
    "état états citez donnez nommez donne dis parle parlez existe selon merci bonjour oui "
    "non combien quels quelles peut doit faut "
    "don isn aren doesn didn wasn won couldn".split()
)
_CLOSES: Final = re.compile(r"\s*(?:[?,.;!]|$|\s(?:and|or)\b)")
_DEMONYM: Final = re.compile(r"^(?:French|Greek|Dutch|Czech|Swiss|Thai|[A-Z]\w+(?:ish|ian|ese|ican|ean|man))$")


def find_names(text: str, language: str) -> list[Mention]:
    """Names and quoted titles in order. A single capitalised word that begins a sentence of a long
    text counts only if the text is four words or fewer: it may be any word."""
    quoted = [Mention(m["run"], *m.span(), "quoted") for m in _QUOTED.finditer(text) if m["run"][:1].isupper()]
    pattern = _FRENCH if language == "fr" else _ENGLISH
    first = re.match(r"\W*([\w-]+)", text)
    if first is not None and _opens_no_name(first[1], language):  # « Quand la Suède » is no name of three words
        text = text[: first.start(1)] + text[first.start(1)].lower() + text[first.start(1) + 1 :]
    found = [_name(match, text, language) for match in pattern.finditer(text)]
    inside = [n for n in found if n and not any(q.start <= n.start < q.end for q in quoted)]
    named = sorted((*quoted, *inside), key=lambda mention: mention.start)
    return [_in_its_place(name, text) for name in named]


def _in_its_place(name: Mention, text: str) -> Mention:
    """With what the words around it say: a place, a subject, and in French its gender (« Curie a-t-elle »)."""
    before, after = text[: name.start], text[name.end :]
    return replace(
        with_gender(name, after),
        placed=_PLACING.search(before) is not None or name.preposition == "à",
        opening=_OPENING.search(before) is not None,
    )


def _name(match: re.Match[str], text: str, language: str) -> Mention | None:
    start, end = match.start("run"), match.end("run")
    run = match["run"]
    while run and _opens_no_name(run.split()[0], language):  # "Did Einstein", "Quand Pasteur"
        if _ARTICLE.match(run) and _OPENING.search(text[:start]) is None and " " in run:
            break  # "The Hobbit", « La Ronde de nuit »
        next_capital = re.search(r"(?<=[\s'’])[A-ZÀ-ÖØ-Þ]", run)
        if next_capital is None:
            return None
        start += next_capital.start()
        run = text[start:end]
    if not run or not any(character.isalpha() for character in run) or len(run) == 1:
        return None
    opening = _OPENING.search(text[:start]) is not None
    if (
        opening
        and " " not in run
        and len(text.split()) > 4
        and not text.rstrip().endswith("?")
        and not _acts(text[end:])
    ):
        return None
    if start != match.start("run"):
        return Mention(run, start, end, "name")
    if language == "fr":
        return _french_name(match, run)
    tail = match["tail"] or ""
    if _DEMONYM.match(run) and tail and tail.strip() not in small_words("en"):
        run, end = run + tail, end + len(tail)  # "French women", not "French"
    article = match["article"] or ""
    if article and tail and _CLOSES.match(text[match.end() :]) and tail.strip() not in small_words("en"):
        verb_first = re.search(rf"\b{AUXILIARY}\s+$", text[: match.start("article")], re.IGNORECASE)
        if verb_first is None and not re.search(r"(?:ed|ing|ly)$", tail):
            run, end = run + tail, end + len(tail)  # "the Mosaic browser", but "did the Titanic sink"
    return Mention(("the " if article else "") + run, match.start("article") if article else start, end, "name")


def _acts(after: str) -> bool:
    """Whether what follows the first word of a sentence is said of a person: "Obree called his bike"."""
    return (
        re.match(
            r"['’]s\s|\s+(?:[a-z]+ed|was|is|did|does|can|could|would|met|became|began|won|went|made|"
            r"took|had|has|wrote|left|led|ran|threw|says?|said|told|est né|a été|était)\b",
            after,
        )
        is not None
    )


def _opens_no_name(word: str, language: str) -> bool:
    plain = re.split(r"['’-]", word.casefold())[0].strip(".")
    small = plain in small_words(language) or plain in _NO_NAMES
    return _CLITIC.search(word) is not None or (small and not (word.isupper() and len(word) > 1))


def _french_name(match: re.Match[str], run: str) -> Mention:
    """With its article and the noun before it: "du fleuve Amazone" is "le fleuve Amazone"."""
    article, head = match["article"], match["head"]
    if article is None or (head and head in small_words("fr")):
        return Mention(run, match.start("run"), match.end("run"), "name")
    if head and run.split()[0] in ("Quel", "Quelle"):
        return Mention(run, match.start("run"), match.end("run"), "name")
    preposition, plain, gender, plural = french_article(article)
    start = match.start("head") if head else match.start("run")
    rest = match.string[start : match.end()]
    text = plain + ("" if plain.endswith(tuple(ASCII_QUOTE)) else " ") + rest
    return Mention(text, match.start("article"), match.end(), "name", preposition, gender, plural)


def find_years(text: str) -> list[Mention]:
    """Years from 1000 to 2099, and decades ("1990s")."""
    return [Mention(match.group(), *match.span(), "year") for match in _YEAR.finditer(text)]
