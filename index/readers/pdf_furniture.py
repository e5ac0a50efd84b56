"""Pages of lines → the same without running headers, footers and page numbers: what stands again and again in one place
at the edge of pages, of a file of one page only what says so ("Page 1"). Left out: notes at the foot of a page."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Final

from index.readers.pdf_glyphs import Cell

_MOST_ROWS: Final = 3  # of a header or footer
_SAME_PLACE: Final = 4.0  # points
_HEADING: Final = 1.12
"""Times the body's size: numbered headings at the top of pages ("Chapter 1") are larger than it; they do not count
the pages."""

_SPACED: Final = 1.3
"""Times the usual distance of lines: a header stands further from the text than its lines from each other."""

_MOST_WORDS: Final = 12
ENDS_SENTENCE: Final = re.compile("[.!?…。！？؟۔]['\"”’»)\\]]*$")
_ROMAN: Final = re.compile(r"[\W_]*[ivxlc]+[\W_]*", re.IGNORECASE)
_NUMBER: Final = re.compile(r"\d{1,6}")
_SAYS_PAGE: Final = re.compile(r"\b(?:page|seite|página|pagina|pág|pag|p|s)\b\.?\s*\d|صفحة|[页頁]", re.IGNORECASE)
_SAYS_FIRST: Final = re.compile(
    r"\b(?:page|seite|página|pagina|pág)\.?\s*1\b|صفحة\s*1\b|第\s*1\s*[页頁]", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Body:
    """What the text of a file looks like: its font size, the distance of its lines, and whether it is bold."""

    size: float
    pitch: float
    bold: bool


def body_of(pages: Sequence[Sequence[Cell]]) -> Body:
    """Weighed by characters. The file must hold at least one cell."""
    sizes: dict[float, int] = defaultdict(int)
    bold = 0
    for cell in (cell for page in pages for cell in page):
        sizes[max(round(cell.size * 2), 1) / 2] += len(cell.text)
        bold += len(cell.text) if cell.bold else 0
    size = max(sizes, key=lambda size: (sizes[size], size))
    steps = [
        above.top - below.top
        for page in pages
        for above, below in pairwise(page)
        if abs(above.size - size) < 0.6
        and abs(below.size - size) < 0.6
        and 0.8 * size < above.top - below.top < 3 * size
    ]
    return Body(size, median(steps) if steps else 1.2 * size, bold * 2 > sum(sizes.values()))


@dataclass(frozen=True, slots=True)
class _Row:
    """A row at the upper or lower edge of a page, and the distance to the next row inwards."""

    cells: tuple[Cell, ...]
    upper: bool
    inwards: float

    @property
    def text(self) -> str:
        return " ".join(cell.text for cell in self.cells)

    @property
    def height(self) -> float:
        return self.cells[0].top

    @property
    def key(self) -> tuple[bool, str]:
        text = self.text.casefold()
        return self.upper, "#" if _ROMAN.fullmatch(text) else re.sub(r"\d+", "#", text)


def without_furniture(pages: Sequence[Sequence[Cell]], body: Body) -> list[list[Cell]]:
    edges = [[list(_edge(page, upper)) for upper in (True, False)] for page in pages]
    places: dict[tuple[bool, str], list[_Row]] = defaultdict(list)
    for row in (row for sides in edges for side in sides for row in side):
        places[row.key].append(row)
    repeated = {id(row): counts for rows in places.values() for row, counts in _repeated(rows, len(pages), body)}
    kept = []
    slots = _slots(edges, repeated, body)
    for page, sides in zip(pages, edges, strict=True):
        gone: set[int] = set()
        for side in sides:
            gone.update(id(cell) for row in _outer(side, repeated, slots, body) for cell in row.cells)
        kept.append([cell for cell in page if id(cell) not in gone])
    return kept


def _edge(page: Sequence[Cell], upper: bool) -> Iterator[_Row]:
    """The outermost rows of a page, from outside inwards."""
    rows: list[list[Cell]] = []
    for cell in sorted(page, key=lambda cell: -cell.top if upper else cell.bottom):
        if rows and rows[-1][0].beside(cell):
            rows[-1].append(cell)
        elif len(rows) > _MOST_ROWS:
            break
        else:
            rows.append([cell])
    for row, after in pairwise(rows):
        yield _Row(tuple(sorted(row, key=lambda cell: cell.left)), upper, abs(row[0].top - after[0].top))


def _repeated(rows: list[_Row], pages: int, body: Body) -> Iterator[tuple[_Row, bool]]:
    """Those of equal words, numbers aside, that stand in one place on enough pages and can be no text of their own;
    and whether they count the pages."""
    if pages == 1:
        yield from ((row, False) for row in rows if _says_first_page(row))
        return
    enough = 2 if pages <= 3 else 3
    rows = sorted(rows, key=lambda row: row.height)
    first = 0
    for last in range(1, len(rows) + 1):
        if last < len(rows) and rows[last].height - rows[last - 1].height <= _SAME_PLACE:
            continue
        together = rows[first:last]
        first = last
        same = len({row.text for row in together}) == 1
        on = len({row.cells[0].page for row in together})
        counts = _count_pages(together, pages)
        heading = together[0].cells[0].size > _HEADING * body.size and not counts
        if ENDS_SENTENCE.search(together[0].text):
            if not same or on < max(3, 0.6 * pages) or not _other_size(together[0], body):
                continue  # a refrain, perhaps
        elif not same and (heading or len(together[0].text.split()) > _MOST_WORDS):
            continue
        if on >= enough:
            yield from ((row, counts) for row in together)


def _says_first_page(row: _Row) -> bool:
    few = len(row.text.split()) <= _MOST_WORDS
    return few and _SAYS_FIRST.search(row.text) is not None and not ENDS_SENTENCE.search(row.text)


def _count_pages(rows: list[_Row], pages: int) -> bool:
    """Whether a number in the rows goes up with the pages, all of them or all but a cover. At the top of a page
    "Question 2" counts too and belongs to the text, so a row must say there that it is a page's number."""
    if len(rows) < max(pages - 1, 2) or (rows[0].upper and not _SAYS_PAGE.search(rows[0].text)):
        return False
    ahead = [tuple(int(number) - row.cells[0].page for number in _NUMBER.findall(row.text)) for row in rows]
    # Of two pages only "1" and "2": two amounts may happen to follow each other.
    return any(len(set(steps)) == 1 and (steps[0] == 0 or len(rows) > 2) for steps in zip(*ahead, strict=False))


