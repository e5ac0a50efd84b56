"""Questions to begin with: made of the articles, and answered by them. Left out: how they are shown."""

from __future__ import annotations

import pytest

from index.types import Article
from rag.chatbot import Chatbot
from web.suggestions import SHOWN, Suggestions, questions_of


@pytest.mark.parametrize(
    ("title", "text", "language", "questions"),
    [
        ("The Higgs boson: 48 years", "The Higgs boson is a particle.", "en",
         ["What is the Higgs boson?", "What do the articles say about the Higgs boson?"]),
        ("Magna Carta", "Magna Carta was sealed on 15 June 1215.", "en",
         ["When was Magna Carta sealed?", "What do the articles say about Magna Carta?"]),
        ("Le roquefort, un fromage", "Le roquefort est un fromage.", "fr",
         ["Qu’est-ce que le roquefort ?", "Que disent les articles sur le roquefort ?"]),
        ("L’abbaye", "L’abbaye est une ruine.", "fr",
         ["Qu’est-ce que l’abbaye ?", "Que disent les articles sur l’abbaye ?"]),
        ("La loi de 1905", "La loi de 1905 a été promulguée le 9 décembre 1905.", "fr",
         ["Quand la loi de 1905 a-t-elle été promulguée ?", "Que disent les articles sur la loi de 1905 ?"]),
        ("Le pont", "Le pont a été construit en 1890.", "fr",
         ["Quand le pont a-t-il été construit ?", "Que disent les articles sur le pont ?"]),
        ("The harbour", "The club was founded in 1868. It is one of many.", "en",
         ["What do the articles say about the harbour?"]),
        ("12 years of work", "They worked.", "en", []),
        ("Die Brücke", "Die Brücke ist lang.", "de", []),
        ("An extremely long title without any mark that would end it soon", "Nothing.", "en", []),
    ],
)  # fmt: skip
def test_questions_of_an_article(title: str, text: str, language: str, questions: list[str]) -> None:
    assert list(questions_of(Article("a", title, text, language))) == questions


def test_those_shown_are_answered(chatbot: Chatbot) -> None:
    suggestions = Suggestions(chatbot)
    suggestions.prepare()
    for language in ("en", "fr"):
        found = suggestions.questions(language)
        assert len(found) == SHOWN
        for question in found:
            answer = chatbot.ask(question)
            assert answer.status == "answered" and answer.language == language and answer.score >= 0.5
    assert suggestions.questions("de") == []
