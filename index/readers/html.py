"""A web page → one article: its main text without menus, notices and links elsewhere, and what it says of itself
(JSON-LD, Open Graph, its head). Left out: fetching it, pages that a script fills."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from lxml import etree
from lxml import html as lxml_html

from index.errors import UnreadableArticle
from index.readers.blocks import join_blocks
from index.readers.cleaning import clean_blocks
from index.readers.encodings import decode
from index.readers.fields import make_article
from index.readers.markup import blocks_of
from index.types import Article

_DATES: Final[dict[str, Any]] = {"extensive_search": False}
"""Only what is marked as the page's date: any other day it names may be of what it tells."""

_INLINE_DATA: Final = re.compile(r"data:[\w.+/-]*;base64,[\w+/=%\s]*")
_LONG_TAG: Final = re.compile(r"<[^<>]{50000}")
"""The parser's time grows with the square of a tag's attributes."""


def read(file: Path, identity: str) -> Iterator[tuple[str, Article | UnreadableArticle]]:
    """See `readers.Reader`."""
    yield "", page_article(decode(file), identity)


def page_article(source: str, identity: str, url: str | None = None) -> Article:
    """The article of a page; `url` is where it was loaded from, if the page names no address of its own. Raises
    UnreadableArticle if no main text is found."""
    from trafilatura import bare_extraction  # half a second, for those who have pages
    from trafilatura.settings import Document

    tree = _parsed(source)
    language = tree.get("lang") or tree.get("{http://www.w3.org/XML/1998/namespace}lang")
    found = bare_extraction(
        tree, url=url, with_metadata=True, include_comments=False, include_tables=True, include_links=False,
        favor_precision=True, date_extraction_params={**_DATES, "original_date": True},
    )  # fmt: skip
    if not isinstance(found, Document) or found.body is None:
        raise UnreadableArticle("no main text was found in the page; save the article alone, or as Markdown")
    fields: dict[str, Any] = {
        "title": found.title, "author": found.author, "date": found.date, "url": found.url or url,
        "source": found.sitename, "language": language, "tags": found.tags or [], "updated": _updated(source),
    }  # fmt: skip
    if fields["updated"] == fields["date"]:
        del fields["updated"]
    blocks = list(clean_blocks(blocks_of(found.body)))
    if blocks and blocks[0] == ("heading", f"# {found.title}"):
        del blocks[0]  # the title stands above the text already
    return make_article(identity, join_blocks(blocks), fields)


def _parsed(source: str) -> etree._Element:
    """Raises UnreadableArticle for what is no page."""
    source = _INLINE_DATA.sub("", source)
    if _LONG_TAG.search(source):
        raise UnreadableArticle("it holds a tag of more than 50,000 characters")
    try:
        # As bytes: text that names an encoding in its head is refused otherwise.
        parser = lxml_html.HTMLParser(encoding="utf-8", no_network=True, huge_tree=False)
        tree = lxml_html.document_fromstring(source.encode(), parser=parser)
    except (etree.LxmlError, ValueError, RecursionError) as error:
        raise UnreadableArticle(f"it is no page of HTML that can be read ({error})") from error
    return tree


def _updated(source: str) -> str | None:
    from htmldate import find_date

    found: str | None = find_date(_parsed(source), original_date=False, **_DATES)
    return found
