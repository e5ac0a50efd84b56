"""Connections that end at a moment given beforehand, whatever the other side does: a limit for each read alone lets a
server send a byte now and then for days. Left out: which addresses may be called (`public_addresses.py`)."""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterable

import httpcore

from index.public_addresses import PublicTransport


class Deadline:
    """When what is being loaded must be there; set anew for each load."""

    def __init__(self) -> None:
        self._end = 0.0

    def start(self, seconds: float) -> None:
        """It is over in so many seconds."""
        self._end = time.monotonic() + seconds

    def over(self) -> bool:
        """Whether the moment is past."""
        return time.monotonic() >= self._end

    def left(self, timeout: float | None, error: type[Exception]) -> float:
        """Seconds that may still be waited, at most `timeout`; raises `error` if there are none."""
        seconds = self._end - time.monotonic()
        if seconds <= 0:
            raise error("the time for loading it is over")
        return seconds if timeout is None else min(seconds, timeout)


def timed_transport(private_hosts: Iterable[str], deadline: Deadline) -> PublicTransport:
    """Calls public addresses alone, as long as the deadline lets it."""
    return PublicTransport(private_hosts, lambda backend: _TimedBackend(backend, deadline))


class _TimedBackend(httpcore.NetworkBackend):
    def __init__(self, inner: httpcore.NetworkBackend, deadline: Deadline) -> None:
        self._inner, self._deadline = inner, deadline

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        left = self._deadline.left(timeout, httpcore.ConnectTimeout)
        stream = self._inner.connect_tcp(host, port, left, local_address, socket_options)
        return _TimedStream(stream, self._deadline)


class _TimedStream(httpcore.NetworkStream):
    def __init__(self, inner: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._inner, self._deadline = inner, deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, self._deadline.left(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, self._deadline.left(timeout, httpcore.WriteTimeout))

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left = self._deadline.left(timeout, httpcore.ConnectTimeout)
        return _TimedStream(self._inner.start_tls(ssl_context, server_hostname, left), self._deadline)

    def get_extra_info(self, info: str) -> object:
        return self._inner.get_extra_info(info)

    def close(self) -> None:
        self._inner.close()
