"""Lines of pages → blocks: lines broken at a width joined, over columns and pages too, headings by font size. Left out:
finding the lines (`pdf_columns.py`), words broken between them (`hyphens.py`), paragraphs that a picture or note cuts
in two."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from index.readers.blocks import Kind
from index.readers.hyphens import HAN, Hyphens
from index.readers.pdf_furniture import ENDS_SENTENCE, Body
from index.readers.pdf_glyphs import Cell

_LARGER: Final = 1.15
"""Times the body's size: a heading. Less is another font, or a lead."""

_PARAGRAPH_GAP: Final = 1.25
_HEADING_GAP: Final = 2.0
"""Times the usual distance of lines, larger fonts more: lines further apart belong to two blocks."""

_INDENT: Final = 0.8  # font sizes
_ROOM: Final = 0.25  # of a column's width
_AROUND: Final = 5  # lines
_TAIL: Final = 100
"""Characters looked at behind a line: a hostile one is very long."""

_HEADING_CHARS: Final = 250
_BOLD_HEADING_CHARS: Final = 120

_BULLET: Final = re.compile(r"[•‣◦▪■●∙\uf0b7\uf0a7] *")
_ITEM: Final = re.compile(r"(?:[-*–] |\(?(?:\d{1,3}|[a-z])[.)] )(?=\S)")
_LEADER: Final = re.compile(r"(?:\. ?){5}\W*[\divxlc]+$")
"""Dots up to a page number, in a table of contents."""


@dataclass(frozen=True, slots=True)
class PagedBlock:
    """A block as in `blocks.py`; `starts` are the pages (from 1) that begin in it, with the offset in its words."""

    kind: Kind
    words: str
    starts: tuple[tuple[int, int], ...]


class Columns:
    """How far the lines around a line reach: the page's order tells where a column begins and ends."""

    def __init__(self, lines: Iterable[Cell]) -> None:
        self._around: dict[int, tuple[list[Cell], int]] = {}
        run: list[Cell] = []
        for line in lines:
            if run and not _goes_on_below(run[-1], line):
                run = []
            run.append(line)
            self._around[id(line)] = run, len(run) - 1

    def room(self, line: Cell) -> tuple[float, float]:
        """What is left empty behind the line's last word, and the column's width, in points."""
        run, place = self._around[id(line)]
        sides = [run[max(place - _AROUND, 0) : place + 1], run[place : place + _AROUND + 1]]
        sides = [side for side in sides if len(side) > 1] or [[line]]
        left = max(min(one.left for one in side) for side in sides)
        right = min(max(one.right for one in side) for side in sides)
        return (line.left - left if line.rtl else right - line.right), max(right - left, 1.0)


def _goes_on_below(above: Cell, line: Cell) -> bool:
    """Whether a line stands below another in the same column."""
    same_page = line.page == above.page and line.column == above.column
    over = _one_over_the_other(above, line)
    return same_page and over and line.top <= above.top and _same_size(above, line)


def _one_over_the_other(one: Cell, other: Cell) -> bool:
    return one.left < other.right and other.left < one.right


def _same_size(above: Cell, line: Cell) -> bool:
    return abs(above.size - line.size) <= 0.12 * max(above.size, line.size)


def paged_blocks(pages: Sequence[Sequence[Cell]], body: Body) -> Iterator[PagedBlock]:
    """The blocks of a file, in order. A page that begins in no block has no text."""
    lines = [line for page in pages for line in page]
    groups = list(_groups(lines, Columns(lines), body))
    levels = sorted({round(group[0].size) for group in groups if _is_large(group, body)}, reverse=True)
    hyphens = Hyphens(line.text for page in pages for line in page)
    page = 0
    for group in groups:
        kind, mark, joined = _kind(group, body, levels)
        if kind == "row":
            for number, line in enumerate(joined):
                starts = ((line.page, 0),) if line.page != page else ()
                page = line.page
                yield PagedBlock("row" if number else "text", line.text.replace("\t", " | "), starts)
            continue
        words, found = mark, list[tuple[int, int]]()
        for number, line in enumerate(joined):
            text = line.text.replace("\t", " ")
            text = _BULLET.sub("", text, count=1) if not number and mark == "- " else text
            before, between = hyphens.joint(words, text) if number else (words, "")
            words = before + between
            if line.page != page:
                page = line.page
                found.append((page, len(words) if number else 0))
            words += text
        yield PagedBlock(kind, words, tuple(found))


