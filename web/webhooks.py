"""Events told to addresses of the settings, signed, until they are received: `generation.published` and
`answer.not_found`. Nothing runs, and nothing is kept, where no address is named. Left out: what waits
(`webhook_queue.py`), where may be called (`index/public_addresses.py`).

Source: Standard Webhooks, https://www.standardwebhooks.com (headers, signature, times of retries).
"""

from __future__ import annotations

import json
import logging
import random
import threading
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
from standardwebhooks import Webhook

from index.errors import IndexFault, NoIndexError
from index.public_addresses import PublicTransport
from index.settings import listed
from rag.chatbot import Chatbot
from web.database import DataError
from web.settings import Settings
from web.webhook_queue import Delivery, WebhookQueue

log = logging.getLogger("loccit.web")

RETRY_SECONDS: Final = (5.0, 300.0, 1800.0, 7200.0, 18_000.0, 36_000.0, 50_400.0, 72_000.0, 86_400.0)
ATTEMPT_SECONDS: Final = 15.0
LOOK_SECONDS: Final = 2.0
"""How often is looked for a new generation, and for what is due."""


class Webhooks:
    """Safe to share between threads; several processes may share the folder `data`."""

    def __init__(self, chatbot: Chatbot, settings: Settings, retry_seconds: Sequence[float] = RETRY_SECONDS) -> None:
        """`retry_seconds`: what is waited after each attempt that failed; after the last one it is given up."""
        self._chatbot = chatbot
        self._urls = listed(settings.webhook_urls)
        self._private_hosts = listed(settings.private_hosts)
        self._secret = settings.webhook_secret
        self._retry_seconds = retry_seconds
        self._queue = WebhookQueue(settings.data)
        self._stop = threading.Event()
        self._due = {url: threading.Event() for url in self._urls}

    def tell(self, kind: str, data: Mapping[str, Any]) -> None:
        """Have the event delivered to every address. An event that cannot be kept is logged and lost: what it tells
        of has happened, and is not to fail for it."""
        if not self._urls:
            return
        at = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        body = json.dumps({"type": kind, "timestamp": at, "data": data}, ensure_ascii=False, allow_nan=False)
        try:
            self._queue.add(f"msg_{uuid.uuid4().hex}", body, self._urls)
        except DataError as error:
            log.error("The event %s is not told: %s", kind, error)
        for due in self._due.values():
            due.set()

    def tell_answer(self, answer: Mapping[str, Any]) -> None:
        """`answer.not_found`, with the answer object, if it is one."""
        if answer["status"] == "no_answer":
            self.tell("answer.not_found", answer)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Events are delivered while this is open; what is left is delivered the next time."""
        work = [threading.Thread(target=self._deliver, args=(url,), name="webhooks") for url in self._urls]
        work += [threading.Thread(target=self._watch, name="generations")] if self._urls else []
        self._stop.clear()
        for thread in work:
            thread.daemon = True  # an attempt under way does not hold up the end
            thread.start()
        yield
        self._stop.set()
        for due in self._due.values():
            due.set()

    def _watch(self) -> None:
        """Generations are published by other processes too, such as `loccit index`."""
        while not self._stop.is_set():
            try:
                generation, counts = self._generation()
                if self._queue.is_news(generation) and generation:
                    self.tell("generation.published", {"generation": generation, **counts})
            except IndexFault as error:
                log.warning("Generations are not told of: %s", error)
            self._stop.wait(LOOK_SECONDS)

    def _generation(self) -> tuple[str, dict[str, int]]:
        """The published one, and what it counts; "" as long as there is none, so that the first one is news."""
        try:
            info = self._chatbot.index().info
        except NoIndexError:
            return "", {}
        return info.generation, {"articles": info.articles, "passages": info.passages}

    def _deliver(self, url: str) -> None:
        assert self._secret is not None, "settings with addresses have a secret"
        signer = Webhook(self._secret.get_secret_value())
        transport = PublicTransport(self._private_hosts)
        with httpx.Client(transport=transport, timeout=ATTEMPT_SECONDS, trust_env=False) as client:
            while not self._stop.is_set():
                self._due[url].clear()
                try:
                    while not self._stop.is_set() and (delivery := self._queue.take(url)):
                        self._attempt(delivery, client, signer)
                except DataError as error:
                    log.error("Nothing is told to %s: %s", _host(url), error)
                self._due[url].wait(LOOK_SECONDS)

    def _attempt(self, delivery: Delivery, client: httpx.Client, signer: Webhook) -> None:
        now = datetime.now(UTC)
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "Loccit",
            "webhook-id": delivery.message_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": signer.sign(delivery.message_id, now, delivery.body),
        }
        try:
            with client.stream("POST", delivery.url, content=delivery.body.encode(), headers=headers) as response:
                said = f"HTTP {response.status_code}"
                received, gone = response.is_success, response.status_code == httpx.codes.GONE
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            said, received, gone = str(error) or type(error).__name__, False, False
        host = _host(delivery.url)
        if received:
            self._queue.done(delivery)
        elif gone or delivery.tries >= len(self._retry_seconds):
            log.error("%s was not told to %s (%s); it is given up.", delivery.message_id, host, said)
            self._queue.done(delivery)
        else:
            log.warning("%s was not told to %s (%s); it is tried again.", delivery.message_id, host, said)
            # Not all at once, where many failed together.
            self._queue.later(delivery, self._retry_seconds[delivery.tries] * random.uniform(1.0, 1.2))  # noqa: S311


def _host(url: str) -> str:
    """What may be logged of an address: the rest is often a secret."""
    return urlsplit(url).netloc.rpartition("@")[2]
