"""The two ways to the MCP server: streamable HTTP at `/mcp`, and standard input and output for `loccit mcp`.
Left out: tools and resources (`mcp_server.py`), host names and the size of bodies (`guard.py`)."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import anyio
from mcp.server import Server
from mcp.server.stdio import stdio_server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send

from index.errors import IndexFault
from index.settings import listed
from rag.chatbot import Chatbot
from rag.errors import RagFault
from web import terminal
from web.answers_kept import AnswersKept
from web.errors import OriginNotAllowed
from web.guard import allowed_hosts
from web.mcp_server import make_server
from web.settings import Settings


class McpEndpoint:
    """ASGI application of `/mcp`, to be routed for POST alone: this server sends nothing that was not asked for,
    and keeps no session, so that GET and DELETE have nothing to do."""

    def __init__(self, server: Server[Any], settings: Settings) -> None:
        self.server = server
        self.hosts = allowed_hosts(settings)
        self.sites = frozenset(listed(settings.cors_origins))
        self.max_body_bytes = settings.max_body_bytes
        self.manager: StreamableHTTPSessionManager | None = None

    @asynccontextmanager
    async def lifespan(self, app: object) -> AsyncIterator[None]:
        """Requests are served while this is open."""
        # A manager runs once; one made here lets the application be started again. Answers are JSON, not streams:
        # they are short, and a proxy may compress or buffer them as it likes.
        manager = StreamableHTTPSessionManager(
            self.server, json_response=True, stateless=True, max_request_body_size=self.max_body_bytes
        )
        async with manager.run():
            self.manager = manager
            yield

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._check_origin(scope)
        assert self.manager is not None, "the application's lifespan was not run"
        await self.manager.handle_request(scope, receive, send)

    def _check_origin(self, scope: Scope) -> None:
        """As the protocol asks for. The SDK's own check of hosts and origins stays off: the guard has checked the
        host, by rules that the SDK's lists cannot express."""
        origin = Headers(scope=scope).get("origin")
        if origin is None or self.hosts is None or self.sites & {origin, "*"}:
            return
        try:
            name = urlsplit(origin).hostname
        except ValueError:
            name = None
        if name not in self.hosts:
            raise OriginNotAllowed("A page of another site may not call this address. Call it from a program.")


def run_stdio(settings: Settings) -> None:
    """Serve one client on standard input and output until it closes them. Nothing but the protocol comes to
    standard output: the SDK leads everything else that is written there to standard error."""
    chatbot = Chatbot(settings)
    warm_up = threading.Thread(target=_prepare, args=(chatbot,), daemon=True, name="warm-up")
    warm_up.start()
    anyio.run(_serve_stdio, make_server(chatbot, settings, AnswersKept(0)))
    # A client that leaves at once: a process that ends while the models are being loaded aborts with a core dump.
    warm_up.join()


async def _serve_stdio(server: Server[Any]) -> None:
    async with stdio_server() as (read, write):
        await server.run(read, write, server.create_initialization_options())


def _prepare(chatbot: Chatbot) -> None:
    """Load the models while the client says what it can do."""
    try:
        chatbot.warm_up()
    except (IndexFault, RagFault) as error:
        terminal.print_error(str(error))
