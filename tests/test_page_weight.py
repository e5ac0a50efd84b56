"""What the chat page costs: bytes over the wire, requests that hold it up, words that move while an answer streams
in, lines of script. Left out: how long it takes, which `benchmarks/page.py` measures."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from urllib.parse import quote, urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, Page, Response, expect

from tests.browser import DESKTOP, PHONE, needs_chromium

pytestmark = needs_chromium

QUESTION: Final = "When did the Panama Canal open?"
MOST_BYTES: Final = 60_000
MOST_LINES: Final = 700
STATIC: Final = Path(__file__).parent.parent / "web" / "static"
PAGES: Final = ["/", f"/?q={quote(QUESTION)}", "/articles", "/articles/panama-canal?start=0&end=20", "/articles/none",
                "/docs", "/embed"]  # fmt: skip
# Notes what moves from now on that nobody has just touched, and extracts that came before their answer was whole.
WATCH_SHIFTS: Final = """() => {
    window.moved = [];
    new PerformanceObserver(list => {
        for (const shift of list.getEntries())
            if (!shift.hadRecentInput)
                window.moved.push([shift.value, ...shift.sources.map(({ node }) => node?.outerHTML?.slice(0, 80))]);
    }).observe({ type: "layout-shift" });
    window.early = [];
    new MutationObserver(changes => {
        for (const { target, addedNodes } of changes)
            if (addedNodes.length && target.matches(".extracts") && target.closest(".turn").ariaBusy === "true")
                window.early.push("extract");
    }).observe(document.getElementById("thread"), { subtree: true, childList: true });
}"""


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(locale="en-GB", viewport={"width": 1280, "height": 800})
    context.set_default_timeout(30_000)
    yield context.new_page()
    context.close()


def sent(response: Response) -> int:
    """Bytes of a body as the server sent it."""
    declared = response.headers.get("content-length")
    assert declared is not None, response.url
    return int(declared)


def test_the_page_is_light_and_all_its_own(page: Page, server_url: str) -> None:
    responses: list[Response] = []
    page.on("response", lambda response: responses.append(response))
    page.goto(server_url, wait_until="networkidle")
    weight = {urlsplit(response.url).path: sent(response) for response in responses}
    assert {"/", "/static/chat.js", "/static/turns.js"} <= weight.keys()
    assert sum(weight.values()) <= MOST_BYTES, weight
    assert {urlsplit(response.url).netloc for response in responses} == {urlsplit(server_url).netloc}
    assert all(response.headers.get("content-encoding") == "gzip" for response in responses if sent(response) > 1000)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(urlsplit(request.url).path))
    page.locator("#question").fill(QUESTION)
    page.locator("#question").press("Enter")
    expect(page.locator("#thread .turn[aria-busy=false]")).to_have_count(1)
    assert [path for path in asked if path != "/static/icon.svg"] == ["/page/turn"]  # a browser takes its time for that


@pytest.mark.parametrize("path", PAGES)
def test_nothing_is_waited_for_before_the_page_is_painted(page: Page, server_url: str, path: str) -> None:
    page.goto(server_url + path, wait_until="networkidle")
    entries: dict[str, str] = page.evaluate(
        "Object.fromEntries(performance.getEntriesByType('resource').map(r => [r.name, r.renderBlockingStatus]))"
    )
    assert set(entries.values()) <= {"non-blocking"}, entries
    assert ("/static/chat.js" in str(entries)) == (path[:2] in ("/", "/?", "/e"))


@pytest.mark.parametrize("path", PAGES)
def test_nothing_stands_inline_but_the_style_sheet(server_url: str, path: str) -> None:
    html = httpx.get(server_url + path).text
    assert len(re.findall(r"<style", html)) == 1
    assert not re.search(r"<[^>]*\s(?:style|on\w+)\s*=", re.sub(r"<style>.*?</style>", "", html, flags=re.DOTALL))
    for attributes in re.findall(r"<script([^>]*)>", html):
        assert 'src="/static/' in attributes or 'type="application/json"' in attributes
    assert not re.search(r"""(?:src|<link[^>]*href)\s*=\s*["']?(?:https?:)?//""", html)


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_nothing_moves_while_an_answer_streams_in_slowly(page: Page, server_url: str, size: dict[str, int]) -> None:
    page.set_viewport_size({"width": size["width"], "height": size["height"]})
    page.goto(server_url)
    page.evaluate(WATCH_SHIFTS)
    network = page.context.new_cdp_session(page)
    # Late enough that the first words come when the key is no longer "recent input".
    slow = {"offline": False, "latency": 600, "downloadThroughput": 6_000, "uploadThroughput": -1}
    network.send("Network.emulateNetworkConditions", slow)
    for count, question in enumerate((QUESTION, "Qui a inventé le World Wide Web ?"), start=1):
        page.locator("#question").press_sequentially(question)
        page.locator("#question").press("Enter")
        expect(page.locator("#thread .turn[aria-busy=false]")).to_have_count(count, timeout=30_000)
    expect(page.locator("html")).to_have_attribute("lang", "fr")  # that changes the words around it, and moves nothing
    assert page.evaluate("window.early").count("extract") >= 2  # words were there before the answer was whole
    assert page.evaluate("window.moved") == []


def test_a_move_would_be_seen(page: Page, server_url: str) -> None:
    page.goto(f"{server_url}/?q={quote(QUESTION)}")
    page.evaluate(WATCH_SHIFTS)
    page.locator("#thread").evaluate(
        """thread => new Promise(done => {
            thread.style.marginTop = "200px";
            requestAnimationFrame(() => setTimeout(done, 100));
        })"""
    )
    assert page.evaluate("window.moved.length") > 0


def test_our_own_script_is_small() -> None:
    lines = sum(len(file.read_text(encoding="utf-8").splitlines()) for file in STATIC.glob("*.js"))
    assert 0 < lines < MOST_LINES
