"""The cells of a page → its lines in reading order, column by column where lines run across a gutter. Left out: pages
whose text layer is in order already, which stay as they are; boxes that stand askew of columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby, pairwise
from statistics import median
from typing import Final

from index.readers.pdf_glyphs import Cell, merged

_FEWEST_ROWS: Final = 3
"""That a gutter cuts: fewer are a table or a line with a wide gap."""

_FULL: Final = 0.6
"""Of the column, taken by its usual line; cells of a table are shorter."""

_COLUMN_CHARS: Final = 16
"""Of a column's usual line, a Chinese character counted twice; numbers side by side are a table."""

_MOST_CUTS: Final = 4
_APART: Final = 2.0  # points by which boxes may overlap by chance


def lines_in_order(cells: Sequence[Cell], column: str = "") -> list[Cell]:
    """Each line as one cell that names its column."""
    gutter = _gutter(cells) if len(column) < _MOST_CUTS else None
    if gutter is None:
        rows = groupby(cells, key=lambda cell: cell.row)
        return [replace(merged(row), column=column) for _, row in rows]
    rtl = sum(cell.rtl for cell in cells) * 2 > len(cells)
    lines: list[Cell] = []
    left: list[Cell] = []
    right: list[Cell] = []
    for cell in sorted(cells, key=lambda cell: -cell.top):
        if cell.right <= gutter + _APART:
            left.append(cell)
        elif cell.left >= gutter - _APART:
            right.append(cell)
        else:
            lines += _both(left, right, rtl, column)
            lines.append(replace(cell, column=column))
            left, right = [], []
    return lines + _both(left, right, rtl, column)


def _both(left: list[Cell], right: list[Cell], rtl: bool, column: str) -> list[Cell]:
    sides = [lines_in_order(_by_rows(left), f"{column}l"), lines_in_order(_by_rows(right), f"{column}r")]
    return sides[1] + sides[0] if rtl else sides[0] + sides[1]


def _by_rows(cells: list[Cell]) -> list[Cell]:
    """Sorted by height, the cells of a row stand together."""
    first: dict[int, int] = {}
    for i, cell in enumerate(cells):
        first.setdefault(cell.row, i)
    return sorted(cells, key=lambda cell: first[cell.row])


def _gutter(cells: Sequence[Cell]) -> float | None:
    """Where most rows have a gap between two long cells, if the text layer goes across it."""
    pairs = [
        (a, b) if a.left < b.left else (b, a)
        for a, b in pairwise(cells)
        if a.beside(b) and min(a.right, b.right) < max(a.left, b.left)
    ]
    if len(pairs) < _FEWEST_ROWS:
        return None
    ends = sorted(
        [(a.right, 1) for a, _ in pairs] + [(b.left, -1) for _, b in pairs], key=lambda end: (end[0], -end[1])
    )
    depth, most, where = 0, 0, 0.0
    for (x, step), (after, _) in pairwise(ends):
        depth += step
        if depth > most:
            most, where = depth, (x + after) / 2
    cut = [(a, b) for a, b in pairs if a.right <= where <= b.left]
    across = sum(cell.left < where - _APART and cell.right > where + _APART for cell in cells)
    columns = ([a for a, _ in cut], [b for _, b in cut])
    if len(cut) < _FEWEST_ROWS or across > len(cut) or not all(_is_text(column) for column in columns):
        return None
    return where


def _is_text(column: list[Cell]) -> bool:
    width = max(cell.right for cell in column) - min(cell.left for cell in column)
    usual = median(cell.right - cell.left for cell in column)
    return usual >= _FULL * width and median(_length(cell.text) for cell in column) >= _COLUMN_CHARS


def _length(text: str) -> int:
    return len(text) + sum("\u3000" <= character <= "\uffef" for character in text)
