"""The day on which a PDF says that it was published, from its metadata in XML (XMP). Left out: metadata that is
compressed, which the standard advises against, so that it can be found without reading the file as a PDF.

The file's own CreationDate and ModDate, and what XMP has of the same kind (`xmp:CreateDate`), are no such days: a
program notes there when it wrote the file, and an article of 1998 that is printed today carries today's date. No date
is better than a wrong one: answers show it, and questions are filtered by it.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from lxml import etree

_PACKET: Final = b"<x:xmpmeta"
_END: Final = b"</x:xmpmeta>"
_MOST_PACKETS: Final = 100
"""Pictures have some too, and each change of the file adds one; the last that states a day counts."""

_MOST_BYTES: Final = 1_000_000
_STATED: Final = re.compile(
    r"\{http://prismstandard\.org/namespaces/[^}]*\}(?:publicationDate|coverDate)|\{http://purl\.org/dc/terms/\}issued"
)
_DAY: Final = re.compile(r"\s*(\d{4})(?:-(\d\d))?(?:-(\d\d))?(?=[T\s]|$)", re.ASCII)


def published_day(file: Path) -> str | None:
    """As YYYY-MM-DD; the first of the month or year if no more is said. None if the file says none."""
    content = file.read_bytes()
    end = len(content)
    for _ in range(_MOST_PACKETS):
        end = content.rfind(_PACKET, 0, end)
        if end < 0:
            return None
        day = next((day for stated in _stated(content[end : end + _MOST_BYTES]) if (day := _day(stated))), None)
        if day:
            return day
    return None


def _stated(packet: bytes) -> Iterator[str]:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    try:
        tree = etree.fromstring(packet.partition(_END)[0] + _END, parser)
    except etree.XMLSyntaxError:
        return
    for element in tree.iter(etree.Element):
        yield from (str(value) for name, value in element.attrib.items() if _STATED.fullmatch(str(name)))
        if _STATED.fullmatch(str(element.tag)):
            yield "".join(str(text) for text in element.itertext())


def _day(stated: str) -> str | None:
    found = _DAY.match(stated)
    try:
        return datetime.date(*(int(part or 1) for part in found.groups())).isoformat() if found else None
    except ValueError:
        return None
