"""What an answer shows in a real browser: quotations, what surrounds and what contradicts them, and that nothing was
found. Left out: where quotations lead (`test_browser_sources.py`), asking (`test_browser_asking.py`)."""

from __future__ import annotations

from urllib.parse import parse_qs, quote, urlsplit

import pytest
from playwright.sync_api import expect

from index.types import Article
from tests.browser import DESKTOP, PHONE, SIZES, Make, Serve, Visit, ask, needs_chromium

pytestmark = needs_chromium


TOLL = "The toll for a cart on the long bridge at Conwy is {} pence for each crossing."
TOWER = "The tower of the harbour was built by Evan Rees for the merchants of the town."
FILLERS = [
    Article(f"f{n}", f"Filler {n}", f"Nothing of note is said in number {n} of this list.", "en") for n in range(9)
]
NOT_THERE = "Who won the 2031 chess cup of Atlantis?"
SCRIPTS = pytest.mark.parametrize("javascript", [True, False], ids=["script", "plain"])


@SCRIPTS
@pytest.mark.parametrize(
    ("locale", "date", "language", "sure"),
    [
        ("en-GB", "30 April 2026", "English", "Confidence: high"),
        ("fr-FR", "30 avril 2026", "anglais", "Confiance : élevée"),
    ],
)
def test_a_quotation_says_where_it_stands(
    visit: Visit, server_url: str, locale: str, date: str, language: str, sure: str, javascript: bool
) -> None:
    page = visit(f"{server_url}/?ui={locale[:2]}", locale=locale, java_script_enabled=javascript)
    page.locator("#question").fill("Who invented the World Wide Web?")
    page.locator("#ask .send").click()
    first = page.locator(".extracts > li").first
    expect(first.locator(".number").first).to_have_text("[1]")
    expect(first.locator(".title")).to_have_text("How the World Wide Web was invented")
    expect(first.locator(".place").first).to_contain_text(date)
    expect(first.locator(".place").first).to_contain_text(language)
    expect(first.locator("blockquote")).to_have_text(
        "The World Wide Web was invented in 1989 by Tim Berners-Lee, a British computer scientist working at CERN, the "
        "physics laboratory near Geneva."
    )
    expect(first.locator("blockquote mark")).to_have_text("Tim Berners-Lee")
    expect(first.locator("blockquote")).to_have_attribute("lang", "en")
    expect(page.locator(".confidence")).to_have_text(sure)
    around = first.locator(".around p")
    expect(around).to_be_hidden()
    first.locator(".around summary").click()
    expect(around).to_be_visible()
    expect(around.locator("mark")).to_have_text(first.locator("blockquote").inner_text())
    assert len(around.inner_text()) > len(first.locator("blockquote").inner_text())


@SIZES
@SCRIPTS
def test_sources_that_disagree_stand_in_two_dated_columns(
    visit: Visit, make_chatbot: Make, serve: Serve, size: dict[str, int], javascript: bool
) -> None:
    articles = [
        Article("old", "The old toll", TOLL.format(3), "en", source="Gazette", published="2019-05-01"),
        Article("new", "The new toll", TOLL.format(5), "en", source="Herald", published="2024-05-01"),
        *FILLERS,
    ]
    page = visit(serve(make_chatbot(articles)), viewport=size, java_script_enabled=javascript)
    page.locator("#question").fill("What is the toll for a cart on the long bridge at Conwy?")
    page.locator("#ask .send").click()
    first, second = page.locator(".conflicting").nth(0), page.locator(".conflicting").nth(1)
    expect(first.locator(".dated")).to_have_text("1 May 2024")
    expect(second.locator(".dated")).to_have_text("1 May 2019")
    expect(first.locator(".warning")).to_contain_text("Says otherwise: [2]")
    expect(second.locator(".source")).to_have_text("Gazette")
    expect(page.locator(".turn[aria-busy=false] .feedback")).to_have_count(1)
    one, other = first.bounding_box(), second.bounding_box()
    assert one and other
    if size == DESKTOP:
        assert other["y"] == one["y"] and other["x"] >= one["x"] + one["width"]
    else:
        assert other["x"] == one["x"] and other["y"] >= one["y"] + one["height"]
    first.locator(".warning .number").click()
    expect(second).to_be_in_viewport()
    expect(page.locator("#thread .turn")).to_have_count(1)


