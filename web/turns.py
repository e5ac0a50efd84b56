"""Answers for the page's script, rendered: one as it streams in, and those of a thread that the browser kept,
compared with the articles of today. Left out: the page around them (`pages.py`), the script (`static/`)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from jinja2 import Environment
from pydantic import Field

from rag.chatbot import Chatbot
from web.answer_schemas import AnswerObject
from web.references import answer_markdown
from web.rest import TheChatbot, event_lines, kept_events
from web.schemas import AnswerBody, Body, FiltersBody
from web.streams import event_stream
from web.templating import words_of

router = APIRouter(prefix="/page", include_in_schema=False)

Ui = Literal["en", "fr"]


class AskedTurn(AnswerBody):
    """A question of the page, and the language its answer is to be shown in; None: the question's."""

    ui: Ui | None = None


class KeptTurn(Body):
    """An answer as the browser kept it, and what narrowed the question down."""

    answer: AnswerObject
    filters: FiltersBody = Field(default_factory=FiltersBody)


class KeptThread(Body):
    """Answers of a thread, oldest first; a long thread is sent in pieces."""

    turns: Annotated[list[KeptTurn], Field(max_length=50)]
    ui: Ui


@router.post("/turn")
def post_turn(body: AskedTurn, request: Request, chatbot: TheChatbot) -> Response:
    """The events `start`, `extract` and `done` of `POST /v1/answer`, each with the HTML it adds to the page."""
    events = kept_events(chatbot.stream(**body.asked()), request.app.state.answers)
    return event_stream(event_lines(_rendered(events, body, request.app.state.templates)))


def _rendered(events: Iterator[dict[str, Any]], body: AskedTurn, templates: Environment) -> Iterator[dict[str, Any]]:
    macros: Any = templates.get_template("answer.html").module
    view: dict[str, Any] = {}
    for event in events:
        match event["type"]:
            case "start":
                ui = body.ui or ("fr" if event["language"] == "fr" else "en")
                view = view_of(event["id"], ui, body.filters)
                yield {**event, "ui": ui, "html": str(macros.head(event, view))}
            case "extract":
                yield {**event, "html": str(macros.extract(event["extract"], view))}
            case "done":
                answer = event["answer"]
                yield {**event, "html": str(macros.foot(answer, view)), "markdown": answer_markdown(answer)}


@router.post("/thread")
def post_thread(body: KeptThread, request: Request, chatbot: TheChatbot) -> Response:
    """Each answer's HTML, its extracts marked where the articles have changed since."""
    macros: Any = request.app.state.templates.get_template("answer.html").module
    turns = []
    for turn in body.turns:
        answer = _compared(turn.answer.model_dump(), chatbot)
        turns.append(str(macros.turn(answer, None, view_of(answer["id"], body.ui, turn.filters))))
    return JSONResponse({"turns": turns})


def _compared(answer: dict[str, Any], chatbot: Chatbot) -> dict[str, Any]:
    """The answer, with what each extract's `now` is: see `citations.verify_answer`."""
    found = chatbot.verify(answer)
    extracts = [{**extract, "now": now} for extract, now in zip(answer["extracts"], found, strict=True)]
    return {**answer, "extracts": extracts}


def view_of(answer_id: str, ui: str, filters: FiltersBody) -> dict[str, Any]:
    """What the macros of `answer.html` need beside the answer."""
    chosen = {name: value for name, value in filters.model_dump().items() if value is not None}
    return {"id": answer_id, "ui": ui, "t": words_of(ui), "kept": urlencode(chosen)}
