"""What the page's script gets: answers in HTML as they stream in, and threads put back. Left out: the script
(`test_browser_*.py`)."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator, Sequence
from html import unescape
from typing import Any

import httpx
import pytest

from index.types import Article
from rag.chatbot import Chatbot
from tests.conftest import publish

QUESTION = "When did the Panama Canal open?"


@pytest.fixture(scope="module")
def client(server_url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server_url, timeout=60, trust_env=False) as opened:
        yield opened


def streamed(client: httpx.Client, question: str, **more: Any) -> list[dict[str, Any]]:
    response = client.post("/page/turn", json={"question": question, **more})
    assert response.status_code == 200, response.text
    return [json.loads(block.removeprefix("data: ")) for block in response.text.split("\n\n") if block]


def test_events_carry_the_answer_and_its_html(client: httpx.Client) -> None:
    start, *extracts, done = streamed(client, QUESTION)
    asked = client.post("/v1/answer", json={"question": QUESTION}).json()
    assert [start["type"], done["type"]] == ["start", "done"] and start["ui"] == "en"
    assert [event["extract"] for event in extracts] == done["answer"]["extracts"]
    assert {**asked, "id": 0, "timings_ms": 0} == {**done["answer"], "id": 0, "timings_ms": 0}
    for event in extracts:
        number, answer_id = event["extract"]["number"], done["answer"]["id"]
        assert f'id="{answer_id}-{number}"' in event["html"] and "<script" not in event["html"]
    assert done["markdown"].startswith(f"## {QUESTION}")


@pytest.mark.parametrize(
    ("question", "ui", "shown", "words"),
    [
        (QUESTION, None, "en", "Confidence"),
        (QUESTION, "fr", "fr", "Confiance"),
        ("Quand le canal de Panama a-t-il ouvert ?", None, "fr", "Confiance"),
    ],
)
def test_the_language_of_an_answer(client: httpx.Client, question: str, ui: str, shown: str, words: str) -> None:
    start, *_, done = streamed(client, question, ui=ui)
    assert start["ui"] == shown and words in done["html"]


def test_what_is_refused_is_json(client: httpx.Client) -> None:
    for path in ("/page/turn", "/page/thread"):
        refused = client.post(path, json={"nothing": 1})
        assert refused.status_code == 422 and refused.json()["error"]["code"] == "unknown_field"
    broken = {"turns": [{"answer": {"id": "x"}}], "ui": "en"}
    assert client.post("/page/thread", json=broken).json()["error"]["param"].startswith("turns.0.answer")


def restored(client: httpx.Client, *answers: dict[str, Any]) -> list[str]:
    response = client.post("/page/thread", json={"ui": "en", "turns": [{"answer": answer} for answer in answers]})
    assert response.status_code == 200, response.text
    turns: list[str] = response.json()["turns"]
    return turns


def test_a_kept_answer_is_shown_as_it_streamed(client: httpx.Client) -> None:
    start, *extracts, done = streamed(client, QUESTION, filters={"language": "en"})
    body = {"ui": "en", "turns": [{"answer": done["answer"], "filters": {"language": "en"}}]}
    (turn,) = client.post("/page/thread", json=body).json()["turns"]
    for event in (start, *extracts, done):
        without = re.sub(r"&amp;sha256=\w+", "", event["html"])  # a valid quote stands there, whatever the rest became
        assert "".join(without.split()) in "".join(turn.split())
    assert "&amp;language=en" in start["html"]


def test_what_changed_since_is_said(
    make_chatbot: Callable[[Sequence[Article]], Chatbot], serve: Callable[[Chatbot], str]
) -> None:
    texts = {
        "same": "The pirate ship sailed.", "longer": "The pirate port closed.", "moved": "The pirate crew slept.",
        "changed": "The pirate flag burned.", "deleted": "The pirate gold sank.",
    }  # fmt: skip
    chatbot = make_chatbot([Article(name, name.title(), text, "en") for name, text in texts.items()])
    with httpx.Client(base_url=serve(chatbot), timeout=60, trust_env=False) as client:
        answers = {
            name: streamed(client, text, filters={"article_id": name})[-1]["answer"] for name, text in texts.items()
        }
        publish(
            chatbot.settings,
            [
                Article("longer", "Longer", f"{texts['longer']} It opened again.", "en"),
                Article("moved", "Moved", f"Long ago. {texts['moved']}", "en"),
                Article("changed", "Changed", "The pirate flag flew.", "en"),
            ],
            gone=["deleted"],
        )
        live(client)
        shown = dict(zip(texts, restored(client, *answers.values()), strict=True))
        assert "Changed since" not in shown["same"] + shown["longer"]
        link = re.search(r'class="number" data-article href="([^"]+)"', shown["longer"])
        assert link and texts["longer"] in client.get(unescape(link[1])).text.partition("<mark")[2]
        assert "now stand elsewhere" in shown["moved"]
        assert "no longer in the article" in shown["changed"] and "has been removed" in shown["deleted"]
        assert "start=10&amp;end=32#cited" in shown["moved"]
        old = answers["changed"]["extracts"][0]["source_page"]
        page = client.get(old).text
        assert "has changed since" in page and f'<mark id="cited">{texts["changed"]}</mark>' in page
        new = client.get(f"{old.partition('?')[0]}?start=0&end=5").text
        assert "has changed since" not in new and "<mark" in new


def live(client: httpx.Client) -> None:
    """Wait until the server has taken up the new generation; it looks once a second."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if client.get("/articles/deleted").status_code == 404:
            return
        time.sleep(0.05)
    raise AssertionError("the new generation was not taken up")


def test_a_kept_answer_is_not_trusted(client: httpx.Client) -> None:
    answer = streamed(client, QUESTION)[-1]["answer"]
    evil = json.loads(json.dumps(answer))
    evil["question"] = "<script>alert(1)</script>"
    evil["extracts"][0] |= {
        "text": "<img src=x onerror=alert(2)>", "source_page": "javascript:alert(3)",
        "text_fragment_url": "javascript:alert(4)", "also_in": [],
    }  # fmt: skip
    evil["extracts"][0]["article"] |= {"title": "</a><script>alert(5)</script>", "url": "javascript:alert(6)"}
    (turn,) = restored(client, evil)
    assert "<script" not in turn and "<img" not in turn and "javascript:" not in turn
    for field, value in (("id", "x y"), ("extracts", [1]), ("question", "\ud800"), ("status", "fine")):
        body = json.dumps({"ui": "en", "turns": [{"answer": {**answer, field: value}}]})
        refused = client.post("/page/thread", content=body, headers={"Content-Type": "application/json"})
        assert refused.status_code == 422, field
