"""Chat completions and models as clients of OpenAI call them. A model is a set of articles: `loccit` is all of them,
`loccit/fr` those in French, and so on for each language of the index. Left out: shapes (`openai_objects.py`)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any, Final

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from index.store import IndexStore
from index.types import Filters
from rag.answer_object import answer_object
from web.errors import InvalidRequest, UnknownModel, problem_of
from web.openai_objects import Envelope, chunks, completion, usage_of
from web.openai_schemas import CompletionBody
from web.rest import TheChatbot, kept_events, router_responses
from web.streams import event_line, event_stream

MODEL: Final = "loccit"
_CREATED: Final = 0  # an index has no date of making that would mean anything to a client

router = APIRouter(responses=router_responses)


@router.get("/v1/models", summary="List the models: sets of articles")
def get_models(chatbot: TheChatbot) -> Response:
    """In OpenAI's shape: `loccit`, and one for each language of the index."""
    names = _names(chatbot.index())
    return JSONResponse({"object": "list", "data": [_model(name) for name in names]})


@router.get("/v1/models/{model:path}", summary="Read one model")
def get_model(model: str, chatbot: TheChatbot) -> Response:
    """In OpenAI's shape."""
    filters_of(model, chatbot.index())
    return JSONResponse(_model(model))


@router.post(
    "/v1/chat/completions",
    summary="Answer the last question of a conversation, in OpenAI's shape",
    responses={200: {"description": "A completion, or its chunks.", "content": {"text/event-stream": {}}}},
)
def post_completion(body: CompletionBody, request: Request, chatbot: TheChatbot) -> Response:
    """Verbatim extracts with their citations three ways: as links in the content, as `annotations`, and in the
    answer object under `loccit`. No language model is asked: temperature and the like do nothing."""
    only = _both(filters_of(body.model, chatbot.index()), body.loccit.filters.filters())
    question, history = body.questions()
    ask: dict[str, Any] = {
        "language": body.loccit.language, "history": history, "filters": only, "limit": body.loccit.limit,
    }  # fmt: skip
    count = chatbot.embedder().count_tokens
    base, envelope = request.app.state.server_url(str(request.base_url)), Envelope(body.model)
    if not body.stream:
        answer = request.app.state.answers.put(answer_object(chatbot.ask(question, **ask)))
        return JSONResponse(completion(answer, envelope, base, sum(count(body.texts())), count))
    wanted = body.stream_options is not None and body.stream_options.include_usage
    usage = partial(usage_of, sum(count(body.texts())), count=count) if wanted else None
    events = kept_events(chatbot.stream(question, **ask), request.app.state.answers)
    return event_stream(chunk_lines(chunks(events, envelope, base, usage)))


def chunk_lines(found: Iterator[dict[str, Any]]) -> Iterator[str]:
    """Chunks as lines of a stream, ended as OpenAI ends them; an error becomes the last."""
    try:
        for chunk in found:
            yield event_line(chunk)
    except Exception as error:  # noqa: BLE001 - whatever happened, the reader must be told
        yield event_line(problem_of(error).object())
    yield "data: [DONE]\n\n"


def filters_of(model: str, store: IndexStore) -> Filters:
    """What a model's name narrows a question down to. Raises UnknownModel."""
    if model not in _names(store):
        shown = model[:80].encode("utf-8", "replace").decode()
        raise UnknownModel(f"There is no model “{shown}”. The models are: {', '.join(_names(store))}.")
    language = model.partition("/")[2]
    return Filters(language=language or None)


def _names(store: IndexStore) -> list[str]:
    return [MODEL, *(f"{MODEL}/{code}" for code in store.languages)]


def _model(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": _CREATED, "owned_by": "loccit"}


def _both(model: Filters, asked: Filters) -> Filters:
    """Raises InvalidRequest where they exclude each other."""
    if model.language and asked.language not in (None, model.language):
        raise InvalidRequest(
            f"The model holds articles in “{model.language}” alone. Leave the filter out, or ask the model “{MODEL}”.",
            "loccit.filters.language",
        )
    return replace(asked, language=model.language or asked.language)
