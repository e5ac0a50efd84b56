"""Keys, scopes and limits, over sockets; and the commands that make keys. Left out: what each endpoint does with
those it lets in."""

from __future__ import annotations

import itertools
import json
import re
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import httpx
import pytest

from index.errors import SettingsError
from index.types import Article
from rag.chatbot import Chatbot
from tests.conftest import WordEmbedder
from tests.test_cli import loccit
from web.access import FEEDBACK_PER_MINUTE, GUESSES_PER_MINUTE, scope_needed
from web.keys import FILE, KeyStore
from web.settings import Settings

ARTICLE = Article("ship", "Ship", "The pirate ship sailed on Tuesday.", "en")
BODY = {"question": "When did the pirate ship sail?"}

Served = Callable[..., httpx.Client]


@pytest.fixture
def served(make_chatbot: Callable[[Sequence[Article]], Chatbot], serve: Callable[[Chatbot], str]) -> Iterator[Served]:
    """A client of a server with these settings."""
    clients: list[httpx.Client] = []

    def start(**given: object) -> httpx.Client:
        made = make_chatbot([ARTICLE])
        own = Settings.model_validate({**made.settings.model_dump(exclude={"json_output"}), **given})
        clients.append(httpx.Client(base_url=serve(Chatbot(own, WordEmbedder())), timeout=60, trust_env=False))
        return clients[-1]

    yield start
    for client in clients:
        client.close()


def status(client: httpx.Client, token: str | None, header: str = "Authorization") -> tuple[int, str | None]:
    value = f"Bearer {token}" if header == "Authorization" else str(token)
    response = client.post("/v1/answer", json=BODY, headers={header: value} if token else {})
    return response.status_code, response.json().get("error", {}).get("code")


def test_a_key_is_needed_where_asking_is_not_open(served: Served, tmp_path: Path) -> None:
    client, keys = served(ask_without_key=False), KeyStore(tmp_path)
    assert status(client, None) == status(client, "none") == (401, "key_needed")
    key, secret = keys.create("a bot", "ask")
    assert status(client, secret) == status(client, secret, "X-API-Key") == (200, None)
    assert status(client, secret[:-1] + "!") == status(client, f"lk_{key.id}_") == (401, "key_refused")
    assert status(client, "lk_00000000_x") == status(client, "lk_e") == (401, "key_refused")
    refused = client.post("/v1/answer", json=BODY)
    assert refused.headers["www-authenticate"] == "Bearer" and refused.headers["x-content-type-options"] == "nosniff"
    assert client.get("/").status_code == 401 and client.get("/").text.startswith("<!doctype html>")
    for free in ("/healthz", "/readyz", "/openapi.json", "/docs", "/static/chat.js", "/widget.js"):
        assert client.get(free).status_code == 200, free
    assert keys.listed()[0].last_used is not None
    keys.revoke(key.id)
    assert status(client, secret) == (401, "key_refused")


def test_open_asking_takes_any_token_but_a_wrong_key(served: Served) -> None:
    client = served()
    assert status(client, None) == status(client, "sk-anything") == (200, None)
    assert status(client, "lk_1234_x") == (401, "key_refused")


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("GET", "/v1/articles/a", "ask"), ("PUT", "/v1/articles/a", "write"),
        ("DELETE", "/v1/articles/a/b", "write"),
        ("POST", "/v1/answer", "ask"), ("POST", "/mcp", "ask"),
        ("POST", "/admin/files", "admin"),
        ("GET", "/admin/x", "admin"), ("GET", "/admin", ""), ("POST", "/admin/enter", ""),
        ("GET", "/administer", "admin"),
    ],
)  # fmt: skip
def test_what_each_request_needs(method: str, path: str, scope: str) -> None:
    assert scope_needed(method, path) == scope


def test_scopes_are_checked(served: Served, tmp_path: Path) -> None:
    client, keys = served(), KeyStore(tmp_path)
    bearer = {scope: {"Authorization": f"Bearer {keys.create(scope, scope)[1]}"} for scope in ("ask", "write", "admin")}
    found = {scope: client.delete("/v1/articles/none", headers=bearer[scope]).status_code for scope in bearer}
    assert found["ask"] == 403 and 401 not in found.values() and found["write"] == found["admin"] != 403
    assert client.delete("/v1/articles/none").status_code == 401


