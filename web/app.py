"""The server: routes, static files, error handlers, and a guard around them all that limits bodies
and sets security headers. Left out: the routes themselves (`rest.py`, `pages.py`)."""

from __future__ import annotations

from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rag.chatbot import Chatbot
from web import pages, rest
from web.errors import TABLE, BodyTooLarge, HostNotAllowed, problem_of
from web.settings import Settings

SECURITY_HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
}


LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})


def create_app(chatbot: Chatbot, settings: Settings) -> FastAPI:
    """All endpoints over one chatbot. Opens nothing: the index is opened when first needed."""
    app = FastAPI(
        title="Loccit",
        summary="Answers quoted word for word from articles.",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.chatbot = chatbot
    app.state.templates = pages.make_templates()
    app.include_router(rest.router)
    app.include_router(pages.router)
    app.mount("/static", StaticFiles(directory=Path(__file__).parent / "static"))
    for kind in (RequestValidationError, HTTPException, *TABLE):
        if kind is not Exception:  # the guard handles these, so that they get its headers
            app.add_exception_handler(kind, show_error)
    app.add_middleware(Guard, max_body_bytes=settings.max_body_bytes, hosts=allowed_hosts(settings))
    return app


def allowed_hosts(settings: Settings) -> frozenset[str] | None:
    """Host names requests may carry; None for any. A server that listens on this machine only takes
    its own names, so that no web page can read its articles under a name made to point here."""
    named = frozenset(name.strip().lower() for name in settings.allowed_hosts.split(",") if name.strip())
    local = settings.host in LOOPBACK
    return None if "*" in named or not (named or local) else named | {settings.host} | (LOOPBACK if local else named)


def show_error(request: Request, error: Exception) -> Response:
    """People get a page, programs get JSON, both with the same sentence."""
    problem = problem_of(error)
    if _is_page(request):
        return pages.render_problem(request, problem)
    return JSONResponse(problem.object(), problem.status, problem.headers)


def _is_page(request: Request) -> bool:
    path = request.url.path
    if path.startswith("/v1/"):
        return False
    return path == "/" or path.startswith("/articles") or "text/html" in request.headers.get("accept", "")


class Guard:
    """Reads the body up to a limit before the app runs, adds headers to every response, and turns
    what nobody caught into a 500. Pure ASGI, so that streams pass through unbuffered."""

    def __init__(self, app: ASGIApp, max_body_bytes: int, hosts: frozenset[str] | None = None) -> None:
        self.app = app
        self.hosts = hosts
        self.max_body_bytes = max_body_bytes

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
                headers.update(SECURITY_HEADERS)
            await send(message)

        # A page is also what HEAD asks for; the server leaves the body out, as it keeps its own scope.
        inner = {**scope, "method": "GET"} if scope["method"] == "HEAD" else scope
        try:
            self._check_host(scope)
            await self.app(inner, await self._read_body(scope, receive), send_guarded)
        except Exception as error:
            if started:
                raise
            await show_error(Request(scope), error)(scope, receive, send_guarded)

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
        """Read the whole body; the result hands it to the app, then passes on what follows."""
        declared = Headers(scope=scope).get("content-length", "")
        self._check_size(int(declared) if declared.isdecimal() else 0)
        body = bytearray()
        message: Message = {"more_body": True}
        while message.get("more_body", False):
            message = await receive()
            body += message.get("body", b"")
            self._check_size(len(body))
        left = message["type"] == "http.disconnect"
        pending: list[Message] = [message if left else {"type": "http.request", "body": bytes(body)}]

        async def receive_again() -> Message:
            return pending.pop() if pending else await receive()

        return receive_again

    def _check_size(self, size: int) -> None:
        if size > self.max_body_bytes:
            raise BodyTooLarge(f"The body has more than {self.max_body_bytes} bytes. Send less.")
