"""Plain text with optional YAML front matter → one article. Left out: headings, which nothing marks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import yaml

from index.errors import UnreadableArticle
from index.readers.cleaning import clean_words
from index.readers.encodings import decode
from index.readers.fields import make_article
from index.readers.line_breaks import join_lines
from index.types import Article

_BETWEEN: Final = re.compile(r"(\n[^\S\n]*\n\s*)")


def read(file: Path, identity: str) -> Iterator[tuple[str, Article | UnreadableArticle]]:
    """See `readers.Reader`."""
    fields, text = split_front_matter(decode(file))
    yield "", make_article(identity, _cleaned(join_lines(text)), fields)


def _cleaned(text: str) -> str:
    """The paragraphs that can be quoted, with what stood between them."""
    pieces = _BETWEEN.split(text)
    kept = (clean_words(number, "text", words) for number, words in enumerate(pieces[::2]))
    return "".join(words + between for words, between in zip(kept, [*pieces[1::2], ""], strict=True) if words)


def split_front_matter(text: str) -> tuple[dict[str, Any], str]:
    """The fields between two lines of `---` at the top, and the text behind them.

    A text that does not start so, or has no closing line, has no front matter. Raises
    UnreadableArticle if what stands between the lines is not YAML of names and values.
    """
    lines = text.split("\n")
    if lines[0].rstrip() != "---":
        return {}, text
    closing = next((i for i, line in enumerate(lines[1:], 1) if line.rstrip() in ("---", "...")), None)
    if closing is None:
        return {}, text
    try:
        # BaseLoader keeps every value as written: `no` stays a word, 2025-02-30 reaches the date check.
        fields = yaml.load("\n".join(lines[1:closing]), Loader=yaml.BaseLoader)
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f" (line {mark.line + 2})" if mark else ""
        raise UnreadableArticle(f"its front matter is not valid YAML{where}; put texts with ':' in quotes") from error
    if fields is None or fields == "":
        return {}, "\n".join(lines[closing + 1 :])
    if not isinstance(fields, dict):
        raise UnreadableArticle("its front matter must be lines of 'name: value'")
    return fields, "\n".join(lines[closing + 1 :])
