"""What earlier turns lend to a follow-up: questions, answers, titles, in order; anything may be asked; the corpus' own
follow-ups. Left out: cases by the dozen (`test_follow_ups.py`), how often it is right (`benchmarks/follow_ups.py`)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from index.readers import find_files, read_file
from index.types import Article
from rag.conversation import Earlier, standalone_question

CORPUS = Path(__file__).parent.parent / "corpus"


def test_follow_ups_of_follow_ups_are_resolved_in_order() -> None:
    turns = [Earlier("When was Marie Curie born?"), Earlier("Where did she study?"), Earlier("And in 1903?")]
    assert standalone_question("Who was her husband?", "en", turns) == "Who was Marie Curie's husband?"
    french = [Earlier("Quelle est la capitale de la France ?"), Earlier("Et la Suède ?")]
    assert standalone_question("Et le Japon ?", "fr", french) == "Quelle est la capitale du Japon ?"


def test_a_change_of_subject_changes_what_a_pronoun_means() -> None:
    turns = [Earlier("When was the Eiffel Tower built?"), Earlier("How long is the Suez Canal?")]
    assert standalone_question("Who dug it?", "en", turns) == "Who dug the Suez Canal?"


def test_an_answer_names_who_is_meant() -> None:
    turns = [Earlier("Who painted the ceiling?", "Michelangelo Buonarroti painted it in four years.")]
    assert standalone_question("When was he born?", "en", turns) == "When was Michelangelo Buonarroti born?"


def test_a_title_names_what_is_meant() -> None:
    turns = [Earlier("where was the stone found", "", ("Rosetta Stone",))]
    assert standalone_question("How heavy is it?", "en", turns) == "How heavy is Rosetta Stone?"
    french = [Earlier("combien de platanes le long du canal du midi", "", ("Canal du Midi",))]
    assert standalone_question("Qui le gère ?", "fr", french) == "Qui le gère (Canal du Midi) ?"


def test_a_long_question_is_left_as_it_is() -> None:
    question = "Where is it? " * 50
    assert standalone_question(question, "en", [Earlier("Who built the Eiffel Tower?")]) == question


def test_a_headline_is_no_name() -> None:
    turns = [Earlier("who joined in 2023", "", ("How Finland and Sweden joined NATO",))]
    assert standalone_question("Where is it?", "en", turns) == "Where is it?"
    turns = [Earlier("combien de jours ça dure", "", ("Le roquefort, cent ans d'appellation d'origine",))]
    assert standalone_question("Comment est-il fait ?", "fr", turns) == "Comment le roquefort est-il fait ?"


def test_what_is_described_is_meant_rather_than_what_the_description_names() -> None:
    turns = [Earlier("Who was the first woman to climb Mont Blanc?")]
    assert standalone_question("How old was she?", "en", turns) == ("How old was the first woman to climb Mont Blanc?")
    answered = [Earlier("Who was the first woman to climb Mont Blanc?", "Marie Paradis reached the top in 1808.")]
    assert standalone_question("How old was she?", "en", answered) == "How old was Marie Paradis?"


def test_nothing_fits_nothing_is_changed() -> None:
    assert standalone_question("Where was he born?", "en", [Earlier("How deep is the Channel Tunnel?")]) == (
        "Where was he born?"
    )
    assert standalone_question("Where was he born?", "en", []) == "Where was he born?"


_WORDS = (
    "And what about it he his Why ? in 2019 Et la Finlande l'a sa y en Quand est-il où , . the Eiffel Tower (".split()
)
_TEXTS = st.one_of(st.text(max_size=80), st.lists(st.sampled_from(_WORDS), max_size=9).map(" ".join))


@given(_TEXTS, st.sampled_from(["en", "fr", "de", "", "zh"]), st.lists(st.tuples(_TEXTS, _TEXTS, _TEXTS), max_size=3))
def test_anything_can_be_asked(question: str, language: str, turns: list[tuple[str, str, str]]) -> None:
    earlier = [Earlier(asked, answer, (title,) if title else ()) for asked, answer, title in turns]
    alone = standalone_question(question, language, earlier)
    assert alone if question else alone == ""
    assert alone == standalone_question(question, language, earlier)
    if not turns:
        assert alone == question


def follow_ups() -> list[dict[str, Any]]:
    lines = (CORPUS / "follow_ups.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def test_the_follow_ups_of_the_corpus_are_answered_verbatim() -> None:
    texts = {}
    for file in find_files(CORPUS)[0]:
        for _, article in read_file(file, CORPUS, 10**7):
            assert isinstance(article, Article)
            texts[article.id] = article.text
    rows = follow_ups()
    assert len({row["id"] for row in rows}) == len(rows) == 40
    for row in rows:
        assert row["history"] and row["rewrite"] and row["answers"]
        for answer in row["answers"]:
            assert any(answer in texts[name] for name in row["article_ids"]), row["id"]


def test_most_follow_ups_of_the_corpus_are_completed() -> None:
    rows = follow_ups()
    completed = [
        standalone_question(row["question"], row["lang"], [Earlier(turn["question"]) for turn in row["history"]])
        != row["question"]
        for row in rows
    ]
    assert sum(completed) >= 34
