"""Pictures of the page's main states for the README, over corpus/ and one older article that says otherwise. Left
out: whether they look as they should, which people judge.

    python -m tests.benchmarks.screenshots [--to tests/benchmarks/screenshots]
"""

from __future__ import annotations

import argparse
import io
import os
import tempfile
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, Final

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # as `web.cli.main` does, before torch is loaded

from PIL import Image
from playwright.sync_api import Browser, Page, expect

from index.build import build
from index.embedder import open_embedder
from index.store import open_writer
from rag.chatbot import Chatbot
from tests.browser import ask, open_browser
from tests.conftest import CORPUS, Server
from web.app import create_app
from web.settings import Settings

FOLDER: Final = Path(__file__).parent / "screenshots"
WIDE: Final[Any] = {"width": 960, "height": 640}
PHONE: Final[Any] = {"width": 390, "height": 700}
MOST_BYTES: Final = 80_000
COLOURS: Final = 64
HOST: Final = """<!doctype html><html lang="en"><title>A site</title><body><h1>A site of yours</h1>
<p>Its pages show the chat with one script tag.</p><script src="{url}/widget.js" async></script>"""
OLDER: Final = """---
title: The Rosetta Stone, an older account
date: 2010-06-01
language: en
---

At the top come 29 lines of hieroglyphs, the script of monuments and religion.
"""


def shot(page: Page, folder: Path, name: str) -> None:
    """One picture; raises AssertionError if it is too large to be kept."""
    path = folder / f"{name}.png"
    taken = Image.open(io.BytesIO(page.screenshot(animations="disabled", caret="hide")))
    taken.convert("RGB").quantize(COLOURS).save(path, optimize=True)
    size = path.stat().st_size
    print(f"{path}: {size} bytes")
    assert size <= MOST_BYTES, path


def visit(browser: Browser, url: str, size: Any = WIDE, **options: Any) -> Page:
    page = browser.new_context(**{"locale": "en-GB", "viewport": size, **options}).new_page()
    page.goto(url)
    return page


def take(browser: Browser, url: str, site: str, folder: Path) -> None:
    page = visit(browser, url)
    shot(page, folder, "start")
    page.set_viewport_size({"width": 1040, "height": 640})  # from where on the article stands beside its answer
    ask(page, "When did the Panama Canal open?")
    page.locator("#thread .number").first.click()
    expect(page.locator("#cited")).to_be_in_viewport()
    page.locator("#question").focus()
    shot(page, folder, "answer")

    page = visit(browser, url)
    ask(page, "How many lines of hieroglyphs are on the Rosetta Stone?")
    expect(page.locator(".conflicting")).to_have_count(2)
    shot(page, folder, "disagreement")

    page = visit(browser, url)
    ask(page, "Who won the 2031 chess cup of Atlantis?")
    shot(page, folder, "not-found")

    page = visit(browser, url, PHONE, color_scheme="dark")
    ask(page, "When was the Magna Carta sealed?")
    shot(page, folder, "phone-dark")

    page = visit(browser, site)
    page.get_by_role("button").click()
    frame = page.frame_locator("iframe")
    frame.locator("#question").fill("When did the Panama Canal open?")
    frame.locator("#question").press("Enter")
    expect(frame.locator("#thread .turn[aria-busy=false]")).to_have_count(1)
    shot(page, folder, "widget")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--to", type=Path, default=FOLDER)
    given = parser.parse_args()
    given.to.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as made:
        data = Path(made)
        older = data / "articles" / "rosetta-stone-older.md"
        older.parent.mkdir()
        older.write_text(OLDER, encoding="utf-8")
        pages = data / "site"
        pages.mkdir()
        host = ThreadingHTTPServer(("127.0.0.1", 0), partial(SimpleHTTPRequestHandler, directory=str(pages)))
        Thread(target=host.serve_forever, daemon=True).start()
        site = f"http://127.0.0.1:{host.server_port}"
        settings = Settings.model_validate(
            {"store": f"embedded:{data}/index", "data": data, "widget_origins": site, "limit": 2}
        )
        embedder = open_embedder(settings)
        with open_writer(settings, embedder.name, embedder.dimension) as writer:
            build([CORPUS, older.parent], writer, embedder, settings)
        chatbot = Chatbot(settings, embedder)
        chatbot.warm_up()
        app = create_app(chatbot, settings)
        app.state.suggestions.prepare()
        server = Server(app)
        (pages / "index.html").write_text(HOST.format(url=server.url), encoding="utf-8")
        with open_browser() as browser:
            take(browser, server.url, site, given.to)
        server.stop()
        host.shutdown()


if __name__ == "__main__":
    main()
