"""A Word document (.docx) → one article: paragraphs, headings, lists, tables, notes. Left out: pictures, headers and
footers, comments, text boxes, the older .doc."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.parsers.expat import ExpatError
from zipfile import ZipFile

from lxml import etree
from lxml import html as lxml_html

from index.errors import UnreadableArticle
from index.readers.archives import opened_archive, xml_of
from index.readers.blocks import join_blocks
from index.readers.cleaning import clean_blocks
from index.readers.fields import make_article
from index.readers.markup import blocks_of
from index.types import Article

_PROPERTIES = "docProps/core.xml"
_NAMES = {"title": "{*}title", "author": "{*}creator", "language": "{*}language"}


def read(file: Path, identity: str) -> Iterator[tuple[str, Article | UnreadableArticle]]:
    """See `readers.Reader`. The title is that of the document's properties, else its first heading."""
    import mammoth

    with opened_archive(file) as archive:
        fields = _properties(archive)
        try:
            with file.open("rb") as opened:
                # A paragraph of the style "Title" comes as a heading of the first level, pictures as nothing.
                page = mammoth.convert_to_html(
                    opened,
                    style_map="p[style-name='Title'] => h1:fresh",
                    convert_image=mammoth.images.img_element(_none),
                ).value
        except (ExpatError, KeyError, ValueError, AttributeError, IndexError, OSError, RecursionError) as error:
            raise UnreadableArticle(f"it is no Word document that can be read ({error})") from error
    tree = lxml_html.fromstring(f"<div>{page}</div>", parser=lxml_html.HTMLParser(no_network=True))
    blocks = list(clean_blocks(blocks_of(_without_back_links(tree))))
    heading = blocks[0][1].lstrip("# ") if blocks and blocks[0][0] == "heading" else None
    if heading and fields.get("title") in (None, heading):
        fields["title"] = heading
        del blocks[0]
    yield "", make_article(identity, join_blocks(blocks), fields)


def _properties(archive: ZipFile) -> dict[str, Any]:
    if _PROPERTIES not in archive.namelist():
        return {}
    tree = xml_of(archive, _PROPERTIES)
    return {name: found for name, path in _NAMES.items() if (found := tree.findtext(path))}


def _none(image: object) -> dict[str, str]:
    return {}


def _without_back_links(tree: etree._Element) -> etree._Element:
    """Notes lead back to where they stand by an arrow that is no word of the document."""
    for link in tree.xpath("//a[starts-with(@href, '#footnote-ref') or starts-with(@href, '#endnote-ref')]"):
        link.text = ""
    return tree
