"""JSON Lines: every bad line is named and the others are read. Left out: fields in common with
other files (`test_readers.py`)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from index.build import build
from index.errors import UnreadableArticle
from index.readers import read_file
from index.settings import IndexSettings
from index.stores.memory import MemoryIndex
from index.types import Article
from tests.conftest import WordEmbedder

GOOD: dict[str, Any] = {"id": "good", "title": "T", "text": "The bridge is long."}


def read(folder: Path, lines: list[str]) -> tuple[dict[str, Article], dict[str, str]]:
    """Articles by origin, refusals by origin; both without the file's path."""
    file = folder / "a.jsonl"
    file.write_text("\n".join(lines), encoding="utf-8", newline="")
    articles, errors = {}, {}
    for origin, result in read_file(file, folder, 10**9):
        name = origin.removeprefix(str(file))
        if isinstance(result, Article):
            articles[name] = result
        else:
            errors[name] = str(result)
    return articles, errors


def test_all_fields(tmp_path: Path) -> None:
    fields = {
        **GOOD, "date": "2025-04-10", "updated": "2025-04-11", "lang": "fr", "url": "https://example.org/",
        "source": "S", "author": "A", "tags": ["x", "y"], "extra": {"ignored": 1},
    }  # fmt: skip
    articles, errors = read(tmp_path, [json.dumps(fields)])
    assert errors == {}
    assert articles == {
        "#good": Article(
            "good", "T", "The bridge is long.", "fr", "https://example.org/", "S", "A", ("x", "y"),
            "2025-04-10", "2025-04-11",
        )
    }  # fmt: skip


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("{", "not valid JSON"),
        ("[1, 2]", "must be an object"),
        ('"text"', "must be an object"),
        ("null", "must be an object"),
        ('{"text": "x"}', "no 'id'"),
        ('{"id": "", "text": "x"}', "no 'id'"),
        ('{"id": null, "text": "x"}', "no 'id'"),
        ('{"id": 1.5, "text": "x"}', "no 'id'"),
        ('{"id": "x"}', "no 'text'"),
        ('{"id": "x", "text": 5}', "no 'text'"),
        ('{"id": "x", "text": ""}', "no text"),
        ('{"id": "x", "text": "a\\u0000b"}', "NUL"),
        ('{"id": "x", "text": "a\\ud800b"}', "surrogate"),
        ('{"id": "x", "text": "a", "title": "\\udc00"}', "surrogate"),
        ('{"id": "a\\nb", "text": "a"}', "control character"),
        ('{"id": "a\\u0000b", "text": "a"}', "control character"),
        ('{"id": "' + "x" * 301 + '", "text": "a"}', "1 to 300"),
        ('{"id": "good", "text": "again"}', "earlier line"),
        ('{"id": "x", "text": "a", "date": "10/04/2025"}', "is not a date"),
        ('{"id": "x", "text": "a", "tags": 5}', "tags"),
        ('{"id": "x", "text": "a", "tags": [null]}', "tags"),
        ('{"id": "x", "text": "a", "title": {}}', "title"),
        ("[" * 100_000, "not valid JSON"),
        ('{"id": ' + "9" * 5000 + ', "text": "a"}', "not valid JSON"),
    ],
)
def test_a_bad_line_is_named_and_the_others_are_read(tmp_path: Path, line: str, says: str) -> None:
    articles, errors = read(tmp_path, [json.dumps(GOOD), line, "", json.dumps({**GOOD, "id": "last"})])
    assert list(articles) == ["#good", "#last"]
    assert list(errors) == ["#line 2"]
    assert says in errors["#line 2"] and "line 2" in errors["#line 2"] and "a.jsonl" in errors["#line 2"]


@pytest.mark.parametrize(
    "extra",
    [
        {"id": "\ud800"},
        {"id": "x", "tags": ["\ud800"]},
        {"id": "x", "tags": "\ud800"},
        {"id": "x", "date": "\ud800"},
        {"id": "x", "lang": "\ud800"},
        {"id": "x", "url": "https://\ud800"},
    ],
)
def test_half_a_surrogate_pair_never_stops_a_build(tmp_path: Path, extra: dict[str, Any]) -> None:
    """A build ends, the good article is indexed, and every failure can be printed."""
    file = tmp_path / "a.jsonl"
    file.write_text("\n".join(json.dumps({**GOOD, **more}) for more in ({}, extra)), encoding="utf-8")
    index = MemoryIndex("words", 256)
    summary = build([file], index, WordEmbedder(), IndexSettings.model_validate({}))
    assert index.article("good").text == GOOD["text"]
    assert len(summary.failures) == 1
    summary.failures[0].encode()


def test_numbers_as_ids(tmp_path: Path) -> None:
    articles, errors = read(tmp_path, [json.dumps({**GOOD, "id": 42})])
    assert errors == {} and articles["#42"].id == "42"


def test_line_separators_inside_a_text_do_not_cut_the_line(tmp_path: Path) -> None:
    text = "One.\u2028Two.\u2029Three.\x85Four."
    articles, errors = read(tmp_path, [json.dumps({**GOOD, "text": text}, ensure_ascii=False)])
    assert errors == {} and articles["#good"].text == text


def test_carriage_returns(tmp_path: Path) -> None:
    articles, errors = read(tmp_path, [json.dumps({**GOOD, "text": "One.\r\nTwo.\rThree."}) + "\r", ""])
    assert errors == {} and articles["#good"].text == "One.\nTwo.\nThree."


@pytest.mark.parametrize("raw", [b"\0", b'{"id": "a",\0 "text": "b"}'])
def test_a_file_that_is_not_text_is_one_failure(tmp_path: Path, raw: bytes) -> None:
    file = tmp_path / "a.jsonl"
    file.write_bytes(raw)
    ((origin, found),) = read_file(file, tmp_path, 10**9)
    assert origin == str(file) and isinstance(found, UnreadableArticle)


@pytest.mark.parametrize("lines", [[], ["", "  ", "\r"]])
def test_a_file_without_lines_is_named(tmp_path: Path, lines: list[str]) -> None:
    articles, errors = read(tmp_path, lines)
    assert articles == {} and list(errors) == [""] and "it holds no articles: it has no lines" in errors[""]


def test_the_articles_of_a_file_that_is_empty_now_stay(tmp_path: Path) -> None:
    """An export that went wrong looks like this, and so it is a failure like any other."""
    embedder, file = WordEmbedder(), tmp_path / "a.jsonl"
    index = MemoryIndex(embedder.name, embedder.dimension)
    for content, added, removed, failed in ((json.dumps(GOOD), 1, 0, 0), ("\n", 0, 0, 1)):
        file.write_text(content, encoding="utf-8")
        done = build([tmp_path], index, embedder, IndexSettings.model_validate({}))
        assert (done.add, done.remove, len(done.failed)) == (added, removed, failed)
    assert index.article("good").text == GOOD["text"]
