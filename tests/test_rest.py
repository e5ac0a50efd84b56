"""The REST endpoints over a real server, index and model. Left out: pages (`test_pages.py`)."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from index.errors import InvalidFilter, NoIndexError, StoreError
from web.app import Guard
from web.errors import TABLE, problem_of

FRENCH = "Quand les ministres de la Défense se sont-ils réunis au siège de l'OTAN ?"
ENGLISH = "When did the Panama Canal open?"
NONSENSE = "Quel est le mot de passe du coffre de ma grand-mère à Vladivostok ?"


@pytest.fixture(scope="module")
def client(server_url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server_url, timeout=60, trust_env=False) as opened:
        yield opened


def ask(client: httpx.Client, question: str, **more: Any) -> dict[str, Any]:
    response = client.post("/v1/answer", json={"question": question, **more})
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


def stream(client: httpx.Client, question: str, **more: Any) -> list[dict[str, Any]]:
    body = {"question": question, "stream": True, **more}
    with client.stream("POST", "/v1/answer", json=body) as response:
        assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert response.headers["cache-control"] == "no-cache"
        assert response.headers["x-accel-buffering"] == "no"
        text = response.read().decode()
    assert text.endswith("\n\n")
    return [json.loads(block.removeprefix("data: ")) for block in text[:-2].split("\n\n")]


def lasting(answer: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in answer.items() if key not in ("id", "timings_ms")}


def check_error(response: httpx.Response, status: int, code: str, param: str | None = None) -> str:
    assert response.status_code == status, response.text
    error = response.json()["error"]
    assert list(error) == ["type", "message", "param", "code"]
    assert (error["code"], error["param"]) == (code, param)
    assert "Traceback" not in response.text and "/work" not in response.text and "/tmp" not in response.text
    message: str = error["message"]
    assert message
    return message


@pytest.mark.parametrize("question", [FRENCH, ENGLISH])
def test_every_extract_is_verbatim(client: httpx.Client, question: str) -> None:
    answer = ask(client, question)
    assert answer["status"] == "answered" and answer["extracts"]
    for extract in answer["extracts"]:
        start, end = extract["start"], extract["end"]
        article = client.get(f"/v1/articles/{extract['article']['id']}").json()
        assert article["text"][start:end] == extract["text"]
        assert hashlib.sha256(article["text"].encode()).hexdigest() == extract["article"]["sha256"]
        assert extract["passage"]["start"] <= start < end <= extract["passage"]["end"]
        assert extract["selector"][0]["exact"] == extract["text"]
        assert f"start={start}&end={end}" in extract["source_page"]
        assert client.get(extract["source_page"]).status_code == 200


def test_answer_object_has_its_fields(client: httpx.Client) -> None:
    answer = ask(client, FRENCH, limit=1)
    assert list(answer)[:3] == ["id", "object", "generation"]
    assert answer["object"] == "answer" and answer["question"] == FRENCH and answer["language"] == "fr"
    assert answer["confidence"] in ("high", "medium", "low") and 0 <= answer["score"] <= 1
    assert [extract["number"] for extract in answer["extracts"]] == [1]
    assert answer["extracts"][0]["article"]["id"] == "reunion-otan-ukraine-avril-2025"
    assert answer["nearest"] == [] and answer["reason"] is None


def test_unanswerable_question_has_a_reason_and_nearest(client: httpx.Client) -> None:
    answer = ask(client, NONSENSE)
    assert answer["status"] == "no_answer" and answer["extracts"] == []
    assert answer["reason"] and answer["nearest"]
    near = answer["nearest"][0]
    article = client.get(f"/v1/articles/{near['article']['id']}").json()
    assert article["text"][near["start"] : near["end"]] == near["text"]


def test_same_request_gives_the_same_answer(client: httpx.Client) -> None:
    assert lasting(ask(client, ENGLISH)) == lasting(ask(client, ENGLISH))


@pytest.mark.parametrize("question", [FRENCH, NONSENSE])
def test_stream_says_the_same_as_one_object(client: httpx.Client, question: str) -> None:
    events = stream(client, question)
    kinds = [event["type"] for event in events]
    assert kinds[0] == "start" and kinds[-1] == "done" and kinds.count("done") == 1
    answer = events[-1]["answer"]
    assert lasting(answer) == lasting(ask(client, question))
    assert [event["extract"] for event in events if event["type"] == "extract"] == answer["extracts"]
    assert ("no_answer" in kinds) == (answer["status"] == "no_answer")
    assert events[0]["id"] == answer["id"]


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
        ({"question": ENGLISH, "filters": {"since": "soon"}}, 422, "invalid_filter", "filters.since"),
        ({"question": ENGLISH, "filters": {"until": "2025-02-30"}}, 422, "invalid_filter", "filters.until"),
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


def test_ready(client: httpx.Client) -> None:
    ready = client.get("/readyz").json()
    assert ready["status"] == "ready" and ready["articles"] > 10 and ready["passages"] >= ready["articles"]


def test_articles_are_listed_in_pages(client: httpx.Client) -> None:
    total = client.get("/v1/articles").json()["total"]
    seen: list[str] = []
    while len(seen) < total:
        page = client.get("/v1/articles", params={"offset": len(seen), "limit": 7}).json()
        assert page["object"] == "list" and page["total"] == total and page["articles"]
        seen += [article["id"] for article in page["articles"]]
    assert len(set(seen)) == total
    assert client.get("/v1/articles", params={"offset": total}).json()["articles"] == []


def test_articles_are_filtered(client: httpx.Client) -> None:
    french = client.get("/v1/articles", params={"language": "fr", "limit": 100}).json()
    assert french["articles"] and {article["language"] for article in french["articles"]} == {"fr"}
    one = client.get("/v1/articles", params={"since": "2025-04-01", "until": "2025-04-30"}).json()
    assert all(article["published"].startswith("2025-04") for article in one["articles"])


@pytest.mark.parametrize(
    ("query", "code", "param"),
    [
        ("colour=red", "unknown_field", "colour"),
        ("limit=0", "invalid_value", "limit"),
        ("limit=101", "invalid_value", "limit"),
        ("offset=-1", "invalid_value", "offset"),
        ("offset=x", "invalid_value", "offset"),
        ("since=soon", "invalid_filter", "since"),
    ],
)
def test_bad_queries_are_named(client: httpx.Client, query: str, code: str, param: str) -> None:
    check_error(client.get(f"/v1/articles?{query}"), 422, code, param)


def test_search_ranks_passages(client: httpx.Client) -> None:
    found = client.post("/v1/search", json={"query": "canal de Panama", "limit": 5}).json()
    assert found["object"] == "list" and len(found["results"]) == 5
    scores = [hit["score"] for hit in found["results"]]
    assert scores == sorted(scores, reverse=True)
    best = found["results"][0]
    assert best["article"]["id"] == "panama-canal" and isinstance(best["passage"]["id"], str)
    article = client.get(f"/v1/articles/{best['article']['id']}").json()
    assert article["text"][best["passage"]["start"] : best["passage"]["end"]] == best["passage"]["text"]
    for limit in (0, 51):
        response = client.post("/v1/search", json={"query": "canal", "limit": limit})
        check_error(response, 422, "invalid_value", "limit")


def test_verify_tells_valid_from_changed(client: httpx.Client) -> None:
    answer = ask(client, FRENCH)
    good = client.post("/v1/verify", json=answer).json()
    assert good["object"] == "verification" and good["valid"] is True
    assert [extract["status"] for extract in good["extracts"]] == ["valid"] * len(answer["extracts"])
    answer["extracts"][0]["text"] = "Never written."
    answer["extracts"][0]["selector"][0]["exact"] = "Never written."
    assert client.post("/v1/verify", json=answer).json()["valid"] is False


@pytest.mark.parametrize("body", [{}, {"extracts": 5}, {"extracts": [None]}, {"extracts": [{"text": 1}]}])
def test_verify_refuses_what_is_no_answer(client: httpx.Client, body: dict[str, Any]) -> None:
    check_error(client.post("/v1/verify", json=body), 422, "invalid_answer_object")


def test_openapi_describes_every_endpoint(client: httpx.Client) -> None:
    api = client.get("/openapi.json").json()
    assert {"/v1/answer", "/v1/search", "/v1/articles", "/v1/verify", "/readyz"} <= set(api["paths"])
    assert api["components"]["schemas"]["AnswerBody"]["examples"]
    answer = api["paths"]["/v1/answer"]["post"]
    assert answer["description"] and "422" in answer["responses"]


def test_head_is_answered_without_a_body(client: httpx.Client) -> None:
    head = client.head("/healthz")
    assert head.status_code == 200 and head.content == b"" and head.headers["content-length"] == "15"


def test_messages_never_show_where_things_are() -> None:
    for error in (NoIndexError("/root/index"), StoreError("/root/index"), RuntimeError("/root/index")):
        assert "/root" not in problem_of(error).message
    assert problem_of(InvalidFilter("No.", "filters.tag")).param == "filters.tag"
    assert all(row.status >= 500 or row.message is None for row in TABLE.values())


def test_a_failure_nobody_foresaw_is_a_plain_500() -> None:
    async def failing(scope: Any, receive: Any, send: Any) -> None:
        raise RuntimeError("secret in /root")

    transport = httpx.ASGITransport(Guard(failing, 1000))

    async def fetch() -> httpx.Response:
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return await client.get("/v1/answer")

    response = asyncio.run(fetch())
    assert "secret" not in response.text
    check_error(response, 500, "internal_error")
    assert response.headers["x-content-type-options"] == "nosniff"
