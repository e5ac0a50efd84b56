"""Citations: selectors, addresses, verification against articles that changed. Left out: which
sentences are cited (`test_composer.py`)."""

from __future__ import annotations

from contextlib import suppress
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.errors import UnreadableArticle
from index.readers.fields import make_article
from index.stores.memory import MemoryIndex
from index.types import Article, Span
from rag.citations import CONTEXT_CHARS, cite, selectors, source_page, text_fragment_url, verify_answer
from rag.errors import InvalidFolder, VerbatimError
from tests.test_stores import fill

TEXT = "Le pont est long. Il franchit la rivière 😀. Le pont est long. Fin."
ARTICLE = Article("pont/é", "Le pont", TEXT, "fr", "https://example.org/p?a=1&b=2#top", "S", None, (), "2025-01-01")


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), st.data())
def test_quote_prefix_and_suffix_stand_together_in_the_text(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    citation = cite(Article("a", "T", text, "en"), Span(start, end))
    assert citation.quote == text[start:end]
    assert text[:start].endswith(citation.prefix) and text[end:].startswith(citation.suffix)
    assert len(citation.prefix) == min(start, CONTEXT_CHARS)
    assert len(citation.suffix) == min(len(text) - end, CONTEXT_CHARS)
    assert (citation.start, citation.end) == (start, end)


def test_a_citation_carries_the_article() -> None:
    citation = cite(ARTICLE, Span(0, 17))
    assert (citation.article_id, citation.title, citation.url) == ("pont/é", "Le pont", ARTICLE.url)
    assert (citation.source, citation.published, citation.updated) == ("S", "2025-01-01", None)
    assert citation.sha256 == ARTICLE.sha256 and citation.language == "fr"


@pytest.mark.parametrize("span", [Span(-1, 3), Span(3, 3), Span(5, 3), Span(0, len(TEXT) + 1)])
def test_a_span_outside_the_text(span: Span) -> None:
    with pytest.raises(VerbatimError):
        cite(ARTICLE, span)


def test_selectors() -> None:
    assert selectors(cite(ARTICLE, Span(18, 42))) == [
        {"type": "TextQuoteSelector", "exact": TEXT[18:42], "prefix": "Le pont est long. ", "suffix": TEXT[42:74]},
        {"type": "TextPositionSelector", "start": 18, "end": 42},
    ]


def test_the_source_page_is_one_path_segment() -> None:
    assert source_page("a/b c?é", 3, 7, "") == "/articles/a%2Fb%20c%3F%C3%A9?start=3&end=7#cited"
    assert source_page("a", 3, 7, "0123456789abcdef").endswith("?start=3&end=7&sha256=0123456789ab#cited")


@pytest.mark.parametrize("name", [".", ".."])
def test_dots_are_no_way_out_of_the_articles(name: str) -> None:
    """A browser would resolve them before it asks, even encoded: they are no ids."""
    with pytest.raises(UnreadableArticle, match="its id"):
        make_article(name, "Some words.", {})


def fragment(text: str, url: str | None = "https://example.org/p") -> str | None:
    return text_fragment_url(cite(Article("a", "T", text, "en", url), Span(0, len(text))))


def test_a_text_fragment() -> None:
    assert fragment("Le pont, long & vieux - 3,5 km") == (
        "https://example.org/p#:~:text=Le%20pont%2C%20long%20%26%20vieux%20%2D%203%2C5%20km"
    )
    assert fragment("x", "https://example.org/p?a=1#top") == "https://example.org/p?a=1#:~:text=x"
    assert fragment("x", None) is None


def test_a_citation_of_a_file_of_pages_names_its_page() -> None:
    article = Article("a", "T", "One. Two. Three.", "en", "https://example.org/p.pdf", pages=(0, 5, 5, 10))
    assert [cite(article, Span(start, start + 1)).page for start in (0, 4, 5, 9, 10, 15)] == [1, 1, 3, 3, 4, 4]
    assert text_fragment_url(cite(article, Span(5, 8))) == "https://example.org/p.pdf#page=3:~:text=Two"


@given(st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1, max_size=100))
def test_a_short_quote_is_encoded_whole(text: str) -> None:
    address = fragment(text)
    assert address is not None and address.isascii()
    target = address.partition("#:~:text=")[2]
    assert unquote(target) == " ".join(text.split()) and not set(target) & set(',&- #"<>')


