"""The words of the interface, and an article cut into blocks. Left out: the pages that show them
(`test_pages.py`)."""

from __future__ import annotations

import re

import pytest

from index.types import Span
from web.article_text import cut_blocks
from web.texts import LANGUAGES, TEXTS, choose_language, say_date


@pytest.mark.parametrize("cited", [None, Span(0, 3), Span(9, 25), Span(14, 16), Span(0, 60)])
def test_blocks_lose_nothing_but_marks_and_blank_lines(cited: Span | None) -> None:
    text = "# One\n\nFirst line\nsecond line.\n \n\n## Two ##\nLast\n#not a heading\n"
    blocks = cut_blocks(text, cited)
    assert [block.level for block in blocks] == [1, 0, 2, 0]
    assert [block.text for block in blocks] == [
        "One", "First line\nsecond line.", "Two ##", "Last\n#not a heading",
    ]  # fmt: skip
    marked = "".join(piece.text for block in blocks for piece in block.pieces if piece.cited)
    letters = text[cited.start : cited.end] if cited else ""
    assert re.sub(r"[#\s]", "", marked) == re.sub(r"[#\s]", "", letters)


def test_both_languages_have_the_same_words() -> None:
    assert TEXTS["en"].keys() == TEXTS["fr"].keys()
    assert LANGUAGES["en"].keys() == LANGUAGES["fr"].keys()
    for key, text in TEXTS["en"].items():
        assert set(re.findall(r"\{\w+\}", text)) == set(re.findall(r"\{\w+\}", TEXTS["fr"][key])), key


def test_dates_are_said_in_words() -> None:
    assert say_date("2025-04-10", "fr") == "10 avril 2025"
    assert say_date("2025-08-01", "en") == "1 August 2025"
    assert [say_date(odd, "en") for odd in (None, "", "2025", "2025-13-01", "a-b-c")] == [
        "", "", "2025", "2025-13-01", "a-b-c",
    ]  # fmt: skip


def test_odd_choices_of_language_fall_back_to_english() -> None:
    assert choose_language({"ui": "xx"}, {"ui": "yy"}, ";q=,fr;q=x,en;q=0") == "en"
    assert choose_language({}, {}, "fr;q=0, de") == "en"
    assert choose_language({}, {"ui": "fr"}, "en") == "fr"
