"""A server that dies while it answers, in a real browser. Left out: a network that is lost
(`test_browser_asking.py`)."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import expect

from index.build import build
from index.store import open_writer
from rag.chatbot import Chatbot
from tests.browser import Visit, ask, needs_chromium, slow_down
from tests.conftest import CORPUS
from web.settings import Settings

pytestmark = needs_chromium

ASKED = "When did the Panama Canal open?"


class Served:
    """`loccit serve` over one store, always on the same port."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self._port}"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [sys.executable, "-c", "from web.cli import main; main()", "serve", "--port", str(self._port)]
        environment = {**os.environ, "LOCCIT_STORE": self._settings.store, "LOCCIT_DATA": str(self._settings.data)}
        self.process = subprocess.Popen(command, cwd=self._settings.data, env=environment)
        deadline = time.monotonic() + 60
        while not _ready(self.url):
            assert time.monotonic() < deadline and self.process.poll() is None
            time.sleep(0.1)

    def freeze(self) -> None:
        assert self.process
        self.process.send_signal(signal.SIGSTOP)

    def kill(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait()


@pytest.fixture
def served(tmp_path: Path, chatbot: Chatbot) -> Iterator[Served]:
    """Over one article."""
    own = Settings.model_validate({"store": f"embedded:{tmp_path}/index", "data": tmp_path})
    embedder = chatbot.embedder()
    with open_writer(own, embedder.name, embedder.dimension) as writer:
        build([CORPUS / "panama-canal.md"], writer, embedder, own)
    opened = Served(own)
    yield opened
    opened.kill()


@dataclass
class Cut:
    """A server that stops at the end of the first extract of a stream, and dies when `now` is set."""

    url: str
    now: threading.Event


@pytest.fixture
def cut(server_url: str) -> Iterator[Cut]:
    """A connection in front of the real server, which is faster than any signal. It does not close at once: a
    browser drops what it has received and not yet handed over when a body ends before its time."""
    behind = urlsplit(server_url)
    now = threading.Event()

    def serve(front: socket.socket) -> None:
        with front, socket.create_connection((behind.hostname, behind.port)) as back:
            threading.Thread(target=pass_on, args=(front, back), daemon=True).start()
            received = b""
            with contextlib.suppress(OSError):
                while some := back.recv(65536):
                    received += some
                    place = received.find(b'"type": "extract"')
                    end = received.find(b"\n\n", place) + 2
                    if place >= 0 and end >= 2:
                        front.sendall(some[: len(some) - (len(received) - end)])
                        now.wait(30)
                        front.shutdown(socket.SHUT_RDWR)
                        return
                    front.sendall(some)

    def pass_on(front: socket.socket, back: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while some := front.recv(65536):
                back.sendall(some)

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=accept, daemon=True).start()
        yield Cut(f"http://127.0.0.1:{listener.getsockname()[1]}", now)
        listener.shutdown(socket.SHUT_RDWR)


def test_what_came_before_the_server_died_stays(visit: Visit, cut: Cut) -> None:
    page = visit(cut.url)
    page.locator("#question").fill(ASKED)
    page.locator("#question").press("Enter")
    expect(page.locator(".turn blockquote")).to_have_count(1)
    cut.now.set()
    expect(page.get_by_role("alert")).to_have_text("The connection to the server was lost. Try again.")
    expect(page.locator(".turn blockquote")).to_have_count(1)
    expect(page.locator(".turn blockquote")).to_contain_text("1914")
    expect(page.locator("#question")).to_have_value(ASKED)
    expect(page.locator("#ask .send")).to_be_visible()
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("alert")).to_have_count(1)


def _ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/readyz", timeout=5).is_success
    except httpx.HTTPError:
        return False


def test_a_server_that_dies_is_explained_and_the_question_asked_again(visit: Visit, served: Served) -> None:
    served.start()
    page = visit(served.url)
    ask(page, "How long is the Panama Canal?")
    network = slow_down(page, 2_000)
    page.locator("#question").fill(ASKED)
    with page.expect_request("**/page/turn"):
        page.locator("#question").press("Enter")
    served.freeze()  # in mid-answer, whatever the machine's speed
    expect(page.locator(".turn").last.locator(".skeleton")).to_be_visible()
    served.kill()
    expect(page.get_by_role("alert")).to_have_text("The connection to the server was lost. Try again.")
    expect(page.locator("#question")).to_have_value(ASKED)
    expect(page.locator(".skeleton")).to_have_count(0)
    expect(page.locator("#ask .send")).to_be_visible()
    page.get_by_role("button", name="Try again").click()  # too early
    expect(page.get_by_role("alert")).to_have_count(1)
    served.start()
    network.detach()
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(".turn").last.locator("blockquote").first).to_contain_text("1914", timeout=60_000)
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(page.locator(".turn")).to_have_count(2)
    expect(page.locator("#question")).to_have_value("")
