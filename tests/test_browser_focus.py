"""Where the focus is after a menu, a dialog or a card, and what two windows keep of one conversation. Left out: the
order of the focus from the top (`test_accessibility.py`)."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser import Visit, ask

QUESTION = "When did the Panama Canal open?"


def test_the_menu_gives_the_focus_back(visit: Visit, server_url: str) -> None:
    page = visit(server_url)
    menu, summary = page.locator(".menu"), page.locator(".menu summary")
    summary.focus()
    page.keyboard.press("Enter")
    expect(menu).to_have_attribute("open", "")
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    expect(menu).not_to_have_attribute("open", "")
    expect(summary).to_be_focused()
    page.keyboard.press("Enter")
    page.locator("[data-do=keys]").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#keys")).to_be_hidden()
    expect(summary).to_be_focused()
    summary.click()
    page.locator("h1").click(position={"x": 5, "y": 5})
    expect(menu).not_to_have_attribute("open", "")


def test_a_number_out_of_view_has_its_card_when_it_is_focused(visit: Visit, server_url: str) -> None:
    page = visit(server_url, viewport={"width": 800, "height": 420})
    for question in (QUESTION, "What is the Higgs boson?"):
        ask(page, question)
    first = page.locator("#thread .number").first
    expect(first).not_to_be_in_viewport()
    first.focus()
    expect(first).to_be_in_viewport()
    expect(page.locator("#card")).to_be_visible()
    expect(page.locator("#card")).to_be_in_viewport()
    expect(page.locator("#card")).to_contain_text("Panama")


def test_two_windows_keep_both_their_turns(visit: Visit, server_url: str) -> None:
    page = visit(server_url)
    ask(page, QUESTION)
    other = page.context.new_page()
    other.goto(page.url)
    expect(other.locator(".turn")).to_have_count(1)
    for window, question in ((other, "What is the Higgs boson?"), (page, "Who discovered penicillin?")):
        box = window.locator("#question")
        box.fill(question)
        box.press("Enter")
        expect(window.locator(".turn[aria-busy=false]")).to_have_count(2)
    page.reload()
    expect(page.locator(".turn")).to_have_count(3)
    expect(page.locator("#thread h2")).to_contain_text([QUESTION, "Higgs", "penicillin"])
