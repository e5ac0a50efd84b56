"""Tables and JSON → articles: which column is which field, ids, bad rows. Left out: what the fields may hold
(`test_readers.py`), JSON Lines by the names of `interfaces.md` (`test_jsonl.py`)."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from index.errors import UnreadableArticle
from index.readers import json_file, jsonl, table
from index.types import Article

BRIDGE = 'The bridge is long, and it is old; the river is wide.\n\nIts keeper said: "Pay".'
TOLL = "Le péage est de trois pence | par charrette."
ROWS: list[dict[str, Any]] = [
    {"id": "1", "title": "Bridge", "text": BRIDGE, "date": "2024-05-01", "updated": "2024-06-01", "lang": "en",
     "url": "https://brent.example/1", "source": "Brent Journal", "author": "Ada Brent", "tags": "a,b"},
    {"id": "2", "title": "Toll", "text": TOLL, "date": "", "updated": "", "lang": "", "url": "", "source": "",
     "author": "", "tags": ""},
]  # fmt: skip
EXPECTED = [
    Article("1", "Bridge", BRIDGE, "en", "https://brent.example/1", "Brent Journal", "Ada Brent", ("a", "b"),
            "2024-05-01", "2024-06-01"),
    Article("2", "Toll", TOLL, "fr"),
]  # fmt: skip


def written(rows: list[dict[str, Any]], delimiter: str = ",") -> str:
    made = io.StringIO()
    writer = csv.DictWriter(made, list(rows[0]), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return made.getvalue()


def read(folder: Path, name: str, content: str | bytes, mapping: str | None = None) -> list[tuple[str, Any]]:
    file = folder / name
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    if mapping is not None:
        (folder / f"{name}.fields.yaml").write_text(mapping, encoding="utf-8")
    readers = {".csv": table.read, ".tsv": table.read, ".json": json_file.read, ".jsonl": jsonl.read}
    return list(readers[file.suffix](file, "news"))


def articles(found: list[tuple[str, Any]]) -> list[Article]:
    assert all(isinstance(result, Article) for _, result in found), found
    return [result for _, result in found]


def refused(folder: Path, name: str, content: str | bytes, says: str, mapping: str | None = None) -> None:
    with pytest.raises(UnreadableArticle, match=says) as caught:
        read(folder, name, content, mapping)
    assert len(str(caught.value)) < 700 and not str(caught.value).endswith(".")


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_a_row_is_an_article(tmp_path: Path, delimiter: str, encoding: str) -> None:
    found = read(tmp_path, "a.csv", written(ROWS, delimiter).encode(encoding))
    assert articles(found) == EXPECTED and [part for part, _ in found] == ["1", "2"]


@pytest.mark.parametrize("shape", [ROWS, {"articles": ROWS, "total": 2, "pages": [1, 2]}])
def test_an_object_is_an_article(tmp_path: Path, shape: object) -> None:
    assert articles(read(tmp_path, "a.json", json.dumps(shape))) == EXPECTED


def test_a_file_of_one_object(tmp_path: Path) -> None:
    one = {key: value for key, value in ROWS[0].items() if key != "id"}
    assert [(part, article.id) for part, article in read(tmp_path, "a.json", json.dumps(one))] == [("", "news")]
    assert articles(read(tmp_path, "a.json", json.dumps(ROWS[0]))) == EXPECTED[:1]


SYNONYMS = {"guid": "x", "Headline": "Bridge", "articleBody": BRIDGE, "datePublished": "2024-05-01T08:00:00+02:00",
            "Last Modified": "2024-06-01", "in_language": "en", "LINK": "https://brent.example/1",
            "publisher": "Brent Journal", "byline": "Ada Brent", "keywords": "a,b"}  # fmt: skip


@pytest.mark.parametrize("name", ["a.csv", "a.json", "a.jsonl"])
def test_usual_names_are_known(tmp_path: Path, name: str) -> None:
    content = written([SYNONYMS]) if name == "a.csv" else json.dumps([SYNONYMS] if name == "a.json" else SYNONYMS)
    (article,) = articles(read(tmp_path, name, content))
    assert (article.id, article.title, article.text, article.language) == ("x", "Bridge", BRIDGE, "en")
    assert (article.published, article.updated, article.url) == ("2024-05-01", "2024-06-01", "https://brent.example/1")
    assert (article.source, article.author, article.tags) == ("Brent Journal", "Ada Brent", ("a", "b"))


def test_the_best_name_that_holds_something_counts(tmp_path: Path) -> None:
    rows = [
        {"body": "Body.", "content": "Content.", "text": ""},
        {"body": "Other.", "content": "Content.", "text": "Text."},
    ]
    assert [article.text for article in articles(read(tmp_path, "a.csv", written(rows)))] == ["Body.", "Text."]


def test_authors_and_sources_that_are_objects(tmp_path: Path) -> None:
    one = {"text": "x", "authors": [{"name": "Ada Brent"}, "Ben Arrow"], "source": {"id": None, "name": "Journal"}}
    (article,) = articles(read(tmp_path, "a.json", json.dumps(one)))
    assert (article.author, article.source) == ("Ada Brent, Ben Arrow", "Journal")


def own_names(name: str) -> str:
    rows = [{"nr": "7", "titre FR": "Le pont", "chapeau": "Il est long.", "corps": "Il est vieux.", "text": "no"}]
    return {"csv": written(rows, ";"), "json": json.dumps(rows), "jsonl": json.dumps(rows[0])}[name.split(".")[1]]


NAMED = "id: nr\ntitle: Titre fr\ntext: [chapeau, corps]\n"


@pytest.mark.parametrize("name", ["a.csv", "a.json", "a.jsonl"])
def test_a_file_beside_names_the_columns(tmp_path: Path, name: str) -> None:
    (article,) = articles(read(tmp_path, name, own_names(name), NAMED))
    assert (article.id, article.title, article.text) == ("7", "Le pont", "Il est long.\n\nIl est vieux.")


@pytest.mark.parametrize("name", ["a.csv", "a.json", "a.jsonl"])
@pytest.mark.parametrize(
    ("mapping", "says"),
    [
        ("txt: corps", "names 'txt'; the fields are id, title, text, date"),
        ("text: korps", "no column 'korps'.*it has: nr, titre FR, chapeau, corps"),
        ("text: [corps, korps]", "no column 'korps'"),
        ("title: [corps, chapeau]", "'title' the name of a column$"),
        ("text: {a: b}", "or a list of them"),
        ("text: []", "or a list of them"),
        ("text:", "or a list of them"),
        ("just words", "must be lines"),
        ("", "must be lines"),
        ("a: [1", "not valid YAML"),
        ("text: &a [*a]", "not valid YAML"),
        ("[a, b]: c", "not valid YAML|names"),
        ("#" * 200_000, "more than 100,000 bytes"),
    ],
)
def test_a_file_beside_that_cannot_be_used(tmp_path: Path, name: str, mapping: str, says: str) -> None:
    refused(tmp_path, name, own_names(name), says, mapping)


def ids(found: Iterator[tuple[str, Any]] | list[tuple[str, Any]]) -> list[str]:
    return [article.id for _, article in found]


@pytest.mark.parametrize("name", ["a.csv", "a.json"])
def test_ids_stay_where_the_address_or_the_text_stays(tmp_path: Path, name: str) -> None:
    def made(*rows: dict[str, str]) -> list[str]:
        return ids(read(tmp_path, name, written(list(rows)) if name == "a.csv" else json.dumps(rows)))

    first, second = (
        {"url": "https://a.example/1", "title": "T", "text": "One."},
        {"url": "", "title": "T", "text": "Two."},
    )
    before = made(first, second)
    assert len(set(before)) == 2 and all(one.startswith("news/") for one in before)
    assert made(second, {**first, "text": "One, changed."}) == before[::-1]
    assert made({**first, "url": "https://a.example/2"}, {**second, "text": "Two, changed."}) != before


HEAD = "id,title,text\n1,A,First.\n"


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("2,B", "2 fields and the row of names 3"),
        ("2,B,Text, and more.", "4 fields"),
        ("2,B,", "holds no text"),
        ("2,B,...", "holds no text"),
        ("1,B,Again.", "earlier row"),
        ('2,B,"a"b"', "written twice"),
        (f"{'x' * 301},B,Text.", "1 to 300"),
    ],
)
def test_a_bad_row_is_named_and_the_others_are_read(tmp_path: Path, line: str, says: str) -> None:
    found = read(tmp_path, "a.csv", f"{HEAD}{line}\n\n3,C,Last.\n")
    assert [part for part, _ in found] == ["1", "row 3", "3"]
    assert isinstance(found[1][1], UnreadableArticle) and says in str(found[1][1])


@pytest.mark.parametrize(
    "bad", [5, None, [], {"title": "x"}, {"text": 5}, {"text": "x", "id": 1.5}, {"text": "x", "id": True}]
)
def test_a_bad_object_is_named_and_the_others_are_read(tmp_path: Path, bad: object) -> None:
    found = read(tmp_path, "a.json", json.dumps([ROWS[0], bad, ROWS[1]]))
    assert [part for part, _ in found] == ["1", "object 2", "2"]
    assert isinstance(found[1][1], UnreadableArticle)


def test_a_quote_that_is_never_closed_is_named(tmp_path: Path) -> None:
    found = read(tmp_path, "a.csv", HEAD + '2,B,"Never closed.\n3,C,Swallowed.\n')
    assert [part for part, _ in found] == ["1", "row 3"] and "quotation mark is missing" in str(found[1][1])


def test_long_articles_are_read_and_longer_fields_are_named(tmp_path: Path) -> None:
    long = "The bridge is long. " * 20_000
    found = read(tmp_path, "a.csv", f"{HEAD}2,B,{long}\n3,C,{'x' * (table.MOST_FIELD_CHARS + 1)}\n4,D,Last.\n")
    assert [part for part, _ in found] == ["1", "2", "row 4", "4"] and "field limit" in str(found[2][1])
    assert found[1][1].text == long.strip()


def test_lines_are_cut_at_line_feeds_alone(tmp_path: Path) -> None:
    text = "One.\u2028Two.\x85Three."
    assert articles(read(tmp_path, "a.csv", f"id,text\n1,{text}\n"))[0].text == text


def test_one_column_is_enough(tmp_path: Path) -> None:
    found = articles(read(tmp_path, "a.csv", "text\nThe bridge is long.\n"))
    assert [article.text for article in found] == ["The bridge is long."]


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.csv", "", "no rows"),
        ("a.csv", " \n,,\n", "no rows"),
        ("a.csv", "name,size\nx,1\n", r"none of its columns .*\(name, size\); say which in a file beside it"),
        ("a.csv", "a" + "," * 2000, "2,001 columns"),
        ("a.csv", ",".join(f"column {n}" for n in range(900)), "none of its columns"),
        ("a.csv", b"a\0b", "NUL"),
        ("a.json", "", "not valid JSON"),
        ("a.json", "[", "not valid JSON"),
        ("a.json", "[" * 100_000, "nested too deep"),
        ("a.json", "9" * 5000, "too long"),
        ("a.json", "5", "must be an object"),
        ("a.json", '{"title": "x"}', "no text and no array"),
        ("a.json", '{"a": [{"text": "x"}], "b": [{"text": "y"}]}', "2 arrays"),
        ("a.json", '[{"title": "x"}]', "none of its columns"),
        ("a.json", '{"text": "x"}\n{"text": "y"}', "more than one value .line 2.*jsonl"),
        ("a.json", "[]", "holds no articles: its array holds no objects"),
        ("a.json", '["a", 1]', "holds no articles: its array holds no objects"),
        ("a.csv", "id,text\n", "holds no articles: below its row of names stands nothing"),
        ("a.tsv", "id\ttext\n\t\n\n", "holds no articles: below its row of names stands nothing"),
    ],
)
def test_files_that_cannot_be_read(tmp_path: Path, name: str, content: str | bytes, says: str) -> None:
    refused(tmp_path, name, content, says)
