"""Loads one address into a file, politely and within limits: robots.txt, a pause between requests to a host, redirects
that are checked, retries, sizes and times. Left out: which hosts may be called (`public_addresses.py`), what was loaded
before (`state.py`), what the bytes are (`source.py`)."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, Literal

import httpx

from index.fetching import robots
from index.fetching.addresses import NoWebAddress, origin_of, web_address
from index.fetching.receiving import NotLoaded, TryAgain, receive, retry_after
from index.fetching.timed import Deadline, timed_transport
from index.settings import IndexSettings, listed

MOST_REDIRECTS: Final = 5
MOST_WAIT: Final = 30.0
"""Seconds a host may ask us to wait within a run; who asks for more is left alone until then."""

SILENT_SECONDS: Final = 10.0
"""A connection that says nothing for so long is given up."""

MOST_FAILURES: Final = 5
"""A host that does not answer so many addresses, one after another, is left alone for the run."""

_AGAIN: Final = frozenset((408, 425, 429, 500, 502, 503, 504))
_LASTING: Final = (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError)


_HEADER_CHARS: Final = 1_000


@dataclass(frozen=True, slots=True)
class Validators:
    """What a server said of the bytes it sent, to ask whether they are still the same."""

    etag: str | None = None
    modified: str | None = None

    def headers(self) -> dict[str, str]:
        """For the request that asks."""
        named = {"If-None-Match": self.etag, "If-Modified-Since": self.modified}
        return {name: value for name, value in named.items() if value}

    def same(self, other: Validators) -> bool:
        """Whether both are of the same bytes, as far as they say."""
        return self.etag == other.etag if self.etag else bool(self.modified) and self == other


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a load. `url` is where redirects led; the rest is set for what was loaded. `sha256` is of the bytes
    in the file."""

    kind: Literal["loaded", "unchanged", "gone"]
    status: int
    url: str
    validators: Validators = Validators()
    content_type: str = ""
    sha256: str = ""


@dataclass(slots=True)
class _Host:
    free_at: float = 0.0  # time.monotonic()
    failures: int = 0
    left_alone: str = ""
    next_try: float | None = None


Refuse = Callable[[str, str], str | None]
"""From a content type and an address: why such content is not wanted, before it is received."""


