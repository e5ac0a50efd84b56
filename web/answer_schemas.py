"""The answer object as pydantic models: OpenAPI describes answers by them, and answers that come back from a
browser are checked against them. Left out: how answers are made (`rag/answer_object.py`)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictInt, StringConstraints

from web.schemas import check_text

Short = Annotated[str, StringConstraints(max_length=2_000), AfterValidator(check_text)]
Long = Annotated[str, StringConstraints(max_length=100_000), AfterValidator(check_text)]
Address = Annotated[str, StringConstraints(max_length=20_000), AfterValidator(check_text)]
Position = Annotated[StrictInt, Field(ge=0, description="Code points from the start of the article's text.")]
Page = Annotated[StrictInt | None, Field(ge=1, description="Page of the file it begins on, if that has pages.")]
Status = Literal["answered", "partial", "no_answer"]


class Shape(BaseModel):
    """Keeps fields it does not know: later versions may add some."""

    model_config = ConfigDict(extra="allow")


class CitedArticle(Shape):
    """The article an extract stands in, as it was when the answer was made."""

    id: Short
    title: Short
    url: Address | None = None
    source: Short | None = None
    author: Short | None = None
    published: Short | None = Field(None, description="YYYY-MM-DD")
    updated: Short | None = Field(None, description="YYYY-MM-DD")
    sha256: Short = Field(description="Of the article's text in UTF-8, hexadecimal.")


class ShortAnswer(Shape):
    """Words inside the extract that answer."""

    text: Long
    start: Position
    end: Position


class PassageText(Shape):
    """The passage an extract was taken from."""

    start: Position
    end: Position
    text: Long


class AlsoIn(CitedArticle):
    """Another article that says the same in nearly the same words."""

    text: Long
    start: Position
    end: Position
    page: Page = None
    source_page: Short


class ExtractObject(Shape):
    """Consecutive sentences of one article, verbatim: `article.text[start:end] == text`."""

    number: StrictInt
    text: Long
    short_answer: ShortAnswer | None = None
    score: float
    language: Short
    start: Position
    end: Position
    page: Page = None
    heading: Long | None = Field(None, description="Headings above it, from the first level down.")
    passage: PassageText
    article: CitedArticle
    selector: list[dict[str, Any]] = Field(description="Web Annotation selectors of the quote.")
    source_page: Short = Field(description="Path of the page that shows the article with the quote marked.")
    text_fragment_url: Address | None = None
    also_in: Annotated[list[AlsoIn], Field(max_length=200)] = []
    conflicts_with: list[StrictInt] = Field(
        [], description="Numbers of extracts that give another number, date or negation for the same thing."
    )


class NearestObject(Shape):
    """A passage that is close to the question and does not answer it."""

    score: float
    language: Short
    start: Position
    end: Position
    text: Long
    page: Page = None
    heading: Long | None = None
    article: CitedArticle
    source_page: Short


class PartObject(Shape):
    """One of the questions asked in a compound question."""

    question: Long
    status: Status
    extracts: list[StrictInt]


class AnswerObject(Shape):
    """An answer, see the README."""

    id: Annotated[str, StringConstraints(pattern=r"^ans_[0-9A-Za-z_-]{1,64}$")]
    object: Literal["answer"] = "answer"
    generation: Short
    question: Long
    standalone_question: Long
    language: Short
    status: Status
    confidence: Literal["high", "medium", "low"]
    score: float = Field(description="Calibrated probability that the first extract answers.")
    reason: Short | None = Field(description="Why there is no answer, in a sentence.")
    text: Long = Field(description="The extracts, each with its number in brackets.")
    parts: Annotated[list[PartObject], Field(max_length=20)]
    extracts: Annotated[list[ExtractObject], Field(max_length=10)]
    nearest: Annotated[list[NearestObject], Field(max_length=20)]
    timings_ms: dict[str, float] = Field(description="What each step took, in milliseconds.")
