"""Text → terms for word search: one analysis for every store, so that all of them rank alike.
Left out: weights and ranking, which are the store's."""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

import Stemmer

from index.language import STEMMERS, function_words

_WORD = re.compile(r"[^\W_]+")
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
    kept = [word for word in _words(question) if word not in function_words(language)]
    order = [language, *sorted(set(languages) - {language})]
    return list(dict.fromkeys(_term(word, code) for code in order for word in kept))


def passage_terms(text: str, language: str) -> list[str]:
    """Terms of a text in order, repetitions kept, function words of its language left out."""
    dropped = function_words(language)
    return [_term(word, language) for word in _words(text) if word not in dropped]


def _words(text: str) -> list[str]:
    # The apostrophe splits, so elision needs no rule: "l'été" gives "l", a function word, and "été".
    words: list[str] = []
    for match in _WORD.finditer(unicodedata.normalize("NFKC", text).casefold()):
        word, at = match.group(), 0
        for run in _UNSPACED.finditer(word):
            words += [word[at : run.start()]] if run.start() > at else []
            words += [run.group()[i : i + 2] for i in range(max(1, len(run.group()) - 1))]
            at = run.end()
        words += [word[at:]] if at < len(word) else []
    return words


@lru_cache(maxsize=65536)
def _term(word: str, language: str) -> str:
    name = STEMMERS.get(language)
    stem = _stemmer(name).stemWord(word) if name else word
    marks_off = "".join(c for c in unicodedata.normalize("NFKD", stem) if not unicodedata.combining(c))
    return marks_off or word


def _stemmer(name: str) -> Stemmer.Stemmer:
    found = getattr(_stemmers, name, None)
    if found is None:
        found = Stemmer.Stemmer(name)
        setattr(_stemmers, name, found)
    return found
