"""JSON Lines, one article a line → articles. A bad line is named and the others are read.
Left out: other field names than those of `interfaces.md`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from index.errors import UnreadableArticle
from index.readers.encodings import decode
from index.readers.fields import make_article
from index.types import Article


def read(file: Path, identity: str) -> Iterator[tuple[str, Article | UnreadableArticle]]:
    """See `readers.Reader`; `identity` is not used: each line has its own `id`."""
    seen: set[str] = set()
    for number, line in enumerate(decode(file).split("\n"), 1):
        if not line.strip():
            continue
        try:
            article = _article(line)
            if article.id in seen:
                raise UnreadableArticle(f"the id '{article.id}' stands on an earlier line too")
            seen.add(article.id)
            yield article.id, article
        except UnreadableArticle as error:
            yield f"line {number}", error


def _article(line: str) -> Article:
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise UnreadableArticle("it is not valid JSON; write one object a line") from error
    if not isinstance(fields, dict):
        raise UnreadableArticle("it must be an object with 'id', 'title' and 'text'")
    identity, text = fields.get("id"), fields.get("text")
    if not isinstance(identity, str | int) or identity == "":
        raise UnreadableArticle("it has no 'id'")
    if not isinstance(text, str):
        raise UnreadableArticle("it has no 'text'")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return make_article(str(identity), text, fields)
