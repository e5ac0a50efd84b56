"""Text whose lines were broken at a width → its paragraphs, a line each. Left out: Thai, Khmer and Lao, which are
written without spaces; text of two columns."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Sequence
from typing import Final

from index.readers.hyphens import Hyphens

_WIDTHS: Final = range(45, 101)
"""In columns. Mail is broken at 72 or 78, typewritten pages at 60 to 80; verse is shorter."""

_FEWEST_BREAKS: Final = 3
"""Of fewer nothing can be told."""

_NEAR: Final = 0.6
"""Of the width: a shorter line was not broken by it and says nothing ("Best regards,")."""

_FORCED: Final = 0.9
"""Of the breaks near the width, at least: the next word did not fit. Verse and lists have far fewer."""

_MOST_SENTENCE_ENDS: Final = 0.4
"""Of the lines before a break; of a text with one sentence a line it is nearly all."""

_MOST_BEGINNINGS: Final = 0.6
"""Of the lines behind a break that begin with a capital or a digit; verse and records begin all so, German a third."""

_LONGEST_LINE: Final = 300
"""Characters; a longer one was broken by nobody."""

_ITEM: Final = re.compile(r"\s*(?:[-–—*•◦‣+]|\(?\d{1,3}[.)]|\(?[a-zA-Z]\))\s+\S")
_APART: Final = re.compile(r"#{1,6} |>|\s{4}|.*[\t|]|.*\S {3,}\S|\W*$")
"""Headings, quotations, code, rows of a table, rules: never joined."""

_SENTENCE_END: Final = re.compile(r"[.!?…。！？؟][\"'”’»」』)\]]*$")


def join_lines(text: str) -> str:
    """The text with the lines of each paragraph joined, if they were broken at one width; else unchanged.

    A break goes where the next word would not have fitted; the others stay: those of verse, lists, tables, code,
    addresses, headings. Words hyphenated at a break become whole, unless the text writes them with their hyphen
    elsewhere. Chinese and Japanese lines are joined without a space.
    """
    lines = text.split("\n")
    forced = _forced_breaks(lines)
    if not forced:
        return text
    hyphens = Hyphens(line.rstrip() for line in lines)
    pieces = [lines[0]]
    for number, line in enumerate(lines[1:]):
        if number in forced:
            before, next_line = pieces[-1].rstrip(), line.lstrip()
            whole, between = hyphens.joint(before, next_line)
            pieces[-1] = whole
            pieces += (between, next_line)
        else:
            pieces += ("\n", line)
    return "".join(pieces)


def _forced_breaks(lines: Sequence[str]) -> frozenset[int]:
    """The lines, by their number, that end where the next word did not fit; none if that is not the rule."""
    breaks = [number for number in range(len(lines) - 1) if _may_join(lines[number], lines[number + 1])]
    lengths = sorted(_columns(lines[number]) for number in breaks)
    if len(lengths) < _FEWEST_BREAKS:
        return frozenset()
    width = lengths[math.ceil(0.95 * len(lengths)) - 1]  # a few lines hold an address that is longer
    if width not in _WIDTHS:
        return frozenset()
    near = [number for number in breaks if _columns(lines[number]) >= _NEAR * width]
    forced = [number for number in near if _is_forced(lines[number], lines[number + 1], width)]
    if len(forced) < max(_FEWEST_BREAKS, _FORCED * len(near)):
        return frozenset()
    ends = sum(_SENTENCE_END.search(lines[number].rstrip()) is not None for number in forced)
    beginnings = sum(
        lines[number + 1].lstrip()[0].isupper() or lines[number + 1].lstrip()[0].isdigit() for number in forced
    )
    if ends > _MOST_SENTENCE_ENDS * len(forced) or beginnings > _MOST_BEGINNINGS * len(forced):
        return frozenset()
    return frozenset(forced)


def _may_join(line: str, following: str) -> bool:
    """Whether both may be lines of one paragraph."""
    if max(len(line), len(following)) > _LONGEST_LINE:
        return False
    if _APART.match(line) or _APART.match(following) or _ITEM.match(following):
        return False
    indent = _indent(following)
    return indent in (0, _indent(line)) or _ITEM.match(line) is not None


def _is_forced(line: str, following: str, width: int) -> bool:
    first = following.split(maxsplit=1)[0]
    if _is_han(line.rstrip()[-1]) or _is_han(first[0]):
        return _columns(line) + 6 > width  # marks that may not begin a line take a sign or two with them
    return _columns(line) + 1 + _columns(first) > width


def _columns(line: str) -> int:
    line = line.rstrip()
    if line.isascii():
        return len(line)
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else not unicodedata.combining(sign) for sign in line)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _is_han(sign: str) -> bool:
    """Chinese and Japanese, their marks too; Korean is written with spaces."""
    return unicodedata.east_asian_width(sign) in "WF" and not "\uac00" <= sign <= "\ud7a3"
