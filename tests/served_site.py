"""A real site on loopback, for tests that load from it. Left out: what the tests expect."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HTML = "text/html; charset=utf-8"


@dataclass
class Reply:
    """What a path answers. With `etag`, 304 is answered to who has it already; `stream` writes a body by itself."""

    body: bytes | str = b""
    kind: str = HTML
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    etag: str | None = None
    modified: str | None = None
    stream: Callable[[Callable[[bytes], object]], None] | None = None


@dataclass
class Asked:
    """A request as it came in."""

    path: str
    headers: Message
    at: float
    status: int = 0


class Site:
    """Change `replies` between requests; `asked` is what came in, in order."""

    def __init__(self) -> None:
        self.replies: dict[str, Reply | list[Reply]] = {}
        self.asked: list[Asked] = []
        self.port = 0

    def url(self, path: str = "", host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"

    def paths(self) -> list[str]:
        """What was asked for, robots.txt left out; and forgets it."""
        paths = [asked.path for asked in self.asked if asked.path != "/robots.txt"]
        self.asked.clear()
        return paths

    def reply(self, path: str) -> Reply:
        """A list is answered one after the other, the last one for ever."""
        reply = self.replies.get(path, Reply("", status=404))
        if isinstance(reply, list):
            return reply.pop(0) if len(reply) > 1 else reply[0]
        return reply


@contextmanager
def running_site() -> Iterator[Site]:
    """Listens while this is open."""
    site = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            reply = site.reply(self.path)
            asked = Asked(self.path, self.headers, time.monotonic())
            site.asked.append(asked)
            known = reply.etag and self.headers["If-None-Match"] == reply.etag
            known = known or (reply.modified and self.headers["If-Modified-Since"] == reply.modified)
            asked.status = 304 if known else reply.status
            self.send_response(asked.status)
            named = {"ETag": reply.etag, "Last-Modified": reply.modified, "Content-Type": reply.kind or None}
            for name, value in {**named, **reply.headers}.items():
                if value:
                    self.send_header(name, value)
            body = reply.body.encode() if isinstance(reply.body, str) else reply.body
            if not reply.stream and "Content-Length" not in reply.headers:
                self.send_header("Content-Length", "0" if known else str(len(body)))
            self.end_headers()
            if reply.stream:
                with suppress(OSError):  # the other side has had enough
                    reply.stream(self.wfile.write)
            elif not known:
                self.wfile.write(body)

        def log_message(self, *arguments: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            pass  # connections that the other side has closed

    server = Server(("127.0.0.1", 0), Handler)
    site.port = server.server_port
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
