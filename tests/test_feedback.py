"""Feedback by JSON and by form, kept with its answer; answers read again. Left out: the page's own form in a
browser."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest

from index.types import Article
from rag.chatbot import Chatbot
from tests.test_cli import loccit
from web.answers_kept import AnswersKept
from web.database import DataError
from web.errors import UnknownAnswer
from web.feedback import FILE, FeedbackStore

ARTICLE = Article("ship", "Ship", "The pirate ship sailed on Tuesday.", "en")


@pytest.fixture
def client(
    make_chatbot: Callable[[Sequence[Article]], Chatbot], serve: Callable[[Chatbot], str]
) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=serve(make_chatbot([ARTICLE])), timeout=60, trust_env=False) as opened:
        yield opened


def ask(client: httpx.Client) -> dict[str, Any]:
    answer: dict[str, Any] = client.post("/v1/answer", json={"question": "When did the pirate ship sail?"}).json()
    return answer


def test_a_verdict_is_kept_with_its_answer(client: httpx.Client, tmp_path: Path) -> None:
    answer = ask(client)
    assert client.get(f"/v1/answers/{answer['id']}").json() == answer
    body = {"answer_id": answer["id"], "extract": 1, "verdict": "evidence_wrong", "comment": "It was Monday. 😀"}
    kept = client.post("/v1/feedback", json=body)
    assert kept.status_code == 201 and kept.json() == {"object": "feedback", "id": "1", **body}
    form = {"answer_id": answer["id"], "extract": "", "verdict": "helpful", "comment": ""}
    thanks = client.post("/feedback", data=form, headers={"Accept-Language": "fr"})
    assert thanks.status_code == 200 and "Merci" in thanks.text
    assert client.post("/v1/feedback", json=body).json()["id"] == "3"  # takes the place of the first
    second, first = FeedbackStore(tmp_path).rows()
    assert (tmp_path / FILE).stat().st_mode & 0o077 == 0
    assert (first["extract"], first["verdict"], first["comment"]) == (1, "evidence_wrong", "It was Monday. 😀")
    assert (second["extract"], second["verdict"], second["comment"]) == (None, "helpful", None)
    assert first["answer"] == second["answer"] == answer


@pytest.mark.parametrize(
    ("changed", "status", "param"),
    [
        ({"answer_id": "ans_unknown"}, 404, None),
        ({"extract": 7}, 422, "extract"),
        ({"extract": "1"}, 422, "extract"),
        ({"verdict": "good"}, 422, "verdict"),
        ({"comment": "x" * 2001}, 422, "comment"),
        ({"comment": "\ud800"}, 422, "comment"),
        ({"answer_id": None}, 422, "answer_id"),
        ({"more": 1}, 422, "more"),
    ],
)
def test_what_is_refused_is_not_kept(
    client: httpx.Client, tmp_path: Path, changed: dict[str, Any], status: int, param: str | None
) -> None:
    body = {"answer_id": ask(client)["id"], "verdict": "helpful", **changed}
    headers = {"Content-Type": "application/json"}
    refused = client.post("/v1/feedback", content=json.dumps(body), headers=headers)
    assert (refused.status_code, refused.json()["error"]["param"]) == (status, param), refused.text
    assert not (tmp_path / FILE).exists()


def test_a_form_that_is_refused_is_a_page(client: httpx.Client) -> None:
    page = client.post("/feedback", data={"answer_id": "ans_x", "verdict": "helpful"})
    assert page.status_code == 404 and page.text.startswith("<!doctype html>") and "Ask the question again" in page.text


def test_only_the_newest_answers_are_kept() -> None:
    kept = AnswersKept(2)
    for name in "abca":
        kept.put({"id": name, "status": "answered"})
    assert kept.get("a")["id"] == "a" and kept.get("c")
    with pytest.raises(UnknownAnswer, match="Ask the question again"):
        kept.get("b")


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    store = FeedbackStore(tmp_path / "file")
    with pytest.raises(DataError, match="writable"):
        store.add({"id": "ans_1", "question": "?"}, None, "helpful", None)
    with pytest.raises(DataError, match="no folder"):
        store.rows()
    (tmp_path / FILE).write_text("no database, but long enough to be read as one" * 100)
    with pytest.raises(DataError, match="damaged"):
        FeedbackStore(tmp_path).rows()


def test_the_command_lists_it(client: httpx.Client, tmp_path: Path) -> None:
    client.post("/v1/feedback", json={"answer_id": ask(client)["id"], "verdict": "helpful", "comment": "Thanks"})
    shown = loccit("feedback", folder=tmp_path, LOCCIT_DATA=str(tmp_path))
    assert shown.returncode == 0 and "helpful" in shown.stdout and "Thanks" in shown.stdout
    listed = loccit("feedback", "--json", folder=tmp_path, LOCCIT_DATA=str(tmp_path))
    assert json.loads(listed.stdout)["feedback"][0]["verdict"] == "helpful"
