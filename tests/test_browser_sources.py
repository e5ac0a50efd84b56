"""Where quotations lead, in a real browser: the card, the article beside, the original page, references, and what is
said when the article has changed. Left out: marking itself (`test_pages.py`)."""

from __future__ import annotations

import re
from urllib.parse import unquote

import pytest
from playwright.sync_api import expect

from index.types import Article
from rag.chatbot import Chatbot
from tests.axe import findings
from tests.browser import DESKTOP, SIZES, Make, Serve, Visit, ask, needs_chromium
from tests.conftest import publish

pytestmark = needs_chromium


QUOTE = "The pirate ship 🏴‍☠️ sailed from Marlow “harbour” on a Tuesday in May 1702."
PADDING = "\n\n".join(f"Paragraph {n} is about the weather 🌧️, as it was." for n in range(60))
SHIP = Article(
    "ship", "The ship of Marlow", f"{PADDING}\n\n{QUOTE}\n\n{PADDING}", "en", url="https://news.example/ship?a=1#top",
    source="Herald", published="2021-03-04", author="Ann Lee",
)  # fmt: skip
ASKED = "When did the pirate ship sail from Marlow harbour?"


@pytest.fixture
def ship(make_chatbot: Make) -> Chatbot:
    return make_chatbot([SHIP])


def test_hover_and_focus_show_a_card(visit: Visit, ship: Chatbot, serve: Serve) -> None:
    page = visit(serve(ship))
    ask(page, ASKED)
    card, link = page.locator("#card"), page.locator("#thread .number").first
    expect(card).to_be_hidden()
    link.hover()
    expect(card).to_be_visible()
    expect(card).to_contain_text("The ship of Marlow")
    expect(card).to_contain_text("4 March 2021 · Herald")
    expect(card).to_contain_text("🏴‍☠️ sailed")
    expect(link).to_have_attribute("aria-describedby", "card")
    card.hover()  # what a pointer can reach stays (WCAG 1.4.13)
    expect(card).to_be_visible()
    page.locator("h2").first.hover()
    expect(card).to_be_hidden()
    link.focus()
    expect(card).to_be_visible()
    page.keyboard.press("Escape")
    expect(card).to_be_hidden()
    expect(link).to_be_focused()
    expect(page.locator("#panel")).to_be_hidden()


@SIZES
@pytest.mark.parametrize("close", ["Escape", "button"])
def test_the_article_opens_at_the_quote(
    visit: Visit, ship: Chatbot, serve: Serve, size: dict[str, int], close: str
) -> None:
    page = visit(serve(ship), viewport=size)
    ask(page, ASKED)
    address = page.url
    link = page.locator("#thread .number").first
    link.click()
    panel = page.locator("#panel")
    expect(panel.locator("h1")).to_have_text("The ship of Marlow")
    expect(panel.locator("mark")).to_have_text([page.locator("#thread blockquote").first.inner_text()])
    expect(panel.locator("#cited")).to_be_in_viewport(ratio=1)
    expect(panel).to_be_focused()
    assert page.url == address
    beside, thread = panel.bounding_box(), page.locator("#thread").bounding_box()
    assert beside and thread
    if size == DESKTOP:
        assert beside["x"] >= thread["x"] + thread["width"]
        expect(page.locator("#thread blockquote").first).to_be_in_viewport()
    else:
        assert beside["y"] >= thread["y"] + thread["height"]
    expect(page.get_by_role("button", name="Close")).to_be_in_viewport()
    if close == "Escape":
        page.mouse.move(0, 0)  # on the number it would have its card
        page.keyboard.press("Escape")
    else:
        page.get_by_role("button", name="Close").click()
    expect(panel).to_be_hidden()
    expect(link).to_be_focused()
    expect(link).to_be_in_viewport()
    expect(page.locator("#card")).to_be_hidden()


@SIZES
def test_the_article_without_javascript(visit: Visit, ship: Chatbot, serve: Serve, size: dict[str, int]) -> None:
    page = visit(serve(ship), viewport=size, java_script_enabled=False)
    page.locator("#question").fill(ASKED)
    page.locator("#ask .send").click()
    quoted = page.locator("#thread blockquote").first.inner_text()
    page.locator("#thread .number").first.click()
    page.wait_for_url("**/articles/ship?start=*#cited")
    expect(page.locator("mark")).to_have_text([quoted])
    expect(page.locator("#cited")).to_be_in_viewport(ratio=1)


def test_a_modified_click_is_left_to_the_browser(visit: Visit, ship: Chatbot, serve: Serve) -> None:
    page = visit(serve(ship))
    ask(page, ASKED)
    with page.context.expect_page() as opened:
        page.locator("#thread .number").first.click(modifiers=["ControlOrMeta"])
    expect(opened.value.locator("#cited")).to_contain_text("pirate")
    expect(page.locator("#panel")).to_be_hidden()


