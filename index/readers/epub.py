"""A book (.epub) → one article: its chapters in reading order. Left out: pictures, books that are encrypted."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from zipfile import ZipFile

from lxml import etree

from index.errors import UnreadableArticle
from index.readers.archives import opened_archive, xml_of
from index.readers.blocks import Block, join_blocks
from index.readers.cleaning import clean_blocks
from index.readers.fields import make_article
from index.readers.markup import blocks_of, parse_page
from index.types import Article

_NAMES = {"title": "title", "author": "creator", "language": "language", "date": "date", "source": "publisher"}


def read(file: Path, identity: str) -> Iterator[tuple[str, Article | UnreadableArticle]]:
    """See `readers.Reader`."""
    with opened_archive(file) as archive:
        container = xml_of(archive, "META-INF/container.xml")
        root = container.find(".//{*}rootfile")
        if root is None or not root.get("full-path"):
            raise UnreadableArticle("its container names no book")
        place = str(root.get("full-path"))
        book = xml_of(archive, place)
        blocks = [block for name in _chapters(book, place) for block in _blocks(archive, name)]
    yield "", make_article(identity, join_blocks(clean_blocks(blocks)), _fields(book))


def _fields(book: etree._Element) -> dict[str, Any]:
    found = {name: book.findtext(f".//{{http://purl.org/dc/elements/1.1/}}{tag}") for name, tag in _NAMES.items()}
    if found["date"] and len(found["date"]) < len("2000-01-01"):  # a year alone is no day
        del found["date"]
    return {
        **found,
        "tags": [tag.text for tag in book.iterfind(".//{http://purl.org/dc/elements/1.1/}subject") if tag.text],
    }


def _chapters(book: etree._Element, place: str) -> Iterator[str]:
    """Their names in the archive, in reading order; navigation is left out."""
    items = {
        item.get("id"): item.get("href", "")
        for item in book.iterfind(".//{*}manifest/{*}item")
        if "nav" not in item.get("properties", "").split() and "html" in item.get("media-type", "")
    }
    for one in book.iterfind(".//{*}spine/{*}itemref"):
        if one.get("idref") in items and one.get("linear") != "no":
            yield posixpath.normpath(posixpath.join(posixpath.dirname(place), unquote(items[one.get("idref")])))


def _blocks(archive: ZipFile, name: str) -> Iterator[Block]:
    try:
        content = archive.read(name)
    except KeyError as error:
        raise UnreadableArticle(f"it holds no file “{name}”, which it names") from error
    try:
        body = parse_page(content).find("body")
    except UnreadableArticle as error:
        raise UnreadableArticle(f"its file “{name}” cannot be read ({error})") from error
    if body is not None:
        yield from blocks_of(body)
