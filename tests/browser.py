"""Chromium as the browser tests open it, and what they all do on the chat page. Left out: the fixtures
(`conftest.py`)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

CHROMIUM: Final = Path("/usr/bin/chromium")
FLAGS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

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


def ask(page: Page, question: str) -> None:
    """Ask in the box, and wait for the whole answer."""
    count = page.locator("#thread .turn").count()
    page.locator("#question").fill(question)
    page.locator("#question").press("Enter")
    expect(page.locator("#thread .turn[aria-busy=false]")).to_have_count(count + 1, timeout=30_000)
