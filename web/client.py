"""A client for programs in Python, thin over httpx: `Client`, and `AsyncClient` with the same methods to be awaited.
Needs the extra `client`. Left out: retries, which `httpx.HTTPTransport(retries=…)` and your own patience do.

    with Client("http://127.0.0.1:8000") as loccit:
        print(loccit.ask("When was the Panama Canal opened?").text)
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import Any, Literal, Self
from urllib.parse import quote

import httpx

from web.answer_schemas import AnswerObject

Filters = Mapping[str, str]
"""Any of `since`, `until`, `source`, `tag`, `language`, `article_id`."""

Verdict = Literal["helpful", "answer_wrong", "evidence_wrong"]


class LoccitError(Exception):
    """The server refused; the message says what happened and what to do."""

    def __init__(self, status: int, error: Mapping[str, Any], retry_after: str | None) -> None:
        super().__init__(error.get("message") or f"HTTP {status}")
        self.status = status
        self.type, self.param, self.code = (error.get(name) for name in ("type", "param", "code"))
        self.retry_after_seconds = int(retry_after) if retry_after and retry_after.isdecimal() else None


class Client:
    """Calls one server. Every method raises LoccitError where the server refuses, and httpx's errors where it cannot
    be reached."""

    def __init__(self, url: str, key: str | None = None, *, timeout_seconds: float = 60, **options: Any) -> None:
        """`options` go to `httpx.Client`."""
        self._http = httpx.Client(base_url=url, headers=_headers(key), timeout=timeout_seconds, **options)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close its connections."""
        self._http.close()

    def ask(
        self, question: str, *, history: Sequence[str] = (), filters: Filters | None = None, limit: int | None = None,
        language: str | None = None,
    ) -> AnswerObject:  # fmt: skip
        """One answer. `history` are earlier questions, oldest first."""
        body = _asked(question, history, filters, limit, language)
        return AnswerObject.model_validate(self._json("POST", "/v1/answer", body))

    def stream(
        self, question: str, *, history: Sequence[str] = (), filters: Filters | None = None, limit: int | None = None,
        language: str | None = None,
    ) -> Iterator[dict[str, Any]]:  # fmt: skip
        """The same as events, see the README; an event `error` is raised."""
        body = {**_asked(question, history, filters, limit, language), "stream": True}
        with self._http.stream("POST", "/v1/answer", json=body) as response:
            if response.is_error:
                response.read()
            _check(response)
            for line in response.iter_lines():
                if line.startswith("data: "):
                    yield _event(line)

    def search(self, query: str, *, filters: Filters | None = None, limit: int = 10) -> list[dict[str, Any]]:
        """Ranked passages, with their scores apart."""
        found = self._json("POST", "/v1/search", {"query": query, "filters": filters or {}, "limit": limit})
        return list(found["results"])

    def article(self, article_id: str) -> dict[str, Any]:
        """One article with its text."""
        return self._json("GET", _article(article_id))

    def put_article(self, article_id: str, **fields: Any) -> dict[str, Any]:
        """Add or change an article: `text`, and perhaps `title`, `date`, …; needs a key of the scope `write`."""
        return self._json("PUT", _article(article_id), fields)

    def delete_article(self, article_id: str) -> dict[str, Any]:
        """Remove an article; needs a key of the scope `write`."""
        return self._json("DELETE", _article(article_id))

    def verify(self, answer: AnswerObject) -> dict[str, Any]:
        """Whether each extract still stands in its article."""
        return self._json("POST", "/v1/verify", answer.model_dump())

    def feedback(
        self, answer_id: str, verdict: Verdict, *, extract: int | None = None, comment: str | None = None
    ) -> dict[str, Any]:
        """Say whether an answer, or one of its extracts, helped."""
        body = {"answer_id": answer_id, "verdict": verdict, "extract": extract, "comment": comment}
        return self._json("POST", "/v1/feedback", body)

    def _json(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        return _check(self._http.request(method, path, json=body))


class AsyncClient:
    """`Client` for asyncio."""

    def __init__(self, url: str, key: str | None = None, *, timeout_seconds: float = 60, **options: Any) -> None:
        """`options` go to `httpx.AsyncClient`."""
        self._http = httpx.AsyncClient(base_url=url, headers=_headers(key), timeout=timeout_seconds, **options)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close its connections."""
        await self._http.aclose()

    async def ask(
        self, question: str, *, history: Sequence[str] = (), filters: Filters | None = None, limit: int | None = None,
        language: str | None = None,
    ) -> AnswerObject:  # fmt: skip
        """See `Client.ask`."""
        body = _asked(question, history, filters, limit, language)
        return AnswerObject.model_validate(await self._json("POST", "/v1/answer", body))

    async def stream(
        self, question: str, *, history: Sequence[str] = (), filters: Filters | None = None, limit: int | None = None,
        language: str | None = None,
    ) -> AsyncIterator[dict[str, Any]]:  # fmt: skip
        """See `Client.stream`."""
        body = {**_asked(question, history, filters, limit, language), "stream": True}
        async with self._http.stream("POST", "/v1/answer", json=body) as response:
            if response.is_error:
                await response.aread()
            _check(response)
            async for line in response.aiter_lines():
                if line.startswith("data: "):
                    yield _event(line)

    async def search(self, query: str, *, filters: Filters | None = None, limit: int = 10) -> list[dict[str, Any]]:
        """See `Client.search`."""
        found = await self._json("POST", "/v1/search", {"query": query, "filters": filters or {}, "limit": limit})
        return list(found["results"])

    async def article(self, article_id: str) -> dict[str, Any]:
        """See `Client.article`."""
        return await self._json("GET", _article(article_id))

    async def put_article(self, article_id: str, **fields: Any) -> dict[str, Any]:
        """See `Client.put_article`."""
        return await self._json("PUT", _article(article_id), fields)

    async def delete_article(self, article_id: str) -> dict[str, Any]:
        """See `Client.delete_article`."""
        return await self._json("DELETE", _article(article_id))

    async def verify(self, answer: AnswerObject) -> dict[str, Any]:
        """See `Client.verify`."""
        return await self._json("POST", "/v1/verify", answer.model_dump())

    async def feedback(
        self, answer_id: str, verdict: Verdict, *, extract: int | None = None, comment: str | None = None
    ) -> dict[str, Any]:
        """See `Client.feedback`."""
        body = {"answer_id": answer_id, "verdict": verdict, "extract": extract, "comment": comment}
        return await self._json("POST", "/v1/feedback", body)

    async def _json(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        return _check(await self._http.request(method, path, json=body))


def _headers(key: str | None) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"} if key else {}


def _article(article_id: str) -> str:
    return f"/v1/articles/{quote(article_id, safe='')}"


def _asked(
    question: str, history: Sequence[str], filters: Filters | None, limit: int | None, language: str | None
) -> dict[str, Any]:
    turns = [{"question": earlier} for earlier in history]
    return {"question": question, "history": turns, "filters": filters or {}, "limit": limit, "language": language}


def _check(response: httpx.Response) -> dict[str, Any]:
    """The body of a response; of a stream that has not been read, nothing."""
    if response.is_success:
        return dict(response.json()) if response.is_closed else {}
    try:
        error = response.json()["error"]
    except (ValueError, KeyError, TypeError):  # something in between answered
        error = {}
    raise LoccitError(response.status_code, error, response.headers.get("retry-after"))


def _event(line: str) -> dict[str, Any]:
    event: dict[str, Any] = json.loads(line.removeprefix("data: "))
    if event["type"] == "error":
        raise LoccitError(200, event["error"], None)
    return event
