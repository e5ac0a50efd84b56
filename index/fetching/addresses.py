"""Web addresses, in one spelling, without name and password. Left out: where they may lead (`public_addresses.py`)."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urljoin

import httpx

MOST_CHARS: Final = 2_000

_CREDENTIALS: Final = re.compile(r"//.*@")


class NoWebAddress(ValueError):
    """What should be an address of a page is none. The message never shows it."""


def web_address(link: str, base: str = "") -> str:
    """The address a link on the page `base` leads to: http or https, the host in small letters, without name, password
    and fragment. Raises NoWebAddress for all that is none."""
    url = _parsed(link, base)
    return str(url.copy_with(userinfo=b"", fragment=None))


def credentials_of(link: str) -> tuple[str, str] | None:
    """Name and password that an address holds. Raises NoWebAddress."""
    url = _parsed(link, "")
    return (url.username, url.password) if url.userinfo else None


def origin_of(address: str) -> str:
    """Scheme, host and port of an address, such as `https://brent.example`."""
    url = httpx.URL(address)
    return f"{url.scheme}://{url.netloc.decode('ascii')}"


def without_credentials(link: str) -> str:
    """A link that may be no address, as it can be shown."""
    return _CREDENTIALS.sub("//", link)[:MOST_CHARS]


def _parsed(link: str, base: str) -> httpx.URL:
    try:
        url = httpx.URL(urljoin(base, link.strip()))
        usable = url.scheme in ("http", "https") and url.host != ""
    except (httpx.InvalidURL, ValueError) as error:
        raise NoWebAddress("it is no web address; write https://www.example.org/page") from error
    if not usable:
        raise NoWebAddress("its address is not one of http or https")
    if len(str(url)) > MOST_CHARS:
        raise NoWebAddress(f"its address has more than {MOST_CHARS:,} characters")
    return url
