"""Answers read again, and what people say of them, as JSON and as a form without JavaScript. Left out: where it
is kept (`answers_kept.py`, `feedback.py`)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Path, Request
from fastapi.responses import JSONResponse, Response
from pydantic import Field, StrictInt

from web.answer_schemas import AnswerObject
from web.caching import json_with_etag
from web.errors import InvalidRequest
from web.feedback import MAX_COMMENT
from web.rest import VARY, router_responses
from web.schemas import Body, OptionalNumber, OptionalText, Text
from web.templating import render

Verdict = Literal["helpful", "answer_wrong", "evidence_wrong"]

router = APIRouter(responses=router_responses)


class FeedbackBody(Body):
    """A verdict on an answer, or on one of its extracts."""

    answer_id: Text = Field(description="The answer's `id`.")
    extract: StrictInt | None = Field(None, description="Number of the extract meant; left out: the whole answer.")
    verdict: Verdict
    comment: Annotated[Text, Field(max_length=MAX_COMMENT)] | None = Field(None, description="In your own words.")


class FeedbackForm(Body):
    """The same as fields of a form."""

    answer_id: Text
    extract: OptionalNumber = None
    verdict: Verdict
    comment: Annotated[OptionalText, Field(max_length=MAX_COMMENT)] = None


@router.get("/v1/answers/{answer_id}", summary="Read an answer again", response_model=AnswerObject)
def get_answer(request: Request, answer_id: Annotated[str, Path(description="The answer's `id`.")]) -> Response:
    """One of the newest answers, as it was given. They are kept in memory, and gone when the server stops."""
    return json_with_etag(request, request.app.state.answers.get(answer_id), VARY)


@router.post("/v1/feedback", summary="Say whether an answer helped", status_code=201)
def post_feedback(body: FeedbackBody, request: Request) -> Response:
    """Keeps the verdict on the server, with the answer it is about."""
    number = _keep(request, body)
    kept = body.model_dump()
    return JSONResponse({"object": "feedback", "id": str(number), **kept}, 201)


@router.post("/feedback", include_in_schema=False)
def post_form(body: Annotated[FeedbackForm, Form()], request: Request) -> Response:
    """The same from the page, where there is no JavaScript."""
    _keep(request, body)
    return render(request, "thanks.html")


def _keep(request: Request, body: FeedbackBody | FeedbackForm) -> int:
    answer: dict[str, Any] = request.app.state.answers.get(body.answer_id)
    numbers = [extract["number"] for extract in answer["extracts"]]
    if body.extract is not None and body.extract not in numbers:
        raise InvalidRequest(f"The answer has no extract {body.extract}; it has {numbers or 'none'}.", "extract")
    number: int = request.app.state.feedback.add(answer, body.extract, body.verdict, body.comment)
    return number
