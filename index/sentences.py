"""Text → sentence spans. The library `sentencex` proposes boundaries; this file adds those after
an ellipsis, takes back those that are wrong after abbreviations, initials, numbers of items and in
mid-word, and cuts what no sentence should be as long as. Left out: which sentences may be quoted
(`rag/quotable.py`)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import sentencex

from index.types import Span

MAX_SENTENCE_CHARS: Final = 800
"""A longer run without a boundary (a table, a list, a log) is cut at a clause or a space."""

_MAX_UNSPACED_CHARS: Final = 300  # the same for Chinese, Japanese, Thai: about one token a character
_HEADING = re.compile(r"#{1,6} ")
_ITEM = re.compile(r"(?:[-*•‣–—+]|\(?\d{1,3}[.)]|[a-z][.)])[ \t\u00a0]")
_END_MARKS: Final = ".!?…。！？؟۔;:»”\"'’)”"

# Abbreviations after which a full stop ends no sentence, lower case. Titles and references are
# always followed by what they announce; months only when a number follows.
_ANNOUNCING: Final = frozenset(
    "m mm mme mlle mgr me dr pr prof st ste mr mrs ms messrs gen gén col cap capt lt sgt adm sen rep gov hon rev "
    "art al av apr env cf ex fig p pp vol no nos nᵒ n° t chap éd ed r réf ref tél tel vs v approx ca c bd boul "
    "sr sra srta ud dña d hr fr frau bzw z b u vgl bspw ggf usw nr abs st str jh sig sigg dott avv sog sec".split()
)
_MONTHS: Final = frozenset(
    "janv jan févr fév feb mars mar avr apr mai juin juil jul août aug sept sep oct okt ott nov déc dec dez dic "
    "ene abr mayo ago gen lug".split()
)
_LAST_WORD = re.compile(r"(?:^|[\s(«“\"'’\u00a0-])([^\W\d_]+|n°)\.$")
# "Il hésite… Elle reste.": `sentencex` proposes nothing here. Not behind a space or a bracket, where
# the mark stands for words left out: "[…]". Bounded, so that odd texts take no longer.
_AFTER_ELLIPSIS = re.compile(r"[^\W_][?!]*…[?!]*(?:\s?[»”\"’']){0,3}\s++(?=[^\w…)\]]{0,9}([^\W\d_]))")
_TO_WORD = re.compile(r"\s*\S?")
_CELL_BORDER: Final = " | "  # how `readers/markdown.py` writes a row of a table: never a wrapped line


def sentence_spans(text: str, language: str, start: int = 0, end: int | None = None) -> list[Span]:
    """Spans of the sentences of `text[start:end]`, in order, without surrounding white space.

    Every character that is not white space lies in exactly one span. No span crosses a blank
    line, a heading or a list item. Source of the proposals: `sentencex` (rules of about 300
    languages; an unknown code falls back to English).
    """
    spans: list[Span] = []
    for block in _blocks(text, start, len(text) if end is None else end):
        for piece in _sentences(text, language, block):
            spans += _cut_long(text, piece)
    return spans


def _blocks(text: str, start: int, end: int) -> list[Span]:
    """Runs of lines that belong together. A line break joins only when a line was wrapped: the
    line above is long and unfinished, or the next goes on in lower case."""
    blocks: list[Span] = []
    last = Span(start, start)  # last line of the last block
    for match in re.finditer(r"[^\n\r\u2028\u2029]+", text[start:end]):
        line = _trim(text, Span(start + match.start(), start + match.end()))
        if line.start == line.end:
            continue
        if blocks and _continues(text, last, line):
            blocks[-1] = Span(blocks[-1].start, line.end)
            last = Span(start + match.start(), line.end)  # indented as it stands
        else:
            blocks.append(line)
            last = line
    return blocks


def _continues(text: str, above: Span, line: Span) -> bool:
    between = text[above.end : line.start]
    if between.count("\n") > 1 or (between.count("\r") > 1 and "\n" not in between):
        return False
    first, last = text[line.start : line.end], text[above.start : above.end].splitlines()[-1]
    if _HEADING.match(first) or _ITEM.match(first) or _HEADING.match(last):
        return False
    if _CELL_BORDER in first or _CELL_BORDER in last:
        return False
    return (
        first[0].islower()
        or (len(last) >= 60 and last[-1] not in _END_MARKS)
        or (len(last) >= 60 and not _ITEM.match(last) and len(first) >= 60)
    )


def _sentences(text: str, language: str, block: Span) -> list[Span]:
    part = text[block.start : block.end]
    if _HEADING.match(part):
        return [block]
    found: list[Span] = []
    for proposed in _proposals(part, language):
        piece = Span(block.start + proposed.start, block.start + proposed.end)
        before = text[found[-1].start : found[-1].end] if found else ""
        number = len(found) == 1 and _ITEM.fullmatch(before.rstrip() + " ")  # "1." of an item
        behind = _TO_WORD.match(text, piece.start, block.end)
        if found and (number or not _ends_sentence(before, behind.group() if behind else "")):
            found[-1] = Span(found[-1].start, piece.end)
        else:
            found.append(piece)
    trimmed = (_trim(text, span) for span in found)
    return [span for span in trimmed if span.start < span.end]


def _proposals(part: str, language: str) -> Iterator[Span]:
    for boundary in sentencex.get_sentence_boundaries(language, part):
        start, end = boundary["start_index"], boundary["end_index"]
        for match in _AFTER_ELLIPSIS.finditer(part, start, end):
            if match.group(1).isupper():
                yield Span(start, match.end())
                start = match.end()
        yield Span(start, end)


def _ends_sentence(before: str, after: str) -> bool:
    """Whether the boundary proposed is one. Of what is behind it, the first letter is enough."""
    if not after.strip() or not before.strip():
        return False
    stripped = before.rstrip()
    if stripped == before and before[-1] in ".'’" and after[0] not in '\n«“"':
        return False  # no space behind the stop: "J.-C.", "3.5", "loccit.toml"
    last = _LAST_WORD.search(stripped)
    if last:
        word = last.group(1).lower()
        single = len(word) == 1 and last.group(1).isupper()
        if single or word in _ANNOUNCING or (word in _MONTHS and after.lstrip()[:1].isdigit()):
            return False
    return not after.lstrip()[0].islower() or stripped[-1] not in ".…"


def _cut_long(text: str, span: Span) -> list[Span]:
    pieces: list[Span] = []
    start = span.start
    while span.end - start > (limit := _limit(text, start)):
        window = text[start : start + limit]
        at = max(window.rfind(mark) for mark in ("; ", ", ", "，", "、", "\n"))
        at = at + 1 if at > limit // 2 else window.rfind(" ")
        at = at if at > limit // 2 else limit
        pieces.append(_trim(text, Span(start, start + at)))
        start += at
    pieces.append(_trim(text, Span(start, span.end)))
    return [piece for piece in pieces if piece.start < piece.end]


def _limit(text: str, start: int) -> int:
    window = text[start : start + MAX_SENTENCE_CHARS]
    return MAX_SENTENCE_CHARS if window.count(" ") > len(window) // 30 else _MAX_UNSPACED_CHARS


def _trim(text: str, span: Span) -> Span:
    part = text[span.start : span.end]
    start = span.start + len(part) - len(part.lstrip())
    return Span(start, max(start, span.end - (len(part) - len(part.rstrip()))))
