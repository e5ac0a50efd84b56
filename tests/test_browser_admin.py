"""The admin page in a real browser, with and without JavaScript, in both languages: the key, files dropped in, what is
indexed and what failed, an earlier state put back; axe-core finds nothing. Left out: who may (`test_admin.py`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from playwright.sync_api import expect

from index.types import Article
from rag.chatbot import Chatbot
from tests.axe import findings
from tests.browser import DESKTOP, PHONE, Visit, needs_chromium
from web.keys import KeyStore

pytestmark = needs_chromium

Make = Callable[[Sequence[Article]], Chatbot]
Serve = Callable[[Chatbot], str]


@pytest.mark.parametrize(
    ("scripts", "size", "ui", "enter", "upload", "remove", "back"),
    [
        (True, DESKTOP, "en", "Sign in", "Upload", "Remove", "Go back to this"),
        (False, PHONE, "fr", "Se connecter", "Envoyer", "Retirer", "Revenir à celui-ci"),
    ],
    ids=["scripts", "no scripts"],
)
def test_a_visit(
    visit: Visit, make_chatbot: Make, serve: Serve, tmp_path: Path, scripts: bool, size: dict[str, int], ui: str,
    enter: str, upload: str, remove: str, back: str,
) -> None:  # fmt: skip
    url = serve(make_chatbot([Article("ship", "Ship", "The pirate ship sailed on Tuesday.", "en")]))
    secret = KeyStore(tmp_path).create("somebody", "admin")[1]
    page = visit(f"{url}/admin?ui={ui}", viewport=size, java_script_enabled=scripts)
    if scripts:
        assert findings(page) == []
    page.locator("input[name=key]").fill("wrong")
    page.get_by_role("button", name=enter, exact=True).click()
    expect(page.locator("input[name=key]")).to_be_visible()
    page.locator("input[name=key]").fill(secret)
    page.get_by_role("button", name=enter, exact=True).click()
    files = [
        {"name": "canal <b>.md", "mimeType": "text/markdown", "buffer": b"# Canal\n\nThe canal is 12 km long."},
        {"name": "bad.txt", "mimeType": "text/plain", "buffer": b"\0"},
    ]
    page.locator("input[type=file]").set_input_files(files)  # type: ignore[arg-type]
    page.get_by_role("button", name=upload, exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("1 added" if ui == "en" else "1 ajoutés", timeout=30_000)
    expect(page.locator("main")).to_contain_text("bad.txt: it holds NUL bytes")
    expect(page.locator("main")).to_contain_text("canal b.md")
    if scripts:
        assert findings(page) == []
        page.emulate_media(color_scheme="dark")
        assert findings(page) == []
    page.get_by_role("button", name=f"{remove} — canal b.md").click()
    expect(page.get_by_role("status")).to_contain_text("1 removed" if ui == "en" else "1 retirés", timeout=30_000)
    page.get_by_role("button", name=back).first.click()
    expect(page.locator("main")).to_contain_text("2 articles")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth") if scripts else True
