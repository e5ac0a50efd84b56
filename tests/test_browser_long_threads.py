"""Conversations that are long, and two at once, in a real browser. Left out: keeping and naming them
(`test_browser_threads.py`)."""

from __future__ import annotations

import time

import pytest
from playwright.sync_api import Page, expect

from tests.browser import BRIDGE, CANAL, DUG, OPENED, PHONE, Make, Serve, Visit, ask, choose, needs_chromium, slow_down

pytestmark = needs_chromium


@pytest.fixture
def url(make_chatbot: Make, serve: Serve) -> str:
    return serve(make_chatbot([CANAL, BRIDGE]))


def test_an_answer_under_way_does_not_move_into_another_conversation(visit: Visit, url: str) -> None:
    page = visit(url)
    ask(page, DUG)
    choose(page, "New conversation")
    expect(page.locator("#thread .turn")).to_have_count(0)
    network = slow_down(page, 1_500)
    page.locator("#question").fill(OPENED)
    page.locator("#question").press("Enter")
    expect(page.locator(".turn[aria-busy=true]")).to_have_count(1)
    choose(page, "Past conversations")
    page.locator("#threads").get_by_role("button", name="Open").click()
    network.detach()
    expect(page.locator("#thread h2 .question")).to_have_text([DUG])
    expect(page.locator("#ask .send")).to_be_visible()
    page.reload()
    expect(page.locator("#thread h2 .question")).to_have_text([DUG])


def test_long_conversations_in_any_script_are_put_back(visit: Visit, url: str) -> None:
    """They are sent in pieces that the server takes, counted in bytes."""
    page = visit(url)
    ask(page, DUG)
    kept_turns(page, 40, "سفينة " * 5000)
    page.reload()
    expect(page.locator("#thread .turn")).to_have_count(40)


def kept_turns(page: Page, count: int, words: str) -> None:
    """Make the kept conversation so many turns long, the passages beginning with these words."""
    page.evaluate(
        """async ([count, words]) => {
            const opened = indexedDB.open("loccit", 1);
            await new Promise((done) => (opened.onsuccess = done));
            const store = opened.result.transaction("threads", "readwrite").objectStore("threads");
            const request = store.getAll();
            await new Promise((done) => (request.onsuccess = done));
            const [kept] = request.result;
            kept.turns[0].answer.extracts[0].passage.text += words;
            kept.turns = Array(count).fill(kept.turns[0]);
            await new Promise((done) => (store.put(kept).onsuccess = done));
        }""",
        [count, words],
    )


def test_two_windows_keep_two_conversations(visit: Visit, url: str) -> None:
    page = visit(url)
    other = page.context.new_page()
    other.goto(url)
    ask(page, DUG)
    ask(other, OPENED)
    ask(page, OPENED)
    choose(other, "Past conversations")
    expect(other.locator(".kept li")).to_have_count(2)
    page.reload()
    expect(page.locator("#thread .turn")).to_have_count(2)
    other.reload()
    expect(other.locator("#thread .turn")).to_have_count(1)


def test_two_hundred_turns_stay_usable(visit: Visit, url: str) -> None:
    """Asked one after another; then put back within seconds, and the next question appears as fast as the first."""
    page = visit(url, viewport=PHONE)
    page.evaluate(
        """async ([count, question]) => {
            const form = document.getElementById("ask");
            for (let n = 1; n <= count; n++) {
                document.getElementById("question").value = `${question} (${n})`;
                form.requestSubmit();
                while (form.ariaBusy !== "false" || !location.hash) await new Promise(requestAnimationFrame);
            }
        }""",
        [200, DUG],
    )
    expect(page.locator("#thread .turn[aria-busy=false]")).to_have_count(200)
    expect(page.locator("#thread .turn blockquote")).to_have_count(200)
    began = time.monotonic()
    page.reload()
    expect(page.locator("#thread .turn")).to_have_count(200)
    restored = time.monotonic() - began
    began = time.monotonic()
    page.locator("#question").fill(OPENED)
    page.locator("#question").press("Enter")
    expect(page.locator("#thread h2").last).to_contain_text(OPENED)
    seen = time.monotonic() - began
    expect(page.locator("#thread .turn[aria-busy=false]")).to_have_count(201)
    answered = time.monotonic() - began
    expect(page.locator("#thread h2").last).to_be_in_viewport()
    assert restored < 8 and seen < 2 and answered < 5
