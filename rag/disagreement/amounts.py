"""Numbers said in a French or English sentence: what is counted or measured, and between which bounds the number
lies as it is said. Left out: dates (`dates.py`). Numbers that name a thing instead of counting (page 3, Article 12,
version 4.2, 3rd, a score of 3-1) are labels, and so are
numbers that cannot be read for sure. Ages are not read at all: they change by themselves."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from index.language import function_words
from index.words import passage_terms
from rag.disagreement.units import MULTIPLIERS, NUMBER_WORDS, UNITS

_LABELS: Final = [
    re.compile(pattern, re.I)
    for pattern in (
        r"\b(?:chapt(?:er|re)s?|pages?|pp?\.|sections?|articles?|art\.|figures?|fig\.|tables?|tableaux?|parts?|partie|"
        r"volumes?|vol\.|versions?|n[o°]\.?|numéros?|number|lignes?|lines?|étapes?|steps?|levels?|niveaux?|type|class|"
        r"classe|loi|règle|rule|note|annexe|appendix|highway|route|bug|exercise|exercice|exemple|example)"
        r"\s?[n#]?°?\s?(?P<label>\d[\w.-]*)",
        r"(?<![\w.,])(?P<label>\d+(?:st|nd|rd|th|er|ère|ème|nde?|e))\b",
        r"(?<![\w.])(?!\d{1,3}(?:\.\d{3})+(?![\w.]\d))(?P<label>\d+(?:[.:/]\d+){2,})(?!\w)",  # 4.2.1, 1:20:30
        r"(?<![\w.,:/-])(?P<label>\d{1,2}\s?[-–]\s?\d{1,2})(?!\s?[^\W\d_€$£%]|[\w.,]*\d)",  # a score
        r"(?-i:\b[A-Z]{2,}) ?(?P<label>\d[\d.]*)(?! ?[%€$£])",  # RFC 4291
        r"(?P<label>#\d+|\b0x[\da-f]+|\b[\w.-]*[^\W\d][.-]?\d[\w.-]*[^\W_])",  # A4, utf-8, 0x1f
    )
]
_NAME_NUMBER: Final = re.compile(
    r"\b(?P<name>[A-ZÀ-Þ][\w'’-]*) (?P<label>\d{1,3}(?:\.\d+)*)(?![\w%]|[.,]\d| \d| ?[%€$£°])"
)
_AGES: Final = re.compile(
    r"\b(?:aged|âgée?s? de|age of|l['’]âge de) \d+(?: ans| years)?|\b\d+[ -]years?[ -]olds?\b|"
    r"(?<=, )\d\d?(?: ans)?(?=,(?!\d))",
    re.I,
)
_CLOCK: Final = re.compile(
    r"\b(?P<hour12>1?\d)(?:[:.](?P<minute12>[0-5]\d))? ?(?P<half>[ap])\.?m\b\.?|"
    r"(?:(?<=\bà )|(?<=\bde )|(?<=\bdès )|(?<=\bvers )|(?<=\bat ))(?P<hour>[0-2]?\d)(?: ?h(?:eures)? ?|:)"
    r"(?P<minute>[0-5]\d)?\b",
    re.I,
)

_DIGIT: Final = re.compile(r"\d")
_DIGITS: Final = r"(?:\d{1,3}(?:[ ,.]\d{3})+(?:[.,]\d+)?|\d+(?:[.,]\d+)?)(?!\d)"
_WORDS: Final = "|".join(sorted(NUMBER_WORDS, key=len, reverse=True))
_NUMBER: Final = re.compile(
    rf"(?<![\w/:.,@=-])(?P<currency>[€$£] ?)?(?P<number>{_DIGITS}|\b(?:{_WORDS})\b)"
    rf"(?: ?(?:to|and|à|et|-|–) ?(?P<to>{_DIGITS}|\b(?:{_WORDS})\b))?"
    rf"(?P<times>(?: (?:{'|'.join(MULTIPLIERS)})\b)*)"
    r"(?: ?(?:de |d['’]|of )?(?P<unit>per ?cent\b|pour cent\b|km/h\b|° ?[CF]\b|[%€$£]|k?m[23]\b|[^\W\d_]+))?",
    re.I,
)
_ABOUT: Final = re.compile(
    r"(?:\b(?:about|around|approximately|approx\.?|roughly|some|nearly|almost|close to|circa|ca?\.|estimated(?: at)?|"
    r"environ|quelques?|près de|presque|à peu près|autour de|quasi(?:ment)?|vers)|~|≈) $",
    re.I,
)
_AT_LEAST: Final = re.compile(
    r"(?:\b(?:(?:more|greater|larger|longer|higher) than|over|at least|above|exceed(?:s|ed|ing)?|upwards of|"
    r"minimum(?: of| de)?|plus d(?:e |['’])|au moins|au-delà de|dépass\w+|supérieure?s? à)|[>≥]) ?$",
    re.I,
)
_AT_MOST: Final = re.compile(
    r"(?:\b(?:(?:less|fewer|smaller|shorter|lower|no more|not more) than|under|below|up to|at most|maximum(?: of| de)?|"
    r"within|moins d(?:e |['’])|jusqu['’]à|au plus|au maximum|inférieure?s? à)|[<≤]) ?$",
    re.I,
)
_SAID_BARE: Final = re.compile(r"\b(?:is|are|was|were|at|of|to|est|sont|était|à|de) (?:\w+ ){0,2}$", re.I)
"""A number with nothing counted is read only after these; elsewhere it numbers something ("column 3 is hidden")."""

_BOUNDLESS: Final = 1e18

ABOUT_SHARE: Final = 0.2
"""How far off "about 1,000" may be."""

ROUNDED_SHARE: Final = 0.05
"""How far off a number may be at most that was not said to be rounded, but ends in zeros: "5,000" for 4,865."""


@dataclass(frozen=True, slots=True)
class Amount:
    """A number of something. `kind` is what a unit measures, or the stem of the word that follows, "" if none does.
    The number lies between `low` and `high`: a wide span for "about 1,200", a narrow one for "1,187". `lead` is the
    term before it, "" if there is none near."""

    kind: str
    low: float
    high: float
    lead: str = ""

    def may_equal(self, other: Amount) -> bool:
        """Whether both can mean one number."""
        return self.low <= other.high and other.low <= self.high


def read_amounts(text: str, language: str) -> tuple[list[Amount], set[str], str]:
    """The amounts of a sentence without its dates, its labels, and the sentence with spaces in place of the numbers.
    What is counted stays."""
    labels: set[str] = set()
    amounts: list[Amount] = []

    def label(match: re.Match[str]) -> str:
        labels.add(match["label"].casefold())
        return " " * len(match.group())

    def numbered_name(match: re.Match[str]) -> str:
        before = match.string[: match.start("label")]
        hedged = any(pattern.search(before) for pattern in (_ABOUT, _AT_LEAST, _AT_MOST))
        if hedged or match["name"].casefold() in function_words(language):
            return match.group()
        labels.add(match["label"])
        return match["name"] + " " * (len(match.group()) - len(match["name"]))

    def clock(match: re.Match[str]) -> str:
        hour, minute = int(match["hour"] or match["hour12"]), int(match["minute"] or match["minute12"] or 0)
        minutes = 60 * (hour % 12 + 12 * (match["half"] in "pP") if match["half"] else hour) + minute
        amounts.append(Amount("clock", minutes, minutes))
        return " " * len(match.group())

    def amount(match: re.Match[str]) -> str:
        found = _amount(match, language)
        if found is None:
            labels.add(match["number"].casefold())
            return " " * len(match.group())
        amounts.append(found)
        kept = len(match["unit"]) if match["unit"] and found.kind not in _UNIT_KINDS else 0
        return " " * (len(match.group()) - kept) + match.group()[len(match.group()) - kept :]

    if _DIGIT.search(text):
        text = _AGES.sub(" ", text)
        text = _CLOCK.sub(clock, text)
        for pattern in _LABELS:
            text = pattern.sub(label, text)
        text = _NAME_NUMBER.sub(numbered_name, text)
    return amounts, labels, _NUMBER.sub(amount, text)


_UNIT_KINDS: Final = frozenset(kind for kind, _ in UNITS.values())


def _amount(match: re.Match[str], language: str) -> Amount | None:
    """None where the number cannot be read for sure."""
    kind, factor = _kind(match, language)
    first = _bounds(match["number"], language, kind in _UNIT_KINDS)
    last = _bounds(match["to"], language, kind in _UNIT_KINDS) if match["to"] else first
    if first is None or last is None:
        return None
    low, high = first[0], last[1]
    if high < low:  # "won 3-1"
        return None
    for word in match["times"].casefold().split():
        factor *= MULTIPLIERS[word]
    before = match.string[: match.start()]
    if not kind and not _SAID_BARE.search(before):
        return None
    if _ABOUT.search(before):
        low, high = low * (1 - ABOUT_SHARE), high * (1 + ABOUT_SHARE)
    low, high = low * factor, high * factor
    if _AT_LEAST.search(before):
        high = _BOUNDLESS
    elif _AT_MOST.search(before):
        low = -_BOUNDLESS
    leading = passage_terms(before[-30:].partition(" ")[2], language)
    return Amount(kind, low, high, leading[-1] if leading else "")


def _kind(match: re.Match[str], language: str) -> tuple[str, float]:
    unit = (match["currency"] or match["unit"] or "").casefold().strip()
    unit = "%" if unit.endswith("cent") else unit.replace(" ", "")
    if unit in UNITS:
        return UNITS[unit]
    terms = passage_terms(unit, language)
    return terms[0] if terms else "", 1.0


def _bounds(number: str, language: str, measured: bool) -> tuple[float, float] | None:
    """Between what a number lies as it is written: half its last digit off, of trailing zeros at most a twentieth.
    Counts are exact, measures are not: 12 miles are 19 km, but 13 miles are another length. None for "1,200" in
    French and "1.200" in English: a thousand or one?"""
    if number.casefold() in NUMBER_WORDS:
        value = float(NUMBER_WORDS[number.casefold()])
        return value, value
    thousands, decimal = (",", ".") if language == "en" else (".", ",")
    whole, _, fraction = number.replace(" ", "").partition(decimal)
    if len(fraction) == 3 and whole != "0" and len(whole) <= 3:
        return None
    whole = whole.replace(thousands, "")
    if not (whole + fraction).isdigit():
        return None
    value = float(f"{whole}.{fraction or 0}")
    if fraction:
        off = 0.5 * 10.0 ** -len(fraction)
    else:
        zeros = len(whole) - len(whole.rstrip("0"))
        off = min(0.5 * 10.0**zeros, ROUNDED_SHARE * value) if zeros else 0.49 if measured else 0.0
    return value - off, value + off
