"""What stands in a text for a thing: the type of a mention, and the grammar of French articles and prepositions that
names (`names.py`) and plain noun phrases (`nouns.py`) share. Left out: finding them."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache
from typing import Final, Literal

from index.language import function_words

Gender = Literal["m", "f", ""]


@dataclass(frozen=True, slots=True)
class Mention:
    """Something named in a text. `text` is how it stands as a subject ("le Japon"); the span also takes in a
    preposition melted into the article ("du Japon", whose `preposition` is "de")."""

    text: str
    start: int
    end: int
    kind: Literal["name", "quoted", "noun", "year"]
    preposition: str = ""
    gender: Gender = ""
    plural: bool = False
    placed: bool = False
    """Stands after "in", "at", "on", « à », « dans »: a place or a time rather than a person."""
    opening: bool = False
    """Begins a sentence: mostly its subject."""

    @property
    def bare(self) -> str:
        """Without its article, lower case: two mentions of one thing compare equal."""
        return re.sub(r"^(?:the|le|la|les|l['’])\s*", "", self.text.casefold())


WORD: Final = r"[a-zà-öø-ÿœ]+(?:-[a-zà-öø-ÿœ]+)*"
ARTICLES_FR: Final = r"du|des|aux|au|de la|de l['’]|à la|à l['’]|les|le|la|l['’]|une|un|cette|cet|ce|ces"
# Verbs and adverbs that end a noun phrase beside the function words of the language.
_ENDS: Final = {
    "en": frozenset(
        "like used made called known go went come came take took happen happened take today now "
        "ago held built fell fall led "
        "won lost begin began begun open close start end stop work get got become became find found".split()
    ),
    "fr": frozenset("hier aujourd demain né née nés nées mort morte appelé appelée dit lieu encore déjà".split()),
}
ADJECTIVE: Final = re.compile(
    r"(?:ale?|aux|iques?|ives?|ifs?|euses?|eux|ennes?|iens?|aises?|ais|bles?|aires?|els?|elles?)$"
)
ASCII_QUOTE: Final = "'’"


@cache
def small_words(language: str) -> frozenset[str]:
    """Words that are no part of a name when they begin a sentence, nor of a noun phrase."""
    return function_words(language) | _ENDS.get(language, frozenset())


def is_adjective(word: str) -> bool:
    """Whether a French word ends as adjectives after their noun mostly do."""
    return ADJECTIVE.search(word) is not None


_CALLED: Final = re.compile(r"\s+(?:(?:ne|se|y|en)\s+|[nsl]['’])?[\w]+-(?:t-)?(ils?|elles?)\b", re.IGNORECASE)


def with_gender(mention: Mention, after: str) -> Mention:
    """In French, the verb may say its subject's gender: « Curie a-t-elle », « les joueuses gagnent-elles »."""
    called = _CALLED.match(after)
    if called is None or mention.gender:
        return mention
    return replace(mention, gender="f" if called[1].casefold().startswith("elle") else "m")


def french_article(article: str) -> tuple[str, str, Gender, bool]:
    """An article as it stands → the preposition in it, the definite article, gender, plural."""
    word = article.casefold()
    preposition = "de" if word in ("du", "de la") or word.startswith("de l") else ""
    preposition = "à" if word in ("au", "aux") or word.startswith("à") else preposition
    if word[-1] in ASCII_QUOTE or word == "cet":
        return preposition, "l'", "m" if word == "cet" else "", False
    if word in ("les", "des", "aux", "ces"):
        return preposition, "les", "", True
    feminine = word in ("la", "de la", "à la", "une", "cette")
    return preposition, "la" if feminine else "le", "f" if feminine else "m", False


def attach(preposition: str, phrase: str) -> str:
    """A French preposition before a noun phrase, melted as grammar wants: "de" and "le Japon" make "du Japon"."""
    for article, melted in (("le ", {"de": "du ", "à": "au "}), ("les ", {"de": "des ", "à": "aux "})):
        if phrase.startswith(article) and preposition in melted:
            return melted[preposition] + phrase[len(article) :]
    if preposition == "de" and phrase[:1].casefold() in "aeiouéèêàâîôûœ" and phrase[:1].isalpha():
        return "d'" + phrase
    return f"{preposition} {phrase}" if preposition else phrase