@pytest.mark.parametrize("javascript", [True, False], ids=["script", "plain"])
def test_the_original_page_is_opened_at_the_words(visit: Visit, ship: Chatbot, serve: Serve, javascript: bool) -> None:
    page = visit(serve(ship), java_script_enabled=javascript)
    page.locator("#question").fill(ASKED)
    page.locator("#ask .send").click()
    link = page.locator("#thread").get_by_role("link", name="original page").first
    address = link.get_attribute("href") or ""
    assert address.startswith("https://news.example/ship?a=1#:~:text=")
    assert unquote(address.partition("text=")[2]) == page.locator("#thread blockquote").first.inner_text()
    expect(link).to_have_attribute("target", "_blank")


def test_the_quote_is_copied_with_its_reference(visit: Visit, ship: Chatbot, serve: Serve) -> None:
    page = visit(serve(ship), permissions=["clipboard-read", "clipboard-write"])
    ask(page, ASKED)
    quoted = page.locator("#thread blockquote").first.inner_text()
    first = page.locator(".quotation").first
    first.locator(".cite summary").click()
    copied = []
    for at in range(3):
        button = first.locator(".cite button").nth(at)
        expect(button).to_have_text("Copy")
        button.click()
        expect(button).to_have_text("Copied")
        copied.append(page.evaluate("navigator.clipboard.readText()"))
    plain, markdown, bibtex = copied
    assert plain.startswith(f"“{quoted}”\n— The ship of Marlow, Ann Lee, Herald, 2021-03-04")
    assert markdown.startswith(f"> {quoted}\n>\n> — [The ship of Marlow](<https://news.example/ship")
    assert bibtex.startswith("@misc{ship-") and "author = {Ann Lee}" in bibtex and quoted in bibtex


def test_references_can_be_taken_where_nothing_may_be_copied(visit: Visit, ship: Chatbot, serve: Serve) -> None:
    page = visit(serve(ship))
    ask(page, ASKED)
    page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    first = page.locator(".quotation").first
    first.locator(".cite summary").click()
    first.locator(".cite button").first.click()
    assert page.evaluate("getSelection().toString()").strip() == first.locator("pre").first.inner_text().strip()


@pytest.mark.parametrize(
    ("text", "said", "marked"),
    [
        (f"{PADDING}\n\nNo ship ever left.", "these words are no longer in the article", False),
        (f"A new beginning.\n\n{PADDING}\n\n{QUOTE}", "these words now stand elsewhere", True),
        (None, "the article has been removed", False),
    ],
    ids=["changed", "moved", "removed"],
)
def test_a_kept_answer_says_that_its_article_has_changed(
    visit: Visit, ship: Chatbot, serve: Serve, text: str | None, said: str, marked: bool
) -> None:
    url = serve(ship)
    page = visit(url)
    ask(page, ASKED)
    expect(page.locator("#thread .now")).to_have_count(0)
    citation = page.locator("#thread .number").first.get_attribute("href")
    other = Article("other", "Other", "Something else entirely.", "en")
    changed = [Article("ship", "The ship of Marlow", text, "en")] if text else []
    publish(ship.settings, [other, *changed], [] if text else ["ship"])
    ship.look_again()  # the server looks once a second
    page.reload()
    expect(page.locator("#thread .now").first).to_contain_text(said)
    expect(page.locator("#thread blockquote").first).to_contain_text("pirate ship")
    page.goto(f"{url}{citation}")  # from a citation somewhere else
    expect(page.locator("mark")).to_have_count(1 if text else 0)  # in the text that was quoted
    expect(page.locator("main")).to_contain_text(
        "has changed since" if text else re.compile("no article|removed", re.I)
    )
    page.go_back()
    if text:
        page.locator("#thread .number").first.click()
        expect(page.locator("#panel mark")).to_have_text([page.locator("#thread blockquote").first.inner_text()])
        if not marked:
            expect(page.locator("#panel")).to_contain_text("has changed since")
            page.locator("#panel").get_by_role("link", name="What has changed").click()
            expect(page.locator("#panel del")).to_contain_text(["pirate"])
            expect(page.locator("#panel ins")).to_contain_text(["No"])
            assert findings(page) == []


@SIZES
def test_another_citation_replaces_the_article(
    visit: Visit, make_chatbot: Make, serve: Serve, size: dict[str, int]
) -> None:
    other = Article("boat", "The boat of Marlow", QUOTE.replace("ship", "boat").replace("Tuesday", "Monday"), "en")
    page = visit(serve(make_chatbot([SHIP, other])), viewport=size)
    ask(page, ASKED)
    seen = set()
    for at in range(2):
        page.locator("#thread .extracts .quotation > .number").nth(at).click()
        expect(page.locator("#panel h1")).to_have_text(page.locator(".quotation .title").nth(at).inner_text())
        seen.add(page.locator("#panel h1").inner_text())
    assert len(seen) == 2
