"""Markdown with optional YAML front matter → one article.

The text keeps what can be quoted and the headings (as lines of `#`); emphasis, links, pictures and
raw HTML leave only their words, so that a quote reads as it does on a page. Left out: tables
beyond their rows as lines, footnotes, other flavours.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

from index.errors import UnreadableArticle
from index.readers.fields import decode, make_article
from index.readers.plain_text import split_front_matter
from index.types import Article


def read(file: Path, identity: str) -> Iterator[tuple[str, Article | UnreadableArticle]]:
    """See `readers.read_file`. A first heading of the first level serves as title if none is given."""
    fields, source = split_front_matter(decode(file))
    text = to_text(source)
    first = text.split("\n", 1)[0]
    title = first[2:].strip() if first.startswith("# ") else None
    yield str(file.absolute()), make_article(identity, text, fields, title)


def to_text(source: str) -> str:
    """Markdown without its markup: blocks apart by a blank line, list items and table rows by a
    line break, headings as `#` to `######` and their words."""
    blocks: list[str] = []
    prefix, item_above, cells = "", False, 0
    for token in MarkdownIt("commonmark").enable("table").parse(source):
        if token.type == "heading_open":
            prefix = "#" * int(token.tag[1]) + " "
        elif token.type == "list_item_open":
            prefix = f"{token.info}{token.markup} " if token.info else "- "
        elif token.type == "tr_open":
            cells = 0
        elif token.type in ("td_close", "th_close"):
            cells += 1
        elif token.type == "table_close":
            cells = 0
        elif token.type in ("inline", "fence", "code_block"):
            words = _inline(token.children or []) if token.type == "inline" else token.content.rstrip("\n")
            item = token.level > 0 and prefix != "" and not prefix.startswith("#")
            if words.strip():
                glue = " | " if cells else "\n" if item and item_above else "\n\n"
                blocks.append(glue + prefix + words)
                prefix, item_above = "", item
    return "".join(blocks).strip("\n")


def _inline(tokens: Sequence[Token]) -> str:
    words = []
    for token in tokens:
        if token.type in ("text", "code_inline"):
            words.append(token.content)
        elif token.type == "softbreak":
            words.append(" ")  # a wrapped line goes on
        elif token.type == "hardbreak":
            words.append("\n")
        elif token.type == "image":
            words.append(_inline(token.children or []))
    return "".join(words)
