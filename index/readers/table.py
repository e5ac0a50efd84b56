"""A table (.csv, .tsv) → articles, one a row below the row of names. Left out: tables without a row of names, quotes
other than `"`, which names of columns are known (`mapping.py`)."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Final

from index.errors import UnreadableArticle
from index.readers.encodings import decode
from index.readers.mapping import Columns, check_columns, each_once, known_names, mapped_article, read_columns
from index.types import Article

_DELIMITERS: Final = (",", ";", "\t", "|")
MOST_FIELD_CHARS: Final = 10_000_000
"""Of one field; Python reads 131,072 unless told, and articles are longer."""

_MOST_COLUMNS: Final = 1000
_MOST_HEAD_CHARS: Final = 100_000


def read(file: Path, identity: str) -> Iterator[tuple[str, Article | UnreadableArticle]]:
    """See `readers.Reader`. A row without an id has one as `mapping.mapped_article` makes it; a failure is named by
    the number of its row, the row of names being the first."""
    columns = read_columns(file)
    text = decode(file)
    csv.field_size_limit(MOST_FIELD_CHARS)
    rows = csv.reader(io.StringIO(text, newline="\n"), delimiter=_delimiter(text), strict=True)
    names = _names(rows)
    check_columns(columns, names)
    made = ((f"row {number}", partial(_article, row, names, columns, identity)) for number, row in _numbered(rows))
    yield from each_once(made, "in an earlier row", "below its row of names stands nothing")


def _delimiter(text: str) -> str:
    """The one that cuts the first line into most names that are known, then into most names. `csv.Sniffer` looks at
    the rows too and often takes a letter or mark of the articles for it."""
    head = next((line for line in text[:_MOST_HEAD_CHARS].split("\n") if line.strip()), "")

    def names(delimiter: str) -> tuple[int, int]:
        try:
            found = next(csv.reader([head], delimiter=delimiter))
        except csv.Error:
            return 0, 0
        return known_names(found), len(found)

    return max(_DELIMITERS, key=names)


def _names(rows: Iterator[list[str]]) -> list[str]:
    try:
        names = next((row for row in rows if any(name.strip() for name in row)), None)
    except csv.Error as error:
        raise UnreadableArticle(f"its row of names cannot be read ({error})") from error
    if names is None:
        raise UnreadableArticle("it holds no rows")
    if len(names) > _MOST_COLUMNS:
        raise UnreadableArticle(f"it has {len(names):,} columns; at most {_MOST_COLUMNS:,} are read")
    return names


def _numbered(rows: Iterator[list[str]]) -> Iterator[tuple[int, list[str] | UnreadableArticle]]:
    """The rows that hold something, or why one cannot be read, with their numbers."""
    number = 1
    while True:
        number += 1
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            what = "a quotation mark is missing" if "end of data" in str(error) else str(error)
            yield number, UnreadableArticle(f"it cannot be read ({what}); a quotation mark in a field is written twice")
            continue
        if any(field.strip() for field in row):
            yield number, row


def _article(row: list[str] | UnreadableArticle, names: list[str], columns: Columns, identity: str) -> Article:
    if isinstance(row, UnreadableArticle):
        raise row
    if len(row) != len(names):
        raise UnreadableArticle(
            f"it has {len(row)} fields and the row of names {len(names)}; put fields with the delimiter in quotes"
        )
    return mapped_article(dict(zip(reversed(names), reversed(row), strict=True)), columns, identity)