def _kind(group: list[Cell], body: Body, levels: list[int]) -> tuple[Kind, str, list[Cell]]:
    """What a group of lines is, the mark its words begin with, and its lines."""
    text = " ".join(line.text for line in group)
    if _is_large(group, body):
        return "heading", "#" * min(levels.index(round(group[0].size)) + 1, 6) + " ", group
    if _is_bold_heading(group, text, body):
        return "heading", "#" * min(len(levels) + 1, 6) + " ", group
    if _is_table(group):
        return "row", "", group
    if _BULLET.match(text):
        return "item", "- ", group
    return ("item" if _ITEM.match(text) else "text"), "", group


def _is_table(group: list[Cell]) -> bool:
    return len(group) > 1 and all("\t" in line.text for line in group)


def _is_large(group: list[Cell], body: Body) -> bool:
    text = " ".join(line.text for line in group)
    letters = sum(character.isalpha() for character in text)
    return group[0].size >= _LARGER * body.size and letters >= 2 and len(text) <= _HEADING_CHARS


def _is_bold_heading(group: list[Cell], text: str, body: Body) -> bool:
    bold = not body.bold and all(line.bold for line in group) and group[0].size > 0.95 * body.size
    words = text[-1:] not in ",;:" and not ENDS_SENTENCE.search(text) and any(map(str.isalpha, text))
    return bold and words and len(group) <= 2 and len(text) <= _BOLD_HEADING_CHARS and "\t" not in text


def _groups(lines: list[Cell], columns: Columns, body: Body) -> Iterator[list[Cell]]:
    """The lines of each block together."""
    group: list[Cell] = []
    for line in lines:
        if group and _begins(group, line, columns, body):
            yield group
            group = []
        group.append(line)
    if group:
        yield group


def _begins(group: list[Cell], line: Cell, columns: Columns, body: Body) -> bool:
    """Whether the line begins a block behind those of the group."""
    above = group[-1]
    if not _same_size(above, line) or _BULLET.match(line.text) or _LEADER.search(above.text[-_TAIL:]):
        return True
    if line.page == above.page and line.bottom > above.top and _one_over_the_other(above, line):
        return True  # the next column stands beside this one: this is a footer that was drawn before the text
    ended = ENDS_SENTENCE.search(above.text) is not None
    room, width = columns.room(above)
    goes_on = line.text[:1].islower() and not ended
    left_off = room - _first_word_width(line) - 0.3 * above.size  # if the next word would have had its place there
    meant = left_off > 0 and (ended or (left_off > _ROOM * width and not goes_on))
    large = line.size >= _LARGER * body.size
    if line.page != above.page or line.column != above.column or line.top > above.top:
        goes_on = line.text[:1].islower()
        return large or _in_table(above, line) is False or (not goes_on and (ended or meant))
    gap = min(above.top - line.top, above.bottom - line.bottom)
    pitch = body.pitch * max(line.size / body.size, 1)
    if gap > (_HEADING_GAP if large else _PARAGRAPH_GAP) * pitch:
        return True
    if large:
        return above.bold != line.bold
    if _in_table(above, line) is not None:
        return not _in_table(above, line)
    item = _ITEM.match(line.text) is not None
    in_list = _ITEM.match(group[0].text) is not None or _BULLET.match(group[0].text) is not None
    if item and (ended or meant or in_list or above.text.endswith(":")):
        return True
    return (
        meant or _is_indented(group, line, in_list) or (above.bold != line.bold and (ended or left_off > _ROOM * width))
    )


def _in_table(above: Cell, line: Cell) -> bool | None:
    """Whether two lines are rows of one table; None if neither has cells."""
    if "\t" not in above.text and "\t" not in line.text:
        return None
    return "\t" in above.text and "\t" in line.text


def _is_indented(group: list[Cell], line: Cell, in_list: bool) -> bool:
    """Whether the line stands further in than the one above as the first of a paragraph does, or further out than an
    item's words."""
    above = group[-1]
    inwards = (above.right - line.right) if line.rtl else (line.left - above.left)
    if in_list:
        return len(group) > 1 and inwards < -_INDENT * line.size
    return inwards > _INDENT * line.size and (not line.rtl or abs(inwards) < 4 * line.size)


def _first_word_width(line: Cell) -> float:
    """About how wide the line's first word is, in points; of Chinese its first two characters."""
    first = 2 if HAN.match(line.text) else len(line.text.split(maxsplit=1)[0])
    return (line.right - line.left) * first / len(line.text)
