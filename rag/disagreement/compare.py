"""Whether two quotations disagree: another number, another date, or yes and no of the same thing. Left out: taking
sentences apart (`statements.py`), and every disagreement that is put in other words.

Precision comes first: who is told that sources disagree must be able to rely on it. Sentences are compared only when
one says hardly anything the other does not say, of the same names and the same time; what they say then differs in
exactly one number of a kind, one date, or a negation. With 0.7 of the shorter one's terms instead of all, six more
pairs were found in 65,000 sentences of real articles, none rightly, and no more of the written pairs that disagree.
"""

from __future__ import annotations

from functools import cache
from itertools import product
from typing import Final

from index.words import passage_terms
from rag.disagreement.statements import Statement, statements_of

LEAST_SHARED: Final = 3
"""Terms both sentences must have, if one of them is a name."""

LEAST_SHARED_WITHOUT_NAME: Final = 6
"""Terms they must have if they share no name. Of pairs of 147,000 sentences of manuals, different articles, those with
four or more that were found held one true disagreement and eight false ones, none of these with six."""


def disagree(one: str, other: str, language: str, other_language: str) -> bool:
    """Whether two quotations say different numbers, dates, or yes and no of the same thing.

    Each is one to three sentences; they disagree if a sentence of one disagrees with a sentence of the other. Only
    quotations in one language are compared, French or English: between two, too few words are shared to tell that
    both speak of the same thing.
    """
    if language != other_language or language not in ("en", "fr"):
        return False
    ours, theirs = statements_of(one, language), statements_of(other, language)
    return any(_contradict(mine, yours) for mine, yours in product(ours, theirs))


def _contradict(one: Statement, other: Statement) -> bool:
    if one.pointing or other.pointing or not _same_thing(one, other):
        return False
    return _other_amount(one, other) or _other_date(one, other) or _yes_and_no(one, other)


_NEUTRAL: Final = (
    ("en", "now currently today then already still finally according officials authorities said says"),
    ("fr", "désormais actuellement maintenant aujourd'hui alors déjà enfin encore selon autorités préfecture"),
)


@cache
def _neutral() -> frozenset[str]:
    """Terms that one of two sentences may add and still speak of the same."""
    return frozenset(term for language, words in _NEUTRAL for term in passage_terms(words, language))


def _same_thing(one: Statement, other: Statement) -> bool:
    """Whether neither sentence says anything of the subject that the other does not say: "for students", "on
    Saturdays", "excluding energy" make another thing of the same words."""
    shared = len(one.terms & other.terms)
    if one.labels != other.labels or not (one.terms ^ other.terms) <= _neutral():
        return False
    if _adds_owner(one, other) or _adds_owner(other, one):
        return False
    equal = len(one.terms) == len(other.terms)
    if _share_name(one, other):
        return shared >= LEAST_SHARED - equal
    return shared >= LEAST_SHARED_WITHOUT_NAME and equal


def _adds_owner(one: Statement, other: Statement) -> bool:
    """Whether a sentence has a name or a head that makes another thing of what it speaks of, and that the other lacks:
    "the wife of the poet Roke", "Greater Umber"."""
    known = other.terms | other.names_around
    return not (one.terms & (one.sure_names | one.heads)) <= known


def _share_name(one: Statement, other: Statement) -> bool:
    """Whether both have a name in common that opens only one of them, or stand among the same names."""
    if one.sure_names & other.names or one.names & other.sure_names:
        return True
    around, about = one.names_around, other.names_around
    return bool(around and about) and (around <= about or about <= around)


def _other_amount(one: Statement, other: Statement) -> bool:
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


def _same_time(one: Statement, other: Statement) -> bool:
    if not one.dates and not other.dates:
        return True
    return len(one.dates) == len(other.dates) == 1 and one.dates[0].may_equal(other.dates[0])


def _other_date(one: Statement, other: Statement) -> bool:
    if one.negated != other.negated or one.again or other.again or len(one.dates) != 1 or len(other.dates) != 1:
        return False
    if not (one.once & other.once):
        return False
    if {amount.kind for amount in one.amounts} & {amount.kind for amount in other.amounts}:
        return False
    mine, yours = one.dates[0], other.dates[0]
    return mine.comparable(yours) and not mine.may_equal(yours)


def _yes_and_no(one: Statement, other: Statement) -> bool:
    if one.negated is None or other.negated is None or one.negated == other.negated:
        return False
    shared = len(one.terms & other.terms)
    return shared >= 0.8 * len(one.terms | other.terms) and _same_time(one, other) and _share_name(one, other)
