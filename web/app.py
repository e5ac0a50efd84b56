"""The server: routes, static files, error handlers, and what stands around them all. Left out: the routes
themselves (`rest.py`, `pages.py`, …) and the guard (`guard.py`)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from threading import Lock

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.routing import Match, Route

from index.settings import listed
from rag.chatbot import Chatbot
from web import admin_pages, article_api, article_pages, feedback_api, metrics, openai_api, pages, rest, turns, widget
from web.access import Access
from web.answers_kept import AnswersKept
from web.errors import TABLE, problem_of
from web.feedback import FeedbackStore
from web.guard import Guard
from web.idempotency import Idempotency
from web.intake import Intake
from web.keys import KeyStore
from web.mcp_server import make_server
from web.mcp_transports import McpEndpoint
from web.settings import Settings
from web.suggestions import Suggestions
from web.templating import FOLDER, chosen_ui, make_templates, render_problem, style_hash
from web.texts import say_problem
from web.webhooks import Webhooks

_ROUTERS = tuple(
    part.router
    for part in (rest, article_api, openai_api, feedback_api, pages, turns, article_pages, widget, metrics, admin_pages)
)
_PAGES = ("/articles", "/feedback", "/embed", "/admin")


def create_app(chatbot: Chatbot, settings: Settings) -> FastAPI:
    """All endpoints over one chatbot. Opens nothing: the index is opened when first needed."""
    counts = metrics.Metrics()
    hooks = Webhooks(chatbot, settings)
    answers = AnswersKept(settings.kept_answers, counts.count_answer, hooks.tell_answer)
    mcp = McpEndpoint(make_server(chatbot, settings, answers), settings)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        with hooks.running(), app.state.intake.looking():
            async with mcp.lifespan(app):
                yield

    app = FastAPI(
        title="Loccit",
        summary="Answers quoted word for word from articles.",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
    )
    app.state.chatbot = chatbot
    app.state.templates = make_templates()
    app.state.suggestions = Suggestions(chatbot)
    app.state.editing = Lock()
    app.state.intake = Intake(chatbot, settings, app.state.editing)
    app.state.server_url = settings.server_url
    app.state.metrics = counts
    app.state.answers = answers
    app.state.feedback = FeedbackStore(settings.data)
    for router in _ROUTERS:
        app.include_router(router)
    app.router.routes.append(Route("/mcp", mcp, methods=["POST"]))
    app.mount("/static", StaticFiles(directory=FOLDER / "static"))
    for kind in (RequestValidationError, HTTPException, *TABLE):
        if kind is not Exception:  # the guard handles these, so that they get its headers
            app.add_exception_handler(kind, show_error)
    app.add_middleware(Idempotency)
    app.add_middleware(Access, keys=KeyStore(settings.data), settings=settings)
    app.add_middleware(GZipMiddleware, minimum_size=1000)
    app.add_middleware(Guard, settings=settings, style=style_hash(app.state.templates), show_error=show_error)
    # Outside of the guard, so that scripts of other sites can read errors too.
    app.add_middleware(
        CORSMiddleware, allow_origins=listed(settings.cors_origins), expose_headers=["*"],
        allow_methods=["GET", "POST", "PUT", "DELETE"], max_age=600,
        allow_headers=["Authorization", "Content-Type", "X-API-Key", "If-None-Match", "Idempotency-Key"],
    )  # fmt: skip
    app.add_middleware(metrics.Counted, metrics=counts)
    return app


def show_error(request: Request, error: Exception) -> Response:
    """People get a page, programs get JSON, both with the same sentence."""
    if isinstance(error, HTTPException) and error.status_code == 405:
        error.headers = {"Allow": ", ".join(_methods(request)) or (error.headers or {}).get("Allow", "")}
    problem = problem_of(error)
    if _is_page(request):
        return render_problem(request, problem)
    if request.url.path.startswith("/page/"):  # the script shows it to people
        said = say_problem(problem.code, problem.message, chosen_ui(request))
        problem = replace(problem, message=said)
    return JSONResponse(problem.object(), problem.status, problem.headers)


def _methods(request: Request) -> list[str]:
    """What the address takes: the framework names the methods of the first route that fits, and an article is read in
    one file and written in another."""
    routes = [route for router in _ROUTERS for route in router.routes]
    fitting = (route for route in routes if route.matches(request.scope)[0] is not Match.NONE)
    return sorted({method for route in fitting for method in getattr(route, "methods", ())})


def _is_page(request: Request) -> bool:
    path = request.url.path
    if path.startswith(("/v1/", "/page/")):
        return False
    return path == "/" or path.startswith(_PAGES) or "text/html" in request.headers.get("accept", "")
