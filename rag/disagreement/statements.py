"""Quotation → statements: each sentence taken apart into what it speaks of (terms, names), what it says of it (numbers,
dates, yes or no) and what speaks against comparing it. Left out: reading numbers and dates (`amounts.py`, `dates.py`),
and comparing (`compare.py`)."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from typing import Final

from index.sentences import sentence_spans
from index.words import passage_terms
from rag.disagreement.amounts import Amount, read_amounts
from rag.disagreement.dates import Date, read_dates
from rag.quotable import quotable

QUOTATIONS_KEPT: Final = 4096
"""Quotations whose statements are remembered."""

_NEGATION: Final = re.compile(
    r"\b(?:(?:is|are|was|were|be|been|being|do|does|did|has|have|had|can|could|will|would|shall|should|must) not|never|"
    r"cannot|no longer|(?:fail|refuse)(?:s|ed)? to)\b|n['’]t\b|"
    r"\b(?:ne |n['’])\w+(?: \w+)?? (?:pas|plus|jamais|aucune?|rien)\b",
    re.I,
)
_MIXED: Final = re.compile(
    r"(?:\bnot|n['’]t) (?:only|just|until|yet|necessarily|always|all|every|entirely|fully|many|much|more|less|un\w+|"
    r"im\w+|in\w+)\b|\b(?:no|little) (?:doubt|question)\b|\b(?:until|unless|without|if|whether|nor|neither|except)\b|"
    r"\b(?:pas|plus|jamais) (?:seulement|toujours|encore|tous|toutes|forcément|nécessairement|avant|que|qu['’]|im\w+|"
    r"in\w+)|\b(?:sauf|sans|si|ni)\b|\bs['’]il",
    re.I,
)
"""Words beside which yes and no cannot be told apart safely."""

_NO: Final = re.compile(r"\b(?:not|no|none|nothing|ne|pas|aucune?|rien)\b|\bn['’]|n['’]t\b", re.I)
_CLAUSE: Final = re.compile(
    r"\b(?:that|which|who|when|where|while|because|although|but|qui|que|dont|lorsque|quand|parce|mais)\b|\bqu['’]|[;:]",
    re.I,
)
_NEGATION_TERMS: Final = frozenset(
    "not never cannot can longer nor neither fail refus without n t don doesn didn isn aren wasn weren won couldn pas "
    "plus jamais aucun aucune rien sans".split()
)
_AGAIN: Final = re.compile(r"\b(?:again|another|other|also|too|nouveau|nouvelle|autres?|aussi|également)\b", re.I)
_POINTING: Final = re.compile(
    r"\W*(?:it|its|he|she|they|his|her|their|this|that|these|those|there|here|such|il|elle|ils|elles|ce|cet|cette|ces|"
    r"c['’]|cela|ceci|son|sa|ses|leurs?|celui|celle|ceux|an?|some|several|another|une?|des|plusieurs)\b",
    re.I,
)
"""A sentence that begins so speaks of something named elsewhere, or of any one of many: "an earthquake"."""

_SOMEONE: Final = re.compile(
    r"\b(?:an?|une?|another|autre) (?:\w+ )?(?:man|woman|boy|girl|person|driver|cyclist|resident|homme|femme|garçon|"
    r"fille|personne|conducteur|conductrice|cycliste|habitante?|adolescente?|teenager)\b",
    re.I,
)
_ONCE: Final = (
    "born birth dies died death founded founding foundation established established created creation built "
    "building constructed construction inaugurated completed completion finished signed "
    "signing published publication released release launched launch discovered discovery invented invention "
    "abolished abolition destroyed destruction burned burnt "
    "ratified proclaimed independence merged merger demolished "
    "erected consecrated né née naît naissance naquit mort morte meurt mourut décès décédé décédée "
    "fondé fondée fondation créé créée création construit construite construction bâti bâtie "
    "inauguré inaugurée inauguration achevé achevée achèvement signé signée signature publié "
    "publiée publication paru parue parution sorti sortie lancé lancée lancement découvert découverte inventé "
    "inventée invention aboli abolie abolition détruit détruite brûlé "
    ""
    "ratifié ratifiée proclamé proclamée indépendance fusion démoli démolie érigé érigée consacré "
    "consacrée promulgué promulguée"
)
"""What happens once to a thing. Of anything else a second date may be a second time: a king visits a town in 1904
and in 1911."""

_HEAD: Final = re.compile(r"(\w+) (?:of|de|du|des|d['’])|['’]s (\w+)")
"""The word another one belongs to: "the wife of", "Roke's brother"."""

_WORD: Final = re.compile(r"[^\W\d_]+")
_NOT_NAMES: Final = frozenset("monday tuesday wednesday thursday friday saturday sunday i".split())
_LIGHT: Final = frozenset(
    "accord amount say said total count reach stand number contain hold possess boast compt attein attent elev "
    "possed dispos selon indiqu environ approxim rough near almost least most pres moin town citi villag vill "
    "commun".split()
)
"""Terms that introduce a number without saying of what."""


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence taken apart.

    `terms` leaves out numbers, dates, negations and function words. `names` are terms written with a capital,
    `sure_names` those that do not open the sentence, `names_around` those of the whole quotation. `heads` are terms
    another one belongs to. `negated` is None where yes and no are mixed; `once` is what happens only once, `again`
    says it happened before; `pointing` means that it speaks of something named elsewhere, or of any one of many.
    """

    amounts: tuple[Amount, ...]
    dates: tuple[Date, ...]
    labels: frozenset[str]
    terms: frozenset[str]
    names: frozenset[str]
    sure_names: frozenset[str]
    heads: frozenset[str]
    negated: bool | None
    once: frozenset[str]
    again: bool
    pointing: bool
    names_around: frozenset[str]


