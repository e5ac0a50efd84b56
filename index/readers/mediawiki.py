"""A MediaWiki XML export (.xml, .xml.bz2, .xml.gz) → one article a page, as a stream. Left out: pages of other
namespaces than the first, redirects, all revisions of a page but the newest, categories and contributors as tags and
authors."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from lxml import etree

from index.errors import UnreadableArticle
from index.readers.blocks import join_blocks
from index.readers.cleaning import clean_blocks
from index.readers.fields import make_article
from index.readers.unpacking import opened_stream
from index.readers.wikitext import wiki_blocks
from index.types import Article

MOST_BYTES: Final = 4_000_000_000
"""Unpacked; it takes an hour."""

_AT_ONCE: Final = 65_536
_LANGUAGE: Final = "{http://www.w3.org/XML/1998/namespace}lang"
_FILES_AND_CATEGORIES: Final = ("-2", "6", "14")
_READ_TAGS: Final = ("mediawiki", "siteinfo", "page", "revision", "upload")


@dataclass(slots=True)
class _Site:
    """What the export says of the wiki."""

    language: str | None = None
    name: str | None = None
    begun: bool = False
    base: str | None = None
    dropped_links: set[str] = field(default_factory=lambda: {"file", "image", "media", "category"})


def read(file: Path, identity: str) -> Iterator[tuple[str, Article | UnreadableArticle]]:
    """See `readers.Reader`. The id of an article is `identity` without `.xml`, `/` and the page's title. Memory does
    not grow with the file; one page may hold 10 MB."""
    name, site, articles = identity.removesuffix(".xml"), _Site(), 0
    for page in _pages(file, site):
        title = (page.findtext("{*}title") or "").strip()
        if page.findtext("{*}ns", "0").strip() != "0" or page.find("{*}redirect") is not None:
            continue
        articles += 1
        try:
            yield title, _article(page, title, name, site)
        except UnreadableArticle as error:
            yield title, error
        except (ValueError, RecursionError) as error:
            yield title, UnreadableArticle(f"its marks cannot be read ({str(error)[:100]})")
    if not site.begun:
        raise UnreadableArticle("it is no MediaWiki export, and no other XML is read; save it as a page or as text")
    if not articles:
        raise UnreadableArticle("it holds no articles: no page of the first namespace that is no redirect")


def _pages(file: Path, site: _Site) -> Iterator[etree._Element]:
    """Each page, with its newest revision alone; it is emptied when the next is asked for. Entities stay unresolved."""
    parser = etree.XMLPullParser(
        events=("start", "end"), tag=[f"{{*}}{tag}" for tag in _READ_TAGS], resolve_entities=False, no_network=True,
        load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True,
    )  # fmt: skip
    with opened_stream(file, MOST_BYTES) as stream:
        try:
            while block := stream.read(_AT_ONCE):
                parser.feed(block)
                yield from _events(parser, site)
            parser.close()
        except etree.XMLSyntaxError as error:
            raise UnreadableArticle(
                f"it is damaged, the pages behind line {error.lineno} are not read ({error.msg})"
            ) from error


def _events(parser: etree.XMLPullParser, site: _Site) -> Iterator[etree._Element]:
    for event, element in parser.read_events():
        name = etree.QName(element).localname
        if event == "start":
            if name == "mediawiki":
                site.begun, site.language = True, element.get(_LANGUAGE)
        elif name == "siteinfo":
            _describe(element, site)
            _forget(element)
        elif name in ("revision", "upload"):
            _keep_newest(element)
        elif name == "page":
            yield element
            _forget(element)


def _keep_newest(revision: etree._Element) -> None:
    """Revisions and uploads of a page, as they come: a history has thousands."""
    page = revision.getparent()
    before = revision.getprevious()
    if page is None or before is None or before.tag != revision.tag:
        return
    older = min(before, revision, key=lambda one: one.findtext("{*}timestamp") or "")
    page.remove(older)


def _forget(element: etree._Element) -> None:
    element.clear()
    while element.getprevious() is not None:
        del element.getparent()[0]


def _describe(siteinfo: etree._Element, site: _Site) -> None:
    site.name, site.base = siteinfo.findtext("{*}sitename"), siteinfo.findtext("{*}base")
    for space in siteinfo.iterfind("{*}namespaces/{*}namespace"):
        if space.get("key") in _FILES_AND_CATEGORIES and space.text:
            site.dropped_links.add(space.text.strip().casefold())


def _article(page: etree._Element, title: str, name: str, site: _Site) -> Article:
    revision = page.find("{*}revision")
    if revision is None or not title:
        raise UnreadableArticle("it has no title or no text")
    model = revision.findtext("{*}model") or "wikitext"
    if model != "wikitext":
        raise UnreadableArticle(f"its text is of the kind '{model[:40]}', which is not read")
    source = "".join(revision.find("{*}text").itertext()) if revision.find("{*}text") is not None else ""
    fields: dict[str, Any] = {
        "title": title, "updated": revision.findtext("{*}timestamp"), "language": site.language, "source": site.name,
        "url": _address(site.base, title),
    }  # fmt: skip
    text = join_blocks(clean_blocks(wiki_blocks(source, site.dropped_links)))
    return make_article(f"{name}/{title}", text, fields)


def _address(base: str | None, title: str) -> str | None:
    if not base or "/" not in base:
        return None
    return f"{base.rpartition('/')[0]}/{quote(title.replace(' ', '_'), safe='/:(),!*')}"
