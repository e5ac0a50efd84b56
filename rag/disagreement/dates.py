"""Dates said in a French or English sentence, as far as they are said: a day, a month, a year, a span of years.
Left out: times of day and durations (`amounts.py`), weekdays, "last year", years before our era."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

_MONTHS: Final = {
    name: number
    for number, names in enumerate(
        (
            "january jan janvier janv", "february feb février fevrier févr", "march mar mars", "april apr avril avr",
            "may mai", "june jun juin", "july jul juillet juil", "august aug août aout", "september sep sept septembre",
            "october oct octobre", "november nov novembre", "december dec décembre decembre déc",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
_MONTH: Final = rf"(?=[jfmasond])(?P<month>{'|'.join(sorted(_MONTHS, key=len, reverse=True))})\b\.?"
_DAY: Final = r"(?<![\w.,/:-])(?P<day>[0-3]?\d)(?:st|nd|rd|th|er)?"
_YEAR: Final = r"(?P<year>1\d{3}|20\d{2})(?![\w%€$£]|[.,:/]\d|[-–]\d)"
_TO: Final = r"(?:to|and|à|et|au)\b"
_HINT: Final = re.compile(rf"\d|siècle|century|\b{_MONTH}", re.I)
_ROMAN: Final = {"I": 1, "V": 5, "X": 10}

_START: Final = re.compile(r"\b(?:from|since|starting|depuis|dès|partir d[eu])(?: the| le)? $", re.I)
_END: Final = re.compile(r"\b(?:until|till|through|jusqu['’](?:en|au|à)|jusque)(?: the| le| l['’]an)?(?: en)? $", re.I)
_NEAR: Final = re.compile(
    r"(?:\b(?:about|around|circa|ca?\.|roughly|early|late|mid|vers|environ|autour de|fin|début|courant)|~)"
    r"(?: (?:the|of|l['’]an))*[\s-]*$",
    re.I,
)
_BEFORE: Final = re.compile(r"\b(?:before|by|avant|d['’]ici)(?: the| le| l['’]an)?(?: à)?\s*$", re.I)
_AFTER: Final = re.compile(r"\b(?:after|following|après)(?: the| le| l['’]an)?\s*$", re.I)
_MEANS_YEAR: Final = re.compile(
    r"(?:\b(?:in|of|since|by|until|from|before|after|year|around|circa|late|early|en|depuis|dès|avant|après|vers|"
    r"année|années|fin|début|printemps|été|automne|hiver|spring|summer|autumn|winter|saison|season|l['’]an)|\()\s*$",
    re.I,
)
_COUNTED: Final = re.compile(r"\s?[a-zà-ÿ°%€$£]")
_NEAR_YEARS: Final = 10


@dataclass(frozen=True, slots=True)
class Date:
    """What is said of a date: the span of years it lies in, and month and day, each only if said. `role` is
    "start", "end" or "": a start and an end of the same thing are different dates."""

    role: str
    years: tuple[int, int] | None = None
    month: int | None = None
    day: int | None = None

    def may_equal(self, other: Date) -> bool:
        """Whether both can be the same date: nothing that both say differs. "2019" may equal "12 May 2019"."""
        if self.years and other.years and (self.years[0] > other.years[1] or other.years[0] > self.years[1]):
            return False
        if self.month and other.month and self.month != other.month:
            return False
        return not (self.day and other.day and self.month and other.month and self.day != other.day)

    def comparable(self, other: Date) -> bool:
        """Whether both say something of the same part of the same end of a date."""
        return self.role == other.role and bool((self.years and other.years) or (self.month and other.month))


def read_dates(text: str) -> tuple[list[Date], str]:
    """The dates of a sentence, and the sentence with spaces in their place."""
    found: list[Date] = []
    if not _HINT.search(text):
        return found, text
    for pattern, make in _FORMS:

        def read(match: re.Match[str], make: Callable[[re.Match[str]], Date | None] = make) -> str:
            date = make(match)
            if date is None:
                return match.group()
            found.append(_placed(date, match.string[: match.start()]))
            return " " * len(match.group())

        text = pattern.sub(read, text)
    return found, text


def _placed(date: Date, before: str) -> Date:
    """The date with what the words before it say: around it, before it, the start or the end."""
    role = "start" if _START.search(before) else "end" if _END.search(before) else ""
    years = date.years
    if years and _NEAR.search(before):
        years = (years[0] - _NEAR_YEARS, years[1] + _NEAR_YEARS)
    elif years and _BEFORE.search(before):
        years = (0, years[1])
    elif years and _AFTER.search(before):
        years = (years[0], 9999)
    return Date(role, years, date.month, date.day)


def _named(match: re.Match[str]) -> Date | None:
    groups = match.groupdict()
    day, year = (int(groups[name]) if groups.get(name) else None for name in ("day", "year"))
    if day is not None and not 1 <= day <= 31:
        return None
    return Date("", (year, year) if year else None, _MONTHS[groups["month"].lower()], day)


def _numeric(match: re.Match[str]) -> Date | None:
    day, month, year = (int(match[name]) for name in ("day", "month", "year"))
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return None
    if "/" in match.group() and day <= 12 and day != month:  # 01/10/2025: in October or in January?
        return Date("", (year, year))
    return Date("", (year, year), month, day)


def _span(match: re.Match[str]) -> Date | None:
    first, last = int(match["first"]), match["last"]
    end = int(str(first)[: 4 - len(last)] + last)
    return Date("", (first, end)) if first < end else None


def _decade(match: re.Match[str]) -> Date:
    first = int(match["decade"]) + (1900 if len(match["decade"]) == 2 else 0)
    return Date("", (first, first + 9))


def _century(match: re.Match[str]) -> Date | None:
    number = int(match["arabic"]) if match["arabic"] else _roman(match["roman"].upper())
    return Date("", (100 * number - 100, 100 * number)) if 1 <= number <= 21 else None


def _roman(text: str) -> int:
    values = [_ROMAN[letter] for letter in text]
    return sum(-v if any(later > v for later in values[i + 1 :]) else v for i, v in enumerate(values))


def _bare_year(match: re.Match[str]) -> Date | None:
    """Four digits are a year after "in", or where no unit or noun follows: "1500 people" is a count."""
    before, after = match.string[: match.start()], match.string[match.end() :]
    if not _MEANS_YEAR.search(before) and _COUNTED.match(after):
        return None
    return Date("", (int(match["year"]), int(match["year"])))


_FORMS: Final = [
    (re.compile(pattern, re.I), make)
    for pattern, make in (
        (r"(?<![\w.-])(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)(?![\w-])", _numeric),
        (r"(?<![\w./])(?P<day>\d\d?)[./](?P<month>\d\d?)[./](?P<year>\d{4})(?![\w/])", _numeric),
        (rf"{_DAY}\s(?:of\s)?{_MONTH}(?:,?\s{_YEAR})?", _named),
        (rf"\b{_MONTH}\s{_DAY}(?![\w.:]\d)(?:,?\s{_YEAR})?", _named),
        (rf"\b{_MONTH},?\s{_YEAR}", _named),
        (rf"(?<=\b(?:in|by|en)\s){_MONTH}(?!\.?\s+(?:ans?|jours?|mois|semaines|heures|minutes|tours|sets)\b)", _named),
        (rf"\b(?:fin|début|mi|end of|late|early|mid)[\s-]{_MONTH}", _named),
        (rf"(?<![\w.,-])(?P<first>1\d{{3}}|20\d\d)\s?(?:[-–]|{_TO})\s?(?P<last>\d{{4}}|\d\d)(?![\w%]|[.,]\d)", _span),
        (r"\b(?P<decade>1\d\d0|20\d0)['’]?s\b", _decade),
        (r"\bannées\s(?P<decade>1\d\d0|20\d0|\d0)\b", _decade),
        (
            r"\b(?:(?P<arabic>\d\d?)(?:st|nd|rd|th|e|ème)|(?P<roman>[IVX]+)(?:e|ème|er)?)[\s-](?:century|siècle)",
            _century,
        ),
        (rf"(?<![\w.,/:-]){_YEAR}", _bare_year),
    )
]  # fmt: skip
