"""The chat page in a real browser, with and without JavaScript. Left out: what needs no browser
(`test_pages.py`)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from index.types import Article
from rag.chatbot import Chatbot

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
QUESTION = "Quand les ministres de la Défense se sont-ils réunis au siège de l'OTAN ?"
ARTICLE = "reunion-otan-ukraine-avril-2025"

pytestmark = pytest.mark.skipif(
    not CHROMIUM.exists(), reason="There is no /usr/bin/chromium; `apt-get install chromium` brings it."
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture
def trouble() -> list[str]:
    """What the browser complained of, and requests to anywhere but the server."""
    return []


def watch(context: BrowserContext, host: str, trouble: list[str]) -> Page:
    page = context.new_page()
    page.on("console", lambda message: trouble.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.on("request", lambda request: _note_stranger(request.url, host, trouble))
    page.set_default_timeout(30_000)
    return page


def _note_stranger(url: str, host: str, trouble: list[str]) -> None:
    if urlsplit(url).netloc != urlsplit(host).netloc:
        trouble.append(f"request to {url}")


@pytest.fixture
def page(browser: Browser, server_url: str, trouble: list[str]) -> Iterator[Page]:
    context = browser.new_context(locale="fr-FR")
    yield watch(context, server_url, trouble)
    context.close()
    assert trouble == []


@pytest.fixture
def plain_page(browser: Browser, server_url: str, trouble: list[str]) -> Iterator[Page]:
    context = browser.new_context(locale="fr-FR", java_script_enabled=False)
    yield watch(context, server_url, trouble)
    context.close()
    assert trouble == []


def check_citation(page: Page) -> None:
    """Follow the first citation: the article marks exactly the quoted words, in view."""
    quoted = page.locator("#thread blockquote").first.text_content()
    page.locator("#thread .number").first.click()
    page.wait_for_url(f"**/articles/{ARTICLE}?start=*#cited")
    assert quoted and "10 avril 2025" in quoted
    assert "".join(page.locator("mark").all_text_contents()) == quoted
    expect(page.locator("#cited")).to_be_in_viewport()


def test_answer_streams_in_and_its_citation_leads_to_the_words(page: Page, server_url: str) -> None:
    page.goto(server_url)
    page.get_by_label("Votre question").fill(QUESTION)
    page.get_by_label("Votre question").press("Enter")
    expect(page.locator("#thread h2")).to_contain_text(QUESTION)
    expect(page.locator(".turn[aria-busy=false]")).to_have_count(1)
    expect(page.locator("#thread .confidence")).to_contain_text("Confiance")
    expect(page.locator("#thread time").first).to_have_text("11 avril 2025")
    assert parse_qs(urlsplit(page.url).query) == {"q": [QUESTION], "limit": ["3"]}
    check_citation(page)


def test_answer_without_javascript(plain_page: Page, server_url: str) -> None:
    plain_page.goto(server_url)
    plain_page.get_by_label("Votre question").fill(QUESTION)
    plain_page.get_by_role("button", name="Demander").click()
    plain_page.wait_for_url("**/?q=*")
    expect(plain_page.locator("#thread h2")).to_contain_text(QUESTION)
    expect(plain_page.locator("#thread .confidence")).to_contain_text("Confiance")
    check_citation(plain_page)


def test_both_ways_show_the_same(page: Page, server_url: str) -> None:
    """What the script builds is what the server renders: tags, text, links, what is hidden."""
    described = """turn => [...turn.querySelectorAll("*")].map(node => [
        node.tagName, node.className, node.children.length ? "" : node.textContent.trim(),
        node.getAttribute("href") ?? "", node.lang, node.hidden].join("|"))"""
    for question in (QUESTION, "Who won the 2031 chess cup of Atlantis?"):
        page.goto(f"{server_url}/?q={quote(question)}")
        rendered = page.locator("#thread .turn").evaluate(described)
        page.goto(server_url)
        page.locator("#question").fill(question)
        page.locator("#question").press("Enter")
        expect(page.locator(".turn[aria-busy=false]")).to_have_count(1)
        assert page.locator("#thread .turn").evaluate(described) == [
            line.replace("%20", "+") if "permalink" in line else line for line in rendered
        ]


def test_conversation_grows(page: Page, server_url: str) -> None:
    page.goto(server_url)
    box = page.locator("#question")
    for count, question in enumerate((QUESTION, "When did the Panama Canal open?"), start=1):
        box.fill(question)
        box.press("Enter")
        expect(page.locator(".turn[aria-busy=false]")).to_have_count(count)
        expect(box).to_have_value("")
    expect(page.locator("#thread h2")).to_have_count(2)
    expect(page.locator("#thread .problem:visible")).to_have_count(0)


def test_a_follow_up_shows_what_it_was_taken_to_ask(page: Page, server_url: str) -> None:
    page.goto(server_url)
    box = page.locator("#question")
    for count, question in enumerate(("Qui a inventé le World Wide Web ?", "Où travaillait-il ?"), start=1):
        box.fill(question)
        box.press("Enter")
        expect(page.locator(".turn[aria-busy=false]")).to_have_count(count)
    told = page.locator("#thread .turn [data-f=standalone]")
    expect(told.first).to_be_hidden()
    expect(told.last).to_have_text("Compris ainsi : Où Tim Berners-Lee travaillait-il ?")


def test_shift_enter_starts_a_line_and_blank_is_not_sent(page: Page, server_url: str) -> None:
    page.goto(server_url)
    box = page.locator("#question")
    box.fill("one")
    box.press("Shift+Enter")
    box.press_sequentially("two")
    expect(box).to_have_value("one\ntwo")
    box.fill("   ")
    box.press("Enter")
    expect(page.locator("#thread .turn")).to_have_count(0)


def test_refused_question_is_explained_and_kept(browser: Browser, server_url: str) -> None:
    page = browser.new_page()
    page.goto(server_url)
    page.locator("#question").fill("long " * 2000)
    page.locator("#question").press("Enter")
    expect(page.locator("#thread [role=alert]")).to_contain_text("character")
    expect(page.locator("#question")).not_to_have_value("")
    page.close()


def test_lost_connection_is_explained(browser: Browser, server_url: str) -> None:
    context = browser.new_context(locale="en-GB")
    page = context.new_page()
    page.goto(server_url)
    context.set_offline(True)
    page.locator("#question").fill("Anyone there?")
    page.locator("#question").press("Enter")
    expect(page.locator("#thread [role=alert]")).to_contain_text("connection")
    context.close()


def test_hostile_article_runs_nothing(
    browser: Browser,
    make_chatbot: Callable[[list[Article]], Chatbot],
    serve: Callable[[Chatbot], str],
    trouble: list[str],
) -> None:
    text = "The pirate ship 🏴‍☠️ sailed <img src=x onerror=alert(1)><script>alert(2)</script> on Tuesday."
    hostile = Article("pirate", "<svg onload=alert(3)>", text, "en", url="javascript:alert(4)")
    url = serve(make_chatbot([hostile]))
    context = browser.new_context()
    page = watch(context, url, trouble)
    page.on("dialog", lambda dialog: trouble.append(dialog.message))
    page.goto(url)
    page.locator("#question").fill("When did the pirate ship sail?")
    page.locator("#question").press("Enter")
    expect(page.locator(".turn[aria-busy=false]")).to_have_count(1)
    expect(page.locator("#thread blockquote").first).to_have_text(text)
    assert page.locator("#thread img, #thread svg, #thread script, a[href^=javascript]").count() == 0
    page.locator("#thread .place a").first.click()
    expect(page.locator("#cited")).to_have_text(text)
    context.close()
    assert trouble == []


@pytest.mark.parametrize("width", [320, 768, 1600])
def test_nothing_overflows(browser: Browser, server_url: str, width: int) -> None:
    page = browser.new_page(viewport={"width": width, "height": 700})
    for address in (f"/?q={quote(QUESTION)}", "/articles", f"/articles/{ARTICLE}", "/docs", "/articles/none"):
        page.goto(server_url + address)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address
    page.close()