def test_a_long_quote_is_addressed_by_its_ends() -> None:
    address = fragment("Un deux trois quatre cinq " + "mot " * 40 + "six sept huit neuf dix.")
    assert address is not None
    assert address.partition("text=")[2] == "Un%20deux%20trois%20quatre%20cinq,six%20sept%20huit%20neuf%20dix."


def test_a_quote_with_a_line_break_is_addressed_by_its_ends() -> None:
    """A browser finds no fragment with a line break in it."""
    address = fragment("Le pont est long.\nIl franchit la rivière.")
    assert address is not None and "%0A" not in address


def answer(text: str, start: Any, /, **more: Any) -> dict[str, Any]:
    extract = {"number": 1, "text": text, "start": start, "end": start + len(text), "article": {"id": "pont/é"}}
    return {"extracts": [{**extract, **more}]}


def verify(obj: dict[str, Any], text: str | None = TEXT) -> dict[str, Any]:
    index = MemoryIndex("words", 256)
    if text is not None:
        fill([Article("pont/é", "Le pont", text, "fr")])(index)
    (found,) = verify_answer(obj, index)
    return found


SENTENCE = "Il franchit la rivière 😀."


@pytest.mark.parametrize(
    ("text", "status", "start"),
    [
        (TEXT, "valid", 18),
        ("Autre début. " + TEXT, "moved", 31),
        (TEXT[18:], "moved", 0),
        (TEXT.replace("franchit", "traverse"), "changed", None),
        (TEXT.replace("rivière", "riviere"), "changed", None),
        (None, "deleted", None),
    ],
)
def test_verification(text: str | None, status: str, start: int | None) -> None:
    end = None if start is None else start + len(SENTENCE)
    more = {"kept": False} if status == "changed" else {}
    assert verify(answer(SENTENCE, 18), text) == {"number": 1, "status": status, "start": start, "end": end, **more}


def test_of_two_places_the_one_with_the_context_is_meant() -> None:
    quote = [{"type": "TextQuoteSelector", "exact": "Le pont est long.", "prefix": "😀. ", "suffix": " Fin."}]
    moved = "Avant. " + TEXT
    assert verify(answer("Le pont est long.", 2, selector=quote), moved)["start"] == moved.rindex("Le pont")
    assert verify(answer("Le pont est long.", 2), moved)["start"] == 7
    assert verify(answer("Le pont est long.", 60), moved)["start"] == moved.rindex("Le pont")


@pytest.mark.parametrize(
    "change",
    [{"start": 18 - len(TEXT)}, {"end": 18 + len(SENTENCE) - len(TEXT)}, {"end": 10**30}, {"start": 10**30}],
)
def test_wrong_positions_are_never_valid(change: dict[str, Any]) -> None:
    found = verify(answer(SENTENCE, 18, **change))
    assert (found["status"], found["start"], found["end"]) == ("moved", 18, 18 + len(SENTENCE))


@pytest.mark.parametrize(
    "obj",
    [
        {}, {"extracts": None}, {"extracts": {}}, {"extracts": "x"}, {"extracts": [None]}, {"extracts": [[]]},
        {"extracts": ["x"]}, {"extracts": [{}]}, answer("", 0), answer("x", 0, text=5), answer("x", 0, text=None),
        answer("x", 0, start="0"), answer("x", 0, start=0.0), answer("x", 0, start=True), answer("x", 0, end=None),
        answer("x", 0, article=None), answer("x", 0, article={}), answer("x", 0, article={"id": 5}),
        answer("x", 0, article="pont"),
    ],
)  # fmt: skip
def test_what_is_no_answer_object_is_refused(obj: dict[str, Any]) -> None:
    with pytest.raises(InvalidFolder):
        verify(obj)


@pytest.mark.parametrize(
    "selector",
    [5, True, "x", {}, [5], [None], [{"exact": 5}], [{"exact": "Le pont est long.", "prefix": None, "suffix": []}]],
)
def test_odd_selectors_do_no_harm(selector: Any) -> None:
    with suppress(InvalidFolder):  # to refuse them is as good
        assert verify(answer("Le pont est long.", 3, selector=selector))["status"] == "moved"


def test_no_extracts_are_nothing_to_verify() -> None:
    assert verify_answer({"extracts": []}, MemoryIndex("words", 256)) == []
