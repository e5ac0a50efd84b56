"""Every error of the table that is the server's fault, provoked behind every address that asks the index: what its
message and its stack hold reaches nobody. Left out: what clients do wrong (`test_web_errors.py`)."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from typing import Any, Final

import httpx
import pytest

from index.errors import EmbedderError, NoIndexError, StoreBusy, StoreError
from index.store import IndexStore
from rag.chatbot import Chatbot
from rag.errors import DeadlineExceeded, ReaderError, RerankerError, VerbatimError
from rag.types import Answer, Extract
from tests.browser import ASKED, TOLLS, Make
from tests.conftest import WordEmbedder
from web.database import DataError
from web.errors import TABLE
from web.settings import Settings

SECRET: Final = "lk_0a1b2c_hush in /srv/private/index at 10.1.2.3"
FAULTS: Final[dict[type[Exception], int]] = {kind: row.status for kind, row in TABLE.items() if row.status >= 500}
UNFORESEEN: Final[dict[type[Exception], int]] = dict.fromkeys(
    (RuntimeError, KeyError, sqlite3.OperationalError, OSError, MemoryError, AssertionError), 500
)
INSIDE: Final = ("hush", "/srv/", "10.1.2.3", "Traceback", 'File "', ".py", "/work", "/tmp", "/root", "sqlite")
REQUESTS: Final[list[tuple[str, str, Any]]] = [
    ("POST", "/v1/answer", {"question": ASKED}),
    ("POST", "/v1/answer", {"question": ASKED, "stream": True}),
    ("POST", "/v1/search", {"query": ASKED}),
    ("GET", "/v1/articles", None),
    ("GET", "/v1/articles/toll0", None),
    ("GET", "/v1/models", None),
    ("POST", "/v1/chat/completions", {"model": "loccit", "messages": [{"role": "user", "content": ASKED}]}),
    ("POST", "/page/turn", {"question": ASKED, "ui": "fr"}),
    ("GET", "/?q=What+is+the+toll", None),
    ("GET", "/articles", None),
    ("GET", "/articles/toll0", None),
    ("GET", "/readyz", None),
]


class Failing(Chatbot):
    """Fails when its index is opened, or, with `late`, when an answer has begun."""

    error: Exception | None = None
    late = False

    def index(self) -> IndexStore:
        if self.error is not None and not self.late:
            raise self.error
        return super().index()

    def _items(self, request: Any) -> Iterator[Extract | Answer]:
        found = super()._items(request)
        if self.error is None or not self.late:
            return found
        return self._broken(found, self.error)

    def _broken(self, found: Iterator[Extract | Answer], error: Exception) -> Iterator[Extract | Answer]:
        yield next(found)
        raise error


@pytest.fixture
def failing(make_chatbot: Make, serve: Callable[[Chatbot], str]) -> Iterator[tuple[Failing, httpx.Client]]:
    settings = make_chatbot(TOLLS).settings
    assert isinstance(settings, Settings)
    chatbot = Failing(settings, WordEmbedder())
    with httpx.Client(base_url=serve(chatbot), timeout=60, trust_env=False) as client:
        yield chatbot, client


def made(kind: type[Exception]) -> Exception:
    """As it is raised inside: with a cause that says more, and a stack."""
    error = RuntimeError("nobody foresaw it: " + SECRET) if kind is Exception else kind(SECRET)
    error.__cause__ = OSError(13, "refused", SECRET)
    return error


def check_inside(response: httpx.Response) -> None:
    shown = response.text + str(response.headers)
    assert [word for word in INSIDE if word in shown] == [], response.text


@pytest.mark.parametrize("kind", [*FAULTS, *UNFORESEEN])
def test_faults_of_the_server_stay_inside(failing: tuple[Failing, httpx.Client], kind: type[Exception]) -> None:
    chatbot, client = failing
    chatbot.error = made(kind)
    if kind is DeadlineExceeded:
        chatbot.error = DeadlineExceeded("Its message is for everybody.")
    for method, path, body in REQUESTS:
        response = client.request(method, path, json=body)
        assert response.status_code == {**FAULTS, **UNFORESEEN}[kind], (path, response.text)
        check_inside(response)
        assert ("retry-after" in response.headers) == (response.status_code == 503)
    for name, arguments in (("ask", {"question": ASKED}), ("search", {"query": ASKED}), ("fetch", {"id": "toll0"})):
        call = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": name, "arguments": arguments}}
        headers = {"Accept": "application/json, text/event-stream", "MCP-Protocol-Version": "2025-11-25"}
        response = client.post("/mcp", json=call, headers=headers)
        assert response.status_code == 200 and response.json()["result"]["isError"] is True
        check_inside(response)
    chatbot.error = None
    for method, path, body in REQUESTS:
        assert client.request(method, path, json=body).status_code == 200, path


@pytest.mark.parametrize("kind", [VerbatimError, ReaderError, RuntimeError])
def test_faults_in_the_middle_of_a_stream_stay_inside(
    failing: tuple[Failing, httpx.Client], kind: type[Exception]
) -> None:
    chatbot, client = failing
    chatbot.error, chatbot.late = made(kind), True
    for path, body in (
        ("/v1/answer", {"question": ASKED, "stream": True}),
        ("/page/turn", {"question": ASKED, "ui": "fr"}),
        (
            "/v1/chat/completions",
            {"model": "loccit", "messages": [{"role": "user", "content": ASKED}], "stream": True},
        ),
    ):
        response = client.post(path, json=body)
        assert response.status_code == 200 and '"error"' in response.text, path
        assert "bridge of" in response.text  # its first extract had been sent
        check_inside(response)
    assert client.post("/v1/answer", json={"question": ASKED}).status_code >= 500


def test_every_fault_of_the_table_is_provoked() -> None:
    named = {NoIndexError, StoreError, StoreBusy, EmbedderError, ReaderError, RerankerError, VerbatimError, DataError}
    assert named | {Exception, DeadlineExceeded} == set(FAULTS)