class Loader:
    """One for a run: hosts and their rules are known to it. For one thread at a time. Use with `with`."""

    def __init__(self, settings: IndexSettings) -> None:
        self._settings = settings
        self._deadline = Deadline()
        self._client = httpx.Client(
            transport=timed_transport(listed(settings.private_hosts), self._deadline),
            headers={"User-Agent": robots.AGENT, "Accept": "*/*", "Accept-Encoding": "gzip"},
            timeout=SILENT_SECONDS,
            trust_env=False,
        )
        self._hosts: dict[str, _Host] = {}
        self._robots = robots.Robots(self._read_robots)

    def __enter__(self) -> Loader:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def load(
        self,
        url: str,
        file: Path,
        known: Validators = Validators(),
        most_bytes: int | None = None,
        refuse: Refuse = lambda content_type, url: None,
        login: tuple[str, str] | None = None,
    ) -> Answer:
        """Write what is at the address to `file`. `login` (name and password) is told to the origin of `url` alone.

        Raises NotLoaded, whose message says why; 404 and 410 are no such failure but `gone`.
        """
        request = _Request(url, file, known, most_bytes or self._settings.max_article_bytes, refuse, login)
        return self._load(request)

    def _load(self, request: _Request) -> Answer:
        for attempt in range(1, self._settings.fetch_tries + 1):
            host = self._host(request.url)
            if host.left_alone:
                raise NotLoaded(host.left_alone, next_try=host.next_try)
            try:
                answer = self._follow(request)
            except TryAgain as error:
                self._wait_or_give_up(error, attempt, host)
            else:
                host.failures = 0
                return answer
        raise AssertionError("the last attempt returns or raises")

    def _wait_or_give_up(self, error: TryAgain, attempt: int, host: _Host) -> None:
        if error.wait_seconds > MOST_WAIT:
            host.left_alone = f"{error}, and asks to be left alone for {error.wait_seconds:,.0f} seconds"
            host.next_try = time.time() + error.wait_seconds
            raise NotLoaded(host.left_alone, error.status, host.next_try) from error
        if attempt < self._settings.fetch_tries:
            time.sleep(max(error.wait_seconds, min(self._settings.fetch_wait_seconds * 2**attempt, MOST_WAIT)))
            return
        host.failures += 1
        if host.failures >= MOST_FAILURES:
            host.left_alone = (
                f"its host did not answer {MOST_FAILURES} addresses in a row, and is not asked any more now"
            )
        raise NotLoaded(f"{error}, {attempt} times" if attempt > 1 else str(error), error.status) from error

    def _follow(self, request: _Request) -> Answer:
        self._client.cookies.clear()
        url, seconds = request.url, self._settings.fetch_seconds
        for _ in range(MOST_REDIRECTS + 1):
            if request.by_robots and (refusal := self._robots.refusal(url)):
                raise NotLoaded(refusal)
            self._pause(url)
            began = time.monotonic()
            self._deadline.start(seconds)
            with self._asked(url, request) as response:
                if not response.has_redirect_location:
                    return self._taken(response, url, request)
                url = next_address(url, response.headers["Location"])
            seconds -= time.monotonic() - began
        raise NotLoaded(f"it redirects more than {MOST_REDIRECTS} times")

    @contextmanager
    def _asked(self, url: str, request: _Request) -> Iterator[httpx.Response]:
        login = request.login if request.login and origin_of(url) == origin_of(request.url) else None
        try:
            with self._client.stream("GET", url, headers=request.known.headers(), auth=login) as response:
                yield response
        except (httpx.TimeoutException, httpx.ReadError, httpx.RemoteProtocolError) as error:
            if self._deadline.over():
                raise NotLoaded(f"loading it took more than {self._settings.fetch_seconds:g} seconds") from error
            raise TryAgain("its host did not answer in time, or broke off") from error
        except _LASTING as error:
            raise NotLoaded(str(error).rstrip(".") or "its host could not be called") from error

    def _taken(self, response: httpx.Response, url: str, request: _Request) -> Answer:
        status, headers = response.status_code, response.headers
        found = Validators(_sendable(headers.get("ETag")), _sendable(headers.get("Last-Modified")))
        if status in (404, 410):
            return Answer("gone", status, url)
        if status in _AGAIN:
            raise TryAgain(f"its host answered {status}", status, retry_after(headers.get("Retry-After")))
        if (status == 304 and request.known.headers()) or (status == 200 and request.known.same(found)):
            return Answer("unchanged", status, url, request.known)
        if status != 200:
            raise NotLoaded(f"its host answered {status}", status)
        content_type = headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if refusal := request.refuse(content_type, url):
            raise NotLoaded(refusal, status)
        digest = receive(response, request.file, request.most_bytes, self._deadline, request.cut)
        return Answer("loaded", status, url, found, content_type, digest)

    def _pause(self, url: str) -> None:
        host = self._host(url)
        time.sleep(max(host.free_at - time.monotonic(), 0.0))
        host.free_at = time.monotonic() + max(self._settings.fetch_wait_seconds, self._robots.delay(url))

    def _host(self, url: str) -> _Host:
        return self._hosts.setdefault(httpx.URL(url).host, _Host())

    def _read_robots(self, url: str) -> tuple[int, str]:
        with TemporaryDirectory(prefix="loccit-robots-") as folder:
            file = Path(folder, "robots.txt")
            try:
                answer = self._load(_Request(url, file, most_bytes=robots.MOST_BYTES, by_robots=False, cut=True))
            except NotLoaded as error:
                return error.status or 0, str(error)
            return answer.status, file.read_text("utf-8", "replace") if answer.kind == "loaded" else ""


@dataclass(frozen=True, slots=True)
class _Request:
    url: str
    file: Path
    known: Validators = Validators()
    most_bytes: int = 0
    refuse: Refuse = field(default=lambda content_type, url: None)
    login: tuple[str, str] | None = None
    by_robots: bool = True
    cut: bool = False


def _sendable(value: str | None) -> str | None:
    """A header's value, if it can be sent back as it came."""
    return value if value and value.isascii() and len(value) <= _HEADER_CHARS else None


def next_address(url: str, location: str) -> str:
    """Where a redirect leads. Raises NotLoaded for what is not followed."""
    try:
        following = web_address(location, url)
    except NoWebAddress as error:
        raise NotLoaded("it redirects to what is no web address") from error
    if url.startswith("https:") and not following.startswith("https:"):
        raise NotLoaded("it redirects from https to http, which is not followed")
    return following
