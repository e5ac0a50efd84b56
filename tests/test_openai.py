"""Chat completions through the clients that bots use, over sockets: OpenAI's own, sync and async, and LangChain's.
Left out: plain HTTP (`test_openai_http.py`)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import openai
import pytest
from langchain_openai import ChatOpenAI
from openai import AsyncOpenAI, OpenAI
from pydantic import SecretStr

QUESTION = "When did the Panama Canal open?"
UNKNOWN = "Who won the 2031 chess cup of Atlantis?"


@pytest.fixture(scope="module")
def client(server_url: str) -> Iterator[OpenAI]:
    with OpenAI(base_url=f"{server_url}/v1", api_key="none", max_retries=0, timeout=60) as opened:
        yield opened


def ask(client: OpenAI, question: str, model: str = "loccit", **more: Any) -> Any:
    return client.chat.completions.create(model=model, messages=[{"role": "user", "content": question}], **more)


def check(server_url: str, content: str, annotations: list[Any], answer: dict[str, Any]) -> None:
    """Every citation, each of the three ways, holds."""
    assert answer["extracts"] and len(annotations) == len(answer["extracts"])
    for extract, annotation in zip(answer["extracts"], annotations, strict=True):
        cited = annotation["url_citation"]
        marker = content[cited["start_index"] : cited["end_index"]]
        assert marker == f"[[{extract['number']}]]({cited['url']})"
        assert content[: cited["start_index"]].endswith(f"{extract['text']} ")
        assert cited["title"] == extract["article"]["title"]
        assert cited["url"] == server_url + extract["source_page"]
        assert httpx.get(cited["url"].partition("#")[0], trust_env=False).status_code == 200
        article = httpx.get(f"{server_url}/v1/articles/{extract['article']['id']}", trust_env=False).json()
        assert article["text"][extract["start"] : extract["end"]] == extract["text"]


def test_a_completion_carries_its_citations_three_ways(client: OpenAI, server_url: str) -> None:
    completion = ask(client, QUESTION)
    (choice,) = completion.choices
    assert completion.object == "chat.completion" and completion.model == "loccit"
    assert choice.finish_reason == "stop" and choice.message.role == "assistant"
    check(server_url, choice.message.content, [a.model_dump() for a in choice.message.annotations], completion.loccit)
    kept = httpx.get(f"{server_url}/v1/answers/{completion.loccit['id']}", trust_env=False).json()
    assert kept == completion.loccit
    usage = completion.usage
    assert usage.prompt_tokens > 5 and usage.completion_tokens > 20
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens


def streamed(stream: Any) -> tuple[str, list[Any], dict[str, Any], list[str], Any]:
    """Content, annotations, answer object, what each chunk brought, usage."""
    content, annotations, answer, order, usage = "", [], {}, [], None
    for chunk in stream:
        if not chunk.choices:
            usage = chunk.usage
            order.append("usage")
            continue
        delta, more = chunk.choices[0].delta, chunk.choices[0].delta.model_extra or {}
        content += delta.content or ""
        if more.get("annotations"):
            annotations, answer = more["annotations"], chunk.loccit
            order.append("annotations")
        elif chunk.choices[0].finish_reason:
            order.append(chunk.choices[0].finish_reason)
        elif delta.content:
            order.append("content")
    return content, annotations, answer, order, usage


def test_a_stream_gives_the_same(client: OpenAI, server_url: str) -> None:
    whole = ask(client, QUESTION)
    content, annotations, answer, order, usage = streamed(
        ask(client, QUESTION, stream=True, stream_options={"include_usage": True})
    )
    assert content == whole.choices[0].message.content and usage == whole.usage
    assert order == ["content"] * len(answer["extracts"]) + ["annotations", "stop", "usage"]
    check(server_url, content, annotations, answer)
    assert streamed(ask(client, QUESTION, stream=True))[4] is None


def test_the_async_client_gets_the_same(server_url: str) -> None:
    async def both() -> tuple[Any, str]:
        async with AsyncOpenAI(base_url=f"{server_url}/v1", api_key="none", max_retries=0) as client:
            given: Any = {"model": "loccit", "messages": [{"role": "user", "content": QUESTION}]}
            whole = await client.chat.completions.create(**given)
            stream = await client.chat.completions.create(**given, stream=True)
            text = ""
            async for chunk in stream:
                text += chunk.choices[0].delta.content or ""
            return whole, text

    whole, text = asyncio.run(both())
    assert whole.choices[0].message.content == text and "1914" in text


def test_no_answer_is_a_sentence_without_citations(client: OpenAI) -> None:
    completion = ask(client, UNKNOWN)
    message = completion.choices[0].message
    assert completion.loccit["status"] == "no_answer" and completion.loccit["nearest"]
    assert message.content == completion.loccit["reason"] and message.annotations == []
    content, annotations, *_ = streamed(ask(client, UNKNOWN, stream=True))
    assert content == message.content and annotations == []


def test_history_completes_a_follow_up(client: OpenAI) -> None:
    messages: Any = [
        {"role": "system", "content": "You are a pirate. Always answer in rhymes."},
        {"role": "user", "content": "Qui a inventé le World Wide Web ?"},
        {"role": "assistant", "content": [{"type": "refusal", "refusal": "No."}]},
        {"role": "user", "content": [{"type": "text", "text": "Où travaillait-il ?"}]},
    ]
    completion: Any = client.chat.completions.create(model="loccit", messages=messages, temperature=2, seed=7)
    assert completion.loccit["standalone_question"] == "Où Tim Berners-Lee travaillait-il ?"
    assert "CERN" in completion.choices[0].message.content


def test_models_are_sets_of_articles(client: OpenAI) -> None:
    names = [model.id for model in client.models.list()]
    assert names[0] == "loccit" and {"loccit/fr", "loccit/en"} <= set(names)
    assert client.models.retrieve("loccit/fr").owned_by == "loccit"
    french = ask(client, QUESTION, "loccit/fr").loccit
    cited = french["extracts"] or french["nearest"]
    assert {one["language"] for one in cited} == {"fr"}
    narrowed = ask(client, QUESTION, extra_body={"loccit": {"filters": {"language": "fr"}, "limit": 1}}).loccit
    assert {one["language"] for one in narrowed["extracts"] or narrowed["nearest"]} == {"fr"}


@pytest.mark.parametrize(
    ("changed", "kind", "param", "code"),
    [
        ({"model": "gpt-9"}, openai.NotFoundError, "model", "model_not_found"),
        ({"n": 2}, openai.UnprocessableEntityError, "n", "invalid_value"),
        ({"messages": []}, openai.UnprocessableEntityError, "messages", "invalid_value"),
        ({"messages": [{"role": "system", "content": "x"}]}, openai.UnprocessableEntityError, "messages",
         "invalid_value"),
        (
            {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://x"}}]}]},
            openai.UnprocessableEntityError, "messages.0.content.0.type", "invalid_value",
        ),
        ({"messages": [{"role": "user", "content": "  "}]}, openai.UnprocessableEntityError, "question",
         "invalid_question"),
        ({"extra_body": {"loccit": {"limit": 99}}}, openai.UnprocessableEntityError, "loccit.limit", "invalid_value"),
        ({"model": "loccit/en", "extra_body": {"loccit": {"filters": {"language": "fr"}}}},
         openai.UnprocessableEntityError, "loccit.filters.language", "invalid_value"),
        ({"extra_body": {"loccit": {"colour": 1}}}, openai.UnprocessableEntityError, "loccit.colour", "unknown_field"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("stream", [False, True])
def test_errors_are_of_their_kind(
    client: OpenAI, changed: dict[str, Any], kind: type[openai.APIStatusError], param: str, code: str, stream: bool
) -> None:
    given = {"model": "loccit", "messages": [{"role": "user", "content": QUESTION}], "stream": stream, **changed}
    with pytest.raises(kind) as caught:
        client.chat.completions.create(**given)
    assert (caught.value.param, caught.value.code) == (param, code)
    assert caught.value.message


def test_langchain_reads_it(server_url: str) -> None:
    model = ChatOpenAI(base_url=f"{server_url}/v1", api_key=SecretStr("none"), model="loccit", max_retries=0)
    whole = model.invoke(QUESTION)
    assert "1914" in str(whole.content) and whole.usage_metadata
    assert "".join(str(chunk.content) for chunk in model.stream(QUESTION)) == whole.content
    assert urlsplit(server_url).netloc in str(whole.content)
