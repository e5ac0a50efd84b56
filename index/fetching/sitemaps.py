"""A sitemap → the pages it names, or the sitemaps. Left out: loading them (`source.py`), sitemaps of plain text.

Source: https://www.sitemaps.org/protocol.html, with the titles and dates of news sitemaps. No tree is built, so that
memory is bounded by the number of pages.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, Final

from lxml import etree

from index.fetching.addresses import NoWebAddress, web_address
from index.fetching.feeds import day_of
from index.fetching.items import MOST_ITEMS, Item, UnreadableListing

MOST_BYTES: Final = 52_428_800
"""Unpacked, as the protocol says."""

_FIELDS: Final = ("loc", "lastmod", "publication_date", "title", "language")
_FIELD_CHARS: Final = 2_100
_SLICE_BYTES: Final = 65_536


def read_sitemap(file: Path, url: str) -> tuple[list[Item], list[str]]:
    """Pages, and addresses of other sitemaps, of the sitemap that was loaded from `url`; each once. Raises
    UnreadableListing."""
    target = _Target(url)
    parser = etree.XMLParser(target=target, resolve_entities=False, no_network=True, huge_tree=False)
    try:
        with file.open("rb") as opened:
            while some := opened.read(_SLICE_BYTES):
                parser.feed(some)
        parser.close()
    except (etree.LxmlError, ValueError) as error:
        raise UnreadableListing(f"it is no sitemap that can be read ({error})") from error
    return list(target.items.values()), list(target.sitemaps)


class _Target:
    """What the parser tells of the file, kept as far as it is wanted."""

    def __init__(self, url: str) -> None:
        self.items: dict[str, Item] = {}
        self.sitemaps: dict[str, None] = {}
        self._url = url
        self._fields: dict[str, str] = {}
        self._inside: str | None = None
        self._text = ""
        self._count = 0

    def start(self, tag: str, attributes: Any) -> None:
        name = _local(tag)
        if name in ("url", "sitemap"):
            self._fields = {}
        # Images and videos of a page have a `loc` and a `title` of their own.
        self._inside = name if name in _FIELDS and ("image" not in tag and "video" not in tag) else None
        self._text = ""

    def data(self, text: str) -> None:
        if self._inside and len(self._text) <= _FIELD_CHARS:
            self._text += text[:_FIELD_CHARS]

    def end(self, tag: str) -> None:
        name = _local(tag)
        if self._inside == name:
            self._fields[name] = " ".join(self._text.split())
        self._inside = None
        if name in ("url", "sitemap"):
            self._keep(name, self._fields)
            self._fields = {}

    def close(self) -> None:
        """Nothing is left to be done."""

    def _keep(self, kind: str, fields: dict[str, str]) -> None:
        self._count += 1
        if self._count > MOST_ITEMS:
            raise UnreadableListing(f"it names more than {MOST_ITEMS:,} addresses; split it")
        try:
            address = web_address(fields.get("loc") or "about:blank", self._url)
        except NoWebAddress as error:
            named = f"{self._url}#{hashlib.sha256(fields.get('loc', '').encode()).hexdigest()[:16]}"
            self.items[named] = Item(named, None, problem=str(error))
            return
        if kind == "sitemap":
            self.sitemaps[address] = None
            return
        told = {"title": fields.get("title"), "date": day_of(fields.get("publication_date"))}
        hints = {name: value for name, value in told.items() if value}
        self.items.setdefault(address, Item(address, address, hints, stamp=fields.get("lastmod") or None))


def _local(tag: str) -> str:
    return tag.rpartition("}")[2].lower()
