"""Streams on the wire: kept alive, ended cleanly, and left alone by readers who leave; requests sent again. Left out:
what the events are (`test_rest.py`)."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit

import httpx
import pytest

from index.types import Article
from rag.chatbot import Chatbot
from web.streams import event_stream

BODY = {"question": "When did the pirate ship sail?"}


@pytest.fixture
def url(make_chatbot: Callable[[Sequence[Article]], Chatbot], serve: Callable[[Chatbot], str]) -> str:
    return serve(make_chatbot([Article("ship", "Ship", "The pirate ship sailed on Tuesday.", "en")]))


@pytest.fixture
def client(url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=url, timeout=60, trust_env=False) as opened:
        yield opened


def test_a_slow_stream_is_kept_alive_and_closed() -> None:
    closed = threading.Event()

    def lines() -> Iterator[str]:
        try:
            yield "data: 1\n\n"
            time.sleep(0.3)
            yield "data: 2\n\n"
        finally:
            closed.set()

    async def read(most: int) -> list[str]:
        found: list[str] = []
        stream = event_stream(lines(), heartbeat_seconds=0.05).body_iterator
        async for line in stream:
            found.append(str(line))
            if len(found) == most:
                await stream.aclose()  # type: ignore[attr-defined]
                break
        return found

    whole = asyncio.run(read(100))
    assert whole[0] == "data: 1\n\n" and whole[-1] == "data: 2\n\n" and set(whole[1:-1]) == {": still here\n\n"}
    assert len(whole) >= 4 and closed.is_set()
    closed.clear()
    assert asyncio.run(read(2)) == ["data: 1\n\n", ": still here\n\n"]
    assert closed.is_set(), "the work goes on though nobody reads"


def hang_up(url: str) -> None:
    """Ask for a stream, read its beginning, and leave."""
    place = urlsplit(url)
    body = b'{"question": "When did the pirate ship sail?", "stream": true}'
    head = f"POST /v1/answer HTTP/1.1\r\nHost: {place.netloc}\r\nContent-Type: application/json\r\n"
    with socket.create_connection((place.hostname, place.port), timeout=30) as connection:
        connection.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        assert connection.recv(40).startswith(b"HTTP/1.1 200")


def open_things() -> tuple[int, int]:
    """Threads, and files and sockets of this process, the server's too."""
    return threading.active_count(), len(list(Path("/proc/self/fd").iterdir()))


def left_by(people: ThreadPoolExecutor, url: str, count: int) -> tuple[int, int]:
    """Threads and files more than before `count` of them came and left."""
    before = open_things()
    list(people.map(hang_up, [url] * count))
    deadline = time.monotonic() + 10
    while open_things() != before and time.monotonic() < deadline:
        time.sleep(0.1)
    threads, files = open_things()
    return max(0, threads - before[0]), max(0, files - before[1])


def test_five_hundred_who_hang_up_leave_nothing_behind(url: str, client: httpx.Client) -> None:
    with ThreadPoolExecutor(60) as people:
        # The first rounds fill the server's pool of threads, which it keeps; what leaks would leak in each.
        grown = [left_by(people, url, 500) for _ in range(3)]
        assert (0, 0) in grown[1:], grown
    assert client.post("/v1/answer", json=BODY).json()["status"] == "answered"


def test_fifty_streams_at_once_all_end(server_url: str) -> None:
    questions = ["When did the Panama Canal open?", "Qui a inventé le World Wide Web ?", "What is the Higgs boson?"]

    def read(number: int) -> float:
        began = time.perf_counter()
        body = {"question": f"{questions[number % 3]} ({number})", "stream": True}
        with httpx.stream("POST", f"{server_url}/v1/answer", json=body, timeout=120, trust_env=False) as response:
            text = "".join(response.iter_text())
        assert response.status_code == 200 and '"type": "done"' in text.split("\n\n")[-2]
        return time.perf_counter() - began

    with ThreadPoolExecutor(50) as people:
        took = list(people.map(read, range(50)))
    assert max(took) <= 5 * median(took)


def test_a_request_sent_again_is_done_once(client: httpx.Client, tmp_path: Path) -> None:
    from web.feedback import FeedbackStore

    key = {"Idempotency-Key": "abc"}
    first, again = (client.post("/v1/answer", json=BODY, headers=key) for _ in range(2))
    assert first.content == again.content and again.headers["idempotent-replayed"] == "true"
    assert "idempotent-replayed" not in first.headers
    other = client.post("/v1/answer", json={"question": "Who?"}, headers=key)
    assert (other.status_code, other.json()["error"]["code"]) == (422, "idempotency_key_reused")
    said = {"answer_id": first.json()["id"], "verdict": "helpful"}
    for _ in range(3):
        assert client.post("/v1/feedback", json=said, headers=key).status_code == 201
    assert len(FeedbackStore(tmp_path).rows()) == 1
    assert client.post("/v1/answer", json=BODY).json()["id"] != first.json()["id"]
    for bad in ("", "x" * 300):
        refused = client.post("/v1/answer", json=BODY, headers={"Idempotency-Key": bad})
        assert (refused.status_code, refused.json()["error"]["param"]) == (422, "Idempotency-Key")
    streams = [client.post("/v1/answer", json={**BODY, "stream": True}, headers={"Idempotency-Key": "s"}) for _ in "ab"]
    assert [stream.status_code for stream in streams] == [200, 200] and streams[0].text != streams[1].text
