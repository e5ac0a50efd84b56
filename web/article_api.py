"""Articles put, changed and removed by programs, with a key of the scope `write`. Left out: reading them (`rest.py`),
keys (`access.py`), files (`loccit index`)."""

from __future__ import annotations

import re
from collections.abc import Callable
from threading import Lock
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from pydantic import AfterValidator, Field, WithJsonSchema

from index.edit import Edit, put_article, remove_article
from index.errors import StoreBusy, UnreadableArticle
from index.readers.fields import LANGUAGE_CODE, make_article
from web.errors import InvalidRequest
from web.rest import ArticleId, TheChatbot, article_object, router_responses
from web.schemas import Body, Day, ErrorBody, Question, Text

T = TypeVar("T")
_PATIENCE_SECONDS = 10

router = APIRouter(
    responses={
        **router_responses,
        401: {"model": ErrorBody, "description": "A key with the scope `write` is needed."},
    }
)


def check_code(text: str) -> str:
    """Raise ValueError for what is no code of a language; an empty one is none."""
    if text and not re.fullmatch(LANGUAGE_CODE, text):
        raise ValueError("write a code of ISO 639-1, such as fr or en, or leave it out to have it detected")
    return text


Code = Annotated[Text, AfterValidator(check_code), WithJsonSchema({"type": "string", "pattern": f"{LANGUAGE_CODE}|^$"})]
Address = Annotated[Text, WithJsonSchema({"type": "string", "pattern": r"^https?://[a-z0-9.-]+(/[!-~]*)?$|^$"})]


class ArticleBody(Body):
    """An article, with the fields of a JSONL file."""

    text: Annotated[Question, Field(min_length=1, description="The text that is quoted from; `#` begins a heading.")]
    title: Text | None = Field(default=None, description="Left out: the first sentence, shortened.")
    language: Code | None = Field(default=None, description="ISO 639-1; detected when left out.")
    lang: Code | None = Field(default=None, description="The same, by its name in JSONL.")
    date: Day | None = Field(default=None, description="When it was published (YYYY-MM-DD).")
    updated: Day | None = Field(default=None, description="When it was changed last (YYYY-MM-DD).")
    url: Address | None = Field(default=None, description="Address of the original page.")
    source: Text | None = None
    author: Text | None = None
    tags: Annotated[list[Text], Field(max_length=100)] = Field(default_factory=list)


@router.put(
    "/v1/articles/{article_id:path}",
    summary="Add an article, or change it",
    responses={201: {"description": "The article was added; 200 where it was changed, or was the same already."}},
)
def put_one(article_id: ArticleId, body: ArticleBody, request: Request, chatbot: TheChatbot) -> Response:
    """Takes the place of the article with this id, if there is one. Answers use it from then on."""
    try:
        article = make_article(article_id, body.text, body.model_dump())
    except UnreadableArticle as error:
        raise InvalidRequest(f"The article cannot be used: {error}.", "text") from error
    if body.url and article.url is None:
        raise InvalidRequest("“url” must begin with https:// or http://; leave it out if there is none.", "url")
    done = edited(request, lambda: put_article(article, chatbot.embedder(), chatbot.settings))
    status = 201 if done.kind == "add" else 200
    return JSONResponse({"object": "article", **_done(done, chatbot), **article_object(article)}, status)


@router.delete("/v1/articles/{article_id:path}", summary="Remove an article")
def delete_one(article_id: ArticleId, request: Request, chatbot: TheChatbot) -> Response:
    """Answers quote it no more. If it was read from a file, the next run over that file brings it back."""
    done = edited(request, lambda: remove_article(article_id, chatbot.embedder(), chatbot.settings))
    return JSONResponse({"object": "article", "id": article_id, **_done(done, chatbot)})


def edited(request: Request, edit: Callable[[], T]) -> T:
    """One edit after another: the store lets one writer in."""
    lock: Lock = request.app.state.editing
    if not lock.acquire(timeout=_PATIENCE_SECONDS):  # each that waits holds a thread that could answer
        raise StoreBusy("Other changes are being made. Try again in a while.")
    try:
        done = edit()
    finally:
        lock.release()
    request.app.state.chatbot.look_again()
    return done


def _done(done: Edit, chatbot: Any) -> dict[str, Any]:
    return {"change": done.kind, "generation": done.generation or chatbot.index().info.generation}
