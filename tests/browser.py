"""Chromium as the browser tests open it, and what they all do on the chat page. Left out: the fixtures
(`conftest.py`)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, CDPSession, Page, expect, sync_playwright

from index.types import Article
from rag.chatbot import Chatbot

CHROMIUM: Final = Path("/usr/bin/chromium")
FLAGS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

Make = Callable[[list[Article]], Chatbot]
"""The fixture `make_chatbot`."""

Serve = Callable[[Chatbot], str]
"""The fixture `serve`."""

CANAL = Article("canal", "The canal of Arrow", "The canal of Arrow was dug by 340 men for the salt trade.", "en")
BRIDGE = Article("bridge", "The bridge of Brent", "The bridge of Brent was opened to carts by the mayor.", "en")
DUG = "Who dug the canal of Arrow?"
OPENED = "Who opened the bridge of Brent?"
TOLL = "The toll for a cart on the bridge of {} is {} pence."
TOWNS = ("Arrow", "Brent", "Culm")
TOLLS = [
    Article(f"toll{n}", f"Toll of {town}", TOLL.format(town, n + 3), "en", source=f"Paper {town}", tags=("toll", town),
            published=f"20{n + 18}-05-01")
    for n, town in enumerate(TOWNS)
]  # fmt: skip
ASKED = "What is the toll for a cart on the bridge?"

expect.set_options(timeout=10_000)  # busy machines are slow; nothing waits longer than it must

needs_chromium = pytest.mark.skipif(
    not CHROMIUM.exists(), reason="There is no /usr/bin/chromium; `apt-get install chromium` brings it."
)


@contextmanager
def open_browser() -> Iterator[Browser]:
    """Chromium, until the block ends; one at a time."""
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield opened
        opened.close()


def choose(page: Page, name: str) -> None:
    """From the menu."""
    page.locator(".menu summary").click()
    page.get_by_role("button", name=name, exact=True).click()


def ask(page: Page, question: str) -> None:
    """Ask in the box, and wait for the whole answer."""
    count = page.locator("#thread .turn").count()
    page.locator("#question").fill(question)
    page.locator("#question").press("Enter")
    expect(page.locator("#thread .turn[aria-busy=false]")).to_have_count(count + 1, timeout=30_000)


PHONE: Final = {"width": 390, "height": 800}
DESKTOP: Final = {"width": 1280, "height": 800}
SCRIPTS: Final = pytest.mark.parametrize("javascript", [True, False], ids=["script", "plain"])
SIZES: Final = pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])


class Visit(Protocol):
    """Opens an address in a fresh profile; `options` are those of `Browser.new_context`."""

    def __call__(self, url: str, **options: Any) -> Page: ...


@contextmanager
def visits(browser: Browser) -> Iterator[Visit]:
    """Visitors of a server, English and at a desktop unless they say otherwise. At the end none of their browsers
    may have complained, opened a dialog, or asked another server for anything; failed requests may be logged."""
    trouble: list[str] = []
    contexts: list[BrowserContext] = []

    def visit(url: str, **options: Any) -> Page:
        context = browser.new_context(**{"locale": "en-GB", "viewport": DESKTOP, **options})
        contexts.append(context)
        context.set_default_timeout(10_000)
        page = context.new_page()
        page.on("console", lambda message: _note(trouble, message.text))
        page.on("pageerror", lambda error: trouble.append(str(error)))
        page.on("dialog", lambda dialog: trouble.append(dialog.message))
        page.on("request", lambda request: _note_stranger(trouble, request.url, url))
        page.goto(url)
        return page

    yield visit
    for context in contexts:
        context.close()
    assert trouble == [], trouble


def _note(trouble: list[str], message: str) -> None:
    if not message.startswith("Failed to load resource"):  # a test that makes a request fail looks at the page
        trouble.append(message)


def _note_stranger(trouble: list[str], address: str, url: str) -> None:
    if not address.startswith(("blob:", "data:")) and urlsplit(address).netloc != urlsplit(url).netloc:
        trouble.append(f"request to {address}")


def slow_down(page: Page, bytes_a_second: int) -> CDPSession:
    """As a slow network does, until the session is detached."""
    limits = {"offline": False, "latency": 0, "downloadThroughput": bytes_a_second, "uploadThroughput": -1}
    session = page.context.new_cdp_session(page)
    session.send("Network.emulateNetworkConditions", limits)
    return session
