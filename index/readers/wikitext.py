"""The source of a wiki page → its blocks. Left out: templates but for a few that only show their words (a sentence may
lack what another one shows), tables, pictures, notes, formulas, galleries, categories.

Braces, tables and notes are taken out here, in time that grows with the length, before mwparserfromhell reads what is
left, paragraph by paragraph: on nested marks that never close its time grows with the cube of their number.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Final

from index.errors import UnreadableArticle
from index.readers.blocks import Block, Kind

MOST_CHARS: Final = 4_000_000
"""Of a page; MediaWiki itself allows 2 MB."""

_MOST_MARKS: Final = 1000
"""Brackets in one paragraph; more take mwparserfromhell seconds at worst."""

_DROPPED: Final = (
    "ref|references|gallery|math|chem|ce|score|timeline|imagemap|templatestyles|graph|mapframe|maplink|hiero|inputbox|"
    "section|indicator|includeonly|style|script|categorytree"
)
_MARK: Final = re.compile(
    rf"<!--.*?(?:-->|\Z)|<(?:{_DROPPED})\b[^<>]*/>|(?P<open_tag><(?P<opened>{_DROPPED})\b[^<>]*>)|"
    rf"(?P<close_tag></(?P<closed>{_DROPPED})\s*>)|(?P<open>\{{\{{)|(?P<close>\}}\}})|"
    r"(?P<open_table>^[ \t:]*\{\|)|(?P<close_table>^[ \t]*\|\}(?!\}))",
    re.IGNORECASE | re.DOTALL | re.MULTILINE,
)
_TAG: Final = re.compile(r"</?(?P<name>[a-z][a-z0-9]*)\b[^<>]*>", re.IGNORECASE)
_TAGS_APART: Final = frozenset(
    "p div blockquote center table tr td th ul ol li dl dt dd pre poem hr h1 h2 h3 h4 h5 h6".split()
)
_MAGIC: Final = re.compile(r"__[^\W\d_]+__")
_HEADING: Final = re.compile(r"(={1,6})(.+?)\1$")
_ITEM: Final = re.compile(r"([*#:;]+)\s*(.*)")
_INTERLANGUAGE: Final = re.compile(r"[a-z]{2,3}(?:-[a-z]+)*:")
_KEPT: Final = {"lang": -1, "langue": -1, "nobr": 0, "nowrap": 0, "nobreak": 0, "small": 0, "petit": 0, "formatnum": 0}
"""Templates that show one of their values, by its number."""

_MEASURES: Final = frozenset(("convert", "cvt", "unité", "unité/2", "unit", "date", "date-"))
"""Templates that show their values in a row, those without `=`; of the first two only two."""


def wiki_blocks(source: str, dropped_links: Collection[str]) -> Iterator[Block]:
    """The blocks that hold words; `dropped_links` are the names of namespaces, casefolded, whose links show no words:
    files and categories. Raises UnreadableArticle if it is too long, or a paragraph holds too many brackets."""
    if len(source) > MOST_CHARS:
        raise UnreadableArticle(f"it has {len(source):,} characters; at most {MOST_CHARS:,} are read")
    seen = _MAGIC.sub("", _TAG.sub(_tag_words, without_templates(source)))
    for kind, mark, words in _lines(seen):
        shown = _inline(words, dropped_links)
        if shown:
            yield kind, mark + shown


def without_templates(source: str) -> str:
    """The source without comments, templates, tables and notes. One that is never closed stays as it is."""
    stack: list[tuple[str, list[str]]] = [("", [])]  # what opened, and the pieces behind it
    place = 0
    for found in _MARK.finditer(source):
        stack[-1][1].append(source[place : found.start()])
        place = found.end()
        group = found.lastgroup or ""
        if group in ("open", "open_table"):
            stack.append((group, [found[0]]))
        elif group in ("open_tag", "opened"):
            stack.append((found["opened"].lower(), [found[0]]))
        elif group:
            opening = {"close": "open", "close_table": "open_table"}.get(group) or found["closed"].lower()
            _close(stack, opening, found[0])
    stack[-1][1].append(source[place:])
    return "".join(piece for _, pieces in stack for piece in pieces)


def _close(stack: list[tuple[str, list[str]]], opening: str, mark: str) -> None:
    """Takes away what stands between the mark and its opening; others opened between them go with it."""
    depth = next((n for n in range(len(stack) - 1, max(0, len(stack) - 40), -1) if stack[n][0] == opening), 0)
    if not depth:
        stack[-1][1].append(mark if opening == "open" else "")
        return
    inside = "".join(piece for _, pieces in stack[depth:] for piece in pieces)
    del stack[depth:]
    if opening == "open":
        stack[-1][1].append(_template_words(inside[2:]))


def _template_words(inside: str) -> str:
    if len(inside) > 500:
        return ""
    name, *values = re.split(r"\|(?![^\[\]]*\]\])", inside)
    name = name.strip().casefold()
    if name.startswith("formatnum:"):
        return name.partition(":")[2]
    shown = [value.strip() for value in values if "=" not in value]
    if name in _KEPT and shown:
        return shown[_KEPT[name]]
    if name in _MEASURES:
        return " ".join(shown[:2] if name in ("convert", "cvt") else shown)
    return ""


def _tag_words(tag: re.Match[str]) -> str:
    name = tag["name"].lower()
    return "\n" if name == "br" else "\n\n" if name in _TAGS_APART else ""


def _lines(source: str) -> Iterator[tuple[Kind, str, str]]:
    """The blocks: what each is, its mark, its words with marks inside; lines of one paragraph are joined."""
    paragraph: list[str] = []
    for line in [*source.split("\n"), ""]:
        heading, item = _HEADING.match(line.rstrip()), _ITEM.match(line)
        if not (heading or item) and line.strip() and not line.startswith("----"):
            paragraph.append(line.strip())
            continue
        if paragraph:
            yield "text", "", " ".join(paragraph)
            paragraph = []
        if heading:
            yield "heading", "#" * len(heading[1]) + " ", heading[2].strip()
        elif item:
            indented = not item[1].strip(":")
            yield ("text", "", item[2]) if indented or item[1] == ";" else ("item", "- ", item[2])


def _inline(words: str, dropped_links: Collection[str]) -> str:
    """Words without links, emphasis and entities."""
    import mwparserfromhell  # for those who have wikis

    if len(words) > 20 and sum(words.count(mark) for mark in "[{<=") > _MOST_MARKS:
        raise UnreadableArticle(f"a paragraph holds more than {_MOST_MARKS:,} brackets; cut it")
    code = mwparserfromhell.parse(words)
    for link in code.filter_wikilinks(recursive=False):
        title = str(link.title).strip()
        space = title.partition(":")[0].strip().casefold()
        if (":" in title and space in dropped_links) or (link.text is None and _INTERLANGUAGE.match(title)):
            code.remove(link)
        elif title.startswith(":") and link.text is None:
            link.title = title[1:]
    return " ".join(code.strip_code(normalize=True, collapse=True).split())
