"""The one table from exceptions to HTTP statuses, and the shape every error has on the wire. Left
out: which errors are shown as pages (`app.py`) and how such a page looks (`pages.py`)."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from index.errors import EmbedderError, InvalidFilter, NoIndexError, StoreBusy, StoreError, UnknownArticle
from rag.errors import (
    DeadlineExceeded,
    InvalidFolder,
    InvalidQuestion,
    QuestionTooLong,
    ReaderError,
    RerankerError,
    VerbatimError,
)
from web.database import DataError

log = logging.getLogger("loccit.web")


class InvalidRequest(Exception):
    """A parameter has a value that cannot be used. `param` names it."""

    def __init__(self, message: str, param: str | None = None) -> None:
        super().__init__(message)
        self.param = param


class BodyTooLarge(Exception):
    """The body has more bytes than are read."""


class BodyTooSlow(Exception):
    """The body did not come in the time a request may take."""


class UnknownAnswer(Exception):
    """No answer with this id is kept."""


class UnknownModel(Exception):
    """No model has this name."""

    param = "model"


class IdempotencyKeyReused(Exception):
    """The same Idempotency-Key came with another body."""


class StillUnderWay(Exception):
    """The first request with this Idempotency-Key has not been answered yet."""

    headers: Final = {"Retry-After": "1"}


class KeyNeeded(Exception):
    """No key was sent where one is needed."""

    headers: Final = {"WWW-Authenticate": "Bearer"}


class KeyRefused(KeyNeeded):
    """The key is unknown or revoked."""


class ScopeMissing(Exception):
    """The key does not allow this."""


class TooManyRequests(Exception):
    """More requests than are allowed in a minute; `headers` say when to try again."""

    def __init__(self, message: str, headers: Mapping[str, str]) -> None:
        super().__init__(message)
        self.headers = headers


class HostNotAllowed(Exception):
    """The request names another host than this server's."""


class OriginNotAllowed(Exception):
    """A web page of another site calls an address that is for programs."""


@dataclass(frozen=True, slots=True)
class Row:
    """What one exception becomes. `message` replaces the exception's own where that may name a
    path or a setting of the server; the replaced one is logged."""

    status: int
    type: str
    code: str
    message: str | None = None


KEY: Final = "authentication_error"
REFUSED: Final = "invalid_request_error"
MISSING: Final = "not_found_error"
AWAY: Final = "unavailable_error"
BROKEN: Final = "server_error"

TABLE: Final[dict[type[Exception], Row]] = {
    InvalidRequest: Row(422, REFUSED, "invalid_value"),
    InvalidQuestion: Row(422, REFUSED, "invalid_question"),
    InvalidFilter: Row(422, REFUSED, "invalid_filter"),
    InvalidFolder: Row(422, REFUSED, "invalid_answer_object"),
    QuestionTooLong: Row(413, REFUSED, "question_too_long"),
    BodyTooLarge: Row(413, REFUSED, "body_too_large"),
    BodyTooSlow: Row(408, REFUSED, "body_too_slow"),
    DeadlineExceeded: Row(503, AWAY, "deadline_exceeded"),
    HostNotAllowed: Row(421, REFUSED, "host_not_allowed"),
    IdempotencyKeyReused: Row(422, REFUSED, "idempotency_key_reused"),
    StillUnderWay: Row(409, REFUSED, "still_under_way"),
    KeyNeeded: Row(401, KEY, "key_needed"),
    KeyRefused: Row(401, KEY, "key_refused"),
    ScopeMissing: Row(403, "permission_error", "scope_missing"),
    TooManyRequests: Row(429, "rate_limit_error", "too_many_requests"),
    OriginNotAllowed: Row(403, REFUSED, "origin_not_allowed"),
    UnknownArticle: Row(404, MISSING, "article_not_found"),
    UnknownAnswer: Row(404, MISSING, "answer_not_found"),
    UnknownModel: Row(404, MISSING, "model_not_found"),
    NoIndexError: Row(
        503, AWAY, "no_index", "There is no index yet. Run `loccit index PATH` on the server, then try again."
    ),
    DataError: Row(
        503, AWAY, "data_unavailable", "The server cannot keep or read its own data. Its log says why; try again later."
    ),
    StoreBusy: Row(503, AWAY, "store_busy", "The index is being written by somebody else. Try again in a while."),
    StoreError: Row(
        503, AWAY, "store_unavailable", "The index cannot be read. Run `loccit stats` on the server to see why."
    ),
    EmbedderError: Row(
        503, AWAY, "embedder_unavailable",
        "The model that reads questions cannot be used. Run `loccit stats` on the server to see why.",
    ),
    ReaderError: Row(
        503, AWAY, "reader_unavailable",
        "The model that reads passages cannot be used. Set `reader` to `off` on the server; its log says more.",
    ),
    RerankerError: Row(
        503, AWAY, "reranker_unavailable",
        "The model that puts passages in order cannot be used. Leave `reranker` out on the server; its log says more.",
    ),
    VerbatimError: Row(
        500, BROKEN, "verbatim_check_failed",
        "An extract differed from its article, so the answer was withheld. Index the articles again.",
    ),
    Exception: Row(
        500, BROKEN, "internal_error", "The server failed to handle this request. Try again; its log says more."
    ),
}  # fmt: skip

