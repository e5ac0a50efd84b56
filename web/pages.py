"""The pages for people: questions, articles, endpoints, errors. All work without JavaScript and
escape what they show. Left out: JSON (`rest.py`), wording (`texts.py`), streaming (`static/chat.js`)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Final
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response
from jinja2 import Environment, FileSystemLoader
from pydantic import BeforeValidator

from index.errors import IndexFault
from index.types import Filters, Span
from rag.answer_object import answer_object
from rag.errors import RagFault
from web.article_text import cut_blocks
from web.errors import InvalidRequest, Problem, problem_of
from web.rest import TheChatbot
from web.texts import LANGUAGES, MONTHS, TEXTS, choose_language, say_date

PAGE_SIZE: Final = 20

# A form sends a field that was left alone as an empty string.
Empty = BeforeValidator(lambda value: value or None)
OptionalNumber = Annotated[int | None, Empty]
OptionalText = Annotated[str | None, Empty]

router = APIRouter(include_in_schema=False)


def make_templates() -> Environment:
    """The templates of this package; everything put in is escaped."""
    folder = Path(__file__).parent / "templates"
    templates = Environment(loader=FileSystemLoader(folder), autoescape=True, trim_blocks=True, lstrip_blocks=True)
    templates.filters.update(date=say_date, web_url=web_url, article_path=article_path)
    templates.policies["json.dumps_kwargs"] = {"ensure_ascii": False}  # keys keep their order
    return templates


def web_url(url: str | None) -> str:
    """The address if a link may lead there, else "": articles are not to be trusted."""
    return url if url and url.lower().startswith(("https://", "http://")) else ""


def article_path(article_id: str) -> str:
    """Where the article is shown."""
    return f"/articles/{quote(article_id, safe='')}"


def render(request: Request, template: str, status: int = 200, **facts: Any) -> HTMLResponse:
    """One page in the visitor's language. A language chosen by `?ui=` is kept in a cookie."""
    accepted = request.headers.get("accept-language", "")
    ui = choose_language(request.query_params, request.cookies, accepted)
    words = {**TEXTS[ui], "languages": LANGUAGES[ui], "months": MONTHS[ui]}
    other = {**request.query_params, "ui": "en" if ui == "fr" else "fr"}
    templates: Environment = request.app.state.templates
    html = templates.get_template(template).render(
        t=words, ui=ui, other_ui=f"?{urlencode(other)}", path=request.url.path, **facts
    )
    page = HTMLResponse(html, status, {"Vary": "Accept-Language, Cookie"})
    if request.query_params.get("ui") == ui:
        page.set_cookie("ui", ui, samesite="lax", httponly=True)
    return page


def render_problem(request: Request, problem: Problem) -> HTMLResponse:
    """An error as a page: the same sentence and status as in JSON."""
    page = render(request, "error.html", problem.status, problem=problem)
    page.headers.update(problem.headers or {})
    return page


@router.get("/")
def get_chat(
    request: Request,
    chatbot: TheChatbot,
    q: str | None = None,
    limit: OptionalNumber = None,
    language: OptionalText = None,
) -> Response:
    """The chat page; with a question in `q`, its answer."""
    answer: dict[str, Any] | None = None
    problem: Problem | None = None
    info = chatbot.index().info
    if q is not None:
        try:
            if limit is not None and not 1 <= limit <= 10:
                raise InvalidRequest("“limit” must be from 1 to 10.", "limit")
            answer = answer_object(chatbot.ask(q, language=language, limit=limit))
        except (InvalidRequest, RagFault, IndexFault) as error:
            problem = problem_of(error)
    page = render(
        request, "chat.html", problem.status if problem else 200,
        question=q, answer=answer, problem=problem, info=info,
        limit=limit or chatbot.settings.limit, language=language,
    )  # fmt: skip
    page.headers.update(problem.headers or {} if problem else {})
    return page


@router.get("/articles")
def get_list(
    request: Request, chatbot: TheChatbot, offset: Annotated[int, Query(ge=0, le=1_000_000_000)] = 0
) -> Response:
    """The articles, a page at a time."""
    articles, total = chatbot.index().articles(offset, PAGE_SIZE, Filters())
    pages = {
        "previous": max(offset - PAGE_SIZE, 0) if offset else None,
        "next": offset + PAGE_SIZE if offset + PAGE_SIZE < total else None,
    }
    return render(request, "articles.html", articles=articles, total=total, offset=offset, pages=pages)


@router.get("/articles/{article_id:path}")
def get_article_page(
    request: Request,
    chatbot: TheChatbot,
    article_id: str,
    start: OptionalNumber = None,
    end: OptionalNumber = None,
) -> Response:
    """An article with the characters from `start` to `end` marked."""
    article = chatbot.index().article(article_id)
    cited = cited_span(start, end, len(article.text))
    blocks = cut_blocks(article.text, cited)
    heads = bool(blocks) and blocks[0].level > 0 and blocks[0].text.strip() == article.title
    if heads and not blocks[0].cited:
        blocks = blocks[1:]  # the title stands above the text already
    marks = [piece for block in blocks for piece in block.pieces if piece.cited]
    return render(request, "article.html", article=article, blocks=blocks, first_mark=marks[:1])


def cited_span(start: int | None, end: int | None, characters: int) -> Span | None:
    """The span asked for, or None when none is; raises InvalidRequest outside the article."""
    if start is None and end is None:
        return None
    if start is None or end is None:
        raise InvalidRequest("“start” and “end” go together. Give both or neither.", "start")
    if not 0 <= start < end <= characters:
        raise InvalidRequest(
            f"The article has {characters} characters; “start” must be at least 0 and less than “end”, "
            f"“end” at most {characters}. Leave both out to read the article.",
            "start" if not 0 <= start < characters else "end",
        )
    return Span(start, end)


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
