"""Asking in a real browser: keys, streaming, follow-ups, what goes wrong. Left out: what an answer shows
(`test_browser_answers.py`), first questions and languages (`test_browser_languages.py`)."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from playwright.sync_api import Page, expect

from index.types import Article
from tests.browser import SIZES, Make, Serve, Visit, ask, needs_chromium, slow_down

pytestmark = needs_chromium

QUESTION = "Quand les ministres de la Défense se sont-ils réunis au siège de l'OTAN ?"
FACTS = [
    Article(
        f"canal{n}", f"The canal of {town}", f"The canal of {town} was dug by {n + 40} men for the salt trade.", "en"
    )
    for n, town in enumerate(("Arrow", "Brent", "Culm"))
]


def shown(page: Page) -> Any:
    return page.locator("#thread .turn").last


@SIZES
def test_enter_sends_and_the_answer_streams_in(visit: Visit, server_url: str, size: dict[str, int]) -> None:
    page = visit(server_url, locale="fr-FR", viewport=size)
    page.get_by_label("Votre question").fill(QUESTION)
    page.get_by_label("Votre question").press("Enter")
    expect(shown(page).locator("h2")).to_contain_text(QUESTION)
    expect(page.locator(".turn[aria-busy=false]")).to_have_count(1)
    expect(shown(page).locator("blockquote").first).to_contain_text("10 avril 2025")
    expect(page.locator("#question")).to_have_value("")
    assert parse_qs(urlsplit(page.url).query) == {"q": [QUESTION]}
    expect(page.locator("#said")).to_contain_text(re.compile("Réponse : .*10 avril 2025"))
    ask(page, "When did the Panama Canal open?")
    expect(shown(page).locator("h2")).to_be_in_viewport()
    expect(page.locator("#question")).to_be_in_viewport()


def test_answer_without_javascript(visit: Visit, server_url: str) -> None:
    page = visit(server_url, locale="fr-FR", java_script_enabled=False)
    page.get_by_label("Votre question").fill("Qui a inventé le World Wide Web ?")
    page.get_by_role("button", name="Demander").click()
    expect(shown(page).locator("blockquote mark").first).to_contain_text("Tim Berners-Lee")
    expect(page.get_by_role("button", name="Menu")).to_have_count(0)
    expect(page.locator(".js-only:visible")).to_have_count(0)
    page.locator("#question").fill("Où travaillait-il ?")
    page.get_by_role("button", name="Demander").click()
    expect(shown(page).get_by_label("Compris ainsi")).to_have_value("Où Tim Berners-Lee travaillait-il ?")
    shown(page).get_by_label("Compris ainsi").fill("Quand le canal de Panama a-t-il ouvert ?")
    page.get_by_role("button", name="Poser celle-ci").click()
    expect(shown(page).locator("h2")).to_contain_text("canal de Panama")
    expect(shown(page).locator("blockquote").first).to_contain_text("1914")


def test_both_ways_show_the_same(visit: Visit, server_url: str) -> None:
    """What streams in is what the server renders: tags, classes, texts, links."""
    described = """turn => [...turn.querySelectorAll(":scope > :not(.failed), :scope > :not(.failed) *")].map(node => [
        node.tagName, node.className, node.children.length ? "" : node.textContent.trim(),
        node.getAttribute("href") ?? "", node.lang].join("|").replace(/ans_[0-9a-f]+/g, "ans"))"""
    for question in (QUESTION, "Qui a gagné la coupe d'échecs de l'Atlantide en 2031 ?"):
        page = visit(f"{server_url}/?q={quote(question)}", locale="fr-FR")
        rendered = shown(page).evaluate(described)
        page.goto(server_url)
        ask(page, question)
        assert shown(page).evaluate(described) == rendered


def test_shift_enter_starts_a_line_and_blank_is_not_sent(visit: Visit, server_url: str) -> None:
    page = visit(server_url)
    box = page.locator("#question")
    box.fill("one")
    box.press("Shift+Enter")
    box.press_sequentially("two")
    expect(box).to_have_value("one\ntwo")
    box.fill("   ")
    box.press("Enter")
    expect(page.locator("#thread .turn")).to_have_count(0)


@SIZES
def test_extracts_stream_in_over_a_slow_network(
    visit: Visit,
    make_chatbot: Make,
    serve: Serve,
    size: dict[str, int],
) -> None:
    page = visit(serve(make_chatbot(FACTS)), viewport=size)
    slow_down(page, 3_000)
    page.locator("#question").fill("How many men dug the canal for the salt trade?")
    page.locator("#question").press("Enter")
    expect(shown(page).locator("h2")).to_contain_text("How many men", timeout=200)
    expect(shown(page).locator(".skeleton")).to_be_visible(timeout=500)
    expect(page.locator("#ask .stop")).to_be_visible(timeout=500)
    expect(shown(page).locator("blockquote").first).to_be_visible(timeout=20_000)
    expect(page.locator(".turn[aria-busy=true]")).to_have_count(1)
    top = shown(page).locator("blockquote").first.bounding_box()
    expect(page.locator(".turn[aria-busy=false]")).to_have_count(1, timeout=20_000)
    assert shown(page).locator("blockquote").count() > 1
    assert shown(page).locator("blockquote").first.bounding_box() == top


@pytest.mark.parametrize("by", ["Escape", "button"])
def test_an_answer_can_be_stopped(visit: Visit, make_chatbot: Make, serve: Serve, by: str) -> None:
    page = visit(serve(make_chatbot(FACTS)))
    network = slow_down(page, 3_000)
    page.locator("#question").fill("How many men dug the canal for the salt trade?")
    page.locator("#question").press("Enter")
    expect(shown(page).locator("blockquote").first).to_be_visible(timeout=20_000)
    if by == "Escape":
        page.keyboard.press("Escape")
    else:
        page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("alert")).to_have_text("Stopped.")
    expect(page.locator(".skeleton")).to_have_count(0)
    expect(shown(page).locator("blockquote")).not_to_have_count(0)
    expect(page.locator("#question")).to_have_value(re.compile("How many men"))
    network.detach()
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(".turn[aria-busy=false] .confidence")).to_have_count(1)
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(page.locator("#question")).to_have_value("")


def test_a_follow_up_shows_what_it_was_taken_to_ask_and_can_be_changed(visit: Visit, server_url: str) -> None:
    page = visit(server_url, locale="fr-FR")
    ask(page, "Qui a inventé le World Wide Web ?")
    ask(page, "Où travaillait-il ?")
    expect(page.get_by_label("Compris ainsi")).to_have_count(1)
    expect(shown(page).get_by_label("Compris ainsi")).to_have_value("Où Tim Berners-Lee travaillait-il ?")
    expect(shown(page).locator("h2")).to_contain_text("Où travaillait-il ?")
    shown(page).get_by_label("Compris ainsi").fill("Où Marie Curie travaillait-elle ?")
    page.get_by_role("button", name="Poser celle-ci").click()
    expect(page.locator(".turn[aria-busy=false]")).to_have_count(3)
    expect(shown(page).locator("h2")).to_contain_text("Où Marie Curie travaillait-elle ?")


def test_a_refused_question_is_explained_and_kept(visit: Visit, make_chatbot: Make, serve: Serve) -> None:
    page = visit(serve(make_chatbot(FACTS)))
    page.locator("#question").fill("long " * 2000)
    page.locator("#question").press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("character")
    expect(page.locator("#question")).not_to_have_value("")


def test_a_lost_connection_is_explained(visit: Visit, make_chatbot: Make, serve: Serve) -> None:
    page = visit(serve(make_chatbot(FACTS)))
    page.context.set_offline(True)
    page.locator("#question").fill("Anyone there?")
    page.locator("#question").press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("connection")
    page.context.set_offline(False)
    network = slow_down(page, 3_000)
    page.locator("#question").fill("How many men dug the canal for the salt trade?")
    page.locator("#question").press("Enter")
    page.get_by_role("button", name="Try again").click()  # not while another is answered: nothing gets lost
    expect(page.locator("#thread h2")).to_have_count(2)
    network.detach()
    expect(page.locator(".turn[aria-busy=false] .confidence")).to_have_count(1)
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(page.locator(".turn[aria-busy=false] .feedback")).to_have_count(2)