RETRY_SECONDS: Final = "30"


@dataclass(frozen=True, slots=True)
class Problem:
    """An error ready to be shown."""

    status: int
    type: str
    message: str
    param: str | None
    code: str
    headers: Mapping[str, str] | None = None

    def object(self) -> dict[str, Any]:
        """The JSON of `interfaces.md`."""
        return {"error": {"type": self.type, "message": self.message, "param": self.param, "code": self.code}}


def problem_of(error: Exception) -> Problem:
    """Look the error up in the table; log what is the server's fault."""
    if isinstance(error, RequestValidationError):
        return _invalid_input(error.errors()[0])
    if isinstance(error, HTTPException):
        return _http_problem(error)
    row = next(TABLE[cls] for cls in type(error).__mro__ if cls in TABLE)
    if row.status >= 500:
        log.error("%s: %s", row.code, error, exc_info=error if row.status == 500 else None)
    message = row.message or str(error)
    headers = {"Retry-After": RETRY_SECONDS} if row.status == 503 else getattr(error, "headers", None)
    return Problem(row.status, row.type, message, getattr(error, "param", None), row.code, headers)


def _http_problem(error: HTTPException) -> Problem:
    """What the framework raises: no such route, another method, a body it cannot read."""
    allowed = (error.headers or {}).get("Allow", "")
    if error.status_code == 404:
        message = "There is no such page or endpoint. /docs lists the endpoints."
        return Problem(404, MISSING, message, None, "not_found")
    if error.status_code == 405:
        message = f"This address does not take that method. Use {allowed}."
        return Problem(405, REFUSED, message, None, "method_not_allowed", error.headers)
    if error.status_code == 400:
        message = "The body cannot be read. Send a JSON object encoded in UTF-8."
        return Problem(422, REFUSED, message, None, "invalid_json")
    phrase = f"{HTTPStatus(error.status_code).phrase}. See /docs for what this address takes."
    return Problem(error.status_code, REFUSED, phrase, None, "http_error", error.headers)


def _invalid_input(error: Mapping[str, Any]) -> Problem:
    """One pydantic error as a sentence; `param` is its dotted path below the body or the query."""
    kind, context, where = error["type"], error.get("ctx", {}), error["loc"]
    if kind == "json_invalid":
        message = f"The body is not valid JSON (at character {where[-1]}). Send a JSON object encoded in UTF-8."
        return Problem(422, REFUSED, message, None, "invalid_json")
    path = [str(step) for step in where[1:]]
    if kind == "unknown_field":
        path.append(context["field"])
        message = f"There is no field “{context['field']}” here. The fields are: {context['allowed']}."
        return Problem(422, REFUSED, message, ".".join(path), "unknown_field")
    if not path:
        message = "The body must be a JSON object, sent with `Content-Type: application/json`."
        return Problem(422, REFUSED, message, None, "invalid_body")
    param = ".".join(path)
    if kind == "missing":
        return Problem(422, REFUSED, f"“{param}” is missing. Add it.", param, "missing_field")
    reason = str(error["msg"]).removeprefix("Value error, ").replace("Input should be", "it must be")
    return Problem(422, REFUSED, f"“{param}” cannot be used: {reason}.", param, "invalid_value")
