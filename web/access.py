"""Who may do what, and how often: keys and limits, checked before anything is routed. Left out: how keys are kept
(`keys.py`), errors as JSON (`errors.py`)."""

from __future__ import annotations

import math
import time
from typing import Final

from anyio import CapacityLimiter, to_thread
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from web.errors import KeyNeeded, KeyRefused, ScopeMissing, TooManyRequests
from web.keys import PREFIX, SCOPES, Key, KeyStore
from web.settings import Settings

_FREE: Final = ("/static/", "/healthz", "/readyz", "/openapi.json", "/docs", "/widget.js")
"""What needs no key and counts towards no limit."""

ADMIN: Final = "/admin"
ADMIN_COOKIE: Final = "loccit_admin"
_OPEN_OF_ADMIN: Final = (ADMIN, f"{ADMIN}/enter", f"{ADMIN}/leave")
"""Where the key is asked for, and forgotten."""

_KEPT_FOR_GOOD: Final = ("/v1/feedback", "/feedback")
GUESSES_PER_MINUTE: Final = 30
"""Keys of one address that are not valid: each may cost a hash."""
FEEDBACK_PER_MINUTE: Final = 60
"""Verdicts of one address or key: each is kept on the disk with its answer."""


class Access:
    """Pure ASGI, so that streams pass through unbuffered."""

    def __init__(self, app: ASGIApp, keys: KeyStore, settings: Settings) -> None:
        self.app = app
        self.keys = keys
        self.without_key = settings.ask_without_key
        self.limits = {
            "guess": GUESSES_PER_MINUTE,
            "feedback": FEEDBACK_PER_MINUTE,
            "address": settings.address_requests_per_minute,
            "key": settings.key_requests_per_minute,
        }
        self.counted = SlidingWindowCounterRateLimiter(MemoryStorage())
        self.checking = CapacityLimiter(2)  # scrypt takes 16 MB and a processor

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(_FREE):
            return await self.app(scope, receive, send)
        given = await self._key(Headers(scope=scope), scope)
        if given:
            scope = {**scope, "loccit_scope": given.scope}
        self._check_scope(scope["method"], scope["path"], given)
        if scope["path"] in _KEPT_FOR_GOOD:
            self._count("feedback", given.id if given else _address(scope))
        told = self._count("key", given.id) if given else self._count("address", _address(scope))

        async def send_counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(told)
            await send(message)

        return await self.app(scope, receive, send_counted)

    def _refuse_more(self, kind: str, name: str) -> None:
        """Raises TooManyRequests where the limit is reached already; counts nothing."""
        if self.limits[kind] and not self.counted.test(RateLimitItemPerMinute(self.limits[kind]), kind, name):
            self._count(kind, name)

    async def _key(self, headers: Headers, scope: Scope) -> Key | None:
        """The key that was sent. Tokens of another kind are none: clients of OpenAI always send something."""
        kind, _, token = headers.get("authorization", "").partition(" ")
        sent = [token.strip() if kind.lower() == "bearer" else "", headers.get("x-api-key", "").strip()]
        if scope["path"].startswith(ADMIN):
            sent.append(cookie_parser(headers.get("cookie", "")).get(ADMIN_COOKIE, ""))
        token = next((one for one in sent if one.startswith(f"{PREFIX}_")), "")
        if not token:
            return None
        self._refuse_more("guess", _address(scope))  # before any work
        key = await to_thread.run_sync(self.keys.check, token, limiter=self.checking)
        if key is None:
            self._count("guess", _address(scope))
            if scope["path"] in _OPEN_OF_ADMIN:
                return None  # the page asks for another
            raise KeyRefused("This key is not valid. Check it, or have another made with `loccit keys create`.")
        return key

    def _check_scope(self, method: str, path: str, given: Key | None) -> None:
        needed = scope_needed(method, path)
        if not needed:
            return
        if given is None and (needed != "ask" or not self.without_key):
            raise KeyNeeded(
                f"This needs a key with the scope “{needed}”: send `Authorization: Bearer {PREFIX}_…`. Keys are made "
                "with `loccit keys create` on the server."
            )
        if given is not None and SCOPES.index(given.scope) < SCOPES.index(needed):
            raise ScopeMissing(f"This needs a key with the scope “{needed}”; yours has “{given.scope}”.")

    def _count(self, kind: str, name: str) -> dict[str, str]:
        """Count one request; what headers tell of the limit. Raises TooManyRequests."""
        most = self.limits[kind]
        if not most:
            return {}
        limit = RateLimitItemPerMinute(most)
        allowed = self.counted.hit(limit, kind, name)
        window = self.counted.get_window_stats(limit, kind, name)
        reset = max(1, math.ceil(window.reset_time - time.time()))
        told = {
            "RateLimit-Limit": str(most), "RateLimit-Remaining": str(max(0, window.remaining)),
            "RateLimit-Reset": str(reset),
        }  # fmt: skip
        if not allowed:
            raise TooManyRequests(
                f"More than {most} requests in a minute. Try again in {reset} seconds.",
                {**told, "Retry-After": str(reset)},
            )
        return told


def scope_needed(method: str, path: str) -> str:
    """What a key must allow for this request; "" if it needs none."""
    if path.startswith("/v1/articles/") and method in ("PUT", "DELETE"):
        return "write"
    if path in _OPEN_OF_ADMIN:
        return ""
    return "admin" if path.startswith(ADMIN) else "ask"


def _address(scope: Scope) -> str:
    client = scope.get("client")
    return client[0] if client else ""
