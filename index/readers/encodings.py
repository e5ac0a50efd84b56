"""A file's bytes → its text, in whatever encoding. Left out: encodings that a page names itself: most are wrong about
nothing but UTF-8, which is tried first."""

from __future__ import annotations

import codecs
from pathlib import Path
from typing import Final

from index.errors import UnreadableArticle

_MARKS: Final = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_WESTERN: Final = frozenset("àâäáãåçéèêëíìîïñóòôöõøúùûüÿæœßÀÂÄÁÃÅÇÉÈÊËÍÌÎÏÑÓÒÔÖÕØÚÙÛÜŸÆŒ«»‘’“”„–—…€£°§©®·¿¡\u00a0")
"""What stands beside ASCII in Western European text."""

_MOST_WESTERN: Final = 0.25
"""Its share of the text, at most; in other alphabets nearly every letter is outside ASCII."""


def decode(file: Path) -> str:
    """The file's text, a byte-order mark and carriage returns left out. UTF-8 where it is valid, else the encoding that
    fits best.

    Raises UnreadableArticle if there is none, or it holds NUL bytes that are no UTF-16 or UTF-32.
    """
    raw = file.read_bytes()
    text = _decoded(raw)
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _decoded(raw: bytes) -> str:
    if raw.startswith(_MARKS):
        return _guessed(raw)
    if b"\0" in raw:
        raise UnreadableArticle("it holds NUL bytes, so it is no text file")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        # charset-normalizer takes short French texts for Japanese or Polish.
        western = raw.decode("cp1252", "replace")
        beyond = [character for character in western if character > "\x7f"]
        if _WESTERN.issuperset(beyond) and len(beyond) <= _MOST_WESTERN * len(western):
            return western
        return _guessed(raw)


def _guessed(raw: bytes) -> str:
    from charset_normalizer import from_bytes  # a tenth of a second, for those who have such files

    best = from_bytes(raw).best()
    if best is None:
        raise UnreadableArticle("its encoding cannot be told; save it as UTF-8")
    return str(best).removeprefix("\ufeff")