def _apart(row: _Row, body: Body) -> bool:
    """Whether a row is set off from the text: by its distance, or its size."""
    return row.inwards > _SPACED * body.pitch or _other_size(row, body)


def _other_size(row: _Row, body: Body) -> bool:
    return abs(row.cells[0].size - body.size) > 0.04 * body.size


def _outer(
    side: list[_Row], repeated: dict[int, bool], slots: list[tuple[bool, float, float]], body: Body
) -> list[_Row]:
    """The rows of a page's edge that are furniture: none stands further in than a row that is not. What counts the
    pages may stand as near to the text as its lines do to each other."""
    rows: list[_Row] = []
    for row in side:
        if id(row) not in repeated and not _in_slot(row, slots):
            break
        rows.append(row)
    while rows and not (_apart(rows[-1], body) or repeated.get(id(rows[-1]), False)):
        rows.pop()
    return rows


def _slots(edges: list[list[list[_Row]]], repeated: dict[int, bool], body: Body) -> list[tuple[bool, float, float]]:
    """Places that hold furniture on at least half of the pages, as (upper, height, font size): a header that changes
    with each chapter stands there too."""
    counts: dict[tuple[bool, float, float], int] = defaultdict(int)
    for side in (side for sides in edges for side in sides):
        for row in _outer(side, repeated, [], body):
            counts[row.upper, round(row.height), round(row.cells[0].size, 1)] += 1
    return [slot for slot, count in counts.items() if count >= 3 and count * 2 >= len(edges)]


def _in_slot(row: _Row, slots: list[tuple[bool, float, float]]) -> bool:
    if len(row.text.split()) > _MOST_WORDS or ENDS_SENTENCE.search(row.text):
        return False
    return any(
        upper == row.upper and abs(height - row.height) <= 2 and abs(size - row.cells[0].size) < 0.3
        for upper, height, size in slots
    )
