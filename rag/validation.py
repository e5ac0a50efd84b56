"""Checks of what is asked, before anything is searched. Left out: the shape of requests (`web/schemas.py`)."""

from __future__ import annotations

import datetime

from index.errors import InvalidFilter
from index.language import DETECTABLE
from index.types import Filters
from rag.errors import InvalidQuestion, QuestionTooLong


def checked_question(question: str, most: int) -> str:
    """The question with its white space in order. Raises InvalidQuestion, or QuestionTooLong above
    `most` characters."""
    text = " ".join(question.split())
    if len(question) > most:
        raise QuestionTooLong(f"The question has {len(question):,} characters; at most {most:,} are read. Shorten it.")
    if not any(character.isalnum() for character in text):
        raise InvalidQuestion("The question is empty. Ask something in words.")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise InvalidQuestion("The question holds half of a surrogate pair. Send it as valid Unicode.") from error
    return text


def check_language(code: str, error: type[InvalidQuestion] | type[InvalidFilter], param: str) -> None:
    """Raises `error`, naming `param`, if the code is not one of ISO 639-1 that is told apart."""
    if code not in DETECTABLE:
        raise error(f"The language '{code[:20]}' is not known. Give a code of ISO 639-1 such as fr or en.", param)


def check_filters(only: Filters) -> None:
    """Raises InvalidFilter, naming the filter, if a value cannot be used."""
    for name in ("source", "tag", "article_id"):
        _check_encodable(getattr(only, name), f"filters.{name}")
    for name in ("since", "until"):
        value = getattr(only, name)
        try:
            known = value is None or datetime.date.fromisoformat(value).isoformat() == value
        except ValueError:
            known = False
        if not known:
            raise InvalidFilter(f"{name} is '{value[:40]}'; write a date as YYYY-MM-DD.", f"filters.{name}")
    if only.since and only.until and only.since > only.until:
        raise InvalidFilter(f"since ({only.since}) is later than until ({only.until}).", "filters.since")
    if only.language is not None:
        check_language(only.language, InvalidFilter, "filters.language")


def _check_encodable(value: str | None, param: str) -> None:
    try:
        (value or "").encode("utf-8")
    except UnicodeEncodeError as error:
        raise InvalidFilter(f"{param} holds half of a surrogate pair. Send it as valid Unicode.", param) from error
