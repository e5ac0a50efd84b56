"""Conversations in a real browser: kept, named, searched, deleted, put back, exported, and long ones. Left out: one
turn (`test_browser_asking.py`, `test_browser_answers.py`)."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from index.types import Article
from rag.chatbot import Chatbot
from tests.browser import PHONE, Visit, ask, needs_chromium, slow_down

pytestmark = needs_chromium

Make = Callable[[list[Article]], Chatbot]
Serve = Callable[[Chatbot], str]

CANAL = Article("canal", "The canal of Arrow", "The canal of Arrow was dug by 340 men for the salt trade.", "en")
BRIDGE = Article("bridge", "The bridge of Brent", "The bridge of Brent was opened to carts by the mayor.", "en")
DUG = "Who dug the canal of Arrow?"
OPENED = "Who opened the bridge of Brent?"


@pytest.fixture
def url(make_chatbot: Make, serve: Serve) -> str:
    return serve(make_chatbot([CANAL, BRIDGE]))


def choose(page: Page, name: str) -> None:
    """From the menu."""
    page.locator(".menu summary").click()
    page.get_by_role("button", name=name, exact=True).click()


def names(page: Page) -> list[str]:
    """Of the listed conversations."""
    return [field.input_value() for field in page.locator(".kept .name").all()]


def test_a_conversation_is_put_back(visit: Visit, url: str) -> None:
    page = visit(url)
    ask(page, DUG)
    ask(page, OPENED)
    assert "#t=" in page.url
    before = page.locator("#thread blockquote").all_inner_texts()
    page.reload()
    expect(page.locator("#thread .turn")).to_have_count(2)
    assert page.locator("#thread blockquote").all_inner_texts() == before
    expect(page.locator("#thread h2").first).to_contain_text(DUG)
    ask(page, DUG)  # goes on in it
    choose(page, "Past conversations")
    expect(page.locator(".kept li")).to_have_count(1)


def test_conversations_are_named_searched_opened_and_deleted(visit: Visit, url: str) -> None:
    page = visit(url)
    ask(page, DUG)
    choose(page, "New conversation")
    expect(page.locator("#thread .turn")).to_have_count(0)
    assert urlsplit(page.url)[2:] == ("/", "", "")
    ask(page, OPENED)
    choose(page, "Past conversations")
    dialog = page.locator("#threads")
    expect(dialog).to_be_visible()
    expect(dialog.locator(".kept li")).to_have_count(2)
    assert names(page) == [OPENED, DUG]
    dialog.locator(".name").last.fill("Canals")
    dialog.locator(".name").last.press("Tab")
    search = dialog.get_by_label("Search them")
    search.fill("zebra")
    expect(dialog.get_by_text("There is none.")).to_be_visible()
    search.fill("salt TRADE")  # words of an answer
    expect(dialog.locator(".kept li")).to_have_count(1)
    assert names(page) == ["Canals"]
    dialog.get_by_role("button", name="Open").click()
    expect(dialog).to_be_hidden()
    expect(page.locator("#thread h2")).to_have_text([DUG + " #"])
    page.reload()
    expect(page.locator("#thread .turn")).to_have_count(1)
    choose(page, "Past conversations")
    expect(dialog.locator(".kept li")).to_have_count(2)
    assert names(page) == [OPENED, "Canals"]
    dialog.get_by_role("button", name="Delete").first.click()
    expect(dialog.locator(".kept li")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    page.reload()
    choose(page, "Past conversations")
    expect(dialog.locator(".kept li")).to_have_count(1)
    assert names(page) == ["Canals"]


def test_the_conversation_on_the_page_can_be_deleted(visit: Visit, url: str) -> None:
    """It does not come back with the next question."""
    page = visit(url)
    ask(page, DUG)
    choose(page, "Past conversations")
    page.locator("#threads").get_by_role("button", name="Delete").click()
    expect(page.locator("#threads").get_by_text("There is none.")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#thread .turn")).to_have_count(0)
    ask(page, OPENED)
    choose(page, "Past conversations")
    expect(page.locator(".kept li")).to_have_count(1)
    assert names(page) == [OPENED]


def test_escape_closes_the_list_alone(visit: Visit, url: str) -> None:
    page = visit(url)
    ask(page, DUG)
    page.locator("#thread .number").first.click()
    expect(page.locator("#panel h1")).to_be_visible()
    choose(page, "Past conversations")
    page.keyboard.press("Escape")
    expect(page.locator("#threads")).to_be_hidden()
    expect(page.locator("#panel")).to_be_visible()


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


def test_a_forgotten_conversation_shows_the_question_of_the_address(visit: Visit, url: str) -> None:
    page = visit(url)
    ask(page, DUG)
    address = page.url
    stranger = visit(address)
    expect(stranger.locator("#thread h2")).to_contain_text(DUG)
    expect(stranger.locator("#thread blockquote").first).to_contain_text("340 men")


def test_a_conversation_is_saved_as_a_file(visit: Visit, url: str, tmp_path: Path) -> None:
    page = visit(url)
    ask(page, DUG)
    ask(page, OPENED)
    with page.expect_download() as made:
        choose(page, "Save as Markdown")
    assert made.value.suggested_filename == "Who-dug-the-canal-of-Arrow-.md"
    made.value.save_as(tmp_path / "thread.md")
    written = (tmp_path / "thread.md").read_text(encoding="utf-8")
    assert written.index(f"## {DUG}") < written.index(f"> {CANAL.text}") < written.index(f"## {OPENED}")
    with page.expect_download() as made:
        choose(page, "Save as JSON")
    assert made.value.suggested_filename.endswith(".json")
    made.value.save_as(tmp_path / "thread.json")
    whole = json.loads((tmp_path / "thread.json").read_text(encoding="utf-8"))
    assert [answer["question"] for answer in whole["answers"]] == [DUG, OPENED]
    assert whole["answers"][0]["extracts"][0]["text"] == CANAL.text


def test_a_browser_that_keeps_nothing_still_answers(visit: Visit, url: str) -> None:
    page = visit(url)
    page.context.add_init_script("indexedDB.open = () => { throw new Error('forbidden'); }")
    page.goto(url)
    ask(page, DUG)
    ask(page, OPENED)
    expect(page.get_by_role("alert")).to_have_count(0)
    assert "#t=" not in page.url
    choose(page, "Past conversations")
    expect(page.locator("#threads").get_by_text("This browser keeps no conversations.")).to_be_visible()


def test_two_hundred_turns_stay_usable(visit: Visit, url: str) -> None:
    """Put back within seconds, and the next question appears as fast as the first."""
    page = visit(url, viewport=PHONE)
    ask(page, DUG)
    kept_turns(page, 200, "")
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
