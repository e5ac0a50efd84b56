"""Conversations in a real browser: kept, named, searched, deleted, put back, exported. Left out: long ones and
several (`test_browser_long_threads.py`)."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser import BRIDGE, CANAL, DUG, OPENED, Make, Serve, Visit, ask, choose, needs_chromium

pytestmark = needs_chromium


@pytest.fixture
def url(make_chatbot: Make, serve: Serve) -> str:
    return serve(make_chatbot([CANAL, BRIDGE]))


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
    page.wait_for_url(lambda address: "q=" not in address)
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
    assert made.value.suggested_filename == "Who-dug-the-canal-of-Arrow.md"
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
