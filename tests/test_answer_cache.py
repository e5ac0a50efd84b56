"""Answers given again: the same bytes, only while the same generation is open, and never too many."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace

from index.types import Article, Filters
from rag.answer_cache import AnswerCache
from rag.answer_object import answer_object
from rag.chatbot import Chatbot
from rag.composer import ExtractiveComposer
from rag.types import Answer

ARTICLES = [
    Article("bridge", "The bridge", "The long bridge crosses the river. Workers built it in 1890.", "en"),
    Article("tower", "The tower", "The old tower guards the harbour. Masons raised it in 1750.", "en"),
]
QUESTION = "When did workers build the bridge?"


def content(answer: Answer) -> str:
    whole = answer_object(answer)
    return json.dumps({name: value for name, value in whole.items() if name not in ("id", "timings_ms")})


def counted(chatbot: Chatbot) -> list[str]:
    """The questions that are composed anew from now on."""
    composed: list[str] = []

    class Counting(ExtractiveComposer):
        def compose(self, query, hits, readings, store, limit):  # type: ignore[no-untyped-def]
            composed.append(query.text)
            return super().compose(query, hits, readings, store, limit)

    chatbot._composer = Counting()
    return composed


def test_a_question_asked_again_gets_the_same_answer(make_chatbot: Callable[[Sequence[Article]], Chatbot]) -> None:
    chatbot = make_chatbot(ARTICLES)
    composed = counted(chatbot)
    first, again = chatbot.ask(QUESTION), chatbot.ask(f"  {QUESTION} ")
    assert composed == [QUESTION] and content(first) == content(again)
    assert first.id != again.id and set(first.timings_ms) == set(again.timings_ms)
    events = list(chatbot.stream(QUESTION))
    assert composed == [QUESTION] and [event["type"] for event in events][-2:] == ["part", "done"]
    assert events[0]["id"] == events[-1]["answer"]["id"] not in (first.id, again.id)
    assert [event["extract"]["text"] for event in events if event["type"] == "extract"] == [
        extract.text for extract in first.extracts
    ]


def test_whatever_is_asked_otherwise_is_another_question(
    make_chatbot: Callable[[Sequence[Article]], Chatbot],
) -> None:
    chatbot = make_chatbot(ARTICLES)
    composed = counted(chatbot)
    chatbot.ask(QUESTION)
    chatbot.ask(QUESTION, language="fr")
    chatbot.ask(QUESTION, limit=1)
    tower = chatbot.ask(QUESTION, filters=Filters(article_id="tower"))
    assert len(composed) == 4 and {extract.citation.article_id for extract in tower.extracts} <= {"tower"}


def test_another_generation_is_asked_anew(make_chatbot: Callable[[Sequence[Article]], Chatbot]) -> None:
    chatbot = make_chatbot(ARTICLES)
    before = chatbot.ask(QUESTION)
    changed = [replace(ARTICLES[0], text="The long bridge crosses the river. Workers built it in 1895."), ARTICLES[1]]
    make_chatbot(changed)
    chatbot._live._looked = float("-inf")  # it looks once a second
    after = chatbot.ask(QUESTION)
    assert "1890" in before.extracts[0].text and "1895" in after.extracts[0].text


def test_the_oldest_go_first(make_chatbot: Callable[[Sequence[Article]], Chatbot]) -> None:
    answer = make_chatbot(ARTICLES).ask(QUESTION)
    keys = [("g", str(number), "en", Filters(), 3) for number in range(4)]
    cache = AnswerCache(2)
    cache.put(keys[0], answer)
    cache.put(keys[1], answer)
    assert cache.get(keys[0]) is answer
    cache.put(keys[2], answer)
    assert [cache.get(key) is not None for key in keys] == [True, False, True, False]
    none = AnswerCache(0)
    none.put(keys[0], answer)
    assert none.get(keys[0]) is None
