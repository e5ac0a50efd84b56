"""What stands around the whole application: checks the host, reads bodies up to a limit, adds security headers
and turns what nobody caught into a 500. Left out: routes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

from fastapi import Request
from fastapi.responses import Response
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from index.settings import listed
from rag.deadline import within
from web.errors import BodyTooLarge, BodyTooSlow, HostNotAllowed
from web.settings import Settings

LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
UPLOADS: Final = "/admin/files"
"""Takes files, for which a key is checked before the body is read."""

EMBEDDED: Final = "/embed"
"""The one page that other sites may show in a frame; its own addresses stand below it."""


def security_headers(style: str, framed_by: str) -> dict[str, str]:
    """Headers of every response. `style` is the hash of the style sheet, `framed_by` who may show it in a frame."""
    return {
        "Content-Security-Policy": (
            f"default-src 'none'; script-src 'self'; style-src {style}; img-src 'self' data:; connect-src 'self'; "
            f"form-action 'self'; base-uri 'none'; frame-ancestors {framed_by}"
        ),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
    }


def allowed_hosts(settings: Settings) -> frozenset[str] | None:
    """Host names requests may carry; None for any. A server that listens on this machine only takes
    its own names, so that no web page can read its articles under a name made to point here."""
    named = frozenset(name.lower() for name in listed(settings.allowed_hosts))
    local = settings.host in LOOPBACK
    return None if "*" in named or not (named or local) else named | {settings.host} | (LOOPBACK if local else named)


class Guard:
    """Pure ASGI, so that streams pass through unbuffered."""

    def __init__(
        self, app: ASGIApp, settings: Settings, style: str, show_error: Callable[[Request, Exception], Response]
    ) -> None:
        self.app = app
        self.hosts = allowed_hosts(settings)
        self.max_body_bytes = settings.max_body_bytes
        self.max_upload_bytes = settings.max_upload_bytes
        self.seconds = settings.request_seconds
        self.headers = security_headers(style, "'none'")
        self.embedded_headers = security_headers(style, " ".join(settings.origins()) or "'none'")
        self.show_error = show_error

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        started = False

        async def send_guarded(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = MutableHeaders(scope=message)
                headers.setdefault("Cache-Control", "no-cache")
                headers.update(self.embedded_headers if scope["path"] == EMBEDDED else self.headers)
            await send(message)

        # A page is also what HEAD asks for; the server leaves the body out, as it keeps its own scope.
        inner = {**scope, "method": "GET"} if scope["method"] == "HEAD" else scope
        try:
            self._check_host(scope)
            if scope["path"] == UPLOADS:
                return await self.app(inner, self._counted(receive), send_guarded)
            with within(self.seconds):
                await self.app(inner, await self._read_body(scope, receive), send_guarded)
        except Exception as error:
            if started:
                raise
            await self.show_error(Request(scope), error)(scope, receive, send_guarded)

    def _check_host(self, scope: Scope) -> None:
        if self.hosts is None:
            return
        try:
            name = urlsplit(f"//{Headers(scope=scope).get('host', '')}").hostname
        except ValueError:  # no host name at all, such as "["
            name = None
        if name not in self.hosts:
            raise HostNotAllowed(
                "This server does not go by that name. Call it by the address it prints when it starts, or add the "
                "name to the setting allowed_hosts."
            )

    async def _read_body(self, scope: Scope, receive: Receive) -> Receive:
        """Read the whole body; the result hands it to the app, then passes on what follows. Raises BodyTooLarge,
        BodyTooSlow."""
        declared = Headers(scope=scope).get("content-length", "")
        self._check_size(int(declared) if declared.isdecimal() else 0)
        body = bytearray()
        message: Message = {"more_body": True}
        try:
            async with asyncio.timeout(self.seconds or None):
                while message.get("more_body", False):
                    message = await receive()
                    body += message.get("body", b"")
                    self._check_size(len(body))
        except TimeoutError as error:
            raise BodyTooSlow(f"The body did not arrive within {self.seconds:g} seconds. Send it faster.") from error
        left = message["type"] == "http.disconnect"
        pending: list[Message] = [message if left else {"type": "http.request", "body": bytes(body)}]

        async def receive_again() -> Message:
            return pending.pop() if pending else await receive()

        return receive_again

    def _counted(self, receive: Receive) -> Receive:
        """A body that is used as it comes, up to a limit of its own; only a pause in it has a limit of time."""
        size = 0

        async def receive_counted() -> Message:
            nonlocal size
            try:
                async with asyncio.timeout(self.seconds or None):
                    message = await receive()
            except TimeoutError as error:
                raise BodyTooSlow(f"Nothing came for {self.seconds:g} seconds. Send it again.") from error
            size += len(message.get("body", b""))
            if size > self.max_upload_bytes:
                raise BodyTooLarge(
                    f"More than {self.max_upload_bytes:,} bytes were sent at once. Send fewer "
                    "files, or raise max_upload_bytes."
                )
            return message

        return receive_counted

    def _check_size(self, size: int) -> None:
        if size > self.max_body_bytes:
            raise BodyTooLarge(f"The body has more than {self.max_body_bytes} bytes. Send less.")
