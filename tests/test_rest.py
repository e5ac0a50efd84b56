"""The REST endpoints over a real server, index and model. Left out: requests that are refused
(`test_web_errors.py`) and pages (`test_pages.py`)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from web.guard import allowed_hosts
from web.settings import Settings

FRENCH = "Quand les ministres de la Défense se sont-ils réunis au siège de l'OTAN ?"
ENGLISH = "When did the Panama Canal open?"
NONSENSE = "Who won the 2031 chess cup of Atlantis?"


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


def test_filters_that_let_nothing_through(client: httpx.Client) -> None:
    answer = ask(client, ENGLISH, filters={"since": "2999-01-01"})
    assert answer["status"] == "no_answer" and answer["reason"] and answer["nearest"] == []
    kept = ask(client, ENGLISH, filters={"language": "fr"}, limit=10)
    assert {item["language"] for item in kept["extracts"] + kept["nearest"]} == {"fr"}


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


def test_search_ranks_passages(client: httpx.Client) -> None:
    found = client.post("/v1/search", json={"query": "canal de Panama", "limit": 5}).json()
    assert found["object"] == "list" and len(found["results"]) == 5
    scores = [hit["score"] for hit in found["results"]]
    assert scores == sorted(scores, reverse=True)
    best = found["results"][0]
    assert best["article"]["id"] == "panama-canal" and isinstance(best["passage"]["id"], str)
    article = client.get(f"/v1/articles/{best['article']['id']}").json()
    assert article["text"][best["passage"]["start"] : best["passage"]["end"]] == best["passage"]["text"]


def test_verify_tells_valid_from_changed(client: httpx.Client) -> None:
    answer = ask(client, FRENCH)
    good = client.post("/v1/verify", json=answer).json()
    assert good["object"] == "verification" and good["valid"] is True
    assert [extract["status"] for extract in good["extracts"]] == ["valid"] * len(answer["extracts"])
    answer["extracts"][0]["text"] = "Never written."
    answer["extracts"][0]["selector"][0]["exact"] = "Never written."
    assert client.post("/v1/verify", json=answer).json()["valid"] is False


def test_openapi_describes_every_endpoint(client: httpx.Client) -> None:
    api = client.get("/openapi.json").json()
    assert {"/v1/answer", "/v1/search", "/v1/articles", "/v1/verify", "/readyz"} <= set(api["paths"])
    assert api["components"]["schemas"]["AnswerBody"]["examples"]
    answer = api["paths"]["/v1/answer"]["post"]
    assert answer["description"] and "422" in answer["responses"]


def test_head_is_answered_without_a_body(client: httpx.Client) -> None:
    head = client.head("/healthz")
    assert head.status_code == 200 and head.content == b"" and head.headers["content-length"] == "15"


def test_another_host_name_is_refused(server_url: str) -> None:
    """A page whose name was made to point at this machine reads nothing here."""
    for name in ("evil.example", "evil.example:8000", "127.0.0.1.evil.example", "[", ""):
        response = httpx.get(f"{server_url}/v1/articles", headers={"Host": name})
        assert response.status_code in (400, 421), name
    port = server_url.rpartition(":")[2]
    assert httpx.get(f"{server_url}/healthz", headers={"Host": f"localhost:{port}"}).status_code == 200


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ({}, {"127.0.0.1", "localhost", "::1"}),
        ({"allowed_hosts": "Loccit.example, b"}, {"127.0.0.1", "localhost", "::1", "loccit.example", "b"}),
        ({"allowed_hosts": "*"}, None),
        ({"host": "0.0.0.0"}, None),
        ({"host": "0.0.0.0", "allowed_hosts": "a"}, {"0.0.0.0", "a"}),
    ],
)
def test_allowed_hosts(given: dict[str, str], names: set[str] | None) -> None:
    assert allowed_hosts(Settings.model_validate(given)) == names
