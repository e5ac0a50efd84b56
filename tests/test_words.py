"""Terms for word search: elision, accents, case, stems, scripts without spaces, several languages,
threads. Left out: weights and ranking (`test_stores.py`)."""

from __future__ import annotations

import unicodedata
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.language import STEMMERS
from index.words import passage_terms, question_terms


@pytest.mark.parametrize(
    ("language", "one", "other"),
    [
        ("fr", "l'école", "école"),
        ("fr", "L’ÉCOLE", "ecole"),
        ("fr", "qu'aujourd'hui", "aujourd hui"),
        ("fr", "ponts", "pont"),
        ("fr", "ministres", "ministre"),
        ("fr", "construite", "construits"),
        ("fr", "œuvre", "ŒUVRE"),
        ("fr", "e\u0301cole", "école"),
        ("en", "bridges", "bridge"),
        ("en", "opened", "opening"),
        ("en", "Panama's", "panama"),
        ("en", "ﬁnal", "final"),
        ("en", "Ｐａｎａｍａ", "panama"),
        ("de", "Brücken", "Brücke"),
        ("de", "Straße", "STRASSE"),
        ("es", "canciones", "canción"),
        ("ru", "мосты", "мост"),
        ("el", "ΓΈΦΥΡΑ", "γέφυρα"),
        ("xx", "Élan", "elan"),
    ],
)
def test_forms_of_a_word_meet(language: str, one: str, other: str) -> None:
    assert passage_terms(one, language) == passage_terms(other, language) != []


@pytest.mark.parametrize(
    ("language", "one", "other"), [("fr", "pont", "pomme"), ("en", "canal", "candle"), ("fr", "état", "été")]
)
def test_other_words_stay_apart(language: str, one: str, other: str) -> None:
    assert passage_terms(one, language) != passage_terms(other, language)


@pytest.mark.parametrize(
    ("language", "text", "terms"),
    [
        ("fr", "Le pont et la rivière de l'île", ["pont", "rivi", "ile"]),
        ("en", "What is the length of the bridge?", ["length", "bridg"]),
        ("fr", "l'OTAN en 2025", ["otan", "2025"]),
        ("en", "snake_case and kebab-case", ["snake", "case", "kebab", "case"]),
        ("en", "3.14", ["3", "14"]),
        ("en", "the of and", []),
        ("en", "😀 … !", []),
        ("en", "", []),
        ("zh", "北京大学", ["北京", "京大", "大学"]),
        ("zh", "桥", ["桥"]),
        ("zh", "在1890年", ["在", "1890", "年"]),
        ("ja", "東京タワー", ["東京", "京タ", "タワ", "ワー"]),
        ("ko", "한국 다리", None),
    ],
)
def test_terms(language: str, text: str, terms: list[str] | None) -> None:
    found = passage_terms(text, language)
    assert len(found) == 2 if terms is None else found == terms


@pytest.mark.parametrize(
    ("language", "text", "words"),
    [
        ("hi", "हिन्दी भाषा", 2),
        ("ta", "தமிழ் மொழி", 2),
        ("ar", "العَرَبِيَّة لُغَة", 2),
        ("bn", "বাংলা ভাষা", 2),
        ("he", "שָׁלוֹם עוֹלָם", 2),
    ],
)
def test_vowel_signs_do_not_break_a_word(language: str, text: str, words: int) -> None:
    """Vowel signs are combining marks, parts of the word."""
    assert len(passage_terms(text, language)) == words


@pytest.mark.parametrize(
    ("language", "one", "other"),
    [
        ("de", "Pro\u00adgramm", "Programm"),
        ("si", "ශ\u0dca\u200dරී", "ශ\u0dcaරී"),
        ("zh", "葛\U000e0100飾", "葛飾"),
        ("he", "שָׁלוֹם", "שלום"),
        ("hi", "ज़मीन", "ज\u093cमीन"),
    ],
)
def test_characters_nobody_sees_do_not_matter(language: str, one: str, other: str) -> None:
    assert passage_terms(one, language) == passage_terms(other, language) != []


@pytest.mark.parametrize(("language", "one", "other"), [("ja", "かぎ", "かき"), ("bn", "কি", "কা"), ("th", "สุข", "สข")])
def test_marks_that_are_letters_matter(language: str, one: str, other: str) -> None:
    assert passage_terms(one, language) != passage_terms(other, language)


def test_marks_alone_are_no_words() -> None:
    assert passage_terms("\u0301 ❤\ufe0f 1\ufe0f\u20e3", "en") == ["1"]


def test_arabic_vowel_marks_do_not_matter() -> None:
    assert passage_terms("لُغَة", "ar") == passage_terms("لغة", "ar")


@pytest.mark.parametrize("language", sorted(STEMMERS))
def test_every_stemmer_exists(language: str) -> None:
    assert passage_terms("Panama", language)


def test_question_terms_keep_their_order_and_stand_once() -> None:
    assert question_terms("Le pont, le grand pont rouge", "fr", ["fr"]) == ["pont", "grand", "roug"]


def test_question_terms_are_stemmed_as_each_language_stems() -> None:
    terms = question_terms("Quand les bridges nationales ont-ils ouvert ?", "fr", ["en", "fr"])
    for language in ("fr", "en"):
        for word in ("bridges", "nationales", "ouvert"):
            assert set(passage_terms(word, language)) <= set(terms)
    assert len(terms) == len(set(terms))


def test_function_words_are_those_of_the_question() -> None:
    # "or" is gold in French and a function word in English.
    assert question_terms("le cours de l'or", "fr", ["en", "fr"]) == question_terms("cours or", "fr", ["en", "fr"])
    assert "or" in question_terms("le cours de l'or", "fr", ["en"])
    assert "or" not in question_terms("bridge or tunnel", "en", ["fr"])


@given(st.text(), st.sampled_from(["fr", "en", "de", "ar", "zh", "xx"]))
def test_terms_are_words_without_marks(text: str, language: str) -> None:
    for term in passage_terms(text, language):
        assert term and not any(character.isspace() or character in '"_*^' for character in term)
    assert set(question_terms(text, language, [language])) <= set(passage_terms(text, language))


@given(st.text(st.characters(categories=["L", "Zs"])))
def test_composed_and_decomposed_text_give_the_same_terms(text: str) -> None:
    decomposed = unicodedata.normalize("NFD", text)
    assert passage_terms(decomposed, "fr") == passage_terms(unicodedata.normalize("NFC", text), "fr")


def test_threads_do_not_disturb_each_other() -> None:
    texts = [
        f"Les {stem}ations nationales étaient {stem}ées {n}" for n, stem in enumerate(["form", "cré", "don"] * 200)
    ]
    alone = [passage_terms(text, "fr") for text in texts]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda text: passage_terms(text, "fr"), texts)) == alone


def test_plain_letters_take_a_shorter_way_to_the_same_terms() -> None:
    text = "The 2nd MILL_race isn't 3.5 km long; it's x2, and don't-care."
    # One word that is not plain sends the whole text the longer way.
    assert passage_terms(f"{text} été", "en")[:-1] == passage_terms(text, "en")


def test_words_kept_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.words.WORDS_KEPT", 3)
    text = "the one bridge, two bridges, three mills, four rivers"
    assert passage_terms(text, "xx") == text.replace(",", "").split()
    assert passage_terms(text, "xx") == text.replace(",", "").split()
