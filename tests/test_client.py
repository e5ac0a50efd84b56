"""The Python client, sync and async, over sockets. Left out: what the endpoints do with odd requests
(`test_rest.py`, `test_web_errors.py`)."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from index.types import Article
from rag.chatbot import Chatbot
from web.client import AsyncClient, Client, LoccitError
from web.keys import KeyStore

QUESTION = "When did the pirate ship sail?"


@pytest.fixture
def place(
    make_chatbot: Callable[[Sequence[Article]], Chatbot], serve: Callable[[Chatbot], str], tmp_path: Path
) -> tuple[str, str]:
    """Address of a server, and a key that may write."""
    url = serve(make_chatbot([Article("a/ship?", "Ship", "The pirate ship sailed on Tuesday.", "en")]))
    return url, KeyStore(tmp_path).create("a bot", "write")[1]


@pytest.fixture
def client(place: tuple[str, str]) -> Iterator[Client]:
    with Client(*place, trust_env=False) as opened:
        yield opened


def test_everything_once(client: Client) -> None:
    answer = client.ask(QUESTION, history=["Who sails?"], filters={"language": "en"}, limit=1)
    (extract,) = answer.extracts
    article = client.article(extract.article.id)
    assert article["text"][extract.start : extract.end] == extract.text
    assert client.verify(answer)["valid"] is True
    *events, done = client.stream(QUESTION)
    assert [event["type"] for event in events] == ["start", "extract", "part"]
    assert done["answer"]["extracts"][0]["text"] == extract.text
    assert client.search("pirate", limit=1)[0]["article"]["id"] == "a/ship?"
    assert client.feedback(answer.id, "helpful", extract=1)["verdict"] == "helpful"
    assert client.put_article("b", text="The dragon slept on its gold until spring.")["change"] == "add"
    assert client.ask("Which dragon slept?").extracts[0].article.id == "b"
    assert client.delete_article("b")["change"] == "remove"


def test_the_async_client_does_the_same(place: tuple[str, str]) -> None:
    async def everything() -> None:
        async with AsyncClient(*place, trust_env=False) as client:
            answer, other = await asyncio.gather(client.ask(QUESTION), client.ask(QUESTION))
            assert answer.extracts == other.extracts and answer.id != other.id
            assert (await client.verify(answer))["valid"] is True
            assert [event["type"] async for event in client.stream(QUESTION)][-1] == "done"
            assert (await client.search("pirate"))[0]["article"]["id"] == "a/ship?"
            assert (await client.article("a/ship?"))["title"] == "Ship"
            assert (await client.feedback(answer.id, "answer_wrong", comment="No."))["comment"] == "No."
            assert (await client.put_article("b", text="The dragon slept."))["change"] == "add"
            assert (await client.delete_article("b"))["change"] == "remove"
            with pytest.raises(LoccitError, match="No answer with this id"):
                await client.feedback("ans_none", "helpful")
            with pytest.raises(LoccitError):
                [event async for event in client.stream("")]

    asyncio.run(everything())


def test_refusals_carry_everything(client: Client, place: tuple[str, str]) -> None:
    with pytest.raises(LoccitError) as caught:
        client.ask("", limit=3)
    assert (caught.value.status, caught.value.code, caught.value.param) == (422, "invalid_question", "question")
    with pytest.raises(LoccitError) as caught:
        list(client.stream("x" * 5000))
    assert caught.value.status == 413 and "character" in str(caught.value)
    with Client(place[0], "lk_00000000_wrong", trust_env=False) as wrong, pytest.raises(LoccitError) as caught:
        wrong.delete_article("a/ship?")
    assert caught.value.status == 401


def test_both_clients_have_the_same_methods() -> None:
    def methods(kind: type[Any]) -> dict[str, list[str]]:
        return {
            name: list(inspect.signature(method).parameters)
            for name, method in vars(kind).items()
            if not name.startswith("_")
        }

    assert methods(Client) == methods(AsyncClient)
