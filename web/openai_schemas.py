"""What `POST /v1/chat/completions` reads, as pydantic models. OpenAI's other fields are accepted and do nothing: no
language model is asked. Left out: what comes back (`openai_objects.py`)."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt, StrictStr, WithJsonSchema, field_validator
from pydantic.config import JsonDict

from rag.types import Turn
from web.errors import InvalidRequest
from web.schemas import Body, Extracts, FiltersBody, Language, Text


class Lenient(BaseModel):
    """Takes what clients of OpenAI send, of whatever version."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class ContentPart(Lenient):
    """A part of a message. Only text can be read: the description names no other kind, and `Message.text` says so."""

    model_config = ConfigDict(json_schema_extra={"required": ["type", "text"]})

    type: Annotated[StrictStr, WithJsonSchema({"type": "string", "enum": ["text", "input_text"]})]
    text: Annotated[Text | None, WithJsonSchema({"type": "string"})] = None


class Message(Lenient):
    """One message. Questions are those of the role `user`; the others are accepted and not read."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: Text | list[ContentPart] | None = Field(None, description="Text, or parts of type text.")

    def text(self, where: str) -> str:
        """The text parts, a line each. Raises InvalidRequest for any other kind of part."""
        if not isinstance(self.content, list):
            return self.content or ""
        for place, part in enumerate(self.content):
            if part.type not in ("text", "input_text") or part.text is None:
                kind = part.type[:40].encode("utf-8", "replace").decode()
                raise InvalidRequest(
                    f"A part of type “{kind}” cannot be read: only text can. Send the question as text.",
                    f"{where}.content.{place}.type",
                )
        return "\n".join(part.text or "" for part in self.content)


class StreamOptions(Lenient):
    """What a stream tells beside the answer."""

    include_usage: StrictBool | None = False


class LoccitOptions(Body):
    """What Loccit takes beside OpenAI's fields, under the key `loccit` (`extra_body` of OpenAI's Python client)."""

    language: Language | None = Field(default=None, description="Language of the question; detected when left out.")
    filters: FiltersBody = Field(default_factory=FiltersBody, description="Which articles may be searched.")
    limit: Extracts | None = Field(default=None, description="Extracts at most; default: the server's.")


_ASKED: Final[JsonDict] = {
    "type": "object",
    "required": ["role", "content"],
    "properties": {"role": {"const": "user"}, "content": {"type": "string", "pattern": r"[A-Za-z0-9]"}},
}
"""What at least one of the messages is."""


class CompletionBody(Lenient):
    """A conversation; its last question is answered."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"model": "loccit", "messages": [{"role": "user", "content": "When was the Panama Canal opened?"}]}
            ]
        }
    )

    model: Text = Field(description="`loccit`, or `loccit/` and a language: only articles in that language.")
    messages: Annotated[
        list[Message],
        Field(min_length=1, max_length=1000, description="Oldest first.", json_schema_extra={"contains": _ASKED}),
    ]
    stream: StrictBool | None = Field(False, description="Send chunks as Server-Sent Events.")
    stream_options: StreamOptions | None = None
    n: Annotated[StrictInt, WithJsonSchema({"type": "integer", "enum": [1]})] | None = Field(
        1, description="Only 1: there is one answer."
    )
    loccit: LoccitOptions = Field(default_factory=LoccitOptions, description="Filters, limit, language.")

    @field_validator("n")
    @classmethod
    def only_one(cls, n: int | None) -> int | None:
        """There is nothing random that could give another answer."""
        if n not in (None, 1):
            raise ValueError("it must be 1: a question has one answer here")
        return n

    def questions(self) -> tuple[str, list[Turn]]:
        """The question, and those before it. Raises InvalidRequest if there is none."""
        asked = [
            message.text(f"messages.{place}") for place, message in enumerate(self.messages) if message.role == "user"
        ]
        if not asked:
            raise InvalidRequest("There is no question: send a message with the role “user”.", "messages")
        return asked[-1], [Turn(question) for question in asked[:-1] if question.strip()]

    def texts(self) -> list[str]:
        """All text that was sent, for counting."""
        sent = (message.content for message in self.messages)
        parts = (content if isinstance(content, list) else [ContentPart(type="text", text=content)] for content in sent)
        return [part.text for listed in parts for part in listed if part.text]
