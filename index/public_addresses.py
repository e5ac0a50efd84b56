"""Connections to public addresses alone: what is called by an address from outside may not reach into the network
the server stands in. Left out: what is loaded or sent."""

from __future__ import annotations

import ipaddress
import socket
import ssl
from collections.abc import Callable, Iterable
from typing import Final

import httpcore
import httpx

_TRANSLATED: Final = ipaddress.ip_network("64:ff9b::/96")
"""IPv6 addresses that a gateway turns into the IPv4 address in their last four bytes (RFC 6052)."""

Around = Callable[[httpcore.NetworkBackend], httpcore.NetworkBackend]


class PublicTransport(httpx.HTTPTransport):
    """For `httpx.Client(transport=…)`. A name is resolved once, all its addresses are checked, and one of them is
    connected to, so that no second answer of a name server can lead elsewhere; each redirect is checked alike.
    Proxies of the environment are not used: they would resolve the name themselves."""

    def __init__(self, private_hosts: Iterable[str] = (), around: Around = lambda backend: backend) -> None:
        """`private_hosts` are names or addresses that may be private. Requests raise httpx.ConnectError for others.
        `around` gives what is called in the place of the backend that checks, and calls it."""
        super().__init__(trust_env=False)
        backend = around(_CheckedBackend(frozenset(name.lower() for name in private_hosts)))
        # httpx takes no backend, so that its pool is made anew with ours.
        self._pool = httpcore.ConnectionPool(ssl_context=ssl.create_default_context(), network_backend=backend)


class _CheckedBackend(httpcore.SyncBackend):
    def __init__(self, private_hosts: frozenset[str]) -> None:
        self.private_hosts = private_hosts

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        addresses = _resolved(host, port)
        if host.lower() not in self.private_hosts and not all(is_public(address) for address in addresses):
            raise httpcore.ConnectError(
                f"{host} is, or leads to, an address of a private network, which is not called. If that is meant, "
                "name it in the setting private_hosts."
            )
        *others, last = addresses
        for address in others:
            try:
                return super().connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue  # the next one may answer, such as IPv4 where there is no IPv6
        return super().connect_tcp(last, port, timeout, local_address, socket_options)


def is_public(address: str) -> bool:
    """Whether an IP address, in whatever form, belongs to the public internet."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo or (None, None))[1]
        if ip in _TRANSLATED:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFF_FFFF)
        if inner is not None:
            return is_public(str(inner))
    return ip.is_global and not ip.is_multicast


def _resolved(host: str, port: int) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise httpcore.ConnectError(f"The name {host} is not known ({error}).") from error
    return list(dict.fromkeys(str(address[0]) for *_, address in found))
