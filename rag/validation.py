"""Checks of what is asked, before anything is searched. Left out: the shape of requests (`web/schemas.py`)."""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence
from typing import Final

from index.errors import InvalidFilter
from index.language import DETECTABLE
from index.types import Filters
from rag.errors import InvalidQuestion, QuestionTooLong

_CODE: Final = re.compile(r"[a-z]{2,3}")


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


def check_language(code: str) -> None:
    """Raises InvalidQuestion if the code is not one of ISO 639-1 that is told apart."""
    if code not in DETECTABLE:
        raise InvalidQuestion(
            f"The language '{code[:20]}' is not known. Give a code of ISO 639-1 such as fr or en.", "language"
        )


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
    if only.language is not None and not _CODE.fullmatch(only.language):
        raise _unknown_language(only.language)


def check_filter_language(only: Filters, languages: Sequence[str]) -> None:
    """Raises InvalidFilter if the language is neither one that is told apart nor one of `languages`,
    those of the articles: their front matter may name any."""
    if only.language is not None and only.language not in DETECTABLE and only.language not in languages:
        raise _unknown_language(only.language)


def _unknown_language(code: str) -> InvalidFilter:
    return InvalidFilter(
        f"The language '{code[:20]}' is not known. Give a code of ISO 639-1 such as fr or en.", "filters.language"
    )


def _check_encodable(value: str | None, param: str) -> None:
    try:
        (value or "").encode("utf-8")
    except UnicodeEncodeError as error:
        raise InvalidFilter(f"{param} holds half of a surrogate pair. Send it as valid Unicode.", param) from error
