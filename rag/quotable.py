"""Which sentences may be quoted. Left out: which of them answers (`sentence_scores.py`)."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from functools import lru_cache
from itertools import groupby
from typing import Final

from index.lines import counted, key_of, lines_of, repeated, spaced_once
from index.store import IndexStore
from index.types import Article, Passage, Span

_CLOSING: Final = "\"'’”»)]\u00a0\u202f "
_TERMINAL: Final = (".", "!", "…", "。", "！", "۔", "।", "։", "።", "။", "។")
_QUESTION_MARKS: Final = ("?", "？", "؟", "\u037e")
_NO_FULL_STOP = re.compile(r"[\u0e00-\u0eff]")  # Thai and Lao end sentences with a space
_COPIED: Final = 0.8
"""An article that has a greater share of its lines in common with others is a copy of them, as notices and editions of
one text are; what stands around other articles is less of each."""

_BEGINNING: Final = 20_000
"""Characters of an article that are enough to know a copy: to look at 1.5 MB would take longer than the answer."""

LEAST_ROWS: Final = 3

_UNSPACED = re.compile(r"[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff]")


@lru_cache(maxsize=8192)
def quotable(text: str) -> bool:
    """Whether a sentence may be quoted: it must read as a statement, not as a question, a heading,
    a label, a byline or a list of tags, which attract questions by meaning but state nothing."""
    stripped = text.strip()
    bare = stripped.rstrip(_CLOSING)
    if stripped.startswith("#") or bare.endswith(_QUESTION_MARKS) or not any(c.isalpha() for c in bare):
        return False
    if not stripped.isascii() and _UNSPACED.search(stripped):
        return len(stripped) >= 8 and (bare.endswith(_TERMINAL) or bool(_NO_FULL_STOP.search(bare)))
    words = stripped.split()
    if len(words) < 4 or not any(c.isalpha() and not c.isupper() for c in stripped):
        return False
    if bare.endswith(_TERMINAL):
        return True
    # Without a full stop only a long run of words with few separators passes: a list item, a caption.
    separators = sum(stripped.count(mark) for mark in ",|·•;/:>")
    spelled = sum(any(c.isalpha() for c in word) for word in words)
    return spelled >= 8 and separators * 5 <= len(words)


def rows_of_tables(passage: Passage) -> set[Span]:
    """The lines that are rows of a table, `A | B` or `| A | B |`, but for the first, which names its columns: a row
    states something, though it is no sentence. Fewer than LEAST_ROWS of as many cells are none: menus and bylines look
    like that."""
    if "|" not in passage.text:
        return set()
    lines = [(line.strip("| ").split("|"), line, spans) for line, spans in lines_of(passage)]
    tables = (list(rows) for _, rows in groupby(lines, lambda row: len(row[0])))
    return {
        spans[0]
        for table in tables
        if len(table) >= LEAST_ROWS
        for cells, line, spans in table[1:]
        if len(spans) == 1 and sum(any(map(str.isalnum, cell)) for cell in cells) > 1 and any(map(str.isalpha, line))
    }


def repeated_sentences(passages: Sequence[Passage], store: IndexStore) -> set[tuple[int, Span]]:
    """The sentences, each with its passage's id, that stand on a line repeated over many articles of their source; not
    those of articles of which there are as many copies, for these have all their lines in common."""
    lines: list[tuple[Passage, int, int, list[Span]]] = []
    for passage in passages:
        article = store.article(passage.article_id)
        own = [(key_of(article, line), spans) for line, spans in lines_of(passage) if counted(line)]
        source = key_of(article) if own else 0
        lines += [(passage, source, key, spans) for key, spans in own]
    counts = _counts({key for _, source, line, _ in lines for key in (source, line)}, store)
    common = [(passage, spans) for passage, source, line, spans in lines if repeated(counts[line], counts[source])]
    copied = {i for i in {passage.article_id for passage, _ in common} if _is_copied(store.article(i), store)}
    return {(passage.id, span) for passage, spans in common if passage.article_id not in copied for span in spans}


def _is_copied(article: Article, store: IndexStore) -> bool:
    """Whether most of an article's lines are repeated ones."""
    source = key_of(article)
    own = {key_of(article, line) for line in map(spaced_once, article.text[:_BEGINNING].split("\n")) if counted(line)}
    counts = _counts({source, *own}, store)
    return sum(repeated(counts[line], counts[source]) for line in own) > _COPIED * len(own)


def _counts(keys: Collection[int], store: IndexStore) -> dict[int, int]:
    asked = list(keys)
    return dict(zip(asked, store.line_counts(asked), strict=True)) if asked else {}
