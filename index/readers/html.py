"""A web page → one article: its main text without menus, notices and links elsewhere, and what it says of itself
(JSON-LD, Open Graph, its head). Left out: fetching it, pages that a script fills."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from lxml import etree

from index.errors import UnreadableArticle
from index.readers.blocks import join_blocks
from index.readers.cleaning import clean_blocks
from index.readers.encodings import decode
from index.readers.fields import make_article
from index.readers.markup import blocks_of, parse_page
from index.types import Article

_DATES: Final[dict[str, Any]] = {"extensive_search": False}
"""Only what is marked as the page's date: any other day it names may be of what it tells."""

_INLINE_DATA: Final = re.compile(r"data:[\w.+/-]*;base64,[\w+/=%\s]*")


def read(file: Path, identity: str) -> Iterator[tuple[str, Article | UnreadableArticle]]:
    """See `readers.Reader`."""
    from trafilatura import bare_extraction  # half a second, for those who have pages
    from trafilatura.settings import Document

    source = _INLINE_DATA.sub("", decode(file)).encode()
    tree = parse_page(source)
    language = tree.get("lang") or tree.get("{http://www.w3.org/XML/1998/namespace}lang")
    found = bare_extraction(
        tree, with_metadata=True, include_comments=False, include_tables=True, include_links=False,
        favor_precision=True, date_extraction_params={**_DATES, "original_date": True},
    )  # fmt: skip
    if not isinstance(found, Document) or found.body is None:
        raise UnreadableArticle("no main text was found in the page; save the article alone, or as Markdown")
    updated = _updated(parse_page(source))  # parsed anew: the first tree was taken apart
    fields: dict[str, Any] = {
        "title": found.title, "author": found.author, "date": found.date, "url": found.url,
        "source": found.sitename, "language": language, "tags": found.tags or [], "updated": updated,
    }  # fmt: skip
    if fields["updated"] == fields["date"]:
        del fields["updated"]
    blocks = list(clean_blocks(blocks_of(found.body)))
    if blocks and blocks[0] == ("heading", f"# {found.title}"):
        del blocks[0]  # the title stands above the text already
    yield "", make_article(identity, join_blocks(blocks), fields)


def _updated(tree: etree._Element) -> str | None:
    from htmldate import find_date

    found: str | None = find_date(tree, original_date=False, **_DATES)
    return found
