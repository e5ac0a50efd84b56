"""A feed (RSS, Atom, JSON Feed) → its items. Left out: loading it and its pages (`source.py`), feeds in other forms.

Sources: RSS 2.0, RFC 4287 (Atom), https://www.jsonfeed.org/version/1.1/. XML is mended by lxml first, which keeps no
entities, follows nothing and bounds depth; feedparser then knows what each dialect calls a thing.
"""

from __future__ import annotations

import datetime
import hashlib
import html
import io
import json
import re
from collections.abc import Iterable, Mapping
from email.utils import parsedate
from html.entities import html5
from pathlib import Path
from typing import Any, Final

from lxml import etree

from index.errors import UnreadableArticle
from index.fetching.addresses import NoWebAddress, web_address
from index.fetching.items import MOST_ITEMS, Item, UnreadableListing
from index.readers.encodings import decode

MOST_BYTES: Final = 10_000_000
MOST_TAGS: Final = 500_000
_FIELD_CHARS: Final = 1_000
_MOST_TAGS_OF_ITEM: Final = 50
_DAY: Final = re.compile(r"\s*(\d{4})-?(\d\d)-?(\d\d)(?!\d)")
_DECLARED: Final = re.compile(rb"^\s*<\?xml[^>]{0,200}\bencoding\s*=")
_AMPERSAND: Final = re.compile(rb"&(#[0-9a-zA-Z]{1,8};|[a-zA-Z][0-9a-zA-Z]{1,30};)?")
_OF_XML: Final = frozenset(("amp;", "lt;", "gt;", "quot;", "apos;"))
_NOT_IN_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def read_feed(file: Path, url: str) -> list[Item]:
    """The items of an RSS or Atom feed that was loaded from `url`, each address once, in the feed's order. Raises
    UnreadableListing."""
    import feedparser  # for those who have feeds

    stream = io.BytesIO(_mended(_raw(file), file))
    headers = {"content-location": url, "content-type": "application/xml; charset=utf-8"}
    found = feedparser.parse(stream, response_headers=headers, sanitize_html=False, resolve_relative_uris=False)
    if not found.version:
        raise UnreadableListing("it is no feed that can be read")
    language = found.feed.get("language")
    return _each_once(_item(entry, url, language) for entry in _counted(found.entries))


def read_json_feed(file: Path, url: str) -> list[Item]:
    """The same of a JSON Feed."""
    try:
        feed = json.loads(_raw(file))
    except (ValueError, RecursionError) as error:
        raise UnreadableListing("it is no valid JSON") from error
    listed = feed.get("items") if isinstance(feed, dict) else None
    if not isinstance(listed, list):
        raise UnreadableListing("it is a JSON feed without a list of items")
    entries = (entry for entry in _counted(listed) if isinstance(entry, dict))
    return _each_once(_json_item(entry, feed, url) for entry in entries)


def day_of(written: object) -> str | None:
    """The day (YYYY-MM-DD) that a date names in its own zone, in any of the usual forms; None if it names none."""
    if not isinstance(written, str):
        return None
    written = written[:100]
    parts: Any = found.groups() if (found := _DAY.match(written)) else (parsedate(written) or ())[:3]
    try:
        return datetime.date(*(int(part) for part in parts)).isoformat()
    except (ValueError, TypeError):
        return None


def _raw(file: Path) -> bytes:
    if (size := file.stat().st_size) > MOST_BYTES:
        raise UnreadableListing(f"it is a feed of {size:,} bytes, at most {MOST_BYTES:,} are read")
    return file.read_bytes()


def _mended(raw: bytes, file: Path) -> bytes:
    """Well-formed XML in UTF-8, with neither entities nor a document type."""
    encoding = None
    try:
        if not _DECLARED.match(raw.removeprefix(b"\xef\xbb\xbf")):
            raw, encoding = decode(file).encode(), "utf-8"
        if raw.count(b"<") > MOST_TAGS:
            raise UnreadableListing(f"it is a feed of more than {MOST_TAGS:,} tags")
        if b"<!ENTITY" in raw:
            raise UnreadableListing("it declares entities, which no feed needs")
        root = _tree(raw.strip(), encoding)
    except UnreadableArticle as error:
        raise UnreadableListing(str(error)) from error
    except (etree.LxmlError, ValueError, LookupError) as error:
        raise UnreadableListing(f"it is no XML that can be read ({error})") from error
    if root is None:
        raise UnreadableListing("it is no XML that can be read")
    return bytes(etree.tostring(root, encoding="utf-8"))


def _tree(raw: bytes, encoding: str | None) -> etree._Element | None:
    """As it stands if it is well-formed, else mended; None if nothing is left."""
    safe = {"encoding": encoding, "resolve_entities": False, "no_network": True, "huge_tree": False}
    for mend in (False, True):
        try:
            parser = etree.XMLParser(recover=mend, remove_comments=True, remove_pis=True, **safe)
            root = etree.fromstring(_AMPERSAND.sub(_spelled_out, raw) if mend else raw, parser)
        except etree.XMLSyntaxError:
            if mend:
                raise
        else:
            if root is None or next(root.iter(etree.Entity), None) is None:
                return root
    raise UnreadableListing("it uses entities that it does not explain")


