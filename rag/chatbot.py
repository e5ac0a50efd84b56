"""Question → answer: checks the question, retrieves, reads, composes, calibrates, verifies every citation.
Left out: follow-ups and compound questions (history is accepted and not used yet), HTTP."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any

from index.embedder import Embedder, embedder_name, open_embedder
from index.language import detect_language
from index.store import IndexStore, LiveStore, check_embedder
from index.types import Article, Filters, Hit, Span
from rag.answer_object import answer_object, extract_object, nearest_object, part_object
from rag.citations import cite, verify_answer
from rag.composer import Composer, ExtractiveComposer, Pick
from rag.confidence import confidence, probability, reason_not_found
from rag.errors import InvalidQuestion, VerbatimError
from rag.reader import Reader, Reading, open_reader
from rag.retriever import Query, retrieve
from rag.settings import RagSettings
from rag.types import Answer, Extract, Nearest, Part, Status, Turn
from rag.validation import check_filter_language, check_filters, check_language, checked_question

NEAREST = 3
"""Passages shown when there is no answer."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question after retrieval."""

    id: str
    query: Query
    store: IndexStore
    hits: list[Hit]
    limit: int
    began: float
    embed_ms: float
    retrieve_ms: float


class Chatbot:
    """Answers questions from the current generation of one index; safe to share between threads."""

    def __init__(self, settings: RagSettings, embedder: Embedder | None = None) -> None:
        """Opens nothing yet: the index is opened, and without `embedder` the model of the settings
        loaded, at the first question or by `warm_up`."""
        self.settings = settings
        self._embedder = embedder
        self._reader: Reader | None = None
        self._loaded = False
        self._loading = Lock()
        self._live = LiveStore(settings)
        self._composer: Composer = ExtractiveComposer()

    def warm_up(self) -> None:
        """Load the models now. Raises EmbedderError, ReaderError."""
        self._models()

    def _models(self) -> tuple[Embedder, Reader | None]:
        with self._loading:
            if self._embedder is None:
                self._embedder = open_embedder(self.settings)
            if not self._loaded:
                self._reader = open_reader(self.settings, self._embedder)
                self._loaded = True
            return self._embedder, self._reader

    def index(self) -> IndexStore:
        """The current generation. Raises NoIndexError, StoreError, or EmbedderError if it was made
        with another model than the one loaded."""
        store = self._live.current()
        check_embedder(store.info, self._embedder.name if self._embedder else embedder_name(self.settings))
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
        """One answer. Raises InvalidQuestion, QuestionTooLong, InvalidFilter, and what `index` raises."""
        *_, answer = self._answer(self._retrieve(question, language, filters, limit))
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
        """The same answer as events (see `interfaces.md`). Errors are raised by this call, before
        the iterator is returned."""
        return self._events(self._retrieve(question, language, filters, limit))

    def search(
        self,
        words: str,
        *,
        language: str | None = None,
        filters: Filters = Filters(),
        limit: int = 10,
    ) -> tuple[list[Hit], IndexStore]:
        """Ranked passages without composing, and the generation they stand in; raises as `ask` does."""
        asked = self._retrieve(words, language, filters, None)
        return asked.hits[:limit], asked.store

    def verify(self, answer: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Check an answer object against the articles of today; see `citations.verify_answer`."""
        return verify_answer(answer, self._live.current())

    def _retrieve(self, question: str, language: str | None, only: Filters, limit: int | None) -> _Asked:
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
        start = time.perf_counter()
        vector = self._models()[0].embed_questions([text])[0]
        embedded = time.perf_counter()
        query = Query(text, language or detect_language(text), vector)
        hits = retrieve(query, store, only, self.settings.candidates, self.settings.meaning_weight)
        done = time.perf_counter()
        return _Asked(
            f"ans_{uuid.uuid4().hex}",
            query,
            store,
            hits,
            limit,
            began,
            (embedded - start) * 1e3,
            (done - embedded) * 1e3,
        )

    def _answer(self, asked: _Asked) -> Iterator[Extract | Answer]:
        """The extracts as they are found, then the whole answer."""
        start = time.perf_counter()
        articles: dict[str, Article] = {}
        readings = self._read(asked, articles)
        read = time.perf_counter()
        extracts: list[Extract] = []
        best = 0.0
        for pick in self._composer.compose(asked.query, asked.hits, readings, asked.store, asked.limit):
            score = probability(asked.query, pick, asked.store)
            best = best if extracts else score
            if score < self.settings.answer_threshold:
                if not extracts:
                    break
                continue
            extracts.append(_extract(len(extracts) + 1, pick, score, asked.store, articles))
            yield extracts[-1]
        nearest = () if extracts else _nearest(asked, articles)
        done = time.perf_counter()
        timings = {
            "embed": asked.embed_ms,
            "retrieve": asked.retrieve_ms,
            "read": (read - start) * 1e3,
            "compose": (done - read) * 1e3,
            "total": (done - asked.began) * 1e3,
        }
        status: Status = "answered" if extracts else "no_answer"
        question, language = asked.query.text, asked.query.language
        yield Answer(
            id=asked.id,
            generation=asked.store.info.generation,
            question=question,
            standalone_question=question,
            language=language,
            status=status,
            confidence=confidence(best),
            score=best,
            reason=None if extracts else reason_not_found(language, asked.store.info.passages, len(asked.hits), best),
            parts=(Part(question, status, tuple(extract.number for extract in extracts)),),
            extracts=tuple(extracts),
            nearest=nearest,
            timings_ms={name: round(value, 2) for name, value in timings.items()},
        )

    def _read(self, asked: _Asked, articles: dict[str, Article]) -> dict[int, Reading]:
        """What the reader makes of the best passages, by their ids; empty when it is off."""
        _, reader = self._models()
        if reader is None:
            return {}
        passages = [hit.passage for hit in asked.hits[: self.settings.passages_read]]
        titles = [_article(passage.article_id, asked.store, articles).title for passage in passages]
        readings = reader.read(asked.query.text, passages, titles)
        return {passage.id: reading for passage, reading in zip(passages, readings, strict=True)}

    def _events(self, asked: _Asked) -> Iterator[dict[str, Any]]:
        yield {
            "type": "start",
            "id": asked.id,
            "generation": asked.store.info.generation,
            "question": asked.query.text,
            "standalone_question": asked.query.text,
            "language": asked.query.language,
        }
        for item in self._answer(asked):
            if isinstance(item, Extract):
                yield {"type": "extract", "extract": extract_object(item)}
                continue
            for part in item.parts:
                yield {"type": "part", "part": part_object(part)}
            if item.status == "no_answer":
                nearest = [nearest_object(near) for near in item.nearest]
                yield {"type": "no_answer", "reason": item.reason, "nearest": nearest}
            yield {"type": "done", "answer": answer_object(item)}


def _extract(number: int, pick: Pick, score: float, store: IndexStore, articles: dict[str, Article]) -> Extract:
    article_id = pick.hit.passage.article_id
    article = _article(article_id, store, articles)
    citation = cite(article, pick.span)
    passage = pick.hit.passage
    inside = passage.text[pick.span.start - passage.start : pick.span.end - passage.start]
    if citation.quote != inside:
        raise VerbatimError(
            f"An extract of article '{article_id}' differs from the article's text. Build the index anew with "
            "`loccit index`."
        )
    return Extract(number, inside, citation, passage, score, pick.short_answer)


def _article(article_id: str, store: IndexStore, articles: dict[str, Article]) -> Article:
    """An article, fetched once for each answer."""
    if article_id not in articles:
        articles[article_id] = store.article(article_id)
    return articles[article_id]


def _nearest(asked: _Asked, articles: dict[str, Article]) -> tuple[Nearest, ...]:
    found = []
    for hit in asked.hits[:NEAREST]:
        passage = hit.passage
        article = _article(passage.article_id, asked.store, articles)
        found.append(Nearest(hit, cite(article, Span(passage.start, passage.end))))
    return tuple(found)
