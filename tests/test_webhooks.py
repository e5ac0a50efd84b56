"""Events reach a real receiver, signed; what fails comes again; nothing else is told. Left out: which addresses may be
called (`test_public_addresses.py`)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from standardwebhooks import Webhook

from index.errors import SettingsError
from rag.chatbot import Chatbot
from tests.browser import ASKED, TOLLS, Make
from tests.conftest import WordEmbedder, publish
from web import webhooks
from web.settings import Settings, load_settings
from web.webhook_queue import MOST, WebhookQueue
from web.webhooks import Webhooks

KEY: Final = b"0123456789abcdef0123456789abcdef"
SECRET: Final = f"whsec_{base64.b64encode(KEY).decode()}"


class Receiver:
    """A real server that notes what it is told, and answers with these statuses, then with 204."""

    def __init__(self, *statuses: int) -> None:
        self.told: list[tuple[dict[str, str], bytes]] = []
        left = list(statuses)
        told = self.told

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                told.append(({name.lower(): value for name, value in self.headers.items()}, body))
                self.send_response(left.pop(0) if left else 204)
                self.send_header("Location", "/elsewhere")
                self.end_headers()

            def log_message(self, *arguments: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook?token=hush"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def wait(self, count: int, seconds: float = 20) -> list[dict[str, Any]]:
        """The messages, once there are so many; each checked by the official library."""
        deadline = time.monotonic() + seconds
        while len(self.told) < count:
            assert time.monotonic() < deadline, f"{len(self.told)} of {count} messages came"
            time.sleep(0.02)
        return [Webhook(SECRET).verify(body, headers) for headers, body in self.told]

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


Receive = Callable[..., Receiver]


@pytest.fixture
def receive() -> Iterator[Receive]:
    opened: list[Receiver] = []

    def start(*statuses: int) -> Receiver:
        opened.append(Receiver(*statuses))
        return opened[-1]

    yield start
    for receiver in opened:
        receiver.stop()


@pytest.fixture
def hooked(make_chatbot: Make) -> Callable[..., Chatbot]:
    """A chatbot whose settings name these addresses."""

    def make(*urls: str, **given: object) -> Chatbot:
        own = make_chatbot(TOLLS).settings.model_dump(exclude={"json_output"})
        hooks = {"webhook_urls": ",".join(urls), "webhook_secret": SECRET, "private_hosts": "127.0.0.1"}
        return Chatbot(Settings.model_validate({**own, **hooks, **given}), WordEmbedder())

    return make


@pytest.fixture
def running(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Webhooks]]:
    """Webhooks at work until the test ends, looking often."""
    monkeypatch.setattr(webhooks, "LOOK_SECONDS", 0.05)
    with ExitStack() as stack:

        def start(chatbot: Chatbot, *retry_seconds: float) -> Webhooks:
            assert isinstance(chatbot.settings, Settings)
            hooks = Webhooks(chatbot, chatbot.settings, retry_seconds)
            stack.enter_context(hooks.running())
            return hooks

        yield start


def test_a_server_tells_what_it_did_not_find_and_what_is_new(
    hooked: Callable[..., Chatbot], serve: Callable[[Chatbot], str], receive: Receive
) -> None:
    receiver, other = receive(), receive()
    chatbot = hooked(receiver.url, other.url, answer_threshold=0.999)
    url = serve(chatbot)
    asked = httpx.post(f"{url}/v1/answer", json={"question": ASKED}, timeout=30, trust_env=False).json()
    assert asked["status"] == "no_answer"
    (told,) = receiver.wait(1)
    assert (told["type"], told["data"]) == ("answer.not_found", asked)
    assert told["timestamp"].endswith("Z") and other.wait(1) == [told]
    headers, body = receiver.told[0]
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.new(KEY, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}" and headers["content-type"] == "application/json"
    time.sleep(webhooks.LOOK_SECONDS)  # the generation of the start is known by now
    publish(chatbot.settings, [], ["toll0"])
    new = receiver.wait(2)[1]
    assert new["type"] == "generation.published"
    info = chatbot.index().info
    assert new["data"] == {"generation": info.generation, "articles": 2, "passages": info.passages}


def test_an_answer_found_is_not_told(hooked: Callable[..., Chatbot], running: Any, receive: Receive) -> None:
    receiver = receive()
    hooks = running(hooked(receiver.url))
    hooks.tell_answer({"status": "answered"})
    hooks.tell_answer({"status": "partial"})
    hooks.tell_answer({"status": "no_answer", "question": "Où ?"})
    assert receiver.wait(1)[0]["data"]["question"] == "Où ?"
    time.sleep(0.3)
    assert len(receiver.told) == 1


def test_what_fails_comes_again_as_the_same_message(
    hooked: Callable[..., Chatbot], running: Any, receive: Receive
) -> None:
    receiver = receive(500, 302, 429)
    hooks = running(hooked(receiver.url), 0.01, 0.01, 0.01)
    hooks.tell("answer.not_found", {"n": 1})
    assert [told["data"] for told in receiver.wait(4)] == [{"n": 1}] * 4
    assert len({headers["webhook-id"] for headers, _ in receiver.told}) == 1
    time.sleep(0.3)
    assert len(receiver.told) == 4  # received: not again


def test_it_is_given_up_in_the_end(
    hooked: Callable[..., Chatbot], running: Any, receive: Receive, caplog: pytest.LogCaptureFixture
) -> None:
    receiver, gone = receive(500, 500, 500, 500), receive(410)
    hooks = running(hooked(receiver.url, gone.url), 0.01, 0.01)
    with caplog.at_level(logging.WARNING, "loccit.web"):
        hooks.tell("answer.not_found", {"n": 1})
        receiver.wait(3)
        gone.wait(1)
        time.sleep(0.3)
    assert (len(receiver.told), len(gone.told)) == (3, 1)
    assert caplog.text.count("given up") == 2 and "hush" not in caplog.text and SECRET not in caplog.text


def test_what_was_not_delivered_outlives_the_server(hooked: Callable[..., Chatbot], receive: Receive) -> None:
    receiver = receive()
    chatbot = hooked(receiver.url)
    assert isinstance(chatbot.settings, Settings)
    Webhooks(chatbot, chatbot.settings).tell("answer.not_found", {"n": 1})  # nothing delivers
    with Webhooks(chatbot, chatbot.settings).running():
        assert receiver.wait(1)[0]["data"] == {"n": 1}


def test_the_first_index_is_news_to_a_server_that_had_none(
    hooked: Callable[..., Chatbot], running: Any, receive: Receive, tmp_path: Path
) -> None:
    receiver = receive()
    chatbot = hooked(receiver.url, store=f"embedded:{tmp_path}/later")
    running(chatbot)
    time.sleep(0.3)
    publish(chatbot.settings, TOLLS)
    assert receiver.wait(1)[0]["data"]["articles"] == 3


def test_private_addresses_are_not_called(hooked: Callable[..., Chatbot], running: Any, receive: Receive) -> None:
    receiver = receive()
    running(hooked(receiver.url, private_hosts="")).tell("answer.not_found", {})
    time.sleep(0.4)
    assert receiver.told == []


def test_nothing_runs_or_is_kept_by_default(make_chatbot: Make, tmp_path: Path) -> None:
    chatbot = make_chatbot(TOLLS)
    assert isinstance(chatbot.settings, Settings)
    hooks = Webhooks(chatbot, chatbot.settings)
    before = threading.active_count()
    with hooks.running():
        hooks.tell("answer.not_found", {})
        assert threading.active_count() == before
    assert not list(tmp_path.glob("webhooks*"))


def test_an_event_that_cannot_be_kept_fails_nothing(
    hooked: Callable[..., Chatbot], caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    (tmp_path / "webhooks.sqlite").write_text("no database, and long enough to be taken for one" * 40)
    chatbot = hooked("http://127.0.0.1:9/")
    assert isinstance(chatbot.settings, Settings)
    Webhooks(chatbot, chatbot.settings).tell("answer.not_found", {})
    assert "damaged" in caplog.text


def test_the_queue(tmp_path: Path) -> None:
    queue = WebhookQueue(tmp_path)
    for number in range(MOST + 5):
        queue.add(f"m{number}", "{}", ["http://a.example/"])
    queue.add("other", "{}", ["http://b.example/"])
    first = queue.take("http://a.example/")
    assert first is not None and (first.message_id, first.tries) == ("m5", 0)  # the oldest were dropped
    second = queue.take("http://a.example/")
    assert second is not None and second.message_id == "m6"  # the first is being delivered
    queue.later(first, -1000)
    again = queue.take("http://a.example/")
    assert again is not None and (again.message_id, again.tries) == ("m5", 1)
    other = queue.take("http://b.example/")
    assert other is not None
    queue.done(other)
    queue.later(other, -1000)
    assert queue.take("http://b.example/") is None
    assert [queue.is_news(name) for name in ("g1", "g1", "g2", "g2", "g1")] == [False, False, True, False, True]
    assert (tmp_path / "webhooks.sqlite").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"webhook_urls": "https://a.example/"}, "needed"),
        ({"webhook_urls": "https://a.example/", "webhook_secret": "hush"}, "cannot be used"),
        ({"webhook_secret": "whsec_c2hvcnQ="}, "cannot be used"),
        ({"webhook_urls": "ftp://a.example/", "webhook_secret": SECRET}, "cannot be called"),
        ({"webhook_urls": "a.example", "webhook_secret": SECRET}, "cannot be called"),
    ],
)
def test_settings_that_cannot_be_used(given: dict[str, Any], said: str) -> None:
    with pytest.raises(SettingsError, match=said) as refused:
        load_settings(given)
    assert "hush" not in str(refused.value) and "c2hvcnQ" not in str(refused.value)


def test_the_secret_is_not_shown() -> None:
    settings = load_settings({"webhook_secret": SECRET})
    assert SECRET not in repr(settings) and SECRET not in str(settings.model_dump())
