"""What stands around the endpoints: tags, compression, other sites' scripts, counts. Left out: keys and limits
(`test_keys.py`), the guard (`test_web_errors.py`)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import httpx
import pytest

from index.types import Article
from rag.chatbot import Chatbot
from tests.conftest import WordEmbedder, publish
from web.settings import Settings

BODY = {"question": "When did the pirate ship sail?"}
SITE = "https://www.example.org"


@pytest.fixture
def chatbot(make_chatbot: Callable[[Sequence[Article]], Chatbot]) -> Chatbot:
    made = make_chatbot([Article("ship", "Ship", "The pirate ship sailed on Tuesday. " * 40, "en")])
    own = Settings.model_validate({**made.settings.model_dump(exclude={"json_output"}), "cors_origins": SITE})
    return Chatbot(own, WordEmbedder())


@pytest.fixture
def client(chatbot: Chatbot, serve: Callable[[Chatbot], str]) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=serve(chatbot), timeout=60, trust_env=False) as opened:
        yield opened


def test_what_a_client_has_is_not_sent_again(client: httpx.Client, chatbot: Chatbot) -> None:
    first = client.get("/v1/articles/ship")
    tag = first.headers["etag"]
    for known in (tag, f'"other", {tag}', tag.removeprefix("W/")):
        again = client.get("/v1/articles/ship", headers={"If-None-Match": known})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert client.get("/v1/articles/ship", headers={"If-None-Match": '"other"'}).json() == first.json()
    answers = [client.post("/v1/answer", json=BODY, headers={"If-None-Match": "*"}) for _ in range(2)]
    assert (
        answers[0].headers["etag"] == answers[1].headers["etag"] and answers[0].json()["id"] != answers[1].json()["id"]
    )
    kept = client.get(f"/v1/answers/{answers[0].json()['id']}", headers={"If-None-Match": answers[0].headers["etag"]})
    assert kept.status_code == 304
    publish(chatbot.settings, [Article("ship", "Ship", "The pirate ship sank.", "en")])
    chatbot.look_again()
    assert client.get("/v1/articles/ship", headers={"If-None-Match": tag}).json()["text"] == "The pirate ship sank."
    assert client.post("/v1/answer", json=BODY).headers["etag"] != answers[0].headers["etag"]


def test_long_bodies_are_compressed_and_streams_are_not(client: httpx.Client) -> None:
    assert client.get("/v1/articles/ship").headers["content-encoding"] == "gzip"
    assert "content-encoding" not in client.get("/healthz").headers
    with client.stream("POST", "/v1/answer", json={**BODY, "stream": True}) as streamed:
        assert "content-encoding" not in streamed.headers
        assert streamed.headers["content-type"].startswith("text/event-stream")


def test_only_sites_that_are_named_may_call(client: httpx.Client) -> None:
    ask = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,content-type"}
    allowed = client.options("/v1/answer", headers={"Origin": SITE, **ask})
    assert allowed.status_code == 200 and allowed.headers["access-control-allow-origin"] == SITE
    refused = client.options("/v1/answer", headers={"Origin": "https://evil.example", **ask})
    assert "access-control-allow-origin" not in refused.headers
    answer = client.post("/v1/answer", json=BODY, headers={"Origin": SITE})
    assert answer.headers["access-control-allow-origin"] == SITE
    assert "access-control-allow-credentials" not in answer.headers
    error = client.delete("/v1/articles/ship", headers={"Origin": SITE})
    assert error.status_code == 401 and error.headers["access-control-allow-origin"] == SITE


def test_requests_and_answers_are_counted(client: httpx.Client) -> None:
    client.post("/v1/answer", json=BODY)
    client.get("/v1/articles/none")
    client.request("FOO", "/")
    counts = client.get("/metrics")
    assert counts.headers["content-type"].startswith("text/plain")
    for line in (
        'loccit_requests_total{method="POST",route="/v1/answer",status="200"} 1.0',
        'loccit_requests_total{method="GET",route="/v1/articles/{article_id:path}",status="404"} 1.0',
        'loccit_answers_total{status="answered"} 1.0',
        "loccit_articles 1.0",
        'method="other"',
    ):
        assert line in counts.text, counts.text
    assert "pirate" not in counts.text and "FOO" not in counts.text
