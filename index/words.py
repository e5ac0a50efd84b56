"""Text → terms for word search: one analysis for every store, so that all of them rank alike.
Left out: weights and ranking, which are the store's."""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from itertools import groupby
from typing import Final

import Stemmer

from index.language import STEMMERS, function_words

# Invisible inside a word: soft hyphen, zero-width joiner, word joiner, variation selectors.
_INVISIBLE: Final = re.compile("[\u00ad\u200d\u2060\ufe00-\ufe0f\U000e0100-\U000e01ef]")
# Combining classes of what is written over and under letters: overlays, Hebrew and Arabic points,
# accents. Other marks (vowel signs, viramas, voicing of kana) are letters of their scripts.
_ACCENTS: Final = frozenset((1, *range(10, 36), *range(200, 256)))


WORDS_KEPT: Final = 32_768
"""Words of passages remembered with their terms, in each of up to eight languages: about 6 MB a language, reckoned."""


def _marks() -> str:
    """Combining marks, as ranges of a character class: `re` counts none of them as part of a word.
    Enclosing marks (keycaps) are not meant."""
    points = (i for i in range(0x300, 0x1F000) if unicodedata.category(chr(i)) in ("Mn", "Mc"))
    runs = [[i for _, i in run] for _, run in groupby(enumerate(points), lambda pair: pair[1] - pair[0])]
    return "".join(f"{chr(run[0])}-{chr(run[-1])}" for run in runs)


# No character matched here may be a space: the store's index of words splits at those.
_WORD: Final = re.compile(rf"[^\W_]+(?:[{_marks()}]+[^\W_]*)*")
_ASCII_WORD: Final = re.compile(r"[a-z0-9]+")
# Scripts written without spaces: their runs become overlapping pairs of characters, the usual
# stand-in for words where no dictionary is at hand.
_UNSPACED = re.compile(
    r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+"
)
_stemmers = threading.local()  # a Snowball stemmer keeps a buffer: one for each thread


def question_terms(question: str, language: str, languages: Iterable[str]) -> list[str]:
    """Terms to look for in passages of any of `languages`, in first-seen order, each once.

    Function words of the question's own language go first; what stays is stemmed as each
    language of the index stems, because passages were stemmed by their own.
    """
    dropped = function_words(language)
    kept = [word for word in _words(question) if word not in dropped]
    order = [language, *sorted(set(languages) - {language})]
    return list(dict.fromkeys(_term(word, code) for code in order for word in kept))


def passage_terms(text: str, language: str) -> list[str]:
    """Terms of a text in order, repetitions kept, function words of its language left out."""
    known = _known(language)
    return [term for word in _words(text) if (term := known[word])]


def _words(text: str) -> list[str]:
    # The apostrophe splits, so elision needs no rule: "l'été" gives "l", a function word, and "été".
    if text.isascii():  # the same, of characters among which are none that need the rest
        return _ASCII_WORD.findall(text.lower())
    plain = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text).casefold())
    found: list[str] = _WORD.findall(plain)
    return found if _UNSPACED.search(plain) is None else _in_pairs(found)


def _in_pairs(found: Iterable[str]) -> list[str]:
    words: list[str] = []
    for word in found:
        at = 0
        for run in _UNSPACED.finditer(word):
            words += [word[at : run.start()]] if run.start() > at else []
            words += [run.group()[i : i + 2] for i in range(max(1, len(run.group()) - 1))]
            at = run.end()
        words += [word[at:]] if at < len(word) else []
    return words


class _Known(dict[str, str]):
    """Words of passages in one language → their terms, "" for function words: one look for each word of a text, which
    takes two thirds of the time of asking `_term`."""

    def __init__(self, language: str) -> None:
        self._language, self._dropped = language, function_words(language)

    def __missing__(self, word: str) -> str:
        if len(self) >= WORDS_KEPT:
            self.clear()
        term = self[word] = "" if word in self._dropped else _term(word, self._language)
        return term


@lru_cache(maxsize=8)
def _known(language: str) -> _Known:
    return _Known(language)


@lru_cache(maxsize=65536)
def _term(word: str, language: str) -> str:
    name = STEMMERS.get(language)
    stem = _stemmer(name).stemWord(word) if name else word
    if stem.isascii():
        return stem or word
    bare = "".join(c for c in unicodedata.normalize("NFKD", stem) if unicodedata.combining(c) not in _ACCENTS)
    return unicodedata.normalize("NFC", bare) or word


def _stemmer(name: str) -> Stemmer.Stemmer:
    found = getattr(_stemmers, name, None)
    if found is None:
        found = Stemmer.Stemmer(name)
        setattr(_stemmers, name, found)
    return found