@lru_cache(maxsize=QUOTATIONS_KEPT)
def statements_of(text: str, language: str) -> tuple[Statement, ...]:
    """The sentences of a quotation in French or English that can be compared."""
    spans = sentence_spans(text, language)
    sentences = [" ".join(text[span.start : span.end].split()) for span in spans]
    found = [_statement(sentence, language) for sentence in sentences if _comparable(sentence)]
    around = frozenset(name for statement in found for name in statement.sure_names)
    return tuple(replace(statement, names_around=around) for statement in found)


def _comparable(sentence: str) -> bool:
    """Rows of tables and lines of a console, which differ in a number by nature, have no full stop."""
    return quotable(sentence) and sentence.rstrip("\"'’”») ").endswith((".", "!", "…"))


def _statement(sentence: str, language: str) -> Statement:
    dates, rest = read_dates(sentence)
    amounts, labels, rest = read_amounts(rest, language)
    words = _WORD.findall(rest)
    capitals = [word for word in words if word[0].isupper() and word.casefold() not in _NOT_NAMES]
    inside = capitals[1:] if capitals and capitals[0] == words[0] else capitals
    return Statement(
        tuple(amounts),
        tuple(dates),
        frozenset(labels),
        _terms(rest, language) - _LIGHT - _NEGATION_TERMS,
        _terms(" ".join(capitals), language),
        _terms(" ".join(inside), language),
        _terms(" ".join(a or b for a, b in _HEAD.findall(rest)), language),
        _negated(rest),
        _terms(rest, language) & _once(language),
        bool(_AGAIN.search(rest)),
        bool(_POINTING.match(rest) or _SOMEONE.search(rest)),
        frozenset(),
    )


def _terms(text: str, language: str) -> frozenset[str]:
    """Terms without the plural s that the French stemmer leaves: "perdus" beside "perdu"."""
    return frozenset(term.removesuffix("s") or term for term in passage_terms(text, language))


@cache
def _once(language: str) -> frozenset[str]:
    return _terms(_ONCE, language)


def _negated(sentence: str) -> bool | None:
    if _MIXED.search(sentence):
        return None
    found = _NEGATION.search(sentence)
    if found is None:
        return None if _NO.search(sentence) else False
    return None if _CLAUSE.search(sentence, 0, found.start()) else True
