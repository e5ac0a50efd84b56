"""Blocks of a text → the text: what readers of marked-up formats have in common. Left out: finding the blocks."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal

Kind = Literal["heading", "item", "row", "text"]
"""What a block is: the rows of a table below its first one are of the kind "row"."""

Block = tuple[Kind, str]
"""A block and its words; those of a heading begin with its `#` to `######`."""

# A line that reads like a heading and is none: a comment in code, an escaped mark.
_LIKE_HEADING = re.compile(r"(?<![^\n\r\u2028\u2029])([^\S\n\r]*#{1,6}) ")


def join_blocks(blocks: Iterable[Block]) -> str:
    """Blocks apart by a blank line, list items and table rows by a line break. A line of another block that would
    read like a heading has a no-break space behind its `#`."""
    parts, above = [], "text"
    for kind, words in blocks:
        together = kind == "row" or kind == above == "item"
        parts.append("\n" if together else "\n\n")
        parts.append(words if kind == "heading" else _LIKE_HEADING.sub("\\1\u00a0", words))
        above = kind
    return "".join(parts).strip("\n")
