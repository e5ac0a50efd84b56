"""Detection of a text's language, and the lists of function words. Left out: stems (`test_words.py`)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from index.language import DETECTABLE, STEMMERS, detect_language, function_words

QUESTIONS = Path(__file__).parent.parent / "corpus" / "questions.jsonl"


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Quand le canal de Panama a-t-il été ouvert ?", "fr"),
        ("Qui a construit la tour Eiffel ?", "fr"),
        ("Pourquoi le ciel est-il bleu ?", "fr"),
        ("When did the Panama Canal open?", "en"),
        ("Who built the Eiffel Tower?", "en"),
        ("Why is the sky blue?", "en"),
        ("¿Cuándo se inauguró el canal de Panamá?", "es"),
        ("Wann wurde der Panamakanal eröffnet?", "de"),
        ("Quando è stato aperto il canale di Panama?", "it"),
        ("巴拿马运河是什么时候开放的？", "zh"),
        ("パナマ運河はいつ開通しましたか。", "ja"),
        ("متى افتتحت قناة بنما؟", "ar"),
        ("Когда был открыт Панамский канал?", "ru"),
        ("Πότε άνοιξε η διώρυγα του Παναμά;", "el"),
        ("पनामा नहर कब खुली?", "hi"),
    ],
)
def test_detection(text: str, language: str) -> None:
    assert detect_language(text) == language


def test_questions_of_the_corpus() -> None:
    """At least 19 of 20 questions, which are short, are told apart."""
    rows = [json.loads(line) for line in QUESTIONS.read_text(encoding="utf-8").splitlines()]
    right = [detect_language(row["question"]) == row["lang"] for row in rows]
    assert len(right) > 200 and sum(right) / len(right) >= 0.95


@pytest.mark.parametrize("text", ["", "   ", "2025", "?!", "😀"])
def test_without_letters_the_fallback(text: str) -> None:
    assert detect_language(text) == "en" and detect_language(text, "fr") == "fr"


def test_every_answer_is_a_known_code() -> None:
    for text in ("a", "Lorem ipsum dolor sit amet", "ⴰⵣⵓⵍ", "Saluton al ĉiuj", "ქართული", "\u0301a"):
        assert detect_language(text) in DETECTABLE


def test_a_very_long_text_is_quick_and_right() -> None:
    assert detect_language("Le pont est long et la rivière est large. " * 50_000) == "fr"


def test_function_words() -> None:
    assert {"le", "la", "quand", "où", "l", "d"} <= function_words("fr")
    assert {"the", "when", "who", "of"} <= function_words("en")
    assert function_words("xx") == frozenset()
    assert not {"état", "nom", "force", "work", "or"} & function_words("fr")


def test_every_stemmed_language_is_detectable() -> None:
    assert set(STEMMERS) - DETECTABLE == set()
