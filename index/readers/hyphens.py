"""Two lines of a paragraph broken at a width → one: words broken by a hyphen become whole, Chinese and Japanese go on
without a space. Left out: which lines belong together (`line_breaks.py`, `pdf_lines.py`), hyphens for a part of a word
that comes later ("Vor- und Nachteile")."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

_TAIL: Final = 100
"""Characters looked at behind a line for a broken word: a hostile line is very long."""

HAN: Final = re.compile("[\u2e80-\u312f\u31a0-\u9fff\uf900-\ufaff\uff00-\uff9f]")
"""Chinese and Japanese, their marks too; Korean is written with spaces."""

_BROKEN: Final = re.compile(r"([^\W_]+(?:[-‐’'][^\W_]+)*)([-‐])$")
_FIRST_WORD: Final = re.compile(r"([^\W_]+)(-?)")
_WORDS: Final = re.compile(r"[^\W_]+(?:-[^\W_]+)*")
_KEEPS_HYPHEN: Final = frozenset("il elle ils elles je tu là ci même mêmes".split())
"""Whole words that French joins by a hyphen ("dit-il", "celui-là")."""


class Hyphens:
    """Joins lines; knows the words of the file, to tell a broken word from two words with a hyphen."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._known: set[str] = set()
        for line in lines:
            whole = line[:-_TAIL] + _BROKEN.sub("", line[-_TAIL:])
            self._known.update(_WORDS.findall(whole.casefold().replace("‐", "-")))

    def joint(self, words: str, text: str) -> tuple[str, str]:
        """The words of the lines so far, without a hyphen that only broke a word, and what stands between them and
        `text`, the next line, which holds a word."""
        broken, after = _BROKEN.search(words[-_TAIL:]), _FIRST_WORD.match(text)
        if broken and after:
            real = self._is_real(broken[1], after[1], goes_on=bool(after[2]))
            return (words if real else words[:-1]), ""
        if words.endswith(("/", "\u2014")):
            return words, ""
        if HAN.search(words[-_TAIL:]) and HAN.search(text[:_TAIL]):
            number = words[-1:].isdigit() and text[0].isdigit()  # Chinese breaks its lines inside a number too
            return words, "" if number or HAN.match(words[-1:]) or HAN.match(text) else " "
        return words, " "

    def _is_real(self, head: str, tail: str, *, goes_on: bool) -> bool:
        """`goes_on`: a hyphen follows the tail. A word that has hyphens anyway is broken at them: "arc-" and
        "en-ciel", unless the word that would be whole is known: "govern-" and "ment-funded"."""
        head_word = head.casefold().replace("‐", "-")
        if (tail[0].isupper() and not head.isupper()) or not tail[0].isalpha() or head[-1:].isdigit():
            return True
        if head_word + tail.casefold() in self._known:
            return False
        both = f"{head_word}-{tail.casefold()}"
        return goes_on or both in self._known or "-" in head_word or tail.casefold() in _KEEPS_HYPHEN
