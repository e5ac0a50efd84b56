"""What the tools of `/mcp` take and give, as pydantic models, and the descriptions by which a model chooses among
them. Left out: the answer object (`answer_schemas.py`), running a tool (`mcp_server.py`)."""

from __future__ import annotations

from typing import Any, Final

from mcp_types import Tool, ToolAnnotations
from pydantic import BaseModel, Field, StrictInt

from web.answer_schemas import AnswerObject
from web.schemas import Body, FiltersBody, QuestionBody, Text

READS_ONLY: Final = ToolAnnotations(
    read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False
)


class SearchArguments(Body):
    """Words for the tool `search`."""

    query: Text = Field(description="Words, or a question.")
    filters: FiltersBody = Field(default_factory=FiltersBody, description="Which articles may be searched.")
    limit: StrictInt = Field(10, ge=1, le=50, description="Articles at most.")


class FetchArguments(Body):
    """The article for the tool `fetch`."""

    id: Text = Field(description="An article's `id`, as search and ask give it.")


class FoundArticle(BaseModel):
    """An article that holds something close to the query."""

    id: str
    title: str
    url: str = Field(description="Where people can read it; never empty.")


class FoundArticles(BaseModel):
    """Articles, the closest first."""

    results: list[FoundArticle]


class ArticleMetadata(BaseModel):
    """What is known of an article beside its text."""

    language: str
    source: str | None
    author: str | None
    tags: list[str]
    published: str | None = Field(description="YYYY-MM-DD")
    updated: str | None = Field(description="YYYY-MM-DD")
    sha256: str = Field(description="Of the text in UTF-8, hexadecimal.")
    characters: int = Field(description="Code points of the text.")


class FetchedArticle(FoundArticle):
    """A whole article."""

    text: str = Field(description="Positions of extracts count its Unicode code points.")
    metadata: ArticleMetadata


def _outline(model: type[BaseModel], mode: Any) -> dict[str, Any]:
    """The model's JSON schema without names of fields written again as titles, which cost a reader tokens, and
    without lengths: those of the answer object bound what a browser may send, not what an article may hold."""
    left_out = {"title", "maxLength", "maxItems"} if mode == "serialization" else {"title"}

    def outlined(value: Any) -> Any:
        if isinstance(value, list):
            return [outlined(item) for item in value]
        if not isinstance(value, dict):
            return value
        return {
            key: outlined(inner)
            for key, inner in value.items()
            if key not in left_out or isinstance(inner, dict)  # a field that has such a name
        }

    schema: dict[str, Any] = outlined(model.model_json_schema(mode=mode))
    return schema


def _tool(name: str, title: str, description: str, takes: type[Body], gives: type[BaseModel]) -> Tool:
    return Tool(
        name=name,
        title=title,
        description=description,
        input_schema=_outline(takes, "validation"),
        output_schema=_outline(gives, "serialization"),
        annotations=READS_ONLY,
    )


def describe_tools() -> list[Tool]:
    """The three tools as a client lists them."""
    return [
        _tool(
            "ask",
            "Ask the articles",
            "Answer a question with sentences quoted word for word from the articles. Use this first for any question "
            "of fact that the articles may answer. Each of `extracts` stands at `start` to `end` (code points) of the "
            "text of its `article`: quote it unchanged and name the article. `status` is answered, partial (some of "
            "the `parts` were found) or no_answer: then say that the articles do not answer, and do not take `nearest` "
            "for an answer. `conflicts_with` names extracts that disagree: show both. For a follow-up give the earlier "
            "questions as `history`; nothing is remembered between calls.",
            QuestionBody,
            AnswerObject,
        ),
        _tool(
            "search",
            "Search the articles",
            "List the articles that hold something close to the words or the question, the closest first, whether or "
            "not they answer it. Use it to see what there is on a subject, then fetch what is worth reading. To have "
            "a question answered use ask.",
            SearchArguments,
            FoundArticles,
        ),
        _tool(
            "fetch",
            "Read an article",
            "The whole text of one article, by an `id` from search or from an extract of ask. Use it to read around an "
            "extract, to check one (`text[start:end]` is the extract), or to read what search found.",
            FetchArguments,
            FetchedArticle,
        ),
    ]
