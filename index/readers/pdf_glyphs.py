"""A page's characters and where they stand → its cells: stretches of words without a wide gap, right-to-left text in
the order in which it is read. Left out: the order of cells (`pdf_columns.py`), text that stands askew."""

from __future__ import annotations

import math
import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from ctypes import byref, create_string_buffer
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Any, Final, NamedTuple

from index.errors import UnreadableArticle
from index.readers.cleaning import mend_characters

GAP: Final = 1.0
"""Between two cells, in font sizes: the gutters of columns are wider, the spaces of justified lines are not."""

_FARTHEST: Final = 1e6
"""In points: pages and fonts are no larger, and damaged files write any number."""

_ASKED: Final = 7
"""Characters of a cell whose font is looked at."""

_BOLD: Final = re.compile(r"bold|black|heavy|demi", re.IGNORECASE)
_HYPHENS: Final = (0x02, 0xFFFE)
"""What pdfium puts for a hyphen at the end of a line, whose break it leaves out."""

_RIGHT_TO_LEFT: Final = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
_SHAPES: Final = re.compile("[\ufb00-\ufb06\ufb1d-\ufdcf\ufdf2\ufe70-\ufefc\u2e80-\u2fdf]")
"""Ligatures, letters of Hebrew and Arabic as they are drawn, radicals of Chinese that stand for the signs."""

_HAN_SPACE: Final = re.compile("(?<=[\u3000-\u9fff\uff00-\uffef]) (?=[\u3000-\u9fff\uff00-\uffef])")
_SPACE_BEFORE_MARK: Final = re.compile("(?<=[\u0590-\u08ff]) (?=[.,:!\u060c\u061b\u061f](?: |$))")
"""That pdfium puts in where letters at the end of words reach under the mark; Arabic and Hebrew have none there."""

_MIRRORED: Final = str.maketrans("()[]{}«»<>", ")(][}{»«><")


@dataclass(frozen=True, slots=True)
class Cell:
    """Words side by side on a page (from 1): where they stand, in points from the lower left corner, and in what font
    size. `row` is the line pdfium sees them in, `column` names the column of the page, "" without columns."""

    page: int
    row: int
    text: str
    left: float
    right: float
    bottom: float
    top: float
    size: float
    bold: bool
    rtl: bool
    column: str = ""

    def beside(self, other: Cell) -> bool:
        """Whether both stand on one line: they share more than half of the lower one's height."""
        shared = min(self.top, other.top) - max(self.bottom, other.bottom)
        return shared > min(self.top - self.bottom, other.top - other.bottom) / 2


class Glyph(NamedTuple):
    text: str
    left: float
    right: float
    bottom: float
    top: float
    position: int


def page_cells(page: Any, number: int, most_chars: int) -> tuple[list[Cell], int]:
    """The cells of a page of pypdfium2 in pdfium's order, and how many of its characters have no known letter. Raises
    UnreadableArticle if it has more than `most_chars`."""
    textpage = page.get_textpage()
    try:
        if textpage.count_chars() > most_chars:
            raise UnreadableArticle(f"its page {number} has more than {most_chars:,} characters; split it")
        rows = list(_rows(textpage, page.get_rotation()))
        cells = [_cell(textpage, number, i, some) for i, row in enumerate(rows) for some in _apart(textpage, row)]
    finally:
        textpage.close()
    unknown = sum(unicodedata.category(glyph.text[0]) in ("Co", "Cn") for row in rows for glyph in row)
    return [cell for cell in cells if cell.text], unknown


def _rows(textpage: Any, rotation: int) -> Iterator[list[Glyph]]:
    from pypdfium2 import raw

    rect, row, high = raw.FS_RECTF(), list[Glyph](), 0
    code_of, box_of, handle, to_rect = raw.FPDFText_GetUnicode, raw.FPDFText_GetLooseCharBox, textpage.raw, byref(rect)
    for position in range(textpage.count_chars()):
        code = code_of(handle, position)
        hyphen = code in _HYPHENS and raw.FPDFText_IsHyphen(handle, position) == 1
        if 0xD800 <= code < 0xDC00:
            high = code
            continue
        if 0xDC00 <= code < 0xE000:
            code = 0x10000 + ((high - 0xD800) << 10) + (code - 0xDC00) if high else 0
        high = 0
        if code not in (0, 0xFFFE, 0xFFFF) and (code >= 32 or code == 9 or hyphen):
            box_of(handle, position, to_rect)
            box = _turned(rect.left, rect.right, rect.bottom, rect.top, rotation)
            row.append(Glyph("-" if hyphen else chr(code), *box, position))
        if hyphen or code in (10, 13):
            if row:
                yield row
            row = []
    if row:
        yield row


