"""Files → articles: front matter, plain text, fields, encodings, which files are found. Left out:
what Markdown becomes (`test_markdown.py`), JSON Lines (`test_jsonl.py`)."""

from __future__ import annotations

from pathlib import Path

import pytest

from index.errors import UnreadableArticle
from index.readers import find_files, read_file
from index.types import Article

MOST = 100_000


def results(file: Path, root: Path | None = None) -> list[Article | UnreadableArticle]:
    return [result for _, result in read_file(file, root or file.parent, MOST)]


def read(folder: Path, content: str | bytes, name: str = "note.txt") -> Article:
    file = folder / name
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    (found,) = results(file)
    assert isinstance(found, Article), found
    return found


def refused(folder: Path, content: str | bytes, name: str = "note.txt") -> str:
    file = folder / name
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    (found,) = results(file)
    assert isinstance(found, UnreadableArticle), found
    assert str(file) in str(found)
    return str(found)


FULL = """---
title: "Le pont : une histoire"
date: 2025-04-10
updated: 2025-05-01
language: fr
url: https://example.org/pont
source: Le Journal
author: Jean Petit
tags: [ponts, rivières, ponts]
other: ignored
---
Le pont est long.
"""


@pytest.mark.parametrize("name", ["pont.txt", "pont.md", "pont.MD", "pont.markdown"])
def test_every_field_of_the_front_matter(tmp_path: Path, name: str) -> None:
    article = read(tmp_path, FULL, name)
    assert article == Article(
        "pont", "Le pont : une histoire", "Le pont est long.", "fr", "https://example.org/pont", "Le Journal",
        "Jean Petit", ("ponts", "rivières"), "2025-04-10", "2025-05-01",
    )  # fmt: skip


def test_without_front_matter(tmp_path: Path) -> None:
    article = read(tmp_path, "The bridge is long. It is old.\n\nThe river is wide.\n")
    assert article.title == "The bridge is long." and article.language == "en"
    assert article.text == "The bridge is long. It is old.\n\nThe river is wide."
    assert (article.url, article.source, article.author, article.tags) == (None, None, None, ())
    assert (article.published, article.updated) == (None, None)


def test_the_title_is_the_first_sentence_shortened(tmp_path: Path) -> None:
    title = read(tmp_path, "The bridge " + "of the long and winding river " * 10 + "is old.").title
    assert title.endswith("…") and len(title) <= 81 and title.startswith("The bridge of the long")


@pytest.mark.parametrize(
    ("head", "text"),
    [
        ("---\nno end\n", "---\nno end\n\nBody text."),
        ("----\ntitle: X\n---\n", "----\ntitle: X\n---\n\nBody text."),
        ("---\n---\n", "Body text."),
        ("---\ntitle: X\n...\n", "Body text."),
    ],
)
def test_what_counts_as_front_matter(tmp_path: Path, head: str, text: str) -> None:
    assert read(tmp_path, f"{head}\nBody text.").text == text


@pytest.mark.parametrize(
    ("line", "field", "value"),
    [
        ("language: fr-CA", "language", "fr"),
        ("lang: EN_us", "language", "en"),
        ("language: klingon!", "language", "en"),
        ("language: no", "language", "no"),
        ("url: javascript:alert(1)", "url", None),
        ("url: data:text/html,x", "url", None),
        ("url: //example.org/x", "url", None),
        ("url: HTTPS://example.org/x", "url", "HTTPS://example.org/x"),
        ("tags: a, b , ,a", "tags", ("a", "b")),
        ("tags: [2025, x y]", "tags", ("2025", "x y")),
        ("tags:", "tags", ()),
        ("date: 2025-04-10T12:30:00Z", "published", "2025-04-10"),
        ("date:", "published", None),
        ("author: 'A  \tB'", "author", "A B"),
        ("title: 1984", "title", "1984"),
    ],
)
def test_fields(tmp_path: Path, line: str, field: str, value: object) -> None:
    article = read(tmp_path, f"---\n{line}\n---\nThe bridge is long and the river is wide.")
    assert getattr(article, field) == value


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("date: 2025-02-30", "date '2025-02-30'"),
        ("updated: yesterday", "updated 'yesterday'"),
        ("date: [2025]", "date"),
        ("title: [a, b]", "'title' must be text"),
        ("tags: {a: b}", "tags must be a list"),
        ("title: a: b", "not valid YAML (line 2)"),
        ("x: [1", "not valid YAML"),
        ("just words", "name: value"),
        ("x: &a [*a]", "not valid YAML (line 2)"),
    ],
)
def test_bad_fields_are_named(tmp_path: Path, line: str, says: str) -> None:
    assert says in refused(tmp_path, f"---\n{line}\n---\nThe bridge is long.")


