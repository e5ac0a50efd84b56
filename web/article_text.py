"""An article's text as blocks to show, with the cited characters apart. Cutting counts code points
and happens here, never in the browser. Left out: the markup (`templates/article.html`)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from index.types import Span

HEADING: Final = re.compile(r"(#{1,6}) +")


@dataclass(frozen=True, slots=True)
class Piece:
    """Characters that are all cited or all not."""

    text: str
    cited: bool


@dataclass(frozen=True, slots=True)
class Block:
    """A heading (level 1 to 6) or a paragraph (level 0)."""

    level: int
    pieces: tuple[Piece, ...]

    @property
    def text(self) -> str:
        """The whole block."""
        return "".join(piece.text for piece in self.pieces)

    @property
    def cited(self) -> bool:
        """Whether any of its characters are."""
        return any(piece.cited for piece in self.pieces)


def cut_blocks(text: str, cited: Span | None) -> list[Block]:
    """Headings and paragraphs in order. Left out are only blank lines, line ends between blocks and
    the `#` before headings. A citation across blocks is marked in each."""
    return [Block(level, tuple(_cut_pieces(text, span, cited or Span(0, 0)))) for level, span in _find_blocks(text)]


def _find_blocks(text: str) -> Iterator[tuple[int, Span]]:
    paragraph: Span | None = None
    position = 0
    for line in text.split("\n"):
        end = position + len(line)
        heading = HEADING.match(line)
        if paragraph and (heading or not line.strip()):
            yield 0, paragraph
            paragraph = None
        if heading:
            yield len(heading[1]), Span(position + heading.end(), end)
        elif line.strip():
            paragraph = Span(paragraph.start if paragraph else position, end)
        position = end + 1
    if paragraph:
        yield 0, paragraph


def _cut_pieces(text: str, block: Span, cited: Span) -> Iterator[Piece]:
    first = min(max(cited.start, block.start), block.end)
    last = min(max(cited.end, first), block.end)
    for start, end, inside in ((block.start, first, False), (first, last, True), (last, block.end, False)):
        if start < end:
            yield Piece(text[start:end], inside)
