"""The page of HTML in a mail → its blocks: without earlier mails, signatures, what is not shown, and the tables that
only place things. Left out: mails of plain text (`mail.py`)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from lxml import etree

from index.readers.blocks import Block
from index.readers.markup import blocks_of, parse_page

_CLASSES: Final = ("gmail_quote", "gmail_signature", "moz-signature", "moz-cite-prefix", "yahoo_quoted")
_QUOTED: Final = (
    "//blockquote[@type='cite'] | //*[@id='divRplyFwdMsg' or @id='appendonsend' or @hidden or "
    + " or ".join(f"contains(concat(' ', @class, ' '), ' {name} ')" for name in _CLASSES)
    + "]"
)
_UNSHOWN: Final = re.compile(r"(?:display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all)", re.IGNORECASE)
_BLOCKS: Final = frozenset("p h1 h2 h3 h4 h5 h6 ul ol div blockquote table".split())


def mail_blocks(source: str) -> Iterator[Block]:
    """Raises UnreadableArticle for what is no page."""
    body = parse_page(source.encode("utf-8", "replace")).find("body")
    if body is None:
        return
    for element in body.xpath(_QUOTED):
        _remove(element)
    for element in body.xpath(".//*[@style]"):
        if _UNSHOWN.search(element.get("style", "")):
            _remove(element)
    _open_layout(body)
    yield from blocks_of(body)


def _remove(element: etree._Element) -> None:
    """The words behind it stay."""
    parent = element.getparent()
    if parent is not None and element.tag != "body":
        element.drop_tree()


def _open_layout(body: etree._Element) -> None:
    """Tables that only place things become blocks: those that say so, hold blocks, or have rows of one cell."""
    layout = set()
    for table in body.iter("table"):
        if table.get("role") == "presentation":
            layout.add(table)
    for cell in body.iter("td", "th"):
        if any(child.tag in _BLOCKS for child in cell):
            table = next(cell.iterancestors("table"), None)
            if table is not None:
                layout.add(table)
    for table in body.iter("table"):
        rows = list(table.iterdescendants("tr"))
        if rows and all(len(row) < 2 for row in rows):
            layout.add(table)
    for table in layout:
        table.tag = "div"
        for part in table.iter("tr", "td", "th", "tbody", "thead"):
            if next(part.iterancestors("table"), None) is None:
                part.tag = "div"
