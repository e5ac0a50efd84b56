"""`/widget.js` on a page of another origin, in a real browser: the chat in a frame, who may show it, and the host
page's own policy. Left out: the chat page inside, which other tests look at."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, BrowserContext, FrameLocator, Page, expect

from index.types import Article
from rag.chatbot import Chatbot
from tests.browser import PHONE, needs_chromium
from tests.conftest import WordEmbedder

pytestmark = needs_chromium

QUESTION = "What is the toll for a cart on the long bridge at Conwy?"
TOLL = "The toll for a cart on the long bridge at Conwy is five pence for each crossing."
BRIDGE = Article("toll", "Toll", TOLL, "en", published="2024-05-01")


@dataclass
class Host:
    """A site that shows the chat: what its page holds and which headers come with it, to be set by each test."""

    origin: str
    html: str = ""
    headers: dict[str, str] = field(default_factory=dict)


@pytest.fixture
def host() -> Iterator[Host]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = made.html.encode()
            self.send_response(200)
            for name, value in {"Content-Type": "text/html; charset=utf-8", **made.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made = Host(f"http://127.0.0.1:{server.server_port}")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield made
    server.shutdown()
    server.server_close()


Loccit = Callable[[str], str]


@pytest.fixture
def loccit(make_chatbot: Callable[[list[Article]], Chatbot], serve: Callable[[Chatbot], str]) -> Loccit:
    """Starts a server that these origins may frame; returns its address."""

    def start(origins: str) -> str:
        settings = make_chatbot([BRIDGE]).settings.model_copy(update={"widget_origins": origins})
        return serve(Chatbot(settings, WordEmbedder()))

    return start


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    opened = browser.new_context(locale="en-GB")
    opened.set_default_timeout(20_000)
    yield opened
    opened.close()


def site(url: str, language: str = "en", attributes: str = "") -> str:
    """A page with one script tag in it."""
    return (
        f'<!doctype html><html lang="{language}"><title>Host</title><body><h1>Host</h1>'
        f'<script src="{url}/widget.js" async {attributes}></script>'
    )


def frame_of(page: Page) -> FrameLocator:
    return page.frame_locator("iframe")


def check_chat(page: Page, button: str = "Ask a question") -> FrameLocator:
    """Open the chat, ask, and see the cited answer."""
    page.get_by_role("button", name=button).click()
    frame = frame_of(page)
    # Enter is a new line until the frame's script runs, and a frame is not waited for as a page is.
    expect(page.locator("iframe")).to_have_attribute("data-ready", "yes")
    frame.locator("#question").fill(QUESTION)
    frame.locator("#question").press("Enter")
    expect(frame.locator("#thread blockquote").first).to_have_text(TOLL)
    expect(frame.locator("#thread .title").first).to_have_text("Toll")
    return frame


@pytest.mark.parametrize("size", [(1280, 800), (PHONE["width"], PHONE["height"])], ids=["desktop", "phone"])
def test_one_script_tag_shows_the_chat(
    context: BrowserContext, host: Host, loccit: Loccit, size: tuple[int, int]
) -> None:
    host.html = site(loccit(host.origin))
    page = context.new_page()
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.goto(host.origin)
    button = page.get_by_role("button", name="Ask a question")
    expect(button).to_have_attribute("aria-expanded", "false")
    expect(page.locator("iframe")).to_have_count(0)  # nothing is loaded before somebody asks for it
    frame = check_chat(page)
    expect(button).to_have_attribute("aria-expanded", "true")
    frame.locator("#thread .number").first.click()
    expect(frame.locator("#panel mark")).to_have_text(TOLL)
    box = page.locator("iframe").bounding_box()
    assert box and box["x"] >= 0 and box["y"] >= 0 and box["x"] + box["width"] <= size[0]
    assert frame.locator("html").evaluate("html => html.scrollWidth <= innerWidth")
    assert page.url == f"{host.origin}/" and len(context.pages) == 1


def test_escape_closes_it_and_brings_the_focus_back(context: BrowserContext, host: Host, loccit: Loccit) -> None:
    host.html = site(loccit(host.origin))
    page = context.new_page()
    page.goto(host.origin)
    button = page.get_by_role("button", name="Ask a question")
    frame = check_chat(page)
    frame.locator("#question").press("Escape")
    expect(page.locator("iframe")).to_be_hidden()
    expect(button).to_be_focused()
    button.click()
    expect(frame.locator("#thread blockquote").first).to_have_text(TOLL)  # as it was left
    button.press("Escape")
    expect(page.locator("iframe")).to_be_hidden()


def test_escape_in_the_frame_first_closes_what_is_open_there(
    context: BrowserContext, host: Host, loccit: Loccit
) -> None:
    host.html = site(loccit(host.origin))
    page = context.new_page()
    page.goto(host.origin)
    frame = check_chat(page)
    frame.locator("#thread .number").first.click()
    expect(frame.locator("#panel")).to_be_focused()
    page.keyboard.press("Escape")
    expect(frame.locator("#panel")).to_be_hidden()
    expect(page.locator("iframe")).to_be_visible()


@pytest.mark.parametrize(
    ("language", "attributes", "button", "hint"),
    [
        ("fr", "", "Poser une question", "Votre question…"),
        ("en", 'data-language="fr"', "Poser une question", "Votre question…"),
        ("fr", 'data-label="Une idée ?"', "Une idée ?", "Votre question…"),
        ("de", "", "Ask a question", "Your question…"),
    ],
)
def test_it_speaks_the_language_of_the_page(
    context: BrowserContext, host: Host, loccit: Loccit, language: str, attributes: str, button: str, hint: str
) -> None:
    host.html = site(loccit(host.origin), language, attributes)
    page = context.new_page()
    page.goto(host.origin)
    page.get_by_role("button", name=button).click()
    expect(frame_of(page).locator("#question")).to_have_attribute("placeholder", hint)


def test_it_works_under_a_strict_policy_of_the_host(context: BrowserContext, host: Host, loccit: Loccit) -> None:
    url = loccit(host.origin)
    host.html = site(url)
    host.headers = {"Content-Security-Policy": f"default-src 'none'; script-src {url}; frame-src {url}"}
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.goto(host.origin)
    check_chat(page)
    placed = page.get_by_role("button").evaluate("button => getComputedStyle(button.getRootNode().host).position")
    assert placed == "fixed"
    assert [text for text in complaints if "favicon" not in text] == []


def test_a_site_that_is_not_named_is_told_so(context: BrowserContext, host: Host, loccit: Loccit) -> None:
    host.html = site(loccit("https://www.example.org"))
    page = context.new_page()
    page.goto(host.origin)
    page.get_by_role("button", name="Ask a question").click()
    expect(page.get_by_role("alert")).to_contain_text("widget_origins")
    expect(page.locator("iframe")).to_have_count(0)


def test_no_page_but_the_one_for_it_can_be_framed(context: BrowserContext, host: Host, loccit: Loccit) -> None:
    url = loccit(host.origin)
    allowed = ["/embed", f"/embed?q={quote(QUESTION)}"]
    others = [
        "/", f"/?q={quote(QUESTION)}", "/articles", "/articles/toll", "/articles/none", "/docs", "/openapi.json",
        "/v1/articles", "/static/icon.svg", "/embed/none", "/widget.js",
    ]  # fmt: skip
    frames = "".join(f'<iframe src="{url}{path}"></iframe>' for path in (*allowed, *others))
    host.html = f"<!doctype html><title>Host</title>{frames}"
    page = context.new_page()
    page.goto(host.origin)
    shown = [frame.url for frame in page.frames[1:]]
    assert len(shown) == len(allowed) + len(others)
    assert [address for address in shown if address != "chrome-error://chromewebdata/"] == [
        f"{url}{path}" for path in allowed
    ]
