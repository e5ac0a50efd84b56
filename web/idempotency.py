"""`Idempotency-Key`: a request that is sent again with the same key is answered with the same bytes, and done once.
After the IETF draft "The Idempotency-Key HTTP Header Field". Left out: streams, which are asked anew."""

from __future__ import annotations

import hashlib
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from web.errors import IdempotencyKeyReused, InvalidRequest, StillUnderWay

KEPT: Final = 1000
KEPT_SECONDS: Final = 3600
MAX_KEY: Final = 255


@dataclass(slots=True)
class _Done:
    """What a request was, and what it got; nothing yet while it is under way."""

    digest: str
    at: float
    messages: list[Message] | None = None


class Idempotency:
    """Pure ASGI. Keeps the newest responses in memory; those of 500 and above are not kept: they may be tried again."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.kept: OrderedDict[tuple[str, ...], _Done] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope) if scope["type"] == "http" else Headers({})
        key = headers.get("idempotency-key")
        if key is None or scope["method"] not in ("POST", "PUT", "DELETE") or not scope["path"].startswith("/v1/"):
            return await self.app(scope, receive, send)
        if not 0 < len(key) <= MAX_KEY:
            raise InvalidRequest(f"An Idempotency-Key has 1 to {MAX_KEY} characters.", "Idempotency-Key")
        message = await receive()
        who = repr((headers.get("authorization"), headers.get("x-api-key"), (scope.get("client") or ("",))[0]))
        place = (hashlib.sha256(who.encode()).hexdigest(), scope["method"], scope["path"], key)
        digest = hashlib.sha256(message.get("body", b"")).hexdigest()
        known = self._known(place, digest)
        if known is not None:
            for kept in known:
                await send({**kept, "headers": [*kept["headers"]]} if "headers" in kept else dict(kept))
            return None
        return await self._keep(place, digest, message, scope, receive, send)

    def _known(self, place: tuple[str, ...], digest: str) -> list[Message] | None:
        """What was sent before. Raises IdempotencyKeyReused, StillUnderWay."""
        while self.kept and next(iter(self.kept.values())).at < time.monotonic() - KEPT_SECONDS:
            self.kept.popitem(last=False)
        done = self.kept.get(place)
        if done is None:
            return None
        if done.digest != digest:
            raise IdempotencyKeyReused(
                "This Idempotency-Key was sent with another body before. Send a new key with a new request."
            )
        if done.messages is None:
            raise StillUnderWay("The request with this Idempotency-Key is still under way. Try again in a while.")
        return done.messages

    async def _keep(
        self, place: tuple[str, ...], digest: str, first: Message, scope: Scope, receive: Receive, send: Send
    ) -> None:
        done = self.kept[place] = _Done(digest, time.monotonic())
        pending, sent = [first], list[Message]()

        async def receive_again() -> Message:
            return pending.pop() if pending else await receive()

        async def send_kept(message: Message) -> None:
            if message["type"] == "http.response.start":
                replayed = {**message, "headers": [*message["headers"], (b"idempotent-replayed", b"true")]}
                sent.append(replayed)
            else:
                sent.append(dict(message))  # a copy: compression writes to what it is given
            await send(message)

        try:
            await self.app(scope, receive_again, send_kept)
        finally:
            if _may_be_replayed(sent):
                done.messages = sent
                while len(self.kept) > KEPT:
                    self.kept.popitem(last=False)
            else:
                self.kept.pop(place, None)


def _may_be_replayed(sent: list[Message]) -> bool:
    if not sent or sent[0]["status"] >= 500 or sent[-1].get("more_body", False):
        return False
    return not MutableHeaders(raw=sent[0]["headers"]).get("content-type", "").startswith("text/event-stream")
