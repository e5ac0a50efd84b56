"""Question → answer: checks what is asked, retrieves, and has it answered (`answering.py`), or gives
the answer again that it gave before. Left out: follow-ups and compound questions (history is accepted
and not used yet), HTTP."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from threading import Lock
from typing import Any

from index.embedder import Embedder, embedder_name, open_embedder
from index.language import detect_language
from index.store import IndexStore, LiveStore, check_embedder
from index.types import Filters, Hit
from rag.answer_cache import AnswerCache, Key
from rag.answer_object import answer_object, extract_object, nearest_object, part_object
from rag.answering import NEAREST, Asked, answer_of
from rag.citations import verify_answer
from rag.composer import PASSAGES_UNREAD, Composer, ExtractiveComposer
from rag.errors import InvalidQuestion
from rag.question_queue import QuestionQueue
from rag.reader import Reader, open_reader
from rag.retriever import Query, retrieve
from rag.settings import RagSettings
from rag.types import Answer, Extract, Turn
from rag.validation import check_filter_language, check_filters, check_language, checked_question


@dataclass(frozen=True, slots=True)
class _Request:
    """What was asked, checked, of which generation, and when. `given` is the language named with
    the question, `language` that or the detected one."""

    id: str
    text: str
    given: str | None
    language: str
    only: Filters
    limit: int
    store: IndexStore
    began: float

    @property
    def key(self) -> Key:
        return self.store.info.generation, self.text, self.given, self.only, self.limit


class Chatbot:
    """Answers questions from the current generation of one index; safe to share between threads."""

    def __init__(self, settings: RagSettings, embedder: Embedder | None = None, reader: Reader | None = None) -> None:
        """Opens nothing yet: the index is opened, and the models of the settings that are not given
        are loaded, at the first question or by `warm_up`."""
        self.settings = settings
        self._queue = None if embedder is None else QuestionQueue(embedder)
        self._reader = reader
        self._loading = Lock()
        self._live = LiveStore(settings)
        self._composer: Composer = ExtractiveComposer()
        self._answers = AnswerCache(settings.cached_answers)
        self._beside = ThreadPoolExecutor(4, thread_name_prefix="words")

    def warm_up(self) -> None:
        """Load the models now. Raises EmbedderError, ReaderError."""
        self.reader()

    def _questions(self) -> QuestionQueue:
        with self._loading:
            if self._queue is None:
                self._queue = QuestionQueue(open_embedder(self.settings))
            return self._queue

    def embedder(self) -> Embedder:
        """What questions are embedded with. Raises EmbedderError."""
        return self._questions().embedder

    def reader(self) -> Reader | None:
        """What reads passages; None if the settings have it off. Raises EmbedderError, ReaderError."""
        embedder = self.embedder()
        with self._loading:
            if self._reader is None and self.settings.reader != "off":
                self._reader = open_reader(self.settings, embedder)
            return self._reader

    def index(self) -> IndexStore:
        """The current generation. Raises NoIndexError, StoreError, or EmbedderError if it was made
        with another model than the one loaded."""
        store = self._live.current()
        check_embedder(store.info, self._queue.embedder.name if self._queue else embedder_name(self.settings))
        return store

    def ask(
        self,
        question: str,
        *,
        language: str | None = None,
        history: Sequence[Turn] = (),
        filters: Filters = Filters(),
        limit: int | None = None,
    ) -> Answer:
        """One answer. Raises InvalidQuestion, QuestionTooLong, InvalidFilter, ReaderError, and what `index`
        raises."""
        *_, answer = self._items(self._request(question, language, filters, limit))
        assert isinstance(answer, Answer)
        return answer

    def stream(
        self,
        question: str,
        *,
        language: str | None = None,
        history: Sequence[Turn] = (),
        filters: Filters = Filters(),
        limit: int | None = None,
    ) -> Iterator[dict[str, Any]]:
        """The same answer as events (see `interfaces.md`). What is wrong with the question,
        the index or the models is raised by this call, before the iterator is returned."""
        request = self._request(question, language, filters, limit)
        return _events(request, self._items(request))

    def search(
        self,
        words: str,
        *,
        language: str | None = None,
        filters: Filters = Filters(),
        limit: int = 10,
    ) -> tuple[list[Hit], IndexStore]:
        """Ranked passages without composing, and the generation they stand in; raises as `ask` does."""
        asked = self._retrieve(self._request(words, language, filters, None), limit)
        return asked.hits, asked.store

    def verify(self, answer: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Check an answer object against the articles of today; see `citations.verify_answer`."""
        return verify_answer(answer, self._live.current())

    def _request(self, question: str, language: str | None, only: Filters, limit: int | None) -> _Request:
        began = time.perf_counter()
        text = checked_question(question, self.settings.max_question_chars)
        limit = self.settings.limit if limit is None else limit
        if not 1 <= limit <= 10:
            raise InvalidQuestion(f"limit is {limit}; it must lie between 1 and 10.", "limit")
        check_filters(only)
        if language is not None:
            check_language(language)
        store = self.index()
        check_filter_language(only, store.languages)
        known = language or detect_language(text)
        return _Request(f"ans_{uuid.uuid4().hex}", text, language, known, only, limit, store, began)

    def _retrieve(self, request: _Request, most: int) -> Asked:
        start = time.perf_counter()
        candidates, weight = self.settings.candidates, self.settings.meaning_weight
        # Words need no vector: they are searched while the question is embedded.
        match = self._beside.submit(request.store.matching, request.text, request.language, candidates, request.only)
        query = Query(request.text, request.language, self._questions().embed(request.text))
        embedded = time.perf_counter()
        hits = retrieve(query, request.store, request.only, candidates, weight, most, match.result)
        done = time.perf_counter()
        times = {"embed": (embedded - start) * 1e3, "retrieve": (done - embedded) * 1e3}
        return Asked(request.id, query, request.store, hits, request.limit, request.began, times)

    def _items(self, request: _Request) -> Iterator[Extract | Answer]:
        """The extracts as they are found, then the whole answer. Retrieves before it returns."""
        known = self._answers.get(request.key)
        if known is not None:
            return _again(known, request)
        asked = self._retrieve(request, max(self.settings.passages_read, PASSAGES_UNREAD, NEAREST))
        return self._kept(request.key, answer_of(asked, self.reader(), self._composer, self.settings))

    def _kept(self, key: Key, items: Iterator[Extract | Answer]) -> Iterator[Extract | Answer]:
        for item in items:
            if isinstance(item, Answer):
                self._answers.put(key, item)
            yield item


def _again(known: Answer, request: _Request) -> Iterator[Extract | Answer]:
    yield from known.extracts
    times = dict.fromkeys(known.timings_ms, 0.0)
    times["total"] = round((time.perf_counter() - request.began) * 1e3, 2)
    yield replace(known, id=request.id, timings_ms=times)


def _events(request: _Request, items: Iterator[Extract | Answer]) -> Iterator[dict[str, Any]]:
    yield {
        "type": "start",
        "id": request.id,
        "generation": request.store.info.generation,
        "question": request.text,
        "standalone_question": request.text,
        "language": request.language,
    }
    for item in items:
        if isinstance(item, Extract):
            yield {"type": "extract", "extract": extract_object(item)}
            continue
        for part in item.parts:
            yield {"type": "part", "part": part_object(part)}
        if item.status == "no_answer":
            nearest = [nearest_object(near) for near in item.nearest]
            yield {"type": "no_answer", "reason": item.reason, "nearest": nearest}
        yield {"type": "done", "answer": answer_object(item)}