def test_limits_are_told_and_kept(served: Served, tmp_path: Path) -> None:
    client = served(address_requests_per_minute=3, key_requests_per_minute=4)
    left = [client.get("/v1/articles").headers["ratelimit-remaining"] for _ in range(3)]
    assert left == ["2", "1", "0"]
    refused = client.get("/v1/articles")
    assert refused.status_code == 429 and refused.json()["error"]["code"] == "too_many_requests"
    assert 1 <= int(refused.headers["retry-after"]) <= 60 and refused.headers["ratelimit-limit"] == "3"
    assert client.get("/healthz").status_code == 200
    secret = KeyStore(tmp_path).create("a bot", "ask")[1]
    own = [client.get("/v1/articles", headers={"X-API-Key": secret}).status_code for _ in range(5)]
    assert own == [200] * 4 + [429]


def test_guessing_keys_is_limited(served: Served, tmp_path: Path) -> None:
    client, keys = served(), KeyStore(tmp_path)
    key, secret = keys.create("a bot", "ask")
    assert status(client, secret)[0] == 200
    guesses = (status(client, f"lk_{key.id}_wrong")[0] for _ in range(3 * GUESSES_PER_MINUTE))
    found = list(itertools.takewhile(lambda code: code != 429, guesses))
    # More than the limit where a new minute began in between: each guess takes a while.
    assert set(found) == {401} and GUESSES_PER_MINUTE <= len(found) <= 2 * GUESSES_PER_MINUTE


def test_headers_do_not_make_another_address(served: Served) -> None:
    client = served(address_requests_per_minute=2)
    sent = [client.get("/v1/articles", headers={"X-Forwarded-For": f"10.0.0.{n}"}).status_code for n in range(3)]
    assert sent == [200, 200, 429]


def test_verdicts_have_a_limit_of_their_own(served: Served) -> None:
    client = served()
    said = {"answer_id": "ans_none", "verdict": "helpful"}
    found = [client.post("/v1/feedback", json=said).status_code for _ in range(FEEDBACK_PER_MINUTE + 1)]
    assert set(found[:-1]) == {404} and found[-1] == 429
    assert client.get("/v1/articles").status_code == 200


def test_a_key_counts_beside_another_token(served: Served, tmp_path: Path) -> None:
    client = served(ask_without_key=False)
    secret = KeyStore(tmp_path).create("a bot", "ask")[1]
    both = {"Authorization": "Bearer none", "X-API-Key": secret}
    assert client.post("/v1/answer", json=BODY, headers=both).status_code == 200


def test_secrets_are_kept_as_hashes(tmp_path: Path) -> None:
    keys = KeyStore(tmp_path)
    key, secret = keys.create("a bot", "write")
    raw = (tmp_path / FILE).read_bytes()
    assert secret.split("_", 2)[2].encode() not in raw and (tmp_path / FILE).stat().st_mode & 0o077 == 0
    with sqlite3.connect(tmp_path / FILE) as db:
        assert len(db.execute("select hash from key").fetchone()[0]) == 64
    for store in (keys, KeyStore(tmp_path)):
        found = store.check(secret)
        assert found is not None and (found.id, found.name, found.scope) == (key.id, "a bot", "write")
    assert keys.check(secret + "x") is None  # after the right one was remembered
    for wrong in (lambda: keys.create("", "ask"), lambda: keys.create("x", "root"), lambda: keys.revoke("none")):
        with pytest.raises(SettingsError):
            wrong()
    assert [found.id for found in keys.listed()] == [key.id]


def test_the_commands(tmp_path: Path) -> None:
    def run(*arguments: str) -> tuple[int, str, str]:
        done = loccit("keys", *arguments, folder=tmp_path, LOCCIT_DATA=str(tmp_path))
        return done.returncode, done.stdout, done.stderr

    code, secret, note = run("create", "a bot", "--scope", "write")
    assert code == 0 and re.fullmatch(r"lk_[0-9a-f]{8}_\S{43}\n", secret) and "not shown again" in note
    (listed,) = json.loads(run("list", "--json")[1])["keys"]
    assert listed["scope"] == "write" and secret.strip()[12:] not in json.dumps(listed)
    assert "a bot" in run("list")[1]
    assert run("revoke", listed["id"])[0] == 0 and run("revoke", listed["id"])[0] == 2
    assert KeyStore(tmp_path).check(secret.strip()) is None