def _spelled_out(ampersand: re.Match[bytes]) -> bytes:
    """What HTML calls by a name, such as `&nbsp;`, in a form that XML knows; a bare ampersand as one."""
    name = (ampersand.group(1) or b"").decode("ascii")
    if name in _OF_XML or name.startswith("#"):
        return ampersand.group()
    characters = html5.get(name)
    spelled = "".join(f"&#{ord(character)};" for character in characters) if characters else f"&amp;{name}"
    return spelled.encode()


def _item(entry: Mapping[str, Any], feed_url: str, language: str | None) -> Item:
    content = next((_as_html(part) for part in entry.get("content", ()) if part.get("value", "").strip()), None)
    fields = {
        "title": _plain(entry.get("title")),
        "date": _day(entry, "published") or _day(entry, "updated"),
        "updated": _day(entry, "updated"),
        "author": ", ".join(name for person in entry.get("authors", ()) if (name := _plain(person.get("name")))),
        "tags": [tag for part in entry.get("tags", ()) if (tag := _plain(part.get("label") or part.get("term")))],
        "language": _plain(language),
    }
    return _made(entry.get("link"), entry.get("id"), feed_url, fields, content)


def _json_item(entry: Mapping[str, Any], feed: Mapping[str, Any], feed_url: str) -> Item:
    authors = entry.get("authors") or feed.get("authors") or [entry.get("author") or feed.get("author")]
    names = [person.get("name") for person in authors if isinstance(person, dict)] if isinstance(authors, list) else []
    tags = entry.get("tags")
    text = entry.get("content_text")
    content = entry.get("content_html") or (_as_html({"type": "text/plain", "value": text}) if text else None)
    fields = {
        "title": _plain(entry.get("title")),
        "date": day_of(entry.get("date_published")) or day_of(entry.get("date_modified")),
        "updated": day_of(entry.get("date_modified")),
        "author": ", ".join(_plain(name) for name in names if isinstance(name, str)),
        "tags": [_plain(tag) for tag in tags if isinstance(tag, str)] if isinstance(tags, list) else [],
        "language": _plain(entry.get("language") or feed.get("language")),
    }
    link = entry.get("url") or entry.get("external_url")
    return _made(link, entry.get("id"), feed_url, fields, content if isinstance(content, str) else None)


def _made(link: object, identity: object, feed_url: str, fields: dict[str, Any], content: str | None) -> Item:
    """An item whose link leads nowhere is named by the feed and its own identity."""
    if fields["updated"] == fields["date"]:
        del fields["updated"]
    fields["tags"] = fields["tags"][:_MOST_TAGS_OF_ITEM]
    hints = {name: value for name, value in fields.items() if value and isinstance(value, str | list)}
    try:
        if not isinstance(link, str) or not link.strip():
            raise NoWebAddress("it has no address")
        page = web_address(link, feed_url)
    except NoWebAddress as error:
        named = str(identity or "") or json.dumps([hints.get("title"), hints.get("date"), content])
        digest = hashlib.sha256(named.encode("utf-8", "replace")).hexdigest()[:16]
        return Item(f"{feed_url}#{digest}", None, hints, content, problem=None if content else str(error))
    return Item(page, page, hints, content)


def _counted(entries: list[Any]) -> list[Any]:
    if len(entries) > MOST_ITEMS:
        raise UnreadableListing(f"it is a feed of more than {MOST_ITEMS:,} items")
    return entries


def _each_once(items: Iterable[Item]) -> list[Item]:
    """The first of those with the same address: feeds begin with the newest."""
    found: dict[str, Item] = {}
    for item in items:
        found.setdefault(item.url, item)
    return list(found.values())


def _day(entry: Mapping[str, Any], name: str) -> str | None:
    parsed = entry.get(f"{name}_parsed") if f"{name}_parsed" in entry else None  # months in other languages; in UTC
    return day_of(entry.get(name) if name in entry else None) or (
        datetime.date(*parsed[:3]).isoformat() if parsed else None
    )


def _plain(written: object) -> str:
    """A title or name without marks and entities, on one line."""
    if not isinstance(written, str):
        return ""
    text = html.unescape(re.sub(r"<[a-zA-Z/][^<>]{0,500}>", "", written[: 4 * _FIELD_CHARS]))
    return " ".join(_NOT_IN_XML.sub(" ", text).split())[:_FIELD_CHARS]


def _as_html(part: Mapping[str, Any]) -> str:
    value = str(part["value"])
    if part.get("type") != "text/plain":
        return value
    return "".join(f"<p>{html.escape(words)}</p>" for words in re.split(r"\n\s*\n", value) if words.strip())


def content_page(item: Item) -> str:
    """The content of an item as a page of HTML."""
    content = _NOT_IN_XML.sub(" ", item.content or "")
    title = html.escape(str(item.hints.get("title", "")))
    language = html.escape(str(item.hints.get("language", "")), quote=True)
    return (
        f'<!DOCTYPE html>\n<html lang="{language}"><head><meta charset="utf-8"><title>{title}</title></head>'
        f"<body><main><article><h1>{title}</h1>\n{content}\n</article></main></body></html>\n"
    )
