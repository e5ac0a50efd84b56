"""Answers of several parts, of several articles that say the same, and of articles that say otherwise. Left out: how a
question is split (`test_compound.py`), what disagrees (`test_disagreement.py`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from index.types import Article, Filters
from rag.answer_object import answer_object
from rag.chatbot import Chatbot
from rag.types import Answer, Turn

Make = Callable[[Sequence[Article]], Chatbot]

TOWER = "The tower of the harbour was built by the engineer Hardwick for the merchants of the old town."
FILLERS = [
    Article(f"f{n}", f"Filler {n}", f"Nothing of interest is said in number {n} of this list.", "en") for n in range(9)
]


def checked(chatbot: Chatbot, answer: Answer) -> Answer:
    """Every citation holds, and the stream says the same."""
    store = chatbot.index()
    for extract in answer.extracts:
        for citation in (extract.citation, *extract.also_in):
            article = store.article(citation.article_id)
            assert article.text[citation.start : citation.end] == citation.quote
            assert article.sha256 == citation.sha256
    assert [extract.number for extract in answer.extracts] == list(range(1, len(answer.extracts) + 1))
    for part in answer.parts:
        assert set(part.extracts) <= {extract.number for extract in answer.extracts}
        assert (part.status == "answered") == bool(part.extracts)
    return answer


def test_each_part_of_a_question_has_its_extract(make_chatbot: Make) -> None:
    chatbot = make_chatbot(
        [
            Article("bridge", "Bridge", "The long bridge was built by the engineer Telford and his sons.", "en"),
            Article("canal", "Canal", "The straight canal was opened to ships by the queen in 1841.", "en"),
            *FILLERS,
        ]
    )
    asked = "Who built the long bridge, and when was the straight canal opened to ships?"
    answer = checked(chatbot, chatbot.ask(asked))
    assert answer.question == answer.standalone_question == asked and answer.status == "answered"
    first, second = answer.parts
    assert (first.question, second.question) == (
        "Who built the long bridge?", "When was the straight canal opened to ships?",
    )  # fmt: skip
    cited = {extract.number: extract.citation.article_id for extract in answer.extracts}
    assert cited[first.extracts[0]] == "bridge" and cited[second.extracts[0]] == "canal"
    events = list(chatbot.stream(asked))
    assert [event["part"]["question"] for event in events if event["type"] == "part"] == [
        first.question,
        second.question,
    ]
    assert [e["extract"]["number"] for e in events if e["type"] == "extract"] == sorted(cited)


def test_an_extract_that_answers_both_parts_stands_once(make_chatbot: Make) -> None:
    chatbot = make_chatbot([Article("t", "Tower", "The lighthouse was built by Smeaton in 1759.", "en"), *FILLERS])
    answer = checked(chatbot, chatbot.ask("Who built the lighthouse, and when was the lighthouse built?", limit=2))
    assert [part.extracts for part in answer.parts] == [(1,), (1,)] and len(answer.extracts) == 1


def test_a_missing_part_is_said_to_be_missing(chatbot: Chatbot) -> None:
    answer = checked(
        chatbot,
        chatbot.ask(
            "When was the Panama Canal opened, and how many passengers flew through Nairobi airport last week?"
        ),
    )
    assert answer.status == "partial" and answer.reason is None and not answer.nearest
    assert [part.status for part in answer.parts] == ["answered", "no_answer"]


def test_with_fewer_extracts_than_parts_the_question_stays_whole(make_chatbot: Make) -> None:
    answer = make_chatbot(FILLERS).ask("Who built the bridge, and when was the canal opened?", limit=1)
    assert [part.question for part in answer.parts] == ["Who built the bridge, and when was the canal opened?"]


def test_who_else_says_the_same_is_named(make_chatbot: Make) -> None:
    """Whole copies, and one sentence among others."""
    copies = [Article(f"copy{n}", f"Copy {n}", TOWER, "en") for n in range(3)]
    other = Article("other", "Other", f"Much has changed. {TOWER} Visitors climb it.", "en")
    chatbot = make_chatbot([*copies, other, *FILLERS])
    answer = checked(chatbot, chatbot.ask("Who built the tower of the harbour for the merchants?"))
    first = answer.extracts[0]
    assert {first.citation.article_id, *(citation.article_id for citation in first.also_in)} == {
        "copy0", "copy1", "copy2", "other",
    }  # fmt: skip
    assert all(citation.quote == TOWER for citation in first.also_in)
    assert not any(TOWER in extract.text for extract in answer.extracts[1:])
    (told, *_) = answer_object(answer)["extracts"][0]["also_in"]
    assert set(told) == {
        "author", "id", "title", "url", "source", "published", "updated", "sha256", "text", "start", "end", "page",
        "source_page",
    }  # fmt: skip


def test_articles_that_disagree_stand_against_one_another_newest_first(make_chatbot: Make) -> None:
    text = "The toll for a cart on the long bridge at Conwy is {} pence for each crossing."
    old = Article("old", "Toll", text.format(3), "en", published="2019-05-01")
    new = Article("new", "Toll", text.format(5), "en", published="2024-05-01")
    chatbot = make_chatbot([old, new, *FILLERS])
    asked = "What is the toll for a cart on the long bridge at Conwy?"
    answer = checked(chatbot, chatbot.ask(asked))
    assert [extract.citation.article_id for extract in answer.extracts[:2]] == ["new", "old"]
    assert [extract.conflicts_with for extract in answer.extracts[:2]] == [(2,), (1,)]
    events = [e["extract"] for e in chatbot.stream(asked) if e["type"] == "extract"]
    assert events == answer_object(answer)["extracts"]
    alone = chatbot.ask(asked, filters=Filters(article_id="old"))
    assert alone.extracts[0].conflicts_with == ()


@pytest.mark.parametrize("limit", [1, 2, 5])
def test_the_same_answer_twice(chatbot: Chatbot, limit: int) -> None:
    asked = "Who invented the World Wide Web and when was the Magna Carta sealed?"
    fresh = Chatbot(chatbot.settings.model_copy(update={"cached_answers": 0}), chatbot.embedder(), chatbot.reader())
    one, other = (fresh.ask(asked, limit=limit) for _ in range(2))
    told = [{**answer_object(answer), "id": "", "timings_ms": {}} for answer in (one, other)]
    assert told[0] == told[1]


def test_a_follow_up_is_asked_in_full(chatbot: Chatbot) -> None:
    """What "il" is comes from the answer before, which the server finds again by itself."""
    first = "Qui a inventé le World Wide Web ?"
    answer = checked(chatbot, chatbot.ask("Où travaillait-il ?", history=[Turn(first)]))
    assert answer.question == "Où travaillait-il ?" and "Tim Berners-Lee" in answer.standalone_question
    assert answer.extracts[0].citation.article_id == "invention-of-the-world-wide-web"
    alone = chatbot.ask("Où travaillait-il ?")
    assert alone.standalone_question == alone.question == "Où travaillait-il ?"
    (start, *_) = chatbot.stream("Où travaillait-il ?", history=[Turn(first)])
    assert start["standalone_question"] == answer.standalone_question


def test_a_question_that_stands_alone_is_asked_as_it_is(chatbot: Chatbot) -> None:
    asked = "When was the Panama Canal opened?"
    answer = chatbot.ask(asked, history=[Turn("Qui a inventé le World Wide Web ?"), Turn("Et quand ?")])
    assert answer.standalone_question == asked
    assert answer_object(answer)["extracts"] == answer_object(chatbot.ask(asked))["extracts"]


@pytest.mark.parametrize("before", ["", "   ", "?", "🙂", "x" * 5000])
def test_earlier_questions_that_ask_nothing_do_no_harm(chatbot: Chatbot, before: str) -> None:
    assert chatbot.ask("And in 1914?", history=[Turn(before)]).question == "And in 1914?"


def test_a_few_words_are_of_the_language_spoken_before(chatbot: Chatbot) -> None:
    """ "And her husband?" looks Danish alone; in another conversation the same words are asked anew."""
    asked = "And her husband?"
    before = [Turn("Who was Marie Curie?")]
    alone, led = chatbot.ask(asked), chatbot.ask(asked, history=before)
    assert led.language == "en"
    assert chatbot.ask(asked).language == alone.language


@pytest.mark.parametrize("said", ["Merci !", "Thanks a lot", "ok merci", "Hello"])
def test_courtesies_are_not_spoken_of(chatbot: Chatbot, said: str) -> None:
    history = [Turn("Qui a inventé le World Wide Web ?"), Turn(said)]
    plain = chatbot.ask("Où travaillait-il ?", history=history[:1])
    assert chatbot.ask("Où travaillait-il ?", history=history).standalone_question == plain.standalone_question
    assert chatbot.ask(said, history=history[:1]).standalone_question == said


def test_what_was_named_before_may_be_meant_by_its_kind(chatbot: Chatbot) -> None:
    answer = chatbot.ask("When was the tower finished?", history=[Turn("Where is the Eiffel Tower?")])
    assert "Eiffel Tower" in answer.standalone_question
    alone = chatbot.ask("When was the tower finished?", history=[Turn("Who invented the World Wide Web?")])
    assert alone.standalone_question == "When was the tower finished?"


def test_halves_of_characters_in_earlier_questions_do_no_harm(chatbot: Chatbot) -> None:
    asked = chatbot.ask("When did she die?", history=[Turn("Who was\n\nMarie \ud800 Curie?")])
    assert asked.standalone_question == "When did Marie Curie die?"
