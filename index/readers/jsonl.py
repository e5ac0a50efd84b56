"""JSON Lines, one article a line → articles, each with its own id. A bad line is named and the others are read. Left
out: which names of fields are known (`mapping.py`)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final

from index.errors import UnreadableArticle
from index.readers.encodings import decode
from index.readers.mapping import Columns, check_columns, each_once, fields_of, mapped_article, read_columns
from index.types import Article

_EMPTY: Final = "it has no lines, or they are blank"


def read(file: Path, identity: str) -> Iterator[tuple[str, Article | UnreadableArticle]]:
    """See `readers.Reader`; `identity` is not used: each line has its own `id`."""
    columns = read_columns(file)
    lines = decode(file).split("\n")
    if columns and any(line.strip() for line in lines):
        check_columns(columns, _keys(lines))
    made = (
        (f"line {number}", partial(_article, line, columns, identity))
        for number, line in enumerate(lines, 1)
        if line.strip()
    )
    yield from each_once(made, "on an earlier line", _EMPTY)


def _keys(lines: list[str]) -> Iterator[str]:
    for line in lines:
        try:
            yield from _object(line)
        except UnreadableArticle:  # named when the articles are read
            continue


def _object(line: str) -> dict[str, Any]:
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise UnreadableArticle("it is not valid JSON; write one object a line") from error
    if not isinstance(fields, dict):
        raise UnreadableArticle("it must be an object with 'id', 'title' and 'text'")
    return fields


def _article(line: str, columns: Columns, identity: str) -> Article:
    values = _object(line)
    given = fields_of(values, columns).get("id")
    if isinstance(given, bool) or not isinstance(given, str | int) or given == "":
        raise UnreadableArticle("it has no 'id'")
    return mapped_article(values, columns, identity)
