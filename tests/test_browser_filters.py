"""Filters, and the list of articles, in a real browser. Left out: how filters are read (`test_pages.py`)."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from index.types import Article
from rag.chatbot import Chatbot
from tests.browser import ASKED, SCRIPTS, SIZES, TOLL, TOLLS, Make, Serve, Visit, needs_chromium

pytestmark = needs_chromium


@pytest.fixture
def chatbot(make_chatbot: Make) -> Chatbot:
    return make_chatbot(TOLLS)


def quotes(page: Page) -> list[str]:
    """Of the last turn."""
    return page.locator("#thread .turn").last.locator(".extracts blockquote").all_inner_texts()


def send(page: Page, question: str) -> None:
    """With and without script."""
    page.locator("#question").fill(question)
    page.locator("#ask .send").click()
    expect(page.locator(".turn[aria-busy=true]")).to_have_count(0)
    expect(page.locator(".turn[aria-busy=false] .feedback")).not_to_have_count(0)


@SCRIPTS
def test_filters_are_chips_in_the_address(visit: Visit, chatbot: Chatbot, serve: Serve, javascript: bool) -> None:
    page = visit(serve(chatbot), java_script_enabled=javascript)
    page.locator(".filters summary").click()
    page.get_by_label("Source").select_option("Paper Brent")
    page.get_by_label("From", exact=True).fill("2019-01-01")
    send(page, ASKED)
    assert quotes(page) == [TOLL.format("Brent", 4)]
    query = parse_qs(urlsplit(page.url).query)
    assert (query["q"], query["source"], query["since"]) == ([ASKED], ["Paper Brent"], ["2019-01-01"])
    expect(page.locator(".chip")).to_have_count(2)
    expect(page.locator(".chip").first).to_contain_text("From 2019-01-01")
    stranger = visit(page.url, java_script_enabled=javascript)
    assert quotes(stranger) == [TOLL.format("Brent", 4)]
    expect(stranger.locator(".chip")).to_have_count(2)
    link = stranger.locator(".permalink").get_attribute("href") or ""
    assert parse_qs(urlsplit(link).query) == {"q": [ASKED], "source": ["Paper Brent"], "since": ["2019-01-01"]}
    stranger.locator(".chip", has_text="Paper Brent").click()
    expect(stranger.locator(".chip")).to_have_count(1)
    assert "source" not in parse_qs(urlsplit(stranger.url).query)
    send(stranger, ASKED)
    assert sorted(quotes(stranger)) == [TOLL.format("Brent", 4), TOLL.format("Culm", 5)]


def test_a_filter_that_cannot_be_is_refused(visit: Visit, chatbot: Chatbot, serve: Serve) -> None:
    page = visit(f"{serve(chatbot)}/?language=xx")
    page.locator("#question").fill(ASKED)
    page.locator("#question").press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("language")
    page.locator(".chip").click()
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(".turn .confidence")).to_have_count(1)


@SIZES
@SCRIPTS
def test_articles_are_listed(
    visit: Visit, make_chatbot: Make, serve: Serve, size: dict[str, int], javascript: bool
) -> None:
    many = [Article(f"n{n:02}", f"Note {n}", f"Note {n} is about the weather.", "en") for n in range(22)]
    page = visit(f"{serve(make_chatbot([*many, *TOLLS]))}/articles", viewport=size, java_script_enabled=javascript)
    expect(page.locator(".list li")).to_have_count(20)
    expect(page.locator("main")).to_contain_text("1–20 of 25")
    page.get_by_role("link", name="Next").click()
    expect(page.locator(".list li")).to_have_count(5)
    expect(page.get_by_role("link", name="Next")).to_have_count(0)
    page.get_by_role("link", name="Previous").click()
    expect(page.locator(".list li")).to_have_count(20)
    page.locator(".filters summary").click()
    page.get_by_label("Tag").select_option("culm")
    page.get_by_role("button", name="Search").click()
    expect(page.locator(".list li > a")).to_have_text(["Toll of Culm"])
    page.locator(".chip").click()
    page.get_by_label("Words to search for").fill("toll Brent")
    page.get_by_role("button", name="Search").click()
    expect(page.locator(".list li > a").first).to_have_text("Toll of Brent")
    page.locator(".list li > a").first.click()
    expect(page.locator("#cited")).to_have_text(TOLL.format("Brent", 4))