def _turned(left: float, right: float, bottom: float, top: float, rotation: int) -> tuple[float, float, float, float]:
    """The box as it is shown on a page that is turned by so many degrees; at 0 if it can be nowhere."""
    if not -_FARTHEST < left + right + bottom + top < _FARTHEST:  # infinite, or no number
        return 0.0, 0.0, 0.0, 0.0
    if rotation == 90:
        return bottom, top, -right, -left
    if rotation == 180:
        return -right, -left, -top, -bottom
    if rotation == 270:
        return -top, -bottom, left, right
    return left, right, bottom, top


def _apart(textpage: Any, row: list[Glyph]) -> Iterator[list[Glyph]]:
    """The row cut at its wide gaps."""
    first = next((glyph for glyph in row if not glyph.text.isspace()), None)
    if first is None:
        return
    gap = GAP * _size(textpage, first.position)
    if any(_RIGHT_TO_LEFT.match(glyph.text) for glyph in row):
        yield from _words_apart(row, gap)
        return
    some, before = list[Glyph](), first
    for glyph in row:
        if not glyph.text.isspace():
            if max(glyph.left - before.right, before.left - glyph.right) > gap:
                yield some
                some = []
            before = glyph
        some.append(glyph)
    yield some


def _words_apart(row: list[Glyph], gap: float) -> Iterator[list[Glyph]]:
    """The same where words may be turned round: what counts is how far apart the words are."""
    words = [list(word) for space, word in groupby(row, key=lambda glyph: glyph.text.isspace()) if not space]
    words.sort(key=lambda word: min(glyph.left for glyph in word))
    some, right = list[Glyph](), float("inf")
    for word in words:
        if min(glyph.left for glyph in word) - right > gap:
            yield some
            some = []
        end = max(glyph.right for glyph in word)
        right = max(right, end) if some else end
        some.extend([word[0]._replace(text=" "), *word] if some else word)
    yield some


