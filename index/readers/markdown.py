"""Markdown with optional YAML front matter → one article.

The text keeps what can be quoted and the headings (as lines of `#`); emphasis, links, pictures and
raw HTML leave only their words, so that a quote reads as it does on a page. Left out: tables
beyond their rows as lines, headings written in HTML, footnotes, other flavours.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.token import Token

from index.errors import UnreadableArticle
from index.readers.blocks import Block, Kind, join_blocks
from index.readers.cleaning import clean_blocks
from index.readers.encodings import decode
from index.readers.fields import make_article
from index.readers.plain_text import split_front_matter
from index.types import Article

_MAX_NESTING: Final = 100  # a quote counts one, a list two
_TOO_DEEP: Final = "its lists, quotes or links are nested too deep (about 50 levels are read); make them flatter"

_LINE_BREAK_TAG = re.compile(r"<br\b", re.IGNORECASE)
_UNSEEN_HTML = re.compile(
    r"<(script|style|template)\b.*?(?:</\1\s*>|\Z)|<!--.*?(?:-->|\Z)|<\?.*?(?:\?>|\Z)|<![A-Z][^>]*(?:>|\Z)",
    re.IGNORECASE | re.DOTALL,
)
_TAG = re.compile(r"</?([a-z][a-z0-9-]*)(?:\"[^\"]*\"|'[^']*'|[^<>\"'])*>", re.IGNORECASE)
_TAGS_IN_LINES = frozenset(
    "a abbr b bdi bdo big cite code del dfn em font i ins kbd mark q s samp small span strong sub sup time tt u var "
    "wbr".split()
)


def read(file: Path, identity: str) -> Iterator[tuple[str, Article | UnreadableArticle]]:
    """See `readers.Reader`. A first heading of the first level serves as title if none is given."""
    fields, source = split_front_matter(decode(file))
    text = to_text(source)
    first = text.split("\n", 1)[0]
    title = first[2:].strip() if first.startswith("# ") else None
    yield "", make_article(identity, text, fields, title)


def to_text(source: str) -> str:
    """Markdown without its markup and what cannot be quoted (`cleaning.py`): blocks apart by a blank line, list items
    and table rows by a line break, headings as `#` to `######` and their words. A line of another block that would
    read like a heading has a no-break space behind its `#`. Raises UnreadableArticle if blocks are nested too deep."""
    return join_blocks(clean_blocks(_blocks(_parse(source))))


def _parse(source: str) -> Sequence[Token]:
    parser = MarkdownIt("commonmark", {"maxNesting": _MAX_NESTING}).enable("table")
    try:
        tokens = parser.parse(source)
    except RecursionError as error:
        raise UnreadableArticle(_TOO_DEEP) from error
    if any(token.level >= _MAX_NESTING - 1 for token in tokens):  # the parser drops what lies deeper, silently
        raise UnreadableArticle(_TOO_DEEP)
    return tokens


def _blocks(tokens: Sequence[Token]) -> Iterator[Block]:
    """The blocks that hold words, in order."""
    kind: Kind = "text"
    mark = ""
    cells: list[str] | None = None
    in_table = False
    for token in tokens:
        if token.type == "heading_open":
            kind, mark = "heading", "#" * int(token.tag[1]) + " "
        elif token.type == "list_item_open":
            kind, mark = "item", f"{token.info}{token.markup} " if token.info else "- "
        elif token.type in ("heading_close", "list_item_close", "table_close"):
            kind, mark, in_table = "text", "", False  # an empty heading or item marks nothing behind it
        elif token.type == "tr_open":
            cells = []
        elif token.type == "tr_close":
            row, cells = " | ".join(cells or []).strip(), None
            if row.strip("| "):
                yield "row" if in_table else kind, mark + row
                mark, in_table = "", True
        elif token.type in ("inline", "fence", "code_block", "html_block"):
            words = _words(token)
            if cells is not None:
                cells.append(" ".join(words.split("\n")))
            elif words.strip():
                yield kind, mark + (" ".join(words.split("\n")) if kind == "heading" else words)
                kind, mark = "text", ""


def _words(token: Token) -> str:
    if token.type == "inline":
        return re.sub(r"[ \t]*\n\s*", "\n", _inline(token.children or [])).strip()
    return _html(token.content) if token.type == "html_block" else token.content.rstrip("\n")


def _inline(tokens: Sequence[Token]) -> str:
    words = []
    for token in tokens:
        if token.type in ("text", "code_inline"):
            words.append(token.content)
        elif token.type == "softbreak":
            words.append(" ")  # a wrapped line goes on
        elif token.type == "hardbreak" or (token.type == "html_inline" and _LINE_BREAK_TAG.match(token.content)):
            words.append("\n")
        elif token.type == "image":
            words.append(_inline(token.children or []))
    return "".join(words)


def _html(source: str) -> str:
    """The words of a block of HTML; what a page shows apart stands on lines of its own."""
    seen = _TAG.sub(
        lambda tag: "" if tag.group(1).lower() in _TAGS_IN_LINES else "\n",
        " ".join(_UNSEEN_HTML.sub(" ", source).split()),
    )
    lines = (" ".join(html.unescape(line).split()) for line in seen.split("\n"))
    return "\n".join(line for line in lines if line)
