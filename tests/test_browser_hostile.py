"""Articles that try to be more than text, in a real browser. Left out: the same without one (`test_pages.py`)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from index.types import Article
from rag.chatbot import Chatbot
from tests.browser import SIZES, Visit, needs_chromium

pytestmark = needs_chromium

LONG = "🏴‍☠️ word <b>bold</b> " * 2400
HOSTILE = {
    "When did the pirate ship sail?": Article(
        "script", "<svg onload=alert(3)>",
        "The pirate ship 🏴‍☠️ did sail <img src=x onerror=alert(1)><script>alert(2)</script> on Tuesday.", "en",
        url="javascript:alert(4)", source='"><script>alert(5)</script>', tags=("<u>t</u>",),
    ),
    "What did the cook say to the mate?": Article(
        'a"onload="alert(6)', '"onload="alert(7)',
        'The cook did say to the mate "onload="alert(8) and </template></textarea> {{ 7*7 }}.', "en",
        url='https://x.example/"onload="alert(9)',
    ),
    "What did the clerk write about tables?": Article(
        "markdown", "**Bold** [link](javascript:alert(1))",
        "The clerk did write **stars**, [links](javascript:alert(1)), `code` and | tables |.", "en",
    ),
    "Where did the captain walk in the harbour?": Article(
        "long", "Long", f"The captain did walk in the harbour. {LONG}", "en"
    ),
}  # fmt: skip
STRANGE = "img, svg, b, u, i, script[src]:not([src^='/']), [onload], [onerror], a[href^=javascript]"


@SIZES
@pytest.mark.parametrize("javascript", [True, False], ids=["script", "plain"])
def test_articles_are_shown_as_text(
    visit: Visit,
    make_chatbot: Callable[[list[Article]], Chatbot],
    serve: Callable[[Chatbot], str],
    size: dict[str, int],
    javascript: bool,
) -> None:
    assert len(LONG) > 50_000
    url = serve(make_chatbot(list(HOSTILE.values())))
    page = visit(url, viewport=size, java_script_enabled=javascript)
    for question, article in HOSTILE.items():
        page.locator("#question").fill(question)
        page.locator("#ask .send").click()
        expect(page.locator("#thread h2").last).to_contain_text(question)
        expect(page.locator(".turn").last.locator(".feedback")).to_have_count(1)
        last = page.locator("#thread .turn").last
        quoted = last.locator("blockquote").first.text_content() or ""
        assert quoted in article.text and len(quoted) > 30
        expect(last.locator(".title").first).to_have_text(article.title)
        assert page.locator("main").locator(STRANGE).count() == 0
        last.locator(".number").first.click()
        expect(page.locator("#panel h1" if javascript else "h1")).to_have_text(article.title)
        assert "".join(page.locator(".article mark").all_text_contents()) == quoted
        expect(page.locator("#cited")).to_be_in_viewport()
        assert page.locator("main").locator(STRANGE).count() == 0
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
        if not javascript:
            page.go_back()
    page.goto(f"{url}/articles?q=pirate")
    assert page.locator("main").locator(STRANGE).count() == 0
    expect(page.locator(".list")).to_contain_text("<svg onload=alert(3)>")
