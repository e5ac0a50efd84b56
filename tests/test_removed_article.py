"""The page of an article that was removed. Left out: other errors as pages (`test_pages.py`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import httpx
import pytest

from index.edit import remove_article
from index.types import Article
from rag.chatbot import Chatbot
from tests.conftest import WordEmbedder

SHIP = Article("ship", "Ship", "The pirate ship sailed on Tuesday.", "en")
CANAL = Article("canal", "Canal", "The canal is wide.", "en")


@pytest.mark.parametrize(
    ("ui", "sentence", "way_on"),
    [
        ("en", "There is no such article: it may have been removed or renamed.", "See all articles"),
        ("fr", "Cet article n’existe pas : il a peut-être été retiré ou renommé.", "Voir tous les articles"),
    ],
)
def test_a_removed_article_says_so_and_where_to_go_on(
    make_chatbot: Callable[[Sequence[Article]], Chatbot],
    serve: Callable[[Chatbot], str],
    ui: str,
    sentence: str,
    way_on: str,
) -> None:
    chatbot = make_chatbot([SHIP, CANAL])
    with httpx.Client(base_url=serve(chatbot), timeout=60, trust_env=False) as client:
        assert client.get("/articles/ship").status_code == 200
        remove_article("ship", WordEmbedder(), chatbot.settings)
        gone = client.get("/articles/ship", params={"start": 0, "end": 10, "ui": ui})
        assert gone.status_code == 404 and sentence in gone.text
        assert f'<a href="/articles">{way_on}</a>' in gone.text and '<a href="/">' in gone.text
        assert way_on not in client.get("/articles?offset=-1").text
