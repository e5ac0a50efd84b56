"""Fields as authors write them → an Article: what readers have in common. Left out: file formats."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from index.errors import UnreadableArticle
from index.language import detect_language
from index.sentences import sentence_spans
from index.types import Article

_TITLE_CHARS = 80
_BLANK = "\n\r \t"
LANGUAGE_CODE: Final = r"^([a-zA-Z]{2,3})(?:[-_][a-zA-Z0-9]+)*$"
"""A language and perhaps its region; the first group is what is kept."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def make_article(
    identity: str, text: str, fields: Mapping[str, Any], title: str | None = None, pages: Sequence[int] = ()
) -> Article:
    """An article from its text and named fields (`title`, `date`, `updated`, `language` or `lang`,
    `url`, `source`, `author`, `tags`; others are ignored).

    Without a title the first sentence, shortened, takes its place; without a language it is
    detected; an address that is not http(s) is left out. Raises UnreadableArticle if the text is
    empty, or a field cannot be what it is called. `pages` are as in Article, of the text as it is given.
    """
    begin = len(text) - len(text.lstrip(_BLANK))
    text = text.strip(_BLANK)
    if not any(character.isalnum() for character in text):
        raise UnreadableArticle("it holds no text")
    if "\0" in text:
        raise UnreadableArticle("its text holds a NUL character")
    _check_characters("text", text)
    language = _language(_line(fields, "language") or _line(fields, "lang"), text)
    url = _line(fields, "url")
    return Article(
        id=_identity(identity),
        title=_line(fields, "title") or title or _first_sentence(text, language),
        text=text,
        language=language,
        url=url if url and re.match(r"https?://", url, re.IGNORECASE) else None,
        source=_line(fields, "source"),
        author=_line(fields, "author"),
        tags=_tags(fields.get("tags")),
        published=_date(fields, "date"),
        updated=_date(fields, "updated"),
        pages=tuple(min(max(page - begin, 0), len(text)) for page in pages),
    )


def _check_characters(name: str, value: str) -> None:
    """JSON and YAML can write half of a surrogate pair, which UTF-8 cannot hold."""
    try:
        value.encode("utf-8")
    except UnicodeEncodeError as error:
        raise UnreadableArticle(f"its '{name}' holds half of a surrogate pair at character {error.start}") from error


def _identity(identity: str) -> str:
    _check_characters("id", identity)
    if not identity or len(identity) > 300 or _CONTROL.search(identity):
        raise UnreadableArticle("its id must have 1 to 300 characters, none of them a control character")
    if identity in (".", ".."):  # in an address, browsers take them for folders, even encoded
        raise UnreadableArticle(f"its id '{identity}' would not work in an address; give it another")
    return identity


def _line(fields: Mapping[str, Any], name: str) -> str | None:
    value = fields.get(name)
    if value is None or value == "":
        return None
    if not isinstance(value, str | int | float):
        raise UnreadableArticle(f"its field '{name}' must be text")
    return _one_line(name, str(value)) or None


def _one_line(name: str, value: str) -> str:
    _check_characters(name, value)
    return " ".join(_CONTROL.sub(" ", value).split())


def _language(given: str | None, text: str) -> str:
    code = re.fullmatch(LANGUAGE_CODE, given) if given else None
    return code.group(1).lower() if code else detect_language(text)


def _date(fields: Mapping[str, Any], name: str) -> str | None:
    value = _line(fields, name)
    if value is None:
        return None
    try:
        return datetime.date.fromisoformat(value[:10]).isoformat()
    except ValueError as error:
        raise UnreadableArticle(f"its {name} '{value[:40]}' is not a date; write YYYY-MM-DD") from error


def _tags(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    listed = value.split(",") if isinstance(value, str) else value
    if not isinstance(listed, list) or not all(isinstance(tag, str | int | float) for tag in listed):
        raise UnreadableArticle("its tags must be a list of words")
    tags = (_one_line("tags", str(tag)) for tag in listed)
    return tuple(dict.fromkeys(tag for tag in tags if tag))


def _first_sentence(text: str, language: str) -> str:
    spans = sentence_spans(text[:2000], language)
    sentence = " ".join(text[spans[0].start : spans[0].end].lstrip("# ").split()) if spans else text
    if len(sentence) <= _TITLE_CHARS:
        return sentence
    return sentence[:_TITLE_CHARS].rsplit(" ", 1)[0].rstrip(",;:") + "…"