@pytest.mark.parametrize("name", ["a.txt", "a.md"])
@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "no text"),
        (b" \n\t\n", "no text"),
        (b"--- ! ---", "no text"),
        (b"---\ntitle: X\n---\n", "no text"),
        (b"text\0text", "NUL"),
        (b"x" * (MOST + 1), "100,001 bytes"),
    ],
)
def test_files_that_cannot_be_read(tmp_path: Path, content: bytes, says: str, name: str) -> None:
    assert says in refused(tmp_path, content, name)


def test_byte_order_mark_and_carriage_returns_are_left_out(tmp_path: Path) -> None:
    raw = b"\xef\xbb\xbf---\r\ntitle: X\r\n---\r\nThe bridge.\r\n\r\nThe river.\rThe end.\r\n"
    article = read(tmp_path, raw)
    assert (article.title, article.text) == ("X", "The bridge.\n\nThe river.\nThe end.")


def test_plain_text_is_kept_as_it_is(tmp_path: Path) -> None:
    text = "A *star* & <b>tag</b> [x](y) 😀 é\u0301 \u200fעברית\n  indented   spaces\n\n\n1. one"
    assert read(tmp_path, text).text == text


def test_other_endings_and_missing_files_are_refused(tmp_path: Path) -> None:
    assert "'.exe' are not read" in refused(tmp_path, b"MZ", "a.exe")
    (gone,) = results(tmp_path / "gone.txt")
    assert isinstance(gone, UnreadableArticle) and "gone.txt" in str(gone)


def test_ids_are_paths_below_the_root(tmp_path: Path) -> None:
    file = tmp_path / "a b" / "é.v2.md"
    file.parent.mkdir()
    file.write_text("The bridge is long.", encoding="utf-8")
    assert [a.id for a in results(file, tmp_path) if isinstance(a, Article)] == ["a b/é.v2"]
    assert [a.id for a in results(file, file) if isinstance(a, Article)] == ["é.v2"]


def test_which_files_are_found(tmp_path: Path) -> None:
    names = ["b.md", "a.txt", "sub/c.JSONL", "sub/d.markdown", "questions.jsonl", ".hidden.md", ".git/e.md",
             "follow_ups.jsonl", "photo.png", "drafts/f.md", "sub/keep.md", "sub/skip.md", "README.md"]  # fmt: skip
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x", encoding="utf-8")
    (tmp_path / "folder.md").mkdir()
    (tmp_path / ".loccitignore").write_text("# comment\ndrafts/\nskip.md\nREADME.md\n", encoding="utf-8")
    found = [file.relative_to(tmp_path).as_posix() for file in find_files(tmp_path)[0]]
    assert found == ["a.txt", "b.md", "sub/c.JSONL", "sub/d.markdown", "sub/keep.md"]
    assert find_files(tmp_path / "b.md") == ([tmp_path / "b.md"], [])


def test_nothing_at_a_path(tmp_path: Path) -> None:
    with pytest.raises(UnreadableArticle, match="no such file or folder"):
        find_files(tmp_path / "gone")
    assert find_files(tmp_path) == ([], [])


def test_a_path_that_cannot_be_looked_at_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UnreadableArticle, match="could not be read"):
        find_files(tmp_path / ("x" * 300))

    def refuse(path: Path) -> bool:
        raise PermissionError(13, "Permission denied", str(path))

    (tmp_path / "a.md").write_text("x", encoding="utf-8")
    monkeypatch.setattr(Path, "is_file", refuse)
    with pytest.raises(UnreadableArticle, match="Permission denied"):
        find_files(tmp_path / "a.md")


def test_an_ignore_file_with_a_pattern_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / ".loccitignore").write_text("drafts/\n!\n", encoding="utf-8")
    with pytest.raises(UnreadableArticle, match=r"loccitignore: .*'!'"):
        find_files(tmp_path)


def test_an_ignore_file_that_is_not_utf8_is_named(tmp_path: Path) -> None:
    (tmp_path / ".loccitignore").write_bytes(b"caf\xe9.md\n")
    with pytest.raises(UnreadableArticle, match="loccitignore"):
        find_files(tmp_path)


@pytest.mark.parametrize("name", ["note.md", "note.txt"])
def test_what_cannot_be_quoted_is_left_out(tmp_path: Path, name: str) -> None:
    """Half of this is noise; the words and what stands between them stay as they were."""
    noisy = (
        "By Ada Brent\n\nThe bridge is lo\u00adng.\u200b It cost\u2009three pence.\n\nRead also: The canal\n\n"
        "By noon it was full.\n\n\u00ad\n\nÀ lire aussi : Le canal\n\nNobody paid e\u0301te\u0301.\n\nTags: tolls"
    )
    assert read(tmp_path, noisy, name).text == (
        "The bridge is long. It cost three pence.\n\nBy noon it was full.\n\nNobody paid \u00e9t\u00e9."
    )
