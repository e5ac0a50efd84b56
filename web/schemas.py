"""The bodies and queries that the REST endpoints read, as pydantic models; OpenAPI is made of them.
Left out: the shape of answers (`rag/answer_object.py`) and checks that need the index."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError

from index.language import DETECTABLE
from index.types import Filters
from rag.types import Turn


def check_text(text: str) -> str:
    """Raise ValueError for half a surrogate pair: JSON can write one, UTF-8 cannot."""
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueError("it holds half of a surrogate pair; send whole characters")
    return text


def check_day(text: str) -> str:
    """Raise ValueError for what is no day of the calendar, written in full."""
    try:
        known = date.fromisoformat(text).isoformat() == text
    except ValueError:
        known = False
    if not known:
        raise ValueError("write a date as YYYY-MM-DD")
    return text


def _is_whole(value: object) -> bool:
    return isinstance(value, float) and value.is_integer()


Text = Annotated[str, AfterValidator(check_text)]
Day = Annotated[str, AfterValidator(check_day), WithJsonSchema({"type": "string", "format": "date"})]
Question = Annotated[
    Text,
    WithJsonSchema({"type": "string", "minLength": 1, "pattern": r"[^\s\u0000-/:-@\[-`{-\u00bf]"}),
]
"""As OpenAPI describes it: with a letter or a digit; what is refused, and how, `rag/validation.py` says."""

# A form sends a field that was left alone as an empty string.
_EMPTY = BeforeValidator(lambda value: value or None)
OptionalNumber = Annotated[int | None, _EMPTY]
OptionalText = Annotated[Text | None, _EMPTY]

_WHOLE = BeforeValidator(lambda value: int(value) if _is_whole(value) else value)
Extracts = Annotated[StrictInt, Field(ge=1, le=10), _WHOLE]
Passages = Annotated[StrictInt, Field(ge=1, le=50), _WHOLE]
"""JSON knows no integers: 3.0 is one too, "3" is not."""

Language = Annotated[Text, WithJsonSchema({"type": "string", "enum": sorted(DETECTABLE)})]
"""Articles may be in other languages too, where their front matter names one."""


class Body(BaseModel):
    """A model that refuses unknown fields and names those there are."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def only_known_fields(cls, data: Any) -> Any:
        """Pydantic's own error does not name the fields that exist."""
        allowed = ", ".join(cls.model_fields)
        for field in data if isinstance(data, dict) else ():
            if field not in cls.model_fields:
                shown = str(field)[:80].encode("utf-8", "replace").decode()
                facts = {"field": shown, "allowed": allowed}
                raise PydanticCustomError("unknown_field", "no field {field} in {allowed}", facts)
        return data


class FiltersBody(Body):
    """Which articles may be searched. A field left out lets all through."""

    since: Day | None = Field(default=None, description="Only articles dated on or after (YYYY-MM-DD).")
    until: Day | None = Field(default=None, description="Only articles dated on or before (YYYY-MM-DD).")
    source: Text | None = Field(default=None, description="Only articles of this source.")
    tag: Text | None = Field(default=None, description="Only articles with this tag.")
    language: Language | None = Field(default=None, description="Only articles in this language (ISO 639-1).")
    article_id: Text | None = Field(default=None, description="Only this article.")

    def filters(self) -> Filters:
        """As the index takes them."""
        return Filters(self.since, self.until, self.source, self.tag, self.language, self.article_id)


class TurnBody(Body):
    """An earlier question of the conversation."""

    question: Text = Field(description="The question as it was asked.")
    answer_id: Text | None = Field(default=None, description="The id of its answer.")


class QuestionBody(Body):
    """A question and what narrows it down, the same for every surface that asks."""

    question: Question = Field(description="One question, in words.")
    language: Language | None = Field(default=None, description="Language of the question; detected when left out.")
    history: list[TurnBody] = Field(
        [],
        max_length=50,
        description="Earlier questions, oldest first, for one that leans on them ('And in 2019?').",
    )
    filters: FiltersBody = Field(default_factory=FiltersBody, description="Which articles may be searched.")
    limit: Extracts | None = Field(None, description="Extracts at most; default: the server's.")

    def asked(self) -> dict[str, Any]:
        """As `Chatbot.ask` and `Chatbot.stream` take it."""
        return {
            "question": self.question,
            "language": self.language,
            "history": [Turn(turn.question, turn.answer_id) for turn in self.history],
            "filters": self.filters.filters(),
            "limit": self.limit,
        }


class AnswerBody(QuestionBody):
    """A question for `POST /v1/answer`."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"question": "When was the Panama Canal opened?", "limit": 3}]}
    )

    stream: StrictBool = Field(False, description="Send Server-Sent Events instead of one JSON object.")


class SearchBody(Body):
    """Words for `POST /v1/search`."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"query": "Panama Canal locks", "limit": 5}]})

    query: Question = Field(description="Words, or a question.")
    language: Language | None = Field(default=None, description="Language of the query; detected when left out.")
    filters: FiltersBody = Field(default_factory=FiltersBody, description="Which articles may be searched.")
    limit: Passages = Field(10, description="Passages at most.")


class ArticlesQuery(FiltersBody):
    """The query of `GET /v1/articles`: a page of the list, and filters."""

    offset: int = Field(0, ge=0, le=1_000_000_000, description="Articles to skip.")
    limit: int = Field(20, ge=1, le=100, description="Articles at most.")


class ErrorDetail(BaseModel):
    """What went wrong."""

    type: str = Field(description="Kind of error: whose turn it is to act.")
    message: str = Field(description="What happened and what to do.")
    param: str | None = Field(description="The field concerned, as a dotted path.")
    code: str = Field(description="A name for this error that does not change.")


class ErrorBody(BaseModel):
    """Every error has this shape."""

    error: ErrorDetail
