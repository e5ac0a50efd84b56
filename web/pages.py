"""The chat page, whole, as it works without JavaScript, in a frame too; and the list of endpoints. Left out:
articles (`article_pages.py`), answers that stream into the page (`turns.py`), wording (`texts.py`)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel

from index.errors import IndexFault
from index.types import Filters
from rag.answer_object import answer_object
from rag.errors import RagFault
from rag.types import Turn
from web.errors import InvalidRequest, problem_of
from web.rest import TheChatbot
from web.schemas import OptionalNumber, OptionalText, Text
from web.suggestions import Suggestions
from web.templating import chosen_ui, render
from web.texts import say_problem

MAX_EARLIER: Final = 6
"""Earlier questions that a form hands on; no more are read for a follow-up."""

router = APIRouter(include_in_schema=False)


class PageFilters(BaseModel):
    """Filters as the fields of a form, so that they stand in the address of a page."""

    since: OptionalText = None
    until: OptionalText = None
    source: OptionalText = None
    tag: OptionalText = None
    language: OptionalText = None

    def filters(self) -> Filters:
        """As the index takes them."""
        return Filters(self.since, self.until, self.source, self.tag, self.language)

    def chosen(self) -> dict[str, str]:
        """Those that are set, by name."""
        return {name: getattr(self, name) for name in PageFilters.model_fields if getattr(self, name)}


class ChatQuery(PageFilters):
    """The address of the chat page: a question, earlier ones, filters."""

    q: Text | None = None
    h: list[Text] = []
    limit: OptionalNumber = None


@router.get("/")
def get_chat(request: Request, chatbot: TheChatbot, query: Annotated[ChatQuery, Query()]) -> Response:
    """The chat page; with a question in `q`, its answer, as a follow-up to those in `h`."""
    return _chat(request, chatbot, query, embedded=False)


@router.get("/embed")
def get_embedded_chat(request: Request, chatbot: TheChatbot, query: Annotated[ChatQuery, Query()]) -> Response:
    """The same in small, for a frame on another site; see `widget.py`."""
    return _chat(request, chatbot, query, embedded=True)


def _chat(request: Request, chatbot: TheChatbot, query: ChatQuery, embedded: bool) -> Response:
    store = chatbot.index()
    answer: dict[str, Any] | None = None
    problem, said = None, ""
    if query.q is not None:
        try:
            if query.limit is not None and not 1 <= query.limit <= 10:
                raise InvalidRequest("“limit” must be from 1 to 10.", "limit")
            history = [Turn(question) for question in query.h[-MAX_EARLIER:]]
            found = chatbot.ask(query.q, history=history, filters=query.filters(), limit=query.limit)
            answer = request.app.state.answers.put(answer_object(found))
        except (InvalidRequest, RagFault, IndexFault) as error:
            problem = problem_of(error)
            said = say_problem(problem.code, problem.message, chosen_ui(request))
    suggestions: Suggestions = request.app.state.suggestions
    page = render(
        request, "chat.html", problem.status if problem else 200, answer["language"] if answer else None,
        embedded=embedded, question=query.q, answer=answer, problem=problem, said=said, info=store.info,
        earlier=query.h[-MAX_EARLIER:], chosen=query.chosen(), limit=query.limit or chatbot.settings.limit,
        default_limit=chatbot.settings.limit, sources=store.sources(), tags=store.tags(), codes=store.languages,
        suggestions_of=suggestions.questions,
    )  # fmt: skip
    page.headers.update(problem.headers or {} if problem else {})
    return page


@router.get("/docs")
def get_docs(request: Request) -> Response:
    """The endpoints, listed from OpenAPI; nothing is loaded from elsewhere."""
    return render(request, "docs.html", endpoints=list(list_endpoints(request.app.openapi())))


def list_endpoints(api: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Each endpoint with the names and descriptions of what it takes, query and body alike."""
    schemas = api["components"]["schemas"]
    for path, methods in api["paths"].items():
        for method, endpoint in methods.items():
            content = endpoint.get("requestBody", {}).get("content", {}).get("application/json", {})
            body = schemas.get(content.get("schema", {}).get("$ref", "").rpartition("/")[2], {})
            fields = {field["name"]: field for field in endpoint.get("parameters", [])}
            fields.update(body.get("properties", {}))
            yield {
                "address": f"{method.upper()} {path}",
                "summary": endpoint["summary"],
                "description": endpoint["description"],
                "fields": {name: field.get("description", "") for name, field in fields.items()},
                "examples": body.get("examples", []),
            }
