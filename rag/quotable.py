"""Which sentences may be quoted. Left out: which of them answers (`sentence_scores.py`)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from index.lines import counted, key_of, lines_of, repeated
from index.store import IndexStore
from index.types import Passage, Span

_CLOSING: Final = "\"'’”»)]\u00a0\u202f "
_TERMINAL: Final = (".", "!", "…", "。", "！", "۔", "।", "։", "።", "။", "។")
_QUESTION_MARKS: Final = ("?", "？", "؟", "\u037e")
_NO_FULL_STOP = re.compile(r"[\u0e00-\u0eff]")  # Thai and Lao end sentences with a space
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


def repeated_sentences(passages: Sequence[Passage], store: IndexStore) -> set[tuple[int, Span]]:
    """The sentences, each with its passage's id, that stand on a line repeated over many articles of their source."""
    lines: list[tuple[int, int, int, list[Span]]] = []
    for passage in passages:
        article = store.article(passage.article_id)
        own = [(key_of(article, line), spans) for line, spans in lines_of(passage) if counted(line)]
        source = key_of(article) if own else 0
        lines += [(passage.id, source, key, spans) for key, spans in own]
    asked = list({key for _, source, line, _ in lines for key in (source, line)})
    counts = dict(zip(asked, store.line_counts(asked), strict=True)) if asked else {}
    common = [(i, spans) for i, source, line, spans in lines if repeated(counts[line], counts[source])]
    return {(i, span) for i, spans in common for span in spans}
