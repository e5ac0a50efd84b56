"""What stands around answers, in a real browser: feedback, shortcuts, themes, writing from the right, print. Left
out: conversations (`test_browser_threads.py`), filters (`test_browser_filters.py`)."""

from __future__ import annotations

from typing import cast

import pytest
from playwright.sync_api import Page, expect

from index.types import Article
from rag.chatbot import Chatbot
from tests.browser import ASKED, SCRIPTS, SIZES, TOLLS, Make, Serve, Visit, ask, needs_chromium
from web.feedback import FeedbackStore
from web.settings import Settings

pytestmark = needs_chromium


@pytest.fixture
def chatbot(make_chatbot: Make) -> Chatbot:
    return make_chatbot(TOLLS)


def send(page: Page, question: str) -> None:
    """With and without script."""
    page.locator("#question").fill(question)
    page.locator("#ask .send").click()
    expect(page.locator(".turn[aria-busy=true]")).to_have_count(0)
    expect(page.locator(".turn[aria-busy=false] .feedback")).not_to_have_count(0)


@SIZES
@SCRIPTS
def test_feedback_is_kept_on_the_server(
    visit: Visit, chatbot: Chatbot, serve: Serve, size: dict[str, int], javascript: bool
) -> None:
    page = visit(serve(chatbot), viewport=size, java_script_enabled=javascript)
    kept = FeedbackStore(cast("Settings", chatbot.settings).data)
    for verdict, extract, words in (
        ("Helpful", None, ""),
        ("The evidence is wrong", 2, "Dépassé 🙁 <b>"),
    ):
        send(page, ASKED)
        feedback = page.locator(".turn").last.locator(".feedback")
        feedback.locator("summary").click()
        if extract:
            feedback.get_by_label("About").select_option(str(extract))
            feedback.get_by_label("In your own words").fill(words)
        feedback.get_by_role("button", name=verdict).click()
        expect((feedback if javascript else page).get_by_text("Thank you")).to_be_visible()
        row = kept.rows()[-1]
        assert (row["verdict"], row["extract"], row["comment"] or "") == (
            "evidence_wrong" if extract else "helpful", extract, words,
        )  # fmt: skip
        assert row["question"] == ASKED and len(row["answer"]["extracts"]) == 3
        if not javascript:
            page.get_by_role("link", name="Ask another question").click()


def test_feedback_that_cannot_be_kept_says_so(visit: Visit, chatbot: Chatbot, serve: Serve) -> None:
    page = visit(serve(chatbot))
    ask(page, ASKED)
    page.locator(".feedback summary").click()
    page.locator(".feedback [name=answer_id]").evaluate("field => (field.value = 'ans_0')")
    page.get_by_role("button", name="The answer is wrong").click()
    expect(page.locator(".feedback [role=status]")).to_contain_text("No answer with this id")
    page.get_by_role("button", name="The answer is wrong").click()
    expect(page.locator(".feedback [role=status]")).to_have_count(1)


def test_shortcuts_and_their_help(visit: Visit, chatbot: Chatbot, serve: Serve) -> None:
    page = visit(serve(chatbot))
    ask(page, ASKED)
    page.locator("h2").first.click()
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.locator(".quotation").nth(1)).to_be_focused()
    page.keyboard.press("k")
    expect(page.locator(".quotation").nth(0)).to_be_focused()
    page.keyboard.press("o")
    expect(page.locator("#panel")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#panel")).to_be_hidden()
    page.keyboard.press("/")
    expect(page.locator("#question")).to_be_focused()
    page.keyboard.press("?")
    expect(page.locator("#question")).to_have_value("?")
    page.locator("h2").first.click()
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    expect(page.locator("#keys dt")).to_have_count(10)
    page.get_by_label("Single letters are shortcuts").uncheck()
    page.keyboard.press("Escape")
    expect(page.locator("#keys")).to_be_hidden()
    page.reload()
    expect(page.locator("#thread .turn")).to_have_count(1)
    page.locator("h2").first.click()
    for key in ("?", "h", "/", "j", "n"):
        page.keyboard.press(key)
    expect(page.locator("dialog[open]")).to_have_count(0)
    expect(page.locator("#question")).not_to_be_focused()
    page.locator(".menu summary").click()
    page.get_by_role("button", name="Keyboard shortcuts").click()
    page.get_by_label("Single letters are shortcuts").check()
    page.get_by_role("button", name="Close").click()
    page.locator("h2").first.click()
    page.keyboard.press("h")
    expect(page.locator("#threads")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#threads")).to_be_hidden()
    expect(page.locator("#threads-search")).not_to_be_focused()
    page.keyboard.press("n")
    expect(page.locator("#thread .turn")).to_have_count(0)


@SCRIPTS
def test_light_and_dark(visit: Visit, chatbot: Chatbot, serve: Serve, javascript: bool) -> None:
    def paper() -> str:
        return str(page.locator("html").evaluate("node => getComputedStyle(node).backgroundColor"))

    page = visit(serve(chatbot), color_scheme="light", java_script_enabled=javascript)
    light = paper()
    page.emulate_media(color_scheme="dark")
    dark = paper()
    assert light != dark
    page.get_by_role("link", name="light").click()
    assert paper() == light
    page.goto(page.url.partition("?")[0] + "articles")
    assert paper() == light
    page.get_by_role("link", name="dark").click()
    page.emulate_media(color_scheme="light")
    assert paper() == dark
    page.get_by_role("link", name="as the system").click()
    assert paper() == light


@SIZES
def test_articles_written_from_the_right(visit: Visit, make_chatbot: Make, serve: Serve, size: dict[str, int]) -> None:
    text = "أبحرت سفينة الملح من الميناء في عام 1702 مع أربعين رجلا."
    article = Article("safina", "سفينة الملح", text, "ar", source="جريدة", published="2020-01-02")
    page = visit(serve(make_chatbot([article])), viewport=size)
    ask(page, "متى أبحرت سفينة الملح من الميناء؟")
    direction = "node => getComputedStyle(node).direction"
    first = page.locator(".quotation").first
    expect(first.locator("blockquote")).to_have_attribute("lang", "ar")
    for part in ("blockquote", ".title"):
        assert first.locator(part).first.evaluate(direction) == "rtl"
    assert page.locator("h2 .question").evaluate(direction) == "rtl"
    assert first.locator(".place").first.evaluate(direction) == "ltr"
    expect(first.locator(".place").first).to_contain_text("Arabic")
    first.locator(".number").first.click()
    expect(page.locator("#panel #cited")).to_have_text(text)
    for part in (".text", "h1"):
        assert page.locator(f"#panel {part}").evaluate(direction) == "rtl"
        assert page.locator(f"#panel {part}").evaluate("node => getComputedStyle(node).textAlign") == "start"


def test_print_leaves_the_answer_alone(visit: Visit, chatbot: Chatbot, serve: Serve) -> None:
    page = visit(serve(chatbot))
    ask(page, ASKED)
    page.emulate_media(media="print")
    for part in (".bar", "#ask", ".feedback", ".cite", ".permalink"):
        expect(page.locator(part).first).to_be_hidden()
    for part in ("h2", "blockquote", ".title", ".confidence"):
        expect(page.locator(f"#thread {part}").first).to_be_visible()
