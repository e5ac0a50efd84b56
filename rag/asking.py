"""What came in, checked and understood: a question that stands by itself, and its parts. Left out: the rules by
which it is understood (`conversation.py`, `compound.py`), finding anything."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from index.language import detect_language
from index.store import IndexStore
from index.types import Filters
from rag.answer_cache import Key
from rag.compound import split_question
from rag.conversation import Earlier, is_courtesy, leans, standalone_question
from rag.errors import InvalidQuestion
from rag.settings import RagSettings
from rag.types import Answer, Turn
from rag.validation import check_filter_language, check_filters, check_language, checked_question

TURNS_USED: Final = 6
"""Earlier questions looked at: what was spoken of before is seldom meant any more."""


FEW_WORDS: Final = 6
"""In so many words, languages near to one another are hard to tell apart."""


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked, checked, of which generation, and when. `standalone` says the same as `text` without what
    was asked before, in `parts`; `language` is the one named with the question, or the detected one."""

    id: str
    text: str
    standalone: str
    parts: tuple[str, ...]
    language: str
    only: Filters
    limit: int
    store: IndexStore
    began: float

    @property
    def key(self) -> Key:
        return self.store.info.generation, self.standalone, self.language, self.only, self.limit


def checked_request(
    question: str,
    language: str | None,
    history: Sequence[Turn],
    only: Filters,
    limit: int | None,
    settings: RagSettings,
    index: Callable[[], IndexStore],
    ask: Callable[[str], Answer],
) -> Request:
    """The request, understood; `ask` answers an earlier question. Raises InvalidQuestion, QuestionTooLong,
    InvalidFilter, and what `index` and `ask` raise."""
    began = time.perf_counter()
    text = checked_question(question, settings.max_question_chars)
    limit = settings.limit if limit is None else limit
    if not 1 <= limit <= 10:
        raise InvalidQuestion(f"limit is {limit}; it must lie between 1 and 10.", "limit")
    check_filters(only)
    if language is not None:
        check_language(language)
    store = index()
    check_filter_language(only, store.languages)
    history = [turn for turn in history if not is_courtesy(turn.question)][-TURNS_USED:]
    known = language or _language_of(text, history)
    standalone = _standalone(text, known, history, settings, ask) if history else text
    parts = split_question(standalone, known)
    # With fewer extracts than parts, some would have none though there is one: it is answered as a whole.
    parts = parts if len(parts) <= limit else (standalone,)
    identity = f"ans_{uuid.uuid4().hex}"
    return Request(identity, text, standalone, parts, known, only, limit, store, began)


def _language_of(text: str, history: Sequence[Turn]) -> str:
    """The language detected, or, of a few words that look like none there are rules for, that of the question before:
    "And her husband?" by itself looks Danish."""
    own = detect_language(text)
    if not history or own in ("en", "fr") or len(text.split()) > FEW_WORDS:
        return own
    return detect_language(history[-1].question)


def _standalone(
    text: str, language: str, history: Sequence[Turn], settings: RagSettings, ask: Callable[[str], Answer]
) -> str:
    """What a question asks that may lean on earlier ones. Their answers are not kept: where the last one is
    needed, its question is asked again, mostly from the cache, so that any server understands the same."""
    *before, last = [Earlier(_plain(turn.question)[: settings.max_question_chars]) for turn in history]
    if standalone_question(text, language, [*before, last]) == text and not leans(text, language):
        return text
    own = detect_language(last.question)
    asked = standalone_question(last.question, own if own in ("en", "fr") else language, before)
    try:
        answer = ask(asked)
    except InvalidQuestion:  # it asked nothing, or too much: it may still name what is meant
        return standalone_question(text, language, [*before, last])
    if not answer.extracts or answer.confidence != "high":  # one bad answer would spoil the next question
        return standalone_question(text, language, [*before, last])
    first = answer.extracts[0]
    known = Earlier(last.question, first.short_text or first.text, (first.citation.title,))
    return standalone_question(text, language, [*before, known])


def _plain(question: str) -> str:
    """An earlier question on one line, without halves of surrogate pairs."""
    return " ".join(question.encode("utf-8", "ignore").decode().split())
