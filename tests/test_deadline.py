"""A request ends in the time it may take: waiting for others, between the steps of an answer, sending its body. Left
out: errors of other kinds (`test_web_errors.py`)."""

from __future__ import annotations

import json
import math
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
import pytest

from index.types import Vectors
from rag.chatbot import Chatbot
from rag.deadline import seconds_left, within
from rag.errors import DeadlineExceeded
from rag.question_queue import QuestionQueue
from tests.browser import ASKED, TOLLS, Make
from tests.conftest import WordEmbedder
from web.settings import Settings

SECONDS: Final = 1.0
BUSY: Final = "The server is too busy to answer this in time. Try again in a while."


class HeldEmbedder(WordEmbedder):
    """Embeds questions only when it is let go; `started` once one is under way."""

    def __init__(self) -> None:
        self.go, self.started = threading.Event(), threading.Event()

    def embed_questions(self, texts: Sequence[str]) -> Vectors:
        self.started.set()
        assert self.go.wait(30)
        return super().embed_questions(texts)


@pytest.fixture
def held(make_chatbot: Make, serve: Callable[[Chatbot], str]) -> Iterator[tuple[str, HeldEmbedder, Chatbot]]:
    """A server whose questions have SECONDS, its embedder, and its chatbot."""
    given = make_chatbot(TOLLS).settings.model_dump(exclude={"json_output"})
    embedder = HeldEmbedder()
    chatbot = Chatbot(Settings.model_validate({**given, "request_seconds": SECONDS}), embedder)
    yield serve(chatbot), embedder, chatbot
    embedder.go.set()


def test_the_time_left() -> None:
    assert seconds_left() is None
    with within(0):
        assert seconds_left() is None
    with within(60):
        assert 59 < (seconds_left() or math.nan) <= 60
        with within(1e-9), pytest.raises(DeadlineExceeded, match="Try again"):
            seconds_left()
        assert 59 < (seconds_left() or math.nan) <= 60
    assert seconds_left() is None


def test_who_has_waited_too_long_leaves_the_queue() -> None:
    embedder = HeldEmbedder()
    queue = QuestionQueue(embedder)
    first = threading.Thread(target=queue.embed, args=["one"])
    first.start()
    assert embedder.started.wait(10)
    with within(0.05), pytest.raises(DeadlineExceeded):
        queue.embed("two")
    assert queue._waiting == []
    embedder.go.set()
    first.join(10)
    assert len(queue.embed("three")) == embedder.dimension


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/answer", {"question": ASKED}),
        ("/v1/answer", {"question": ASKED, "stream": True}),
        ("/v1/search", {"query": ASKED}),
        ("/v1/chat/completions", {"model": "loccit", "messages": [{"role": "user", "content": ASKED}]}),
        ("/page/turn", {"question": ASKED, "ui": "en"}),
    ],
)
def test_a_question_that_waits_too_long_is_refused(
    held: tuple[str, HeldEmbedder, Chatbot], path: str, body: dict[str, Any]
) -> None:
    url, embedder, chatbot = held
    first = threading.Thread(target=chatbot.ask, args=["Who holds the others up?"])
    first.start()
    assert embedder.started.wait(10)
    began = time.monotonic()
    response = httpx.post(url + path, json=body, timeout=30, trust_env=False)
    assert time.monotonic() - began >= SECONDS
    assert response.status_code == 503 and response.headers["retry-after"] == "30"
    error = response.json()["error"]
    assert (error["code"], error["message"]) == ("deadline_exceeded", BUSY)
    embedder.go.set()
    first.join(10)
    assert httpx.post(url + path, json=body, timeout=30, trust_env=False).status_code == 200


def test_mcp_says_so_too(held: tuple[str, HeldEmbedder, Chatbot]) -> None:
    url, embedder, chatbot = held
    first = threading.Thread(target=chatbot.ask, args=["Who holds the others up?"])
    first.start()
    assert embedder.started.wait(10)
    call = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "tools/call",
        "params": {"name": "ask", "arguments": {"question": ASKED}},
    }
    headers = {"Accept": "application/json, text/event-stream", "MCP-Protocol-Version": "2025-06-18"}
    response = httpx.post(f"{url}/mcp", json=call, headers=headers, timeout=30, trust_env=False)
    embedder.go.set()
    first.join(10)
    assert BUSY in response.text


def test_a_stream_that_takes_too_long_ends_with_the_error(held: tuple[str, HeldEmbedder, Chatbot]) -> None:
    """Its first words have been sent when the time is over."""
    _, embedder, chatbot = held
    embedder.go.set()
    with within(60):
        events = chatbot.stream(ASKED)
        assert next(events)["type"] == "start"
    with within(1e-9), pytest.raises(DeadlineExceeded):
        next(events)


def test_a_body_that_does_not_come_is_refused(held: tuple[str, HeldEmbedder, Chatbot]) -> None:
    place = urlsplit(held[0])
    head = f"POST /v1/answer HTTP/1.1\r\nHost: {place.netloc}\r\nContent-Length: 1000\r\n\r\n"
    with socket.create_connection((place.hostname, place.port), timeout=30) as connection:
        connection.sendall(head.encode() + b'{"question": ')
        received = b"".join(iter(lambda: connection.recv(4096), b""))  # until the server hangs up
    start, _, body = received.partition(b"\r\n\r\n")
    assert start.startswith(b"HTTP/1.1 408")
    assert json.loads(body)["error"]["code"] == "body_too_slow"
