"""Questions, filters and indexes that are refused: by `ask`, `search`, and `stream` before it returns
its iterator. Left out: HTTP statuses (`test_web_errors.py`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from index.errors import EmbedderError, InvalidFilter, NoIndexError
from index.types import Article, Filters
from rag.chatbot import Chatbot
from rag.errors import InvalidQuestion, QuestionTooLong, RagFault
from rag.settings import RagSettings
from tests.conftest import WordEmbedder

Make = Callable[[Sequence[Article]], Chatbot]
ARTICLES = [Article("bridge", "The bridge", "Workers built the long bridge in 1890.", "en", published="2025-01-10")]
GOOD = "Who built the bridge?"


@pytest.fixture(params=["ask", "stream"])
def call(request: pytest.FixtureRequest, make_chatbot: Make) -> Callable[..., Any]:
    """`stream` is called and never iterated: what it refuses, it must refuse at once."""
    method: Callable[..., Any] = getattr(make_chatbot(ARTICLES), request.param)
    return method


@pytest.mark.parametrize("question", ["", "   \n", "?!…", "😀", "\u0301", "\ud800 who", "who \udfff"])
def test_questions_without_words(call: Callable[..., Any], question: str) -> None:
    with pytest.raises(InvalidQuestion) as caught:
        call(question)
    assert caught.value.param == "question" and str(caught.value).endswith(".")
    str(caught.value).encode()


def test_a_question_that_is_too_long(call: Callable[..., Any]) -> None:
    call("bridge " * 285 + "brid")
    with pytest.raises(QuestionTooLong, match=r"2,001 characters; at most 2,000"):
        call("bridge " * 285 + "bridge")


@pytest.mark.parametrize(
    "question", ["bridge", "a", "1890", "OR AND NEAR(x) \"^*'", "%s {0} \\ <b>", "x\x00y", "桥", "a" * 2000]
)
def test_odd_questions_are_answered_or_not_but_never_fail(call: Callable[..., Any], question: str) -> None:
    call(question)


@pytest.mark.parametrize("limit", [0, -1, 11, 10**9])
def test_limit(call: Callable[..., Any], limit: int) -> None:
    with pytest.raises(InvalidQuestion, match="between 1 and 10") as caught:
        call(GOOD, limit=limit)
    assert caught.value.param == "limit"


@pytest.mark.parametrize("language", ["xx", "", "french", "FR", "fr-FR", "\ud800", "x" * 1000])
def test_language(call: Callable[..., Any], language: str) -> None:
    with pytest.raises(InvalidQuestion, match="ISO 639-1") as caught:
        call(GOOD, language=language)
    assert caught.value.param == "language" and len(str(caught.value)) < 200
    with pytest.raises(InvalidFilter, match="ISO 639-1") as wrong:
        call(GOOD, filters=Filters(language=language))
    assert wrong.value.param == "filters.language"


@pytest.mark.parametrize(
    "date",
    ["", "2025", "2025-02-30", "20250210", "10/02/2025", "2025-W01-1", "2025-02-10T00:00", "now", "\ud800", "1" * 999],
)
@pytest.mark.parametrize("name", ["since", "until"])
def test_dates(call: Callable[..., Any], name: str, date: str) -> None:
    with pytest.raises(InvalidFilter, match="YYYY-MM-DD") as caught:
        call(GOOD, filters=Filters(**{name: date}))
    assert caught.value.param == f"filters.{name}" and len(str(caught.value)) < 200


def test_dates_that_leave_nothing_between_them(call: Callable[..., Any]) -> None:
    with pytest.raises(InvalidFilter, match="later than"):
        call(GOOD, filters=Filters(since="2025-02-01", until="2025-01-31"))
    call(GOOD, filters=Filters(since="2025-01-31", until="2025-01-31"))


@pytest.mark.parametrize("name", ["source", "tag", "article_id"])
def test_half_a_surrogate_pair_in_a_filter(call: Callable[..., Any], name: str) -> None:
    with pytest.raises(InvalidFilter) as caught:
        call(GOOD, filters=Filters(**{name: "\ud800"}))
    assert caught.value.param == f"filters.{name}"


@pytest.mark.parametrize("value", ["' or 1=1 --", "%", "\0", "x" * 100_000, "😀"])
def test_hostile_filters_let_nothing_through(make_chatbot: Make, value: str) -> None:
    for name in ("source", "tag", "article_id"):
        assert make_chatbot(ARTICLES).ask(GOOD, filters=Filters(**{name: value})).status == "no_answer"


def test_search_refuses_the_same(make_chatbot: Make) -> None:
    chatbot = make_chatbot(ARTICLES)
    for more in ({"language": "xx"}, {"filters": Filters(since="x")}, {"words": ""}):
        with pytest.raises((InvalidQuestion, InvalidFilter)):
            chatbot.search(**{"words": "bridge", **more})  # type: ignore[arg-type]


def test_no_index(tmp_path: Path) -> None:
    chatbot = Chatbot(RagSettings.model_validate({"store": f"embedded:{tmp_path}/none"}), WordEmbedder())
    for method in (chatbot.ask, chatbot.stream, chatbot.search):
        with pytest.raises(NoIndexError, match="loccit index"):
            method(GOOD)


def test_an_index_of_another_embedder(make_chatbot: Make) -> None:
    class Other(WordEmbedder):
        name = "other"

    chatbot = Chatbot(make_chatbot(ARTICLES).settings, Other())
    for method in (chatbot.ask, chatbot.stream, chatbot.search):
        with pytest.raises(EmbedderError, match=r"words.*other"):
            method(GOOD)


@pytest.mark.parametrize("name", ["\ud800", "x" * 10_000, "\0", "a\nb"])
def test_an_answer_of_an_article_nobody_knows_is_deleted_or_refused(make_chatbot: Make, name: str) -> None:
    extract = {"number": 1, "text": "x", "start": 0, "end": 1, "article": {"id": name}}
    try:
        assert make_chatbot(ARTICLES).verify({"extracts": [extract]})[0]["status"] == "deleted"
    except RagFault as error:
        str(error).encode()
