"""WCAG 2.2 AA in a real browser: axe-core finds nothing on any page and state, in both colour schemes, languages and
sizes; and what axe-core cannot see: order of focus, what is said aloud, zoom, motion. Left out: whether the wording is
easy to understand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, Literal
from urllib.parse import quote, urlencode

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from index.types import Article
from rag.chatbot import Chatbot
from tests.axe import findings
from tests.browser import DESKTOP, PHONE, ask, needs_chromium

pytestmark = needs_chromium

Scheme = Literal["light", "dark"]

QUESTION: Final = "Quand les ministres de la Défense se sont-ils réunis au siège de l'OTAN ?"
ENGLISH: Final = "When did the Panama Canal open?"
PARTIAL: Final = "When was the Panama Canal opened, and how many passengers flew through Nairobi airport last week?"
UNKNOWN: Final = "Who won the 2031 chess cup of Atlantis?"
ARTICLE: Final = "/articles/reunion-otan-ukraine-avril-2025"
NARROW: Final = {"width": 320, "height": 640}
ZOOMED: Final = {"width": 640, "height": 400}
"""A desktop at 200 %."""


def resize(page: Page, size: dict[str, int]) -> None:
    page.set_viewport_size({"width": size["width"], "height": size["height"]})


def check(page: Page, ui: str) -> None:
    """Both schemes and both sizes, without loading the page again; each pair of scheme, size and language occurs.
    Then 320 px and a desktop at 200 %, where nothing may be reached by scrolling sideways alone."""
    schemes: tuple[Scheme, Scheme] = ("light", "dark") if ui == "en" else ("dark", "light")
    found: list[str] = []
    for size, scheme in zip((DESKTOP, PHONE), schemes, strict=True):
        resize(page, size)
        page.emulate_media(color_scheme=scheme)
        found += [f"{size['width']} px, {scheme}: {line}" for line in findings(page)]
    for size in (NARROW, ZOOMED):
        resize(page, size)
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            found.append(f"{size['width']} px: scrolls sideways")
    assert not found, "\n".join(found)


@pytest.fixture(scope="module", params=["en", "fr"])
def ui(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def context(browser: Browser, ui: str) -> Iterator[BrowserContext]:
    opened = browser.new_context(locale=ui, viewport={"width": 1280, "height": 800})
    opened.set_default_timeout(30_000)
    yield opened
    opened.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    opened = context.new_page()
    yield opened
    opened.close()


def answered(page: Page, url: str, question: str = QUESTION, path: str = "/") -> None:
    page.goto(f"{url}{path}?q={quote(question)}")
    expect(page.locator("#thread .turn[aria-busy=false]")).to_have_count(1)


def show_all(page: Page, url: str) -> None:
    """An answer with everything in it opened."""
    answered(page, url)
    for summary in page.locator("#thread summary").all():
        summary.click()
    expect(page.locator("#thread details:not([open])")).to_have_count(0)


def at(path: str) -> Callable[[Page, str], None]:
    def go(page: Page, url: str) -> None:
        page.goto(url + path)

    return go


def show_panel(page: Page, url: str) -> None:
    answered(page, url)
    page.locator("#thread .number").first.click()
    expect(page.locator("#panel #cited")).to_be_in_viewport()


def show_card(page: Page, url: str) -> None:
    answered(page, url)
    page.locator("#thread .number").first.scroll_into_view_if_needed()
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => setTimeout(done)))")  # scrolling hides it
    page.locator("#thread .number").first.focus()
    expect(page.locator("#card")).to_be_visible()


def show_menu(page: Page, url: str) -> None:
    page.goto(url)
    page.locator(".menu summary").click()
    expect(page.locator(".choices")).to_be_visible()


def show_threads(page: Page, url: str) -> None:
    page.goto(url)
    ask(page, ENGLISH)
    page.locator(".menu summary").click()
    page.locator("[data-do=threads]").click()
    expect(page.locator("#threads .kept li").first).to_be_visible()


def show_keys(page: Page, url: str) -> None:
    show_menu(page, url)
    page.locator("[data-do=keys]").click()
    expect(page.locator("#keys")).to_be_visible()


def show_filters(page: Page, url: str) -> None:
    page.goto(f"{url}/?{urlencode({'language': 'fr', 'since': '2020-01-01'})}")
    page.locator(".filters summary").click()
    expect(page.locator(".chip")).to_have_count(2)


def show_chips_made_by_script(page: Page, url: str) -> None:
    page.goto(url)
    page.locator(".filters summary").click()
    page.locator("[name=language]").select_option("fr")
    expect(page.locator(".chip")).to_have_count(1)


def show_feedback_sent(page: Page, url: str) -> None:
    answered(page, url)
    page.locator(".feedback summary").click()
    page.locator(".feedback [value=helpful]").click()
    expect(page.locator(".feedback [role=status]")).to_be_visible()


def show_thanks(page: Page, url: str) -> None:
    """The page that comes without JavaScript: its form is sent past the script."""
    answered(page, url)
    page.evaluate("""() => {
        const form = document.querySelector(".feedback form");
        form.append(Object.assign(document.createElement("input"), { name: "verdict", value: "helpful" }));
        form.submit();
    }""")
    page.wait_for_url("**/feedback")


def show_waiting(page: Page, url: str) -> None:
    page.goto(url)
    page.route("**/page/turn", lambda route: None)
    page.locator("#question").fill(QUESTION)
    page.locator("#question").press("Enter")
    expect(page.locator(".skeleton")).to_be_visible()


def show_failed(page: Page, url: str) -> None:
    page.goto(url)
    page.route("**/page/turn", lambda route: route.abort())
    page.locator("#question").fill(QUESTION)
    page.locator("#question").press("Enter")
    expect(page.locator(".failed")).to_be_visible()


def show_conversation(page: Page, url: str) -> None:
    page.goto(url)
    ask(page, "Qui a inventé le World Wide Web ?")
    ask(page, "Où travaillait-il ?")
    expect(page.locator(".understood")).to_be_visible()


STATES: Final[dict[str, Callable[[Page, str], None]]] = {
    "start": at("/"),
    "answer": answered,
    "conversation": show_conversation,
    "partial answer": lambda page, url: answered(page, url, PARTIAL),
    "not found": lambda page, url: answered(page, url, UNKNOWN),
    "refused question": at("/?q=" + "a" * 5000),
    "waiting": show_waiting,
    "failed": show_failed,
    "error": at("/articles/none"),
    "article with mark": at(f"{ARTICLE}?start=0&end=80"),
    "article changed": at(f"{ARTICLE}?start=0&end=80&sha256=0"),
    "panel": show_panel,
    "card": show_card,
    "menu": show_menu,
    "filters": show_filters,
    "chips by script": show_chips_made_by_script,
    "threads": show_threads,
    "keys": show_keys,
    "all opened": show_all,
    "feedback sent": show_feedback_sent,
    "thanks": show_thanks,
    "articles": at("/articles"),
    "articles found": at("/articles?q=canal&language=en"),
    "no articles": at("/articles?source=nobody"),
    "docs": at("/docs"),
    "embedded": at("/embed"),
    "embedded answer": lambda page, url: answered(page, url, path="/embed"),
}


@pytest.mark.parametrize("state", STATES)
def test_axe_finds_nothing_and_nothing_scrolls_sideways(page: Page, server_url: str, ui: str, state: str) -> None:
    STATES[state](page, server_url)
    check(page, ui)


def test_axe_finds_nothing_where_sources_disagree(
    page: Page, ui: str, make_chatbot: Callable[[list[Article]], Chatbot], serve: Callable[[Chatbot], str]
) -> None:
    toll = "The toll for a cart on the long bridge at Conwy is {} pence for each crossing."
    articles = [
        Article("old", "Toll", toll.format(3), "en", published="2019-05-01", source="The Times"),
        Article("copy", "Toll again", toll.format(3), "en", published="2019-05-02"),
        Article("new", "Toll", toll.format(5), "en", published="2024-05-01"),
        Article("arabic", "الجسر", "## تاريخ\n\nبني الجسر الطويل في المدينة القديمة.", "ar"),
        *(Article(f"f{n}", f"Filler {n}", f"Nothing of interest is said in number {n}.", "en") for n in range(9)),
    ]
    url = serve(make_chatbot(articles))
    answered(page, url, "What is the toll for a cart on the long bridge at Conwy?")
    expect(page.locator(".conflicting")).to_have_count(2)
    expect(page.get_by_text("Toll again")).to_be_visible()
    check(page, ui)
    page.goto(f"{url}/articles/arabic")
    check(page, ui)


def test_axe_can_find_something(page: Page, server_url: str) -> None:
    page.goto(server_url)
    page.locator("label[for=question]").evaluate("label => label.remove()")
    page.locator("#question").evaluate("box => box.removeAttribute('placeholder')")
    page.locator(".end").evaluate("end => end.classList.replace('end', 'ends')")
    page.locator(".brand").evaluate("brand => { brand.style.color = 'rgb(160 160 160)'; }")
    assert {line.split(" ")[0] for line in findings(page)} >= {"label", "color-contrast"}


ORDER: Final = [
    "a.skip", "a.brand", ".menu summary", "nav a[href='/articles']", "nav a[href='/docs']", "nav a[hreflang]",
    "#question", "button.send", ".filters summary", ".end a", ".end a", ".end a",
]  # fmt: skip


def test_tab_goes_from_the_skip_link_down_the_page_and_is_always_seen(page: Page, server_url: str) -> None:
    page.goto(server_url)
    suggestions = page.locator(".suggestions a").count()
    expected = [*ORDER[:6], *[".suggestions a"] * suggestions, *ORDER[6:]]
    for selector in expected:
        page.keyboard.press("Tab")
        assert page.evaluate("selector => document.activeElement.matches(selector)", selector), selector
        assert page.evaluate(FOCUS_SEEN), selector
    page.goto(server_url)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#question")).to_be_focused()


FOCUS_SEEN: Final = """() => {
    const { activeElement: here } = document;
    const outlined = node => getComputedStyle(node).outlineStyle !== "none";
    const { left, top, width, height } = here.getBoundingClientRect();
    const hit = document.elementFromPoint(left + width / 2, top + height / 2);
    return (outlined(here) || outlined(here.parentElement)) && (here.contains(hit) || hit.contains(here));
}"""


@pytest.mark.parametrize("size", [PHONE, ZOOMED], ids=["phone", "zoomed"])
def test_nothing_that_has_focus_is_covered(page: Page, server_url: str, size: dict[str, int]) -> None:
    """The box that stays at the bottom would be what covers it."""
    resize(page, size)
    answered(page, server_url)
    for _ in range(page.locator("a:visible, button:visible, summary:visible, textarea").count()):
        page.keyboard.press("Tab")
        assert page.evaluate(FOCUS_SEEN), page.evaluate("document.activeElement.outerHTML")


def test_focus_comes_back_to_where_it_was(page: Page, server_url: str) -> None:
    answered(page, server_url)
    number = page.locator("#thread .number").first
    number.press("Enter")
    expect(page.locator("#panel")).to_be_focused()
    page.keyboard.press("Escape")
    expect(number).to_be_focused()


def test_a_card_stays_under_the_pointer_and_escape_hides_it(page: Page, server_url: str) -> None:
    """WCAG 1.4.13."""
    answered(page, server_url)
    number, card = page.locator("#thread .number").first, page.locator("#card")
    number.hover()
    expect(card).to_be_visible()
    box = card.bounding_box()
    assert box
    page.mouse.move(box["x"] + 20, box["y"] + 20, steps=30)
    expect(card).to_be_visible()
    page.keyboard.press("Escape")
    expect(card).to_be_hidden()


def test_an_answer_is_said_once(page: Page, server_url: str) -> None:
    page.goto(server_url)
    page.evaluate("""() => {
        window.said = [];
        const live = "[role=status], [role=alert], [role=log], [aria-live]";
        new MutationObserver(changes => {
            for (const { target, addedNodes } of changes) {
                const node = target.nodeType === 1 ? target : target.parentElement;
                if (node.closest(live) && addedNodes.length) window.said.push(node.closest(live).textContent);
            }
        }).observe(document.body, { subtree: true, childList: true, characterData: true });
    }""")

    def said(count: int) -> list[str]:
        lines: list[str] = []
        for _ in range(100):  # the page's own words may come in another language first
            page.wait_for_timeout(100)
            lines = page.evaluate("window.said")
            if len(lines) >= count:
                break
        assert len(lines) == count
        return lines

    for count in (1, 2):
        ask(page, QUESTION)
        quoted = page.locator("#thread .turn").last.locator("blockquote").first.text_content() or "nothing"
        assert said(count)[-1].endswith(quoted)
    ask(page, UNKNOWN)
    assert said(3)[-1] == page.locator("#thread .reason").text_content()


def test_reduced_motion_stops_the_animation(page: Page, server_url: str) -> None:
    show_waiting(page, server_url)
    name = "() => getComputedStyle(document.querySelector('.skeleton span')).animationName"
    assert page.evaluate(name) == "breathe"
    page.emulate_media(reduced_motion="reduce")
    assert page.evaluate(name) == "none"


def test_forced_colours_keep_marks_and_buttons_apart(page: Page, server_url: str) -> None:
    page.emulate_media(forced_colors="active")
    answered(page, server_url)
    looks = """node => { const style = getComputedStyle(node);
        return [style.backgroundColor, style.borderTopColor, style.borderTopStyle]; }"""
    quote = page.locator("#thread blockquote").first
    marked, border, _ = quote.locator("mark").evaluate(looks)
    assert marked != page.locator("body").evaluate(looks)[0] != border
    assert page.locator(".send").evaluate(looks)[2] == "solid"
    assert findings(page) == []
