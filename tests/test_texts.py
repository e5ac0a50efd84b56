"""The words of the interface, and an article cut into blocks. Left out: the pages that show them
(`test_pages.py`)."""

from __future__ import annotations

import re

import pytest

from index.types import Span
from web.admin_texts import ADMIN_TEXTS
from web.article_text import cut_blocks
from web.feedback import VERDICTS
from web.templating import FOLDER, THEMES
from web.texts import LANGUAGES, SCRIPT_TEXTS, TEXTS, choose_language, say_date


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


def test_the_admin_page_and_its_words_name_each_other() -> None:
    written = (FOLDER / "templates" / "admin.html").read_text(encoding="utf-8")
    for words in ADMIN_TEXTS.values():
        assert set(re.findall(r"\ba\.(\w+)", written)) == words.keys()
        assert not {name for name in words if hasattr(dict, name)}
    for key, text in ADMIN_TEXTS["en"].items():
        assert set(re.findall(r"\{\w+\}", text)) == set(re.findall(r"\{\w+\}", ADMIN_TEXTS["fr"][key])), key


GROUPS = {
    "article_": ("then", "now", "changes"),
    "confidence_": ("high", "medium", "low"),
    "do_": ("new", "threads", "markdown", "json", "print", "keys"),
    "error_": ("404", "413", "422", "500", "503"),
    "form_": ("plain", "markdown", "bibtex"),
    "key_": ("send", "line", "stop", "box", "new", "threads", "next", "previous", "open", "keys"),
    "now_": ("moved", "changed", "deleted"),
    "see_": ("then", "now", "changes"),
    "theme_": THEMES,
    "verdict_": VERDICTS,
}


def test_templates_and_words_name_each_other() -> None:
    written = "".join(file.read_text(encoding="utf-8") for file in (FOLDER / "templates").iterdir())
    assert set(re.findall(r"t\['(\w+)' ~", written)) == set(GROUPS)
    assert not {name for name in TEXTS["en"] if hasattr(dict, name)}  # a template would find the method
    named = set(re.findall(r"\bt\.(\w+)", written)) - {"languages"}
    named |= {group + name for group, names in GROUPS.items() for name in names}
    named |= {"since", "until", "source", "tag", "language"}  # of chips
    named |= set(SCRIPT_TEXTS)
    assert named == TEXTS["en"].keys()


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
