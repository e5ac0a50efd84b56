"""A tree of elements, of HTML or of what trafilatura makes of it → its blocks, with the words as a page shows them.
Left out: which part of a page is the article (`html.py`), files (`docx.py`, `epub.py`)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from lxml import etree
from lxml import html as lxml_html

from index.errors import UnreadableArticle
from index.readers.blocks import Block, Kind

_LONG_TAG: Final = re.compile(rb"<[^<>]{50000}")
"""The parser's time grows with the square of a tag's attributes."""

_HEADING: Final = re.compile(r"h[1-6]")
_SPACE: Final = re.compile(r"[ \t\r\n\f]+")
_SAME: Final = {"item": "li", "row": "tr", "cell": "td", "th": "td", "lb": "br", "list": "ul"}
"""Elements of trafilatura by their names in HTML."""

_UNSEEN: Final = frozenset(
    ["script", "style", "template", "noscript", "svg", "math", "iframe", "object", "button", "select", "textarea"]
)
_IN_LINES: Final = frozenset(
    "a abbr acronym b bdi bdo big br cite code data del dfn em font hi i img ins kbd label mark q ref rp rt ruby s "
    "samp small span strike strong sub sup time tt u var wbr".split()
)


def parse_page(source: bytes) -> etree._Element:
    """A page of HTML in UTF-8 as a tree: many are no valid XML. Raises UnreadableArticle for what is none."""
    if _LONG_TAG.search(source):
        raise UnreadableArticle("it holds a tag of more than 50,000 characters")
    try:
        # As bytes: text that names an encoding in its head is refused otherwise.
        parser = lxml_html.HTMLParser(encoding="utf-8", no_network=True, huge_tree=False)
        return lxml_html.document_fromstring(source, parser=parser)
    except (etree.LxmlError, ValueError, RecursionError) as error:
        raise UnreadableArticle(f"it is no page of HTML that can be read ({error})") from error


def blocks_of(tree: etree._Element) -> Iterator[Block]:
    """The blocks that hold words, in order. Without recursion: a page may be nested as deep as it likes."""
    return _Walk().blocks(tree)


class _Walk:
    """Where a walk stands: the words of the block under way, and what it is."""

    def __init__(self) -> None:
        self._words: list[str] = []
        self._kind: Kind = "text"
        self._mark = ""
        self._cells: list[str] | None = None
        self._first_row = True
        self._in_cell: list[bool] = []  # of each table around: whether it stands in a cell of another
        self._verbatim = 0
        self._unseen = 0
        self._numbers: list[int | None] = []  # of each list around: its last number, None without

    def blocks(self, tree: etree._Element) -> Iterator[Block]:
        for event, node in etree.iterwalk(tree, events=("start", "end", "comment", "pi")):
            if event == "start":
                yield from self._begin(_name(node), node)
                self._add(node.text)
            elif event == "end":
                yield from self._end(_name(node))
            if event != "start" and node is not tree:
                self._add(node.tail)
        yield from self._flush()

    def _begin(self, name: str, node: etree._Element) -> Iterator[Block]:
        self._unseen += name in _UNSEEN
        if name == "br":
            self._words.append("\n")
        if name in _IN_LINES:
            return
        yield from self._flush()
        self._verbatim += name == "pre"
        if _HEADING.fullmatch(name):
            self._kind, self._mark = "heading", "#" * int(name[1]) + " "
        elif name in ("ul", "ol"):
            self._numbers.append(0 if name == "ol" else None)
        elif name == "li":
            self._kind, self._mark = "item", self._bullet()
        elif name == "table":
            self._in_cell.append(self._cells is not None)
            yield from self._row()  # up to here: the table's own rows come next
            self._first_row = True
        elif name == "tr":
            self._cells = []

    def _end(self, name: str) -> Iterator[Block]:
        self._unseen -= name in _UNSEEN
        if name in _IN_LINES:
            return
        if name == "td":
            self._end_cell()
        yield from self._flush()
        self._verbatim -= name == "pre"
        if name in ("ul", "ol") and self._numbers:
            self._numbers.pop()
        elif name == "tr":
            yield from self._row()
        elif name == "table" and self._in_cell and self._in_cell.pop():
            self._cells, self._first_row = [], True  # the row around goes on, below the table in it
        if _HEADING.fullmatch(name) or name == "li":
            self._kind, self._mark = "text", ""

    def _end_cell(self) -> None:
        if self._cells is not None:
            self._cells.append(" ".join(self._taken().split("\n")))

    def _row(self) -> Iterator[Block]:
        if "".join(self._words).strip():
            self._end_cell()
        row, self._cells = " | ".join(self._cells or []).strip(), None
        if row.strip("| "):
            yield ("text" if self._first_row else "row"), row
            self._first_row = False

    def _bullet(self) -> str:
        if not self._numbers or self._numbers[-1] is None:
            return "- "
        number = self._numbers[-1] = self._numbers[-1] + 1
        return f"{number}. "

    def _add(self, text: str | None) -> None:
        if text and not self._unseen:
            self._words.append(text.replace("\r\n", "\n") if self._verbatim else _SPACE.sub(" ", text))

    def _taken(self) -> str:
        words = "".join(self._words)
        self._words.clear()
        if self._verbatim:
            return words.strip("\n").rstrip()
        return re.sub(r" *\n *", "\n", re.sub(r" {2,}", " ", words)).strip()

    def _flush(self) -> Iterator[Block]:
        if self._cells is not None:
            self._words.append(" ")  # paragraphs of one cell stand on its line
            return
        words = self._taken()
        if words:
            yield self._kind, self._mark + (" ".join(words.split("\n")) if self._kind == "heading" else words)
            self._kind, self._mark = "text", ""  # the second paragraph of an item is no item


def _name(node: etree._Element) -> str:
    if not isinstance(node.tag, str):  # a comment or a processing instruction
        return "span"
    name = etree.QName(node).localname.lower()
    if name == "head" and node.get("rend"):  # trafilatura's heading
        return str(node.get("rend"))
    return "ol" if name == "list" and node.get("rend") == "ol" else _SAME.get(name, name)
