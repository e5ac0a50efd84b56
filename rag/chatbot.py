"""Question → answer: checks what is asked, retrieves, and has it answered (`answering.py`), or gives
the answer again that it gave before. Left out: how follow-ups and compound questions are understood
(`conversation.py`), HTTP."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import Any

from index.embedder import Embedder
from index.store import IndexStore, LiveStore, check_embedder
from index.types import Article, Filters, Hit, Passage
from rag.answer_cache import AnswerCache, Key
from rag.answer_object import answer_object, extract_object, nearest_object, part_object
from rag.answering import NEAREST, Understood, answer_of
from rag.asking import Request, checked_request
from rag.citations import verify_answer
from rag.composer import PASSAGES_UNREAD, Composer, ExtractiveComposer
from rag.deadline import seconds_left
from rag.errors import InvalidQuestion
from rag.extracts import Asked
from rag.models_used import ModelsUsed
from rag.reader import Reader
from rag.reranker import reranked
from rag.retriever import Query, retrieve
from rag.settings import RagSettings
from rag.types import Answer, Extract, Turn

PASSAGES_SEARCHED = 50
"""Passages ranked where articles are searched for."""


class Chatbot:
    """Answers questions from the current generation of one index; safe to share between threads."""

    def __init__(self, settings: RagSettings, embedder: Embedder | None = None, reader: Reader | None = None) -> None:
        """Opens nothing yet: the index is opened, and the models of the settings that are not given
        are loaded, at the first question or by `warm_up`."""
        self.settings = settings
        self._models = ModelsUsed(settings, embedder, reader)
        self._live = LiveStore(settings)
        self._composer: Composer = ExtractiveComposer()
        self._answers = AnswerCache(settings.cached_answers)
        self._beside = ThreadPoolExecutor(4, thread_name_prefix="words")

    def warm_up(self) -> None:
        """Load the models now. Raises EmbedderError, ReaderError, RerankerError."""
        self._models.reader()
        self._models.reranker()

    def embedder(self) -> Embedder:
        """What questions are embedded with. Raises EmbedderError."""
        return self._models.questions().embedder

    def reader(self) -> Reader | None:
        """What reads passages; None if the settings have it off. Raises EmbedderError, ReaderError."""
        return self._models.reader()

    def index(self) -> IndexStore:
        """The current generation. Raises NoIndexError, StoreError, or EmbedderError if it was made
        with another model than the one loaded."""
        store = self._live.current()
        check_embedder(store.info, self._models.embedder_name)
        return store

    def look_again(self) -> None:
        """Take up a generation published just now with the next question, not up to a second later."""
        self._live.look_again()

    def ask(
        self,
        question: str,
        *,
        language: str | None = None,
        history: Sequence[Turn] = (),
        filters: Filters = Filters(),
        limit: int | None = None,
    ) -> Answer:
        """One answer. Raises InvalidQuestion, QuestionTooLong, InvalidFilter, ReaderError, RerankerError,
        DeadlineExceeded, and what `index` raises."""
        *_, answer = self._items(self._request(question, language, history, filters, limit))
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
        request = self._request(question, language, history, filters, limit)
        return _events(request, self._items(request))

    def search(
        self,
        words: str,
        *,
        language: str | None = None,
        filters: Filters = Filters(),
        limit: int = 10,
    ) -> tuple[list[Hit], IndexStore]:
        """Ranked passages without composing, and the generation they stand in; raises as `ask` does. Of passages
        that are copies, the first stands for all, and names the others."""
        if limit < 1:
            raise InvalidQuestion(f"limit is {limit}; it must be at least 1.", "limit")
        request = self._request(words, language, (), filters, None)
        _, hits, _ = self._retrieve(request.text, request, limit)
        return hits, request.store

    def search_articles(self, words: str, *, filters: Filters = Filters()) -> list[tuple[Article, Passage]]:
        """The articles of the PASSAGES_SEARCHED best passages, each with the best of its own, best first; raises as
        `search` does."""
        hits, store = self.search(words, filters=filters, limit=PASSAGES_SEARCHED)
        best: dict[str, Passage] = {}
        for hit in hits:
            best.setdefault(hit.passage.article_id, hit.passage)
        return [(store.article(article_id), passage) for article_id, passage in best.items()]

    def verify(self, answer: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Check an answer object against the articles of today; see `citations.verify_answer`."""
        return verify_answer(answer, self._live.current())

    def _request(
        self, question: str, language: str | None, history: Sequence[Turn], only: Filters, limit: int | None
    ) -> Request:
        again = partial(self.ask, language=language, filters=only, limit=limit)
        return checked_request(question, language, history, only, limit, self.settings, self.index, again)

    def _understood(self, request: Request) -> Understood:
        """The parts of the question, each retrieved."""
        parts: list[Asked] = []
        times: dict[str, float] = {}
        most = max(self.settings.passages_read, PASSAGES_UNREAD, NEAREST)
        for text in request.parts:
            query, hits, took = self._retrieve(text, request, most)
            parts.append(Asked(query, request.store, hits, max(1, request.limit // len(request.parts))))
            times = {name: times.get(name, 0.0) + value for name, value in took.items()}
        return Understood(request.id, request.text, request.standalone, request.language, parts, request.began, times)

    def _retrieve(self, text: str, request: Request, most: int) -> tuple[Query, list[Hit], dict[str, float]]:
        """The best passages, at most so many, and what each step took, in ms."""
        seconds_left()
        start = time.perf_counter()
        store, settings = request.store, self.settings
        # Words need no vector: they are searched while the question is embedded.
        match = self._beside.submit(store.matching, text, request.language, settings.candidates, request.only)
        query = Query(text, request.language, self._models.questions().embed(text))
        times = {"embed": (time.perf_counter() - start) * 1e3}
        start = time.perf_counter()
        reranker = self._models.reranker()
        wanted = max(most, settings.passages_reranked) if reranker else most
        hits = retrieve(query, store, request.only, settings.candidates, settings.meaning_weight, wanted, match.result)
        times["retrieve"] = (time.perf_counter() - start) * 1e3
        if reranker:
            start = time.perf_counter()
            hits = reranked(text, hits, lambda article_id: store.article(article_id).title, reranker)[:most]
            times["rerank"] = (time.perf_counter() - start) * 1e3
        return query, hits, times

    def _items(self, request: Request) -> Iterator[Extract | Answer]:
        """The extracts as they are found, then the whole answer. Retrieves before it returns."""
        known = self._answers.get(request.key)
        if known is not None:
            return _again(known, request)
        items = answer_of(self._understood(request), self.reader(), self._composer, self.settings)
        return self._kept(request.key, items)

    def _kept(self, key: Key, items: Iterator[Extract | Answer]) -> Iterator[Extract | Answer]:
        for item in items:
            if isinstance(item, Answer):
                self._answers.put(key, item)
            yield item


def _again(known: Answer, request: Request) -> Iterator[Extract | Answer]:
    yield from known.extracts
    times = dict.fromkeys(known.timings_ms, 0.0)
    times["total"] = round((time.perf_counter() - request.began) * 1e3, 2)
    yield replace(known, id=request.id, question=request.text, timings_ms=times)


def _events(request: Request, items: Iterator[Extract | Answer]) -> Iterator[dict[str, Any]]:
    yield {
        "type": "start",
        "id": request.id,
        "generation": request.store.info.generation,
        "question": request.text,
        "standalone_question": request.standalone,
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