def _cell(textpage: Any, page: int, row: int, glyphs: list[Glyph]) -> Cell:
    seen = [glyph for glyph in glyphs if not glyph.text.isspace()]
    asked = [seen[i * (len(seen) - 1) // (_ASKED - 1)].position for i in range(_ASKED)]
    sizes = [round(_size(textpage, position), 1) for position in asked]
    text, rtl = _words(glyphs)
    return Cell(
        page, row, text,
        left=min(glyph.left for glyph in seen), right=max(glyph.right for glyph in seen),
        bottom=min(glyph.bottom for glyph in seen), top=max(glyph.top for glyph in seen),
        size=max(sizes, key=lambda size: (sizes.count(size), size)),
        bold=all(_is_bold(textpage, position) for position in asked[1:-1]), rtl=rtl,
    )  # fmt: skip


def _size(textpage: Any, position: int) -> float:
    """In points as shown: many files write text of size 1 and enlarge it."""
    from pypdfium2 import raw

    matrix = raw.FS_MATRIX()
    raw.FPDFText_GetMatrix(textpage, position, matrix)
    size: float = raw.FPDFText_GetFontSize(textpage, position)
    shown = size * math.hypot(matrix.c, matrix.d)
    return shown if 0.5 < shown < _FARTHEST else 0.5


def _is_bold(textpage: Any, position: int) -> bool:
    """By the font's name: the weight that pdfium tells is worked out from other figures, and is often wrong."""
    from pypdfium2 import raw

    name = create_string_buffer(200)
    raw.FPDFText_GetFontInfo(textpage, position, name, 200, None)
    return _BOLD.search(name.value.decode("utf-8", "replace")) is not None


def _words(glyphs: list[Glyph]) -> tuple[str, bool]:
    """The words of a cell, and whether they are read from right to left."""
    text = "".join(glyph.text for glyph in glyphs)
    rtl = False
    if _RIGHT_TO_LEFT.search(text):
        strong = [_direction(glyph.text) for glyph in glyphs]
        rtl = strong.count("R") >= strong.count("L")
        text = _logical(glyphs, rtl)
    text = _SHAPES.sub(lambda found: unicodedata.normalize("NFKC", found[0]), text)
    text = mend_characters(re.sub(r"\s+", lambda found: "\u00a0" if found[0] == "\u00a0" else " ", text))
    text = _SPACE_BEFORE_MARK.sub("", text) if rtl else text
    return _HAN_SPACE.sub("", text).strip(), rtl


def _direction(text: str) -> str:
    kind = unicodedata.bidirectional(text[0])
    return "R" if kind in ("R", "AL") else "L" if kind == "L" else "N" if kind in ("EN", "AN") else ""


def _logical(glyphs: list[Glyph], rtl: bool) -> str:
    """Characters by where they stand → as they are read: pdfium finds the words, and leaves some of them turned round
    (in files of Chromium, for one)."""
    words = [list(word) for space, word in groupby(glyphs, key=lambda glyph: glyph.text.isspace()) if not space]
    words.sort(key=lambda word: min(map(_middle, word)))
    shown = [text for word in words for text in (" ", *_clusters(word))][1:]
    directions = [_direction(text) for text in shown]
    base = "R" if rtl else "L"
    for i, direction in enumerate(directions):
        if not direction:
            before = next((d for d in reversed(directions[max(i - 3, 0) : i]) if d), base)
            after = next((d for d in directions[i + 1 : i + 4] if d), base)
            directions[i] = before if before == after else base
    pairs = zip(directions, shown, strict=True)
    runs = [(way, [text for _, text in run]) for way, run in groupby(pairs, key=lambda pair: pair[0].replace("N", "L"))]
    if rtl:
        runs.reverse()
    text = "".join("".join(reversed(run) if way == "R" else run) for way, run in runs)
    opening, closing = text.find("("), text.find(")")
    return text.translate(_MIRRORED) if rtl and 0 <= closing < opening else text


def _clusters(word: list[Glyph]) -> list[str]:
    """What stands from left to right: the letters of a ligature together, marks with the letter they stand over."""
    bases = sorted((glyph for glyph in word if not unicodedata.combining(glyph.text)), key=_middle)
    marks: dict[int, str] = {}
    for mark in (glyph for glyph in word if unicodedata.combining(glyph.text)):
        behind = bisect_left(bases, _middle(mark), key=_middle)
        near = [i for i in (behind - 1, behind) if 0 <= i < len(bases)]
        nearest = min(near, key=lambda i: abs(_middle(bases[i]) - _middle(mark)), default=0)
        marks[nearest] = marks.get(nearest, "") + mark.text
    shown: list[str] = [] if bases else list(marks.values())
    for i, glyph in enumerate(bases):
        text = glyph.text + marks.get(i, "")
        if i and abs(bases[i - 1].left - glyph.left) < 0.05 and abs(bases[i - 1].right - glyph.right) < 0.05:
            # An alef and a lam in one sign are always read lam first.
            shown[-1] = text + shown[-1] if text == "\u0644" else shown[-1] + text
        else:
            shown.append(text)
    return shown


def _middle(glyph: Glyph) -> float:
    return (glyph.left + glyph.right) / 2


def merged(cells: Iterable[Cell]) -> Cell:
    """Cells of one row as one, a tab where they stand two font sizes apart."""
    ordered = sorted(cells, key=lambda cell: cell.left)
    if sum(cell.rtl for cell in ordered) * 2 > len(ordered):
        ordered.reverse()
    text = ordered[0].text
    for before, cell in pairwise(ordered):
        far = max(cell.left - before.right, before.left - cell.right) > 2 * GAP * cell.size
        text += ("\t" if far else " ") + cell.text
    longest = max(ordered, key=lambda cell: len(cell.text))
    return Cell(
        longest.page, longest.row, text,
        left=min(cell.left for cell in ordered), right=max(cell.right for cell in ordered),
        bottom=min(cell.bottom for cell in ordered), top=max(cell.top for cell in ordered),
        size=longest.size, bold=all(cell.bold for cell in ordered), rtl=longest.rtl, column=longest.column,
    )  # fmt: skip
