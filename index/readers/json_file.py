"""A file of JSON → articles: one object, an array of objects, or an object that holds one such array. Left out: JSON
Lines (`jsonl.py`), which names of fields are known (`mapping.py`)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from index.errors import UnreadableArticle
from index.readers.encodings import decode
from index.readers.mapping import Columns, check_columns, each_once, fields_of, mapped_article, read_columns
from index.types import Article


def read(file: Path, identity: str) -> Iterator[tuple[str, Article | UnreadableArticle]]:
    """See `readers.Reader`. An object without an id has one as `mapping.mapped_article` makes it; that of a file with
    one object is `identity`."""
    columns = read_columns(file)
    loaded = _loaded(file)
    if isinstance(loaded, dict) and isinstance(fields_of(loaded, columns).get("text"), str):
        check_columns(columns, loaded)
        yield "", mapped_article(loaded, columns, identity, alone=True)
        return
    objects = _objects(loaded)
    if not _holds_objects(objects):
        raise UnreadableArticle("it holds no articles: its array holds no objects with 'title' and 'text'")
    check_columns(columns, (key for one in objects if isinstance(one, dict) for key in one))
    made = ((f"object {number}", partial(_article, one, columns, identity)) for number, one in enumerate(objects, 1))
    yield from each_once(made, "at an earlier object")


def _article(values: Any, columns: Columns, identity: str) -> Article:
    if not isinstance(values, dict):
        raise UnreadableArticle("it must be an object with 'title' and 'text'")
    return mapped_article(values, columns, identity)


def _loaded(file: Path) -> Any:
    try:
        return json.loads(decode(file))
    except json.JSONDecodeError as error:
        if error.msg == "Extra data":
            raise UnreadableArticle(
                f"it holds more than one value (line {error.lineno}); if each line is an object, let its name end in "
                ".jsonl"
            ) from error
        raise UnreadableArticle(f"it is not valid JSON (line {error.lineno}: {error.msg})") from error
    except (ValueError, RecursionError) as error:
        raise UnreadableArticle(
            "it is not JSON that can be read: a number is too long or it is nested too deep"
        ) from error


def _objects(loaded: Any) -> list[Any]:
    if isinstance(loaded, list):
        return loaded
    if not isinstance(loaded, dict):
        raise UnreadableArticle("it must be an object with 'title' and 'text', or an array of such objects")
    arrays = {key: value for key, value in loaded.items() if isinstance(value, list) and _holds_objects(value)}
    if len(arrays) != 1:
        raise UnreadableArticle(
            f"its object holds no text and {len(arrays) or 'no'} array{'s' * (len(arrays) > 1)} of objects; save the "
            "array of articles alone, or say in a file beside it that has its name and .fields.yaml at the end which "
            "key is the text, as 'text: KEY'"
        )
    return next(iter(arrays.values()))


def _holds_objects(values: list[Any]) -> bool:
    return any(isinstance(value, dict) for value in values)
