"""Only public addresses are connected to, whatever a name leads to. Left out: what is loaded from them."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest

from index.public_addresses import PublicTransport, is_public


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True),
        ("2606:4700::1111", True),
        ("64:ff9b::5db8:d822", True),
        ("127.0.0.1", False),
        ("127.8.9.1", False),
        ("0.0.0.0", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::", False),
        ("::1", False),
        ("::ffff:127.0.0.1", False),
        ("fe80::1%eth0", False),
        ("fc00::1", False),
        ("ff02::1", False),
        ("2002:7f00:1::", False),
        ("64:ff9b::a9fe:a9fe", False),
        ("64:ff9b::7f00:1", False),
        ("no address", False),
    ],
)
def test_what_is_public(address: str, public: bool) -> None:
    assert is_public(address) is public


@pytest.fixture
def port() -> Iterator[int]:
    """Of a server on loopback that sends whoever asks to another address of itself."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(302 if self.path == "/away" else 200)
            self.send_header("Location", f"http://localhost:{self.server.server_port}/")  # type: ignore[attr-defined]
            self.end_headers()

        def log_message(self, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "169.254.169.254"],
)
def test_private_addresses_are_refused_in_any_writing(port: int, host: str) -> None:
    with (
        httpx.Client(transport=PublicTransport(), timeout=5) as client,
        pytest.raises(httpx.ConnectError, match="private_hosts"),
    ):
        client.get(f"http://{host}:{port}/")


def test_a_named_host_is_called_and_its_redirects_are_checked(port: int) -> None:
    with httpx.Client(transport=PublicTransport(["127.0.0.1"]), timeout=5, follow_redirects=True) as client:
        assert client.get(f"http://127.0.0.1:{port}/").status_code == 200
        with pytest.raises(httpx.ConnectError, match="localhost is, or leads to"):
            client.get(f"http://127.0.0.1:{port}/away")


def test_all_addresses_of_a_name_must_be_public(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def answers(*addresses: str) -> None:
        def lookup(host: str, port: int, **_: Any) -> list[Any]:
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

        monkeypatch.setattr(socket, "getaddrinfo", lookup)

    with httpx.Client(transport=PublicTransport(), timeout=5) as client:
        answers("93.184.216.34", "127.0.0.1")
        with pytest.raises(httpx.ConnectError, match="private_hosts"):
            client.get(f"http://rebind.example:{port}/")


def test_the_next_address_is_tried(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in ("127.0.0.9", "127.0.0.1")]
    real = socket.getaddrinfo
    monkeypatch.setattr(
        socket,
        "getaddrinfo",
        lambda host, *rest, **named: found if host == "two.example" else real(host, *rest, **named),
    )
    with httpx.Client(transport=PublicTransport(["two.example"]), timeout=5) as client:
        assert client.get(f"http://two.example:{port}/").status_code == 200


def test_a_name_that_is_not_known() -> None:
    with (
        httpx.Client(transport=PublicTransport(), timeout=5) as client,
        pytest.raises(httpx.ConnectError, match="not known"),
    ):
        client.get("http://nowhere.invalid/")
