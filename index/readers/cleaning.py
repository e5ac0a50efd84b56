"""What is left out of the blocks of a page or document, a rule each: words that are no part of what can be quoted.
Left out: menus and frames of pages, which trafilatura takes away (`html.py`), boilerplate that only shows over many
articles, and data (`jsonl.py`), whose texts stay as they are."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Final

from index.readers.blocks import Block, Kind

_INVISIBLE: Final = re.compile("[\u00ad\u200b\u2060\ufeff]")
"""Soft hyphens, spaces of no width, marks of byte order. Joiners stay: Persian and emoji are written with them."""

_ODD_SPACES: Final = re.compile("[\u2000-\u200a\u205f\u3000]")
"""Spaces of other widths. No-break spaces stay: French is written with them."""

_READ_ALSO: Final = re.compile(
    r"(?:- )?(?:à lire(?: aussi| également)?|lire (?:aussi|également)|(?:à )?voir aussi|sur le même (?:sujet|thème)|"
    r"read (?:also|more|next)|also read|see also|related(?: articles?| stories| posts?)?|more on this|"
    r"recommended(?: for you)?)\s*[:：>»–—].*",
    re.IGNORECASE | re.DOTALL,
)
_READ_ALSO_CHARS: Final = 200
"""A longer block says something beside what it points to."""

_NAME: Final = r"(?:[^\W\d_a-zß-ÿ][\w.'’-]*|d[eu]|van|von|la|le)"
_BYLINE: Final = re.compile(
    rf"(?:[Pp]ar|PAR|[Bb]y|BY|[Vv]on)\s+{_NAME}(?:\s+{_NAME}){{0,4}}(?:(?:,|\s+(?:and|et|und|&))\s+{_NAME}(?:\s+{_NAME}){{0,4}}){{0,4}}"
)
_TAGS: Final = re.compile(r"(?:tags?|mots[- ]clés|étiquettes|keywords|filed under|thèmes?)\s*[:：].*", re.IGNORECASE)
_TAGS_CHARS: Final = 300


def clean_blocks(blocks: Iterable[Block]) -> Iterator[Block]:
    """The blocks that can be quoted, their characters mended."""
    for number, (kind, words) in enumerate(blocks):
        if cleaned := clean_words(number, kind, words):
            yield kind, cleaned


def clean_words(number: int, kind: Kind, words: str) -> str:
    """The words of one block, the first having the number 0, their characters mended; "" if it cannot be quoted."""
    mended = mend_characters(words)
    byline = number < 3 and kind == "text" and _BYLINE.fullmatch(mended)
    kept = mended.strip() and not byline and not _points_elsewhere(mended) and not _names_tags(mended)
    return mended if kept else ""


def mend_characters(text: str) -> str:
    """Normal form C, without what cannot be seen, spaces of one width."""
    return _ODD_SPACES.sub(" ", _INVISIBLE.sub("", unicodedata.normalize("NFC", text)))


def _points_elsewhere(words: str) -> bool:
    return len(words) <= _READ_ALSO_CHARS and _READ_ALSO.fullmatch(words) is not None


def _names_tags(words: str) -> bool:
    return len(words) <= _TAGS_CHARS and "\n" not in words and _TAGS.fullmatch(words) is not None
