"""What was loaded: a feed, a sitemap, or a page, told by what it holds; and what kind of file a page is, told by
what its server calls it. Left out: reading it."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath
from typing import Final, Literal
from urllib.parse import urlsplit

from index.fetching.receiving import gunzipped
from index.readers import READERS

Kind = Literal["feed", "json feed", "sitemap", "page"]

_START_BYTES: Final = 65_536
_BEFORE_ROOT: Final = re.compile(
    r"(?:\s+|<\?(?:(?!\?>).)*\?>|<!--(?:(?!-->).)*-->|<!doctype\s(?:[^<>\[]*)(?:\[[^\]]*\]\s*)?>)*",
    re.DOTALL | re.IGNORECASE,
)
_ROOT: Final = re.compile(r"<(?:[\w.-]+:)?(rss|feed|rdf|urlset|sitemapindex)(?=[\s>/])", re.IGNORECASE)
_JSON_FEED: Final = re.compile(r'\s*\{.*"version"\s*:\s*"https?:\\?/\\?/(?:www\.)?jsonfeed\.org\\?/version', re.DOTALL)

_SUFFIXES: Final = {
    "text/html": ".html",
    "application/xhtml+xml": ".html",
    "application/pdf": ".pdf",
    "application/x-pdf": ".pdf",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
    "application/epub+zip": ".epub",
    "text/markdown": ".md",
    "text/x-markdown": ".md",
    "application/jsonl": ".jsonl",
    "application/x-ndjson": ".jsonl",
}
_TOLD_BY_NAME: Final = frozenset(
    ("", "text/plain", "application/octet-stream", "binary/octet-stream", "application/zip", "application/x-download")
)
_OF_LISTINGS: Final = re.compile(r"(?:application|text)/(?:[\w.-]+\+)?(?:xml|json)|application/(?:x-)?gzip")


def kind_of(file: Path) -> Kind:
    """By the first tag, or what JSON says of itself."""
    with file.open("rb") as opened:
        raw = opened.read(_START_BYTES)
    start = raw.decode("utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig", "ignore")
    if _JSON_FEED.match(start):
        return "json feed"
    before = _BEFORE_ROOT.match(start)
    root = _ROOT.match(start, before.end() if before else 0)
    if root is None:
        return "page"
    return "sitemap" if root.group(1).lower() in ("urlset", "sitemapindex") else "feed"


def unpack(file: Path, most_bytes: int) -> bool:
    """Replace a file that gzip made by what it holds; False if it would have more than `most_bytes`. Raises NotLoaded
    for what is damaged."""
    with file.open("rb") as opened:
        if opened.read(2) != b"\x1f\x8b":
            return True
        opened.seek(0)
        unpacked = file.with_name(f"{file.name}.unpacked")
        with unpacked.open("wb") as written:
            for part in gunzipped(iter(lambda: opened.read(_START_BYTES), b"")):
                if written.tell() + len(part) > most_bytes:
                    return False
                written.write(part)
    unpacked.replace(file)
    return True


def suffix_of(content_type: str, url: str) -> str | None:
    """How the name of a file of this type ends; None for types that hold no article."""
    suffix = PurePosixPath(urlsplit(url).path).suffix.lower()
    if content_type in _TOLD_BY_NAME:
        return suffix if suffix in READERS else {"": ".html", "text/plain": ".txt"}.get(content_type)
    return _SUFFIXES.get(content_type)


def refuse_page(content_type: str, url: str) -> str | None:
    """For `Loader.load`: why such a page is not received."""
    return None if suffix_of(content_type, url) else f"it is of the type {content_type[:80]}, which holds no article"


def refuse_source(content_type: str, url: str) -> str | None:
    """The same for what may be a feed or sitemap too."""
    listing = _OF_LISTINGS.fullmatch(content_type) or content_type in _TOLD_BY_NAME
    return None if listing else refuse_page(content_type, url)
