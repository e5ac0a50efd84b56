"""Whether two quotations disagree: another number, another date, or yes and no of the same thing. Left out: reading
numbers and dates (`amounts.py`, `dates.py`), and every disagreement that is put in other words.

Precision comes first: who is told that sources disagree must be able to rely on it. Sentences are compared only when
one says hardly anything the other does not say, of the same names and the same time; what they say then differs in
exactly one number of a kind, one date, or a negation.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from itertools import product
from typing import Final

from index.sentences import sentence_spans
from index.words import passage_terms
from rag.amounts import Amount, read_amounts
from rag.dates import Date, read_dates
from rag.quotable import quotable

QUOTATIONS_KEPT: Final = 4096

LEAST_SHARED: Final = 3
"""Terms both sentences must have, if one of them is a name."""

LEAST_SHARED_WITHOUT_NAME: Final = 4

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
    r"\W*(?:an?|une?|des|some|several|plusieurs|another|it|its|he|she|they|his|her|their|this|that|these|those|there|here|such|il|elle|ils|elles|ce|cet|cette|ces|"
    r"c['’]|cela|ceci|son|sa|ses|leurs?|celui|celle|ceux)\b",
    re.I,
)
_SOMEONE: Final = re.compile(
    r"\b(?:an?|une?|another|autre) (?:\w+ )?(?:man|woman|boy|girl|person|driver|cyclist|resident|homme|femme|garçon|fille|"
    r"personne|conducteur|conductrice|cycliste|habitante?|adolescente?|teenager)\b",
    re.I,
)
_ONCE: Final = (
    "born birth dies died death founded founding foundation established established created creation built building "
    "constructed construction opens opened opening inaugurated completed completion finished signed signing published "
    "publication released release launched launch discovered discovery invented invention abolished abolition destroyed "
    "destruction burned burnt begins began starts started ends ended closes closed closure expires deadline adopted "
    "adoption vote ratified proclaimed independence merged merger demolished erected consecrated premiered "
    "né née naît naissance naquit mort morte meurt mourut décès décédé décédée fondé fondée fondation créé créée création "
    "construit construite construction bâti bâtie ouvre ouvrira ouvert ouverte ouverture inauguré inaugurée inauguration "
    "achevé achevée achèvement signé signée signature publié publiée publication paru parue parution sorti sortie lancé "
    "lancée lancement découvert découverte inventé inventée invention aboli abolie abolition détruit détruite brûlé "
    "commence commencera débute débutera début fin finit finira termine terminera terminent ferme fermera fermeture expire "
    "clôture adopté adoptée adoption vote voté votée ratifié ratifiée proclamé proclamée indépendance fusion démoli démolie "
    "érigé érigée consacré consacrée promulgué promulguée"
)
"""What happens once to a thing. Of anything else a second date may be a second time: a king visits a town in 1904
and in 1911."""

_WORD: Final = re.compile(r"[^\W\d_]+")
_NOT_NAMES: Final = frozenset("monday tuesday wednesday thursday friday saturday sunday i".split())
_LIGHT: Final = frozenset(
    "accord amount say said total count reach stand number contain hold possess boast compt attein attent elev "
    "possed dispos selon indiqu environ approxim rough near almost least most pres moin town citi villag vill "
    "commun".split()
)
"""Terms that introduce a number without saying of what."""


@dataclass(frozen=True, slots=True)
class _Statement:
    """A sentence taken apart. `terms` leaves out numbers, dates, negations and function words; `names` are those
    written with a capital, `sure_names` those of them that do not open the sentence, `names_around` those of the
    whole quotation; `negated` is None where yes and no are mixed."""

    amounts: tuple[Amount, ...]
    dates: tuple[Date, ...]
    labels: frozenset[str]
    terms: frozenset[str]
    names: frozenset[str]
    sure_names: frozenset[str]
    negated: bool | None
    once: frozenset[str]
    again: bool
    pointing: bool
    names_around: frozenset[str]


def disagree(one: str, other: str, language: str, other_language: str) -> bool:
    """Whether two quotations say different numbers, dates, or yes and no of the same thing.

    Each is one to three sentences; they disagree if a sentence of one disagrees with a sentence of the other. Only
    quotations in one language are compared, French or English: between two, too few words are shared to tell that
    both speak of the same thing.
    """
    if language != other_language or language not in ("en", "fr"):
        return False
    ours, theirs = _statements(one, language), _statements(other, language)
    return any(_contradict(mine, yours) for mine, yours in product(ours, theirs))


@lru_cache(maxsize=QUOTATIONS_KEPT)
def _statements(text: str, language: str) -> tuple[_Statement, ...]:
    spans = sentence_spans(text, language)
    sentences = [" ".join(text[span.start : span.end].split()) for span in spans]
    found = [_statement(sentence, language) for sentence in sentences if _comparable(sentence)]
    around = frozenset(name for statement in found for name in statement.sure_names)
    return tuple(replace(statement, names_around=around) for statement in found)


def _comparable(sentence: str) -> bool:
    """Rows of tables and lines of a console, which differ in a number by nature, have no full stop."""
    return quotable(sentence) and sentence.rstrip("\"'’”») ").endswith((".", "!", "…"))


def _statement(sentence: str, language: str) -> _Statement:
    dates, rest = read_dates(sentence)
    amounts, labels, rest = read_amounts(rest, language)
    words = _WORD.findall(rest)
    capitals = [word for word in words if word[0].isupper() and word.casefold() not in _NOT_NAMES]
    inside = capitals[1:] if capitals and capitals[0] == words[0] else capitals
    return _Statement(
        tuple(amounts),
        tuple(dates),
        frozenset(labels),
        _terms(rest, language) - _LIGHT - _NEGATION_TERMS,
        _terms(" ".join(capitals), language),
        _terms(" ".join(inside), language),
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


def _contradict(one: _Statement, other: _Statement) -> bool:
    if one.pointing or other.pointing or not _same_thing(one, other):
        return False
    return _other_amount(one, other) or _other_date(one, other) or _yes_and_no(one, other)


def _same_thing(one: _Statement, other: _Statement) -> bool:
    """Whether the sentence with fewer terms says nothing that the other does not say. Without a name in common, neither
    may: "a mask of 32 gives one address" stands in a row of such sentences."""
    shared = len(one.terms & other.terms)
    if one.labels != other.labels or shared < min(len(one.terms), len(other.terms)):
        return False
    equal = len(one.terms) == len(other.terms)
    if _share_name(one, other):
        return shared >= LEAST_SHARED - equal
    return shared >= LEAST_SHARED_WITHOUT_NAME and equal


def _share_name(one: _Statement, other: _Statement) -> bool:
    """Whether both have a name in common that opens only one of them, or stand among the same names."""
    if one.sure_names & other.names or one.names & other.sure_names:
        return True
    around, about = one.names_around, other.names_around
    return bool(around and about) and (around <= about or about <= around)


def _other_amount(one: _Statement, other: _Statement) -> bool:
    """Whether the sentences differ in the number of one kind. If they differ in two, they speak of two things; and
    they do if what is counted is led in by a term of one sentence only: "has 300 staff", "hired 40 staff"."""
    if one.negated != other.negated or not _same_time(one, other):
        return False
    different = 0
    for kind in {amount.kind for amount in one.amounts} & {amount.kind for amount in other.amounts}:
        ours, theirs = ([a for a in s.amounts if a.kind == kind] for s in (one, other))
        if len(ours) > 1 or len(theirs) > 1 or {ours[0].lead, theirs[0].lead} & (one.terms ^ other.terms):
            return False
        different += not ours[0].may_equal(theirs[0])
    return different == 1


def _same_time(one: _Statement, other: _Statement) -> bool:
    if not one.dates and not other.dates:
        return True
    return len(one.dates) == len(other.dates) == 1 and one.dates[0].may_equal(other.dates[0])


def _other_date(one: _Statement, other: _Statement) -> bool:
    if one.negated != other.negated or one.again or other.again or len(one.dates) != 1 or len(other.dates) != 1:
        return False
    if not (one.once & other.once):
        return False
    if {amount.kind for amount in one.amounts} & {amount.kind for amount in other.amounts}:
        return False
    mine, yours = one.dates[0], other.dates[0]
    return mine.comparable(yours) and not mine.may_equal(yours)


def _yes_and_no(one: _Statement, other: _Statement) -> bool:
    if one.negated is None or other.negated is None or one.negated == other.negated:
        return False
    shared = len(one.terms & other.terms)
    return shared >= 0.8 * len(one.terms | other.terms) and _same_time(one, other) and _share_name(one, other)
