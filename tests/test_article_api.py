"""Articles put, changed and removed over sockets, with a key; answers follow at once. Left out: keys themselves
(`test_keys.py`)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from index.edit import put_article, remove_article
from index.errors import StoreBusy
from index.store import open_writer
from index.types import Article
from rag.chatbot import Chatbot
from tests.conftest import WordEmbedder
from web.keys import KeyStore

ODD = "/v1/articles/%C3%A9t%C3%A9%2Fa%20b%3F%23"


@pytest.fixture
def chatbot(make_chatbot: Callable[[Sequence[Article]], Chatbot]) -> Chatbot:
    return make_chatbot([Article("ship", "Ship", "The pirate ship sailed on Tuesday.", "en")])


@pytest.fixture
def client(chatbot: Chatbot, serve: Callable[[Chatbot], str], tmp_path: Path) -> Iterator[httpx.Client]:
    secret = KeyStore(tmp_path).create("a bot", "write")[1]
    headers = {"Authorization": f"Bearer {secret}"}
    with httpx.Client(base_url=serve(chatbot), headers=headers, timeout=60, trust_env=False) as opened:
        yield opened


def quoted(client: httpx.Client, question: str) -> list[str]:
    answer = client.post("/v1/answer", json={"question": question}).json()
    return [extract["article"]["id"] for extract in answer["extracts"]]


def test_an_article_is_found_as_soon_as_it_is_put(client: httpx.Client) -> None:
    body = {
        "title": "Dragon", "text": "# Dragon\n\nThe dragon 🐉 ate the miller.", "language": "en", "date": "2026-01-02",
        "updated": "2026-01-03", "url": "https://example.org/d", "source": "S", "author": "A", "tags": ["x", "y"],
    }  # fmt: skip
    added = client.put(ODD, json=body)
    assert added.status_code == 201 and added.json()["change"] == "add" and added.json()["id"] == "été/a b?#"
    assert quoted(client, "What did the dragon eat?")[0] == "été/a b?#"
    again = client.put(ODD, json=body)
    assert again.status_code == 200 and again.json()["change"] == "unchanged"
    assert again.json()["generation"] == added.json()["generation"] == client.get("/readyz").json()["generation"]
    assert client.put("/v1/articles/b", json={"text": "Il dort.", "lang": "fr"}).json()["language"] == "fr"
    read = client.get(ODD).json()
    assert read["text"] == body["text"] and read["published"] == "2026-01-02" and read["tags"] == ["x", "y"]
    changed = client.put(ODD, json={**body, "text": "The dragon ate the king."})
    assert changed.json()["change"] == "update" and client.get(ODD).json()["text"] == "The dragon ate the king."
    removed = client.delete(ODD)
    assert removed.json()["change"] == "remove" and client.get(ODD).status_code == 404
    assert quoted(client, "What did the dragon eat?") in ([], ["ship"])
    assert client.delete(ODD).status_code == 404


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({}, "text"), ({"text": ""}, "text"), ({"text": " \n"}, "text"), ({"text": "a\0b"}, "text"),
        ({"text": "x", "date": "yesterday"}, "date"), ({"text": "x", "colour": "red"}, "colour"),
        ({"text": "x", "tags": "a"}, "tags"), ({"text": "x", "url": "javascript:alert(1)"}, "url"),
        ({"text": "x", "language": "??"}, "language"),
    ],
)  # fmt: skip
def test_what_is_refused_changes_nothing(client: httpx.Client, body: dict[str, Any], param: str) -> None:
    before = client.get("/readyz").json()
    refused = client.put("/v1/articles/new", json=body)
    assert (refused.status_code, refused.json()["error"]["param"]) == (422, param), refused.text
    assert client.get("/readyz").json() == before


def test_edits_at_once_all_arrive(client: httpx.Client) -> None:
    def put(number: int) -> int:
        return client.put(f"/v1/articles/n{number}", json={"text": f"The dragon number {number} slept."}).status_code

    with ThreadPoolExecutor(6) as people:
        assert set(people.map(put, range(12))) == {201}
    assert client.get("/v1/articles").json()["total"] == 13


def test_another_writer_is_told_of(client: httpx.Client, chatbot: Chatbot) -> None:
    embedder = WordEmbedder()
    with open_writer(chatbot.settings, embedder.name, embedder.dimension):
        busy = client.put("/v1/articles/new", json={"text": "The dragon slept."})
        with pytest.raises(StoreBusy):
            remove_article("ship", embedder, chatbot.settings)
    assert (busy.status_code, busy.json()["error"]["code"]) == (503, "store_busy") and busy.headers["retry-after"]


def test_an_article_of_a_file_keeps_its_origin(chatbot: Chatbot) -> None:
    store = chatbot.index()
    origin = store.entries()[0].origin
    put_article(Article("ship", "Ship", "It sank.", "en"), WordEmbedder(), chatbot.settings)
    put_article(Article("new", "New", "It floats.", "en"), WordEmbedder(), chatbot.settings)
    chatbot.look_again()
    assert [entry.origin for entry in chatbot.index().entries()] == ["api:new", origin]