def test_who_else_says_the_same_is_named(visit: Visit, make_chatbot: Make, serve: Serve) -> None:
    copies = [Article(f"copy{n}", f"Copy {n}", TOWER, "en") for n in range(3)]
    page = visit(serve(make_chatbot([*copies, *FILLERS])))
    ask(page, "Who built the tower of the harbour for the merchants?")
    also = page.locator(".quotation").first.locator(".place", has_text="Also in:")
    expect(also.locator("a")).to_have_count(2)
    name = also.locator("a").first.inner_text()
    also.locator("a").first.click()
    expect(page.locator("#panel h1")).to_have_text(name)
    expect(page.locator("#panel #cited")).to_have_text(TOWER)


@pytest.mark.parametrize(
    ("locale", "size", "javascript", "closest", "by_words"),
    [
        ("en-GB", DESKTOP, True, "Closest passages — not an answer", "Search the articles for these words"),
        ("fr-FR", PHONE, True, "Passages les plus proches — pas une réponse", "Chercher ces mots dans les articles"),
        ("fr-FR", DESKTOP, False, "Passages les plus proches — pas une réponse", "Chercher ces mots dans les articles"),
    ],
)
def test_nothing_found_is_said_and_words_are_offered(
    visit: Visit, server_url: str, locale: str, size: dict[str, int], javascript: bool, closest: str, by_words: str
) -> None:
    page = visit(f"{server_url}/?ui={locale[:2]}&language=en", viewport=size, java_script_enabled=javascript)
    page.locator("#question").fill(NOT_THERE)
    page.locator("#ask .send").click()
    expect(page.locator(".turn .reason")).not_to_be_empty()
    expect(page.get_by_role("heading", name=closest)).to_be_visible()
    expect(page.locator(".extracts > li")).to_have_count(0)
    expect(page.locator(".confidence")).to_have_count(0)
    near = page.locator(".nearest .quotation").first
    expect(near.locator(".number")).to_have_count(0)
    assert near.evaluate("node => getComputedStyle(node).borderTopStyle") == "dashed"
    page.get_by_role("link", name=by_words).click()
    page.wait_for_url("**/articles?*")
    assert parse_qs(urlsplit(page.url).query) == {"q": [NOT_THERE], "language": ["en"]}
    expect(page.locator(".list li").first.locator(".found")).not_to_be_empty()
    expect(page.locator("#words")).to_have_value(NOT_THERE)


def test_parts_of_a_question_say_what_was_found(visit: Visit, server_url: str) -> None:
    page = visit(server_url)
    ask(page, "When was the Panama Canal opened, and how many passengers flew through Nairobi airport last week?")
    expect(page.locator(".turn .note")).to_have_text("Only some of what was asked was found.")
    parts = page.locator(".parts li")
    expect(parts).to_have_count(2)
    expect(parts.first).to_contain_text("see [1]")
    expect(parts.last).to_contain_text("not found")


@pytest.mark.parametrize("width", [320, 768, 1600])
def test_nothing_overflows(visit: Visit, server_url: str, width: int) -> None:
    page = visit(server_url, viewport={"width": width, "height": 700})
    known = f"/?q={quote('Who invented the World Wide Web?')}&source=x&language=en&since=2020-01-01"
    for address in (known, f"/?q={NOT_THERE}", "/articles", "/articles/tour-eiffel", "/docs", "/articles/none"):
        page.goto(server_url + address)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address
