"""Markdown → text that can be quoted: what stays, what goes, how blocks stand apart. Left out:
front matter and encodings (`test_readers.py`)."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.errors import UnreadableArticle
from index.passages import cut_passages
from index.readers import read_file
from index.readers.markdown import to_text
from index.types import Article


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("Un *mot* __gras__ et `code`.", "Un mot gras et code."),
        ("Voir [le pont](https://example.org) ici.", "Voir le pont ici."),
        ("Voir <https://example.org>.", "Voir https://example.org."),
        ("Voir [le pont][1].\n\n[1]: https://example.org", "Voir le pont."),
        ("![Le *pont* rouge](pont.png)", "Le pont rouge"),
        ("AT&amp;T, 5 &lt; 6 &eacute;", "AT&T, 5 < 6 é"),
        (r"\*pas\* gras \# ici", "*pas* gras # ici"),
        ("Un mot en <b>gras</b><!-- rien -->.", "Un mot en gras."),
        ("Une ligne\ncoupée.", "Une ligne coupée."),
        ("Une ligne  \ncoupée.", "Une ligne\ncoupée."),
        ("Un.\n\n\n\nDeux.", "Un.\n\nDeux."),
        ("# Le *pont*\n\n## Suite ##\nUn.", "# Le pont\n\n## Suite\n\nUn."),
        ("Titre\n=====\nUn.\n\nSous-titre\n---\nDeux.", "# Titre\n\nUn.\n\n## Sous-titre\n\nDeux."),
        ("- un\n- deux\n- trois", "- un\n- deux\n- trois"),
        ("* un\n\n* deux", "- un\n- deux"),
        ("3. un\n4. deux", "3. un\n4. deux"),
        ("- un\n  - deux\n- trois\n\nFin.", "- un\n- deux\n- trois\n\nFin."),
        ("Avant :\n- un\n- deux", "Avant :\n\n- un\n- deux"),
        ("> Cité\n> ici.\n\nFin.", "Cité ici.\n\nFin."),
        ("```py\nx = 1\n\ny = 2\n```\nFin.", "x = 1\n\ny = 2\n\nFin."),
        ("    x = 1\n\nFin.", "x = 1\n\nFin."),
        ("Un.\n\n---\n\nDeux.", "Un.\n\nDeux."),
        ("| A | B |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |", "A | B\n1 | 2\n3 | 4"),
        ("😀 é\u0301 עברית", "😀 é\u0301 עברית"),
    ],
)
def test_text(source: str, text: str) -> None:
    assert to_text(source) == text


def test_the_words_of_raw_html_stay() -> None:
    assert to_text("<div>\nLe pont est long.\n</div>\n\nFin.") == "Le pont est long.\n\nFin."


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("<p>Un <b>pont</b>\nlong.</p><p>Fin &amp; suite.</p>", "Un pont long.\nFin & suite."),
        ('<a title="a > b" href=x>Un</a><!-- rien -->', "Un"),
        ("<div><script>var x = '<p>';</script>Un</div>", "Un"),
        ("<ul><li>un</li><li>deux</li></ul>\n\nFin.", "un\ndeux\n\nFin."),
        ("<p>5 < 6 et 7 > 6</p>", "5 < 6 et 7 > 6"),
        ("<p><!-- jamais fermé\n\nFin.", "Fin."),
        ("<![CDATA[\nx\n]]>", "<![CDATA[ x ]]>"),
    ],
)
def test_blocks_of_html(source: str, text: str) -> None:
    assert to_text(source) == text


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("| A | B |\n|---|---|\n| 1<br>2 | |\n| | *3* |", "A | B\n1 2 |\n| 3"),
        ("| | |\n|---|---|\n| 1 | 2 |", "1 | 2"),
        ("Un.\n\n| A |\n|---|\n| 1 |\n\n| B |\n|---|\n| 2 |\n\nFin.", "Un.\n\nA\n1\n\nB\n2\n\nFin."),
        ("- | A | B |\n  |---|---|\n  | 1 | 2 |\n- un", "- A | B\n1 | 2\n\n- un"),
    ],
)
def test_tables(source: str, text: str) -> None:
    assert to_text(source).replace(" \n", "\n") == text


def test_a_heading_stays_on_one_line() -> None:
    assert to_text("Un<br>pont\\\nlong\n===\n\nFin.") == "# Un pont long\n\nFin."


def test_a_break_in_html_keeps_words_apart() -> None:
    assert to_text("Un pont<br>long<br/>et vieux.").split() == ["Un", "pont", "long", "et", "vieux."]


def test_scripts_and_styles_go() -> None:
    for source in ("<script>\nalert(1)\n</script>\n\nFin.", "<style>\np { }\n</style>\n\nFin."):
        assert to_text(source) == "Fin."


def test_an_empty_heading_does_not_make_the_next_paragraph_one() -> None:
    assert to_text("#\n\nLe pont est long.") == "Le pont est long."


def test_an_empty_item_does_not_make_the_next_paragraph_one() -> None:
    assert to_text("-\n\nLe pont est long.") == "Le pont est long."


def test_a_table_is_not_glued_to_the_paragraph_above() -> None:
    text = to_text("Le pont est long.\n\n| | 1890 |\n|---|---|\n| long | 3 |")
    assert text.startswith("Le pont est long.\n\n")


def test_what_is_nested_deep_stays_or_is_refused() -> None:
    items = ["  " * level + f"- mot {level}" for level in range(200)]
    assert to_text("\n".join(items[:40])).splitlines() == [f"- mot {level}" for level in range(40)]
    for source in ("\n".join(items), ">" * 5000 + " mot"):
        with pytest.raises(UnreadableArticle, match="nested too deep"):
            to_text(source)


@pytest.mark.parametrize("marks", ["[", "![", "*", "**_"])
def test_marks_that_nothing_closes_stay(marks: str) -> None:
    assert to_text(marks * 300 + "mot").endswith("mot")


@pytest.mark.parametrize(
    "source", ["```sh\n# build it\nmake\n```\n\nFin du texte.", "\\# Pas un titre\n\nFin du texte."]
)
def test_only_headings_become_headings(source: str) -> None:
    """A comment in code, or an escaped mark, is no heading above what follows."""
    passages = cut_passages(Article("a", "T", to_text(source), "fr"), lambda texts: [1] * len(texts), 50)
    assert [p.heading for p in passages if "Fin" in p.text] == [""]


@pytest.mark.parametrize(
    ("source", "title"),
    [
        ("# Le pont\n\nIl est long.", "Le pont"),
        ("## Le pont\n\nIl est long.", "Le pont"),
        ("Il est long. Il est vieux.\n\n# Suite", "Il est long."),
        ("---\ntitle: Autre\n---\n# Le pont\n\nIl est long.", "Autre"),
        ("Le pont\n=======\n\nIl est long.", "Le pont"),
    ],
)
def test_title(tmp_path: Path, source: str, title: str) -> None:
    file = tmp_path / "a.md"
    file.write_text(source, encoding="utf-8")
    ((_, article),) = read_file(file, tmp_path, 10**6)
    assert isinstance(article, Article) and article.title == title


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=200))
def test_any_source_gives_some_text(source: str) -> None:
    text = to_text(source)
    assert text == text.strip("\n") and "\0" not in text


@given(st.lists(st.sampled_from(["mot", "pont", "rivière", "1890"]), min_size=1, max_size=30))
def test_plain_words_all_stay(words: list[str]) -> None:
    assert to_text(" ".join(words)).split() == words
