"""First questions and the two languages of the interface, in a real browser. Left out: asking itself
(`test_browser_asking.py`)."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from tests.browser import Visit, ask, needs_chromium

pytestmark = needs_chromium

QUESTION = "Quand les ministres de la Défense se sont-ils réunis au siège de l'OTAN ?"
ENGLISH = "Who invented the World Wide Web?"


def shown(page: Page) -> Any:
    return page.locator("#thread .turn").last


@pytest.mark.parametrize(("locale", "start"), [("en-GB", "W"), ("fr-FR", "Qu")])
@pytest.mark.parametrize("javascript", [True, False])
def test_first_questions_come_from_the_articles(
    visit: Visit, server_url: str, locale: str, start: str, javascript: bool
) -> None:
    page = visit(server_url, locale=locale, java_script_enabled=javascript)
    first = page.locator(".suggestions a").first
    question = first.inner_text()
    assert question.startswith(start)
    first.click()
    expect(shown(page).locator("h2")).to_contain_text(question)
    expect(shown(page).locator(".confidence.high, .confidence.medium")).to_have_count(1)
    expect(page.locator(".suggestions:visible")).to_have_count(0)


def test_the_interface_speaks_the_language_of_the_question(visit: Visit, server_url: str) -> None:
    page = visit(f"{server_url}/?limit=5&since=2020-01-01")
    page.locator("#question").fill(QUESTION)
    page.locator("#question").press("Enter")
    page.locator("#question").press_sequentially("brouillon")
    expect(page.locator("html")).to_have_attribute("lang", "fr")
    expect(page.get_by_role("button", name="Demander")).to_be_visible()
    expect(page.locator("#question")).to_have_attribute("placeholder", "Votre question…")
    expect(shown(page).locator(".confidence")).to_contain_text("Confiance")
    expect(page.locator(".menu summary")).to_have_text("Menu")
    expect(page.locator("nav")).to_contain_text("English")
    expect(page.locator("[name=limit]")).to_have_value("5")
    expect(page.locator(".chip")).to_contain_text("Depuis 2020-01-01")
    expect(page.locator("footer")).to_contain_text("Couleurs")
    expect(page).to_have_title(re.compile("Poser une question"))
    expect(page.locator("#question")).to_have_value("brouillon")
    page.locator("#question").fill("")
    ask(page, ENGLISH)
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.get_by_role("button", name="Ask", exact=True)).to_be_visible()
    expect(shown(page).locator(".confidence")).to_contain_text("Confidence")


def test_a_page_that_came_with_an_answer_changes_its_language_too(visit: Visit, server_url: str) -> None:
    page = visit(f"{server_url}/?q={quote(ENGLISH)}", locale="fr-FR")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    ask(page, QUESTION)
    expect(page.locator("html")).to_have_attribute("lang", "fr")
    expect(page.get_by_role("button", name="Demander")).to_be_visible()


def test_a_language_that_was_chosen_stays(visit: Visit, server_url: str) -> None:
    page = visit(server_url)
    page.get_by_role("link", name="Français").click()
    expect(page.locator("html")).to_have_attribute("lang", "fr")
    page.goto(server_url)
    ask(page, ENGLISH)
    expect(shown(page).locator(".confidence")).to_contain_text("Confiance")
    expect(page.locator("html")).to_have_attribute("lang", "fr")
    page.goto(f"{server_url}/?q={quote(ENGLISH)}")
    expect(shown(page).locator(".confidence")).to_contain_text("Confiance")


@pytest.mark.parametrize(("locale", "question", "other"), [("en-GB", QUESTION, "fr"), ("fr-FR", ENGLISH, "en")])
def test_language_of_the_question_without_javascript(
    visit: Visit, server_url: str, locale: str, question: str, other: str
) -> None:
    page = visit(server_url, locale=locale, java_script_enabled=False)
    expect(page.locator("html")).to_have_attribute("lang", locale[:2])
    page.locator("#question").fill(question)
    page.locator("#ask .send").click()
    expect(page.locator("html")).to_have_attribute("lang", other)
