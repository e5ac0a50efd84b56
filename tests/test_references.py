"""References to paste elsewhere: nothing of an article is read as markup. Left out: how they are copied."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from web.references import answer_markdown, bibtex, markdown, plain, references

HOSTILE = (
    "1. *One* [two](javascript:x) <b>three</b> & `four` ~~five~~\n# six\n- seven | eight &lt;b&gt; $x_1$ {nine} \\ 50 %"
)


def extract(**changed: Any) -> dict[str, Any]:
    article = {
        "id": "a/b c", "title": "The Canal, opened", "url": "https://example.org/a?b=(c)", "source": "The Times",
        "author": "A. Smith", "published": "2025-08-15", "updated": None, "sha256": "0" * 64,
    }  # fmt: skip
    article |= changed.pop("article", {})
    return {"number": 1, "text": "It opened in 1914.", "start": 3, "end": 21, "article": article, **changed}


def test_plain_names_everything_one_needs_to_check() -> None:
    assert plain(extract()) == (
        "“It opened in 1914.”\n— The Canal, opened, A. Smith, The Times, 2025-08-15, 3–21, https://example.org/a?b=(c)"
    )


def test_markdown_quotes_and_links() -> None:
    html = MarkdownIt().render(markdown(extract()))
    assert "<blockquote>\n<p>It opened in 1914.</p>" in html
    assert '<a href="https://example.org/a?b=(c)">The Canal, opened</a>, A. Smith' in html


def test_bibtex_is_an_entry_with_a_key() -> None:
    assert bibtex(extract()).splitlines() == [
        "@misc{a-b-c-3,",
        "  title = {The Canal, opened},",
        "  author = {A. Smith},",
        "  year = {2025},",
        "  date = {2025-08-15},",
        "  howpublished = {The Times},",
        "  note = {“It opened in 1914.” (characters 3–21)},",
        "  url = {https://example.org/a?b=(c)}",
        "}",
    ]


def test_what_is_unknown_is_left_out() -> None:
    bare = extract(article={"url": None, "source": None, "author": None, "published": None})
    assert plain(bare).endswith("— The Canal, opened, 3–21")
    assert "None" not in "".join(references(bare).values())


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", " https://x"])
def test_only_addresses_of_pages_become_links(url: str) -> None:
    written = references(extract(article={"url": url}))
    assert not any("javascript" in text or "data:" in text or "https" in text for text in written.values())


def read(text: str) -> list[Token]:
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(text)
    return [child for token in tokens for child in (token, *(token.children or []))]


def test_hostile_text_stays_text() -> None:
    hostile = extract(text=HOSTILE, article={"title": HOSTILE, "author": HOSTILE, "url": 'https://x/"><b> c'})
    kinds = {token.type for token in read(markdown(hostile))}
    assert kinds <= {
        "blockquote_open", "blockquote_close", "paragraph_open", "paragraph_close", "inline", "text", "text_special",
        "softbreak", "link_open", "link_close",
    }  # fmt: skip
    assert r"\{nine\} \textbackslash{} 50 \%" in bibtex(hostile)


@given(st.text(alphabet=st.sampled_from("ab1.-=#*_`[]()<>!|~\\&;+ \n\té😀"), min_size=1, max_size=40))
def test_any_quote_comes_back_from_markdown(text: str) -> None:
    words = " ".join(text.split())
    if not words:
        return
    shown = "".join(
        "\n" if token.type == "softbreak" else token.content
        for token in read(markdown(extract(text=text, article={"url": None})))
        if token.type in ("text", "text_special", "softbreak")
    )
    assert " ".join(shown.split()).startswith(words)


def test_a_whole_answer_in_markdown() -> None:
    answer = {"question": "When did\nit open?", "extracts": [extract()], "reason": None}
    html = MarkdownIt().render(answer_markdown(answer))
    assert html.startswith("<h2>When did it open?</h2>") and "<blockquote>" in html
    none = {"question": "Who?", "extracts": [], "reason": "No *article* says."}
    assert "<p>No *article* says.</p>" in MarkdownIt().render(answer_markdown(none))


def test_a_page_is_named() -> None:
    paged = extract(page=7)
    assert "2025-08-15, p. 7, 3–21" in plain(paged) and ", p. 7, " in markdown(paged)
    assert "pages = {7}" in bibtex(paged) and "pages" not in bibtex(extract())
