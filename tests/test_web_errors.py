"""Requests that the REST endpoints refuse, and failures: status, code, field, message. Left out: the
same as pages (`test_pages.py`)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from index.errors import InvalidFilter, NoIndexError, StoreError
from web.app import show_error
from web.errors import TABLE, problem_of
from web.guard import Guard
from web.settings import Settings

ENGLISH = "When did the Panama Canal open?"


@pytest.fixture(scope="module")
def client(server_url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server_url, timeout=60, trust_env=False) as opened:
        yield opened


def check_error(response: httpx.Response, status: int, code: str, param: str | None = None) -> str:
    assert response.status_code == status, response.text
    error = response.json()["error"]
    assert list(error) == ["type", "message", "param", "code"]
    assert (error["code"], error["param"]) == (code, param)
    assert "Traceback" not in response.text and "/work" not in response.text and "/tmp" not in response.text
    message: str = error["message"]
    assert message
    return message


@pytest.mark.parametrize(
    ("body", "status", "code", "param"),
    [
        ({"question": ""}, 422, "invalid_question", "question"),
        ({"question": " \n\t"}, 422, "invalid_question", "question"),
        ({"question": "é" * 100_000}, 413, "question_too_long", "question"),
        ({"question": 5}, 422, "invalid_value", "question"),
        ({"question": "\ud800 who?"}, 422, "invalid_value", "question"),
        ({}, 422, "missing_field", "question"),
        ({"question": ENGLISH, "language": "klingon"}, 422, "invalid_question", "language"),
        ({"question": ENGLISH, "filters": {"colour": "red"}}, 422, "unknown_field", "filters.colour"),
        ({"question": ENGLISH, "filters": {"since": "soon"}}, 422, "invalid_value", "filters.since"),
        ({"question": ENGLISH, "filters": {"until": "2025-02-30"}}, 422, "invalid_value", "filters.until"),
        (
            {"question": ENGLISH, "filters": {"language": "klingon"}},
            422,
            "invalid_filter",
            "filters.language",
        ),
        ({"question": ENGLISH, "limit": 0}, 422, "invalid_value", "limit"),
        ({"question": ENGLISH, "limit": 11}, 422, "invalid_value", "limit"),
        ({"question": ENGLISH, "limit": "3"}, 422, "invalid_value", "limit"),
        ({"question": ENGLISH, "history": [{"q": 1}]}, 422, "unknown_field", "history.0.q"),
        ({"question": ENGLISH, "top_k": 4}, 422, "unknown_field", "top_k"),
    ],
)
@pytest.mark.parametrize("streamed", [False, True])
def test_bad_fields_are_named(
    client: httpx.Client, body: dict[str, Any], status: int, code: str, param: str, streamed: bool
) -> None:
    sent = json.dumps({**body, "stream": streamed}).encode()
    response = client.post("/v1/answer", content=sent, headers={"Content-Type": "application/json"})
    check_error(response, status, code, param)


def test_unknown_field_message_names_the_fields(client: httpx.Client) -> None:
    response = client.post("/v1/answer", json={"question": ENGLISH, "filters": {"colour": "red"}})
    message = check_error(response, 422, "unknown_field", "filters.colour")
    assert "since, until, source, tag, language, article_id" in message


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "invalid_body"),
        (b"[]", "invalid_body"),
        (b"{", "invalid_json"),
        (b'{"question": "\xff\xfe"}', "invalid_json"),
        (b'{"question": ' + b"[" * 200_000, "invalid_json"),
        (b'{"question": "who?", "limit": ' + b"9" * 5000 + b"}", "invalid_json"),
    ],
)
def test_bodies_that_are_no_json_object(client: httpx.Client, body: bytes, code: str) -> None:
    headers = {"Content-Type": "application/json"}
    check_error(client.post("/v1/answer", content=body, headers=headers), 422, code)


def test_body_without_its_content_type_is_explained(client: httpx.Client) -> None:
    message = check_error(client.post("/v1/answer", content=b'{"question": "who?"}'), 422, "invalid_body")
    assert "Content-Type: application/json" in message


@pytest.mark.parametrize("chunked", [False, True])
def test_body_over_the_limit(client: httpx.Client, chunked: bool) -> None:
    chunks = [b"x" * 65536] * 40
    response = client.post("/v1/answer", content=iter(chunks) if chunked else b"".join(chunks))
    check_error(response, 413, "body_too_large")


def test_addresses_and_methods_that_do_not_exist(client: httpx.Client) -> None:
    check_error(client.get("/v1/nothing"), 404, "not_found")
    check_error(client.get("/static/../app.py"), 404, "not_found")
    wrong = client.put("/v1/answer")
    assert "POST" in check_error(wrong, 405, "method_not_allowed")
    assert wrong.headers["allow"] == "POST"
    assert client.patch("/v1/articles/a").headers["allow"] == "DELETE, GET, PUT"
    assert client.get("/mcp").headers["allow"] == "POST"


def test_unknown_article(client: httpx.Client) -> None:
    for article_id in ("nothing", "a/b", "..%2F..%2Fetc%2Fpasswd", "%FF", "%00", "é"):
        check_error(client.get(f"/v1/articles/{article_id}"), 404, "article_not_found")


def test_no_index_yet(no_index_url: str) -> None:
    with httpx.Client(base_url=no_index_url, trust_env=False, timeout=60) as client:
        for response in (
            client.post("/v1/answer", json={"question": ENGLISH}),
            client.post("/v1/answer", json={"question": ENGLISH, "stream": True}),
            client.post("/v1/search", json={"query": ENGLISH}),
            client.get("/v1/articles"),
            client.get("/v1/articles/x"),
            client.get("/readyz"),
        ):
            assert "loccit index" in check_error(response, 503, "no_index")
            assert response.headers["retry-after"] == "30"
        assert client.get("/healthz").json() == {"status": "ok"}


@pytest.mark.parametrize(
    ("query", "code", "param"),
    [
        ("colour=red", "unknown_field", "colour"),
        ("limit=0", "invalid_value", "limit"),
        ("limit=101", "invalid_value", "limit"),
        ("offset=-1", "invalid_value", "offset"),
        ("offset=x", "invalid_value", "offset"),
        ("since=soon", "invalid_value", "since"),
        ("until=20250401", "invalid_value", "until"),
    ],
)
def test_bad_queries_are_named(client: httpx.Client, query: str, code: str, param: str) -> None:
    check_error(client.get(f"/v1/articles?{query}"), 422, code, param)


@pytest.mark.parametrize(
    ("body", "status", "code", "param"),
    [
        ({"query": ""}, 422, "invalid_question", "query"),
        ({"query": "w" * 100_000}, 413, "question_too_long", "query"),
        ({"query": "canal", "limit": 51}, 422, "invalid_value", "limit"),
        ({"query": "canal", "language": "klingon"}, 422, "invalid_question", "language"),
        ({"question": "canal"}, 422, "unknown_field", "question"),
    ],
)
def test_bad_searches_are_named(client: httpx.Client, body: dict[str, Any], status: int, code: str, param: str) -> None:
    check_error(client.post("/v1/search", json=body), status, code, param)


@pytest.mark.parametrize("body", [{}, {"extracts": 5}, {"extracts": [None]}, {"extracts": [{"text": 1}]}])
def test_verify_refuses_what_is_no_answer(client: httpx.Client, body: dict[str, Any]) -> None:
    check_error(client.post("/v1/verify", json=body), 422, "invalid_answer_object")


def test_messages_never_show_where_things_are() -> None:
    for error in (NoIndexError("/root/index"), StoreError("/root/index"), RuntimeError("/root/index")):
        assert "/root" not in problem_of(error).message
    assert problem_of(InvalidFilter("No.", "filters.tag")).param == "filters.tag"
    assert all(row.status >= 500 or row.message is None for row in TABLE.values())


def test_a_failure_nobody_foresaw_is_a_plain_500() -> None:
    async def failing(scope: Any, receive: Any, send: Any) -> None:
        raise RuntimeError("secret in /root")

    transport = httpx.ASGITransport(Guard(failing, Settings.model_validate({}), "'sha256-x'", show_error))

    async def fetch() -> httpx.Response:
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            return await client.get("/v1/answer")

    response = asyncio.run(fetch())
    assert "secret" not in response.text
    check_error(response, 500, "internal_error")
    assert response.headers["x-content-type-options"] == "nosniff"
