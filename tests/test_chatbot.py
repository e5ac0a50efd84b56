"""Question → answer object: shape, verbatim extracts, streams, filters, verification. Left out:
requests that are refused (`test_questions_refused.py`)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from index.store import open_writer
from index.types import Article, Filters
from rag.answer_object import answer_object, hit_object
from rag.chatbot import Chatbot
from rag.types import Turn
from tests.conftest import WordEmbedder

Make = Callable[[Sequence[Article]], Chatbot]

ARTICLES = [
    Article(
        "bridge",
        "The bridge",
        "# The bridge\n\nBy John Smith\n\nThe long bridge crosses the river. Workers built the bridge in 1890 😀.",
        "en",
        "https://example.org/bridge",
        "The Times",
        "J. Smith",
        ("roads",),
        "2025-01-10",
        "2025-02-01",
    ),
    Article(
        "canal/été",
        "The canal",
        "Ships use the canal every day. The canal opened to ships in 1914. It is wide and deep.",
        "en",
        published="2025-03-01",
    ),
    Article(
        "pont",
        "Le pont",
        "Le grand pont franchit la rivière depuis 1890. Il est long de trois cents mètres.",
        "fr",
        source="Le Monde",
    ),
]
QUESTION = "When did workers build the bridge?"


def asked(chatbot: Chatbot, question: str = QUESTION, **more: Any) -> dict[str, Any]:
    return answer_object(chatbot.ask(question, **more))


def lasting(answer: Mapping[str, Any]) -> str:
    return json.dumps({key: value for key, value in answer.items() if key not in ("id", "timings_ms")})


def check(answer: dict[str, Any], articles: Sequence[Article], limit: int = 3) -> None:
    """What `interfaces.md` says of every answer object."""
    texts = {article.id: article.text for article in articles}
    json.dumps(answer, ensure_ascii=False, allow_nan=False).encode()
    assert list(answer) == [
        "id",
        "object",
        "generation",
        "question",
        "standalone_question",
        "language",
        "status",
        "confidence",
        "score",
        "reason",
        "text",
        "parts",
        "extracts",
        "nearest",
        "timings_ms",
    ]
    assert answer["id"].startswith("ans_") and answer["object"] == "answer"
    assert set(answer["timings_ms"]) == {"embed", "retrieve", "read", "compose", "total"}
    assert 0 <= answer["score"] <= 1 and answer["confidence"] in ("high", "medium", "low")
    extracts = answer["extracts"]
    assert answer["parts"] == [
        {"question": answer["question"], "status": answer["status"], "extracts": [e["number"] for e in extracts]}
    ]
    assert [extract["number"] for extract in extracts] == list(range(1, len(extracts) + 1))
    assert len(extracts) <= limit
    assert answer["text"] == "\n".join(f"{e['text']} [{e['number']}]" for e in extracts)
    if answer["status"] == "answered":
        assert extracts and answer["nearest"] == [] and answer["reason"] is None
        assert answer["score"] == extracts[0]["score"]
    else:
        assert answer["status"] == "no_answer" and extracts == [] and answer["reason"].strip().endswith((".", " ?"))
    for extract in [*extracts, *answer["nearest"]]:
        text = texts[extract["article"]["id"]]
        assert text[extract["start"] : extract["end"]] == extract["text"] != ""
        assert extract["article"]["sha256"] == hashlib.sha256(text.encode()).hexdigest()
        assert set(extract["article"]) == {
            "id",
            "title",
            "url",
            "source",
            "author",
            "published",
            "updated",
            "sha256",
        }
        assert extract["source_page"].startswith("/articles/")
    for extract in extracts:
        assert set(extract) == {
            "number", "text", "short_answer", "score", "language", "start", "end", "page", "heading", "passage",
            "article", "selector", "source_page", "text_fragment_url", "also_in", "conflicts_with",
        }  # fmt: skip
        passage, text = extract["passage"], texts[extract["article"]["id"]]
        assert text[passage["start"] : passage["end"]] == passage["text"]
        assert passage["start"] <= extract["start"] < extract["end"] <= passage["end"]
        quote, position = extract["selector"]
        assert quote["exact"] == extract["text"]
        assert quote["prefix"] + quote["exact"] + quote["suffix"] in text
        assert position == {"type": "TextPositionSelector", "start": extract["start"], "end": extract["end"]}


def test_an_answer(make_chatbot: Make) -> None:
    answer = asked(make_chatbot(ARTICLES))
    check(answer, ARTICLES)
    first = answer["extracts"][0]
    assert answer["status"] == "answered" and "Workers built the bridge in 1890 😀." in first["text"]
    assert first["article"] == {
        "id": "bridge", "title": "The bridge", "url": "https://example.org/bridge", "source": "The Times",
        "author": "J. Smith", "published": "2025-01-10", "updated": "2025-02-01", "sha256": ARTICLES[0].sha256,
    }  # fmt: skip
    assert first["text_fragment_url"].startswith("https://example.org/bridge#:~:text=")
    assert answer["question"] == answer["standalone_question"] == QUESTION and answer["language"] == "en"
    assert not any("By John Smith" in extract["text"] for extract in answer["extracts"])


@pytest.mark.parametrize("limit", [1, 2, 10])
def test_limit(make_chatbot: Make, limit: int) -> None:
    check(asked(make_chatbot(ARTICLES), limit=limit), ARTICLES, limit)


def test_the_same_request_gives_the_same_bytes(make_chatbot: Make) -> None:
    chatbot = make_chatbot(ARTICLES)
    one, other = asked(chatbot), asked(chatbot)
    assert lasting(one) == lasting(other) and one["id"] != other["id"]
    assert lasting(asked(Chatbot(chatbot.settings, WordEmbedder()))) == lasting(one)


def test_white_space_in_a_question_does_not_matter(make_chatbot: Make) -> None:
    chatbot = make_chatbot(ARTICLES)
    assert lasting(asked(chatbot, f"  {QUESTION.replace(' ', chr(10) + ' ')}\t")) == lasting(asked(chatbot))


def test_history_is_accepted(make_chatbot: Make) -> None:
    check(asked(make_chatbot(ARTICLES), history=[Turn("Who built it?", "ans_1"), Turn("Why?")]), ARTICLES)


@pytest.mark.parametrize(
    ("question", "language", "found"),
    [(QUESTION, None, "en"), (QUESTION, "fr", "fr"), ("Où est le pont ?", None, "fr")],
)
def test_language_is_detected_or_given(make_chatbot: Make, question: str, language: str | None, found: str) -> None:
    assert asked(make_chatbot(ARTICLES), question, language=language)["language"] == found


@pytest.mark.parametrize(
    ("only", "ids"),
    [
        (Filters(language="fr"), {"pont"}),
        (Filters(article_id="canal/été"), {"canal/été"}),
        (Filters(since="2025-02-01"), {"canal/été"}),
        (Filters(until="2025-01-10", source="the times", tag="ROADS"), {"bridge"}),
    ],
)
def test_filters_hold(make_chatbot: Make, only: Filters, ids: set[str]) -> None:
    answer = asked(make_chatbot(ARTICLES), filters=only, limit=10)
    check(answer, ARTICLES, 10)
    assert {extract["article"]["id"] for extract in answer["extracts"]} == ids


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize(
    "only", [Filters(language="de"), Filters(article_id="x"), Filters(since="2030-01-01"), Filters(tag="' or 1")]
)
def test_filters_that_let_nothing_through(make_chatbot: Make, only: Filters, language: str) -> None:
    answer = asked(make_chatbot(ARTICLES), filters=only, language=language)
    check(answer, ARTICLES)
    assert answer["status"] == "no_answer" and answer["nearest"] == [] and answer["score"] == 0
    assert ("filtre" if language == "fr" else "filter") in answer["reason"]


def test_an_empty_index_blames_no_filter(make_chatbot: Make) -> None:
    answer = asked(make_chatbot([]))
    check(answer, [])
    assert answer["status"] == "no_answer" and "filter" not in answer["reason"]


def test_what_is_near_but_cannot_be_quoted_is_no_answer(make_chatbot: Make) -> None:
    labels = [Article("a", "Bridge", "Bridge workers, tags\n\nTags: bridge, workers, build", "en")]
    answer = asked(make_chatbot(labels))
    check(answer, labels)
    assert answer["status"] == "no_answer" and answer["nearest"][0]["article"]["id"] == "a"


def test_below_the_threshold_nothing_is_quoted(make_chatbot: Make) -> None:
    """The same score decides, whatever the threshold."""
    open_minded = make_chatbot(ARTICLES)
    answer = asked(open_minded)
    for threshold in (answer["score"], min(1.0, answer["score"] + 0.0001)):
        settings = open_minded.settings.model_copy(update={"answer_threshold": threshold})
        other = asked(Chatbot(settings, WordEmbedder()))
        check(other, ARTICLES)
        assert other["score"] == answer["score"]
        assert (other["status"] == "answered") == (threshold <= answer["score"])


@pytest.mark.parametrize("only", [Filters(), Filters(language="de")])
def test_a_stream_tells_the_same(make_chatbot: Make, only: Filters) -> None:
    chatbot = make_chatbot(ARTICLES)
    events = list(chatbot.stream(QUESTION, filters=only, limit=2))
    answer = events[-1]["answer"]
    assert lasting(answer) == lasting(asked(chatbot, filters=only, limit=2))
    extracts = [{"type": "extract", "extract": extract} for extract in answer["extracts"]]
    parts = [{"type": "part", "part": part} for part in answer["parts"]]
    none = [{"type": "no_answer", "reason": answer["reason"], "nearest": answer["nearest"]}] * (not extracts)
    assert set(events[0]) >= {"type", "generation", "question", "standalone_question", "language"}
    start = {key: answer[key] for key in events[0] if key != "type"}
    assert events == [{"type": "start", **start}, *extracts, *parts, *none, {"type": "done", "answer": answer}]


def test_search(make_chatbot: Make) -> None:
    chatbot = make_chatbot(ARTICLES)
    hits, _ = chatbot.search("bridge workers", limit=2)
    assert len(hits) == 2 and hits[0].passage.article_id == "bridge" and hits[0].score >= hits[1].score
    found = hit_object(hits[0], ARTICLES[0])
    json.dumps(found, allow_nan=False)
    assert found["passage"]["id"] == str(hits[0].passage.id) and found["article"]["sha256"] == ARTICLES[0].sha256
    assert chatbot.search("bridge", filters=Filters(language="de"))[0] == []


def test_an_answer_verifies_until_its_article_changes(make_chatbot: Make) -> None:
    chatbot = make_chatbot(ARTICLES)
    answer = asked(chatbot, limit=1)
    assert [found["status"] for found in chatbot.verify(answer)] == ["valid"]
    text = ARTICLES[0].text
    quote = answer["extracts"][0]["text"]
    for changed, status in (("X. " + text, "moved"), (text.replace(quote, "Gone."), "changed")):
        make_chatbot([Article("bridge", "B", changed, "en")])
        (found,) = Chatbot(chatbot.settings, WordEmbedder()).verify(answer)
        assert found["status"] == status
        assert status != "moved" or changed[found["start"] : found["end"]] == quote
    with open_writer(chatbot.settings, "words", 256) as writer:
        writer.remove(["bridge"])
        writer.publish()
    assert Chatbot(chatbot.settings, WordEmbedder()).verify(answer)[0]["status"] == "deleted"
