"""The REST endpoints: answers, search, articles, verification, health. Left out: pages for people
(`pages.py`), statuses of errors (`errors.py`), writing to the index."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import JSONResponse, Response
from pydantic import WithJsonSchema

from index.errors import UnknownArticle
from index.types import Article
from rag.answer_object import answer_object, hit_object
from rag.chatbot import Chatbot
from rag.errors import InvalidQuestion
from rag.validation import check_filter_language, check_filters
from web.answer_schemas import AnswerObject
from web.answers_kept import AnswersKept
from web.caching import json_with_etag
from web.errors import problem_of
from web.schemas import AnswerBody, ArticlesQuery, ErrorBody, SearchBody
from web.streams import event_line, event_stream

ANSWER_DOCS: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "The answer object, or its events where stream is true.",
        "model": AnswerObject,
        "content": {"text/event-stream": {}},
    }
}
VARY: Final = ("id", "timings_ms")
"""What differs between equal answers of one generation."""


router_responses: Final[dict[int | str, dict[str, Any]]] = {
    401: {"model": ErrorBody, "description": "A key is needed, or this one is not valid."},
    403: {"model": ErrorBody, "description": "The key does not allow this."},
    404: {"model": ErrorBody, "description": "There is no such thing: article, answer, model."},
    408: {"model": ErrorBody, "description": "The body did not arrive in time."},
    413: {"model": ErrorBody, "description": "The question or the body is too large."},
    422: {"model": ErrorBody, "description": "The request is malformed; `param` names the field."},
    421: {"model": ErrorBody, "description": "The server does not go by the name it was called by."},
    429: {
        "model": ErrorBody,
        "description": "More requests than are allowed in a minute.",
        "headers": {"Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}}},
    },
    503: {"model": ErrorBody, "description": "There is no index yet, it cannot be read, or time was up."},
}

router = APIRouter(responses=router_responses)


async def chatbot_of(request: Request) -> Chatbot:
    """The chatbot that `create_app` was given. Async, so that reading it takes no thread."""
    chatbot: Chatbot = request.app.state.chatbot
    return chatbot


AnswerToVerify = Annotated[
    dict[str, Any],
    WithJsonSchema(
        {"type": "object", "required": ["extracts"], "properties": {"extracts": {"type": "array", "maxItems": 100,
         "items": {"type": "object", "required": ["text", "start", "end", "article"], "properties": {
             "text": {"type": "string", "minLength": 1}, "start": {"type": "integer"}, "end": {"type": "integer"},
             "article": {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}}}}}}}
    ),
]  # fmt: skip
Digest = Annotated[
    str, Query(pattern="^([0-9a-f]{12,64})?$", description="Of the text that was cited, or its first digits.")
]
TheChatbot = Annotated[Chatbot, Depends(chatbot_of)]
ArticleId = Annotated[
    str,
    Path(description="The article's `id`; it may hold slashes."),
    WithJsonSchema(
        {"type": "string", "minLength": 1, "maxLength": 300, "pattern": r"^[^\u0000-\u001f\u007f-\u009f]+$"}
    ),
]


@router.post("/v1/answer", summary="Answer a question with verbatim extracts", responses=ANSWER_DOCS)
def post_answer(body: AnswerBody, request: Request, chatbot: TheChatbot) -> Response:
    """Extracts of the articles, each with the exact characters it stands at. With stream, the same
    piece by piece as Server-Sent Events: start, extract, part, no_answer, done, error."""
    if not body.stream:
        answer = request.app.state.answers.put(answer_object(chatbot.ask(**body.asked())))
        return json_with_etag(request, answer, VARY)
    events = kept_events(chatbot.stream(**body.asked()), request.app.state.answers)
    return event_stream(event_lines(events))


def kept_events(events: Iterator[dict[str, Any]], answers: AnswersKept) -> Iterator[dict[str, Any]]:
    """The same events; the answer at their end is kept."""
    for event in events:
        if event["type"] == "done":
            answers.put(event["answer"])
        yield event


def event_lines(events: Iterator[dict[str, Any]]) -> Iterator[str]:
    """Events as lines of a stream. The status has been sent, so an error becomes the last event."""
    try:
        for event in events:
            yield event_line(event)
    except Exception as error:  # noqa: BLE001 - whatever happened, the reader must be told
        yield event_line({"type": "error", **problem_of(error).object()})


@router.post("/v1/search", summary="Rank passages without composing an answer")
def post_search(body: SearchBody, chatbot: TheChatbot) -> Response:
    """Passages close to the query, with their scores by meaning, by words and fused."""
    filters = body.filters.filters()
    try:
        found, index = chatbot.search(body.query, language=body.language, filters=filters, limit=body.limit)
    except InvalidQuestion as error:
        error.param = "query" if error.param == "question" else error.param
        raise
    results = [hit_object(hit, index.article(hit.passage.article_id)) for hit in found]
    return JSONResponse({"object": "list", "results": results, "generation": index.info.generation})


@router.get("/v1/articles", summary="List the articles")
def get_articles(query: Annotated[ArticlesQuery, Query()], chatbot: TheChatbot) -> Response:
    """One page of the articles, without their texts."""
    check_filters(query.filters())
    index = chatbot.index()
    check_filter_language(query.filters(), index.languages)
    articles, total = index.articles(query.offset, query.limit, query.filters())
    page = {"total": total, "offset": query.offset, "limit": query.limit}
    listed = [article_object(article) for article in articles]
    return JSONResponse({"object": "list", "articles": listed, **page, "generation": index.info.generation})


@router.get("/v1/articles/{article_id:path}", summary="Read one article")
def get_article(article_id: ArticleId, request: Request, chatbot: TheChatbot, sha256: Digest = "") -> Response:
    """The article with its text; positions of citations count its code points. With `sha256`, as cited: an earlier
    text, if the article has changed since and that text is kept."""
    store = chatbot.index()
    article = store.version(article_id, sha256) or store.article(article_id)
    if not article.sha256.startswith(sha256):
        raise UnknownArticle(
            f"The text with this digest is not kept any more. Leave sha256 out to read '{article_id[:200]}' of today."
        )
    return json_with_etag(request, {**article_object(article), "text": article.text})


@router.post("/v1/verify", summary="Check the extracts of an answer against the articles")
def post_verify(body: AnswerToVerify, chatbot: TheChatbot) -> Response:
    """Takes an answer object; says of each extract whether it is valid, moved, changed or deleted."""
    extracts = chatbot.verify(body)
    valid = all(extract["status"] == "valid" for extract in extracts)
    return JSONResponse({"object": "verification", "valid": valid, "extracts": extracts})


@router.get("/healthz", summary="Is the process alive?")
async def get_health() -> Response:
    """Says nothing about the index; see /readyz. Async: it does not wait for a thread that answers."""
    return JSONResponse({"status": "ok"})


@router.get("/readyz", summary="Can questions be answered?")
def get_readiness(chatbot: TheChatbot) -> Response:
    """Opens the published index."""
    info = chatbot.index().info
    counts = {"articles": info.articles, "passages": info.passages}
    return JSONResponse({"status": "ready", "generation": info.generation, **counts})


def article_object(article: Article) -> dict[str, Any]:
    """An article as the list shows it: everything but the text."""
    return {
        "id": article.id,
        "title": article.title,
        "language": article.language,
        "url": article.url,
        "source": article.source,
        "author": article.author,
        "tags": list(article.tags),
        "published": article.published,
        "updated": article.updated,
        "sha256": article.sha256,
        "characters": len(article.text),
    }
