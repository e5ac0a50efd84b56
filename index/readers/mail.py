"""A mail (.eml) → one article: what its sender wrote. Left out: earlier mails that it quotes, signatures, attachments
(forwarded mails among them), addresses, boxes of several mails."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from email import message_from_binary_file
from email.errors import MessageError
from email.headerregistry import AddressHeader, DateHeader
from email.message import EmailMessage, MIMEPart
from email.policy import EmailPolicy
from pathlib import Path
from typing import Any, Final, cast

from index.errors import UnreadableArticle
from index.readers.blocks import join_blocks
from index.readers.cleaning import clean_blocks
from index.readers.fields import make_article
from index.readers.line_breaks import join_lines
from index.readers.mail_page import mail_blocks
from index.types import Article

_MOST_HEADER_CHARS: Final = 2_000
"""Python's time grows with the square of a header."""

_NAMES: Final = r"(?:On|Le|Am|El|Il|Op|Em)\b"
_WROTE: Final = r"(?:wrote|writes|a écrit|schrieb|escribió|ha scritto|schreef|escreveu)"
_ATTRIBUTION: Final = re.compile(
    rf"^{_NAMES}[^\n]{{0,200}}(?:\n[^\n]{{0,200}}){{0,2}}?\b{_WROTE}[^\n]{{0,100}}:[ \t]*$", re.MULTILINE
)
_WHEN: Final = re.compile(r"[0-9@]")
"""A day, an hour or an address."""

_QUOTE_NEXT: Final = re.compile(r"\n*>")
_EARLIER: Final = re.compile(
    r"^-{2,} ?(?:Original Message|Message d['’]origine|Ursprüngliche Nachricht|Mensaje original|Messaggio originale)"
    r" ?-{2,}[ \t]*$|^_{20,}[ \t]*\n(?=(?:From|De|Von|Da) ?:)",
    re.MULTILINE | re.IGNORECASE,
)
_SIGNATURE: Final = re.compile(r"^-- ?$", re.MULTILINE)


class _BoundedPolicy(EmailPolicy):
    """Headers are cut where they cannot be what they are called any more."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        return name, value[:_MOST_HEADER_CHARS]


def read(file: Path, identity: str) -> Iterator[tuple[str, Article | UnreadableArticle]]:
    """See `readers.Reader`. The day is that of the sender's time zone."""
    try:
        with file.open("rb") as opened:
            message = cast(EmailMessage, message_from_binary_file(opened, policy=_BoundedPolicy()))
        if not any(message[header] for header in ("from", "subject", "date", "message-id", "received")):
            raise UnreadableArticle("it has no headers of a mail")
        fields = _fields(message)
        text = _text(message)
    except (MessageError, RecursionError, ValueError, LookupError, AttributeError, TypeError, IndexError) as error:
        # What the library raises for headers and parts that are no mail is not of one kind.
        raise UnreadableArticle(f"it is no mail that can be read ({str(error)[:200]})") from error
    yield "", make_article(identity, text, fields)


def _fields(message: EmailMessage) -> dict[str, Any]:
    sender, date = message["from"], message["date"]
    author = next((one.display_name for one in sender.addresses), None) if isinstance(sender, AddressHeader) else None
    day = date.datetime if isinstance(date, DateHeader) else None
    language = str(message["content-language"] or "").partition(",")[0].strip()
    return {
        "title": _characters(str(message["subject"] or "")),
        "author": _characters(author or "").strip("'\" ") if author and "@" not in author else None,
        "date": day.date().isoformat() if isinstance(day, datetime) else None,
        "language": language or None,
    }


def _characters(header: str) -> str:
    """Bytes that a header holds against the rules come as half surrogates."""
    return header.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _text(message: EmailMessage) -> str:
    plain = message.get_body(("plain",))
    if plain is not None and (text := _own_text(_paragraphs(plain))).strip():
        return text
    page = message.get_body(("html",))
    if page is None:
        raise UnreadableArticle("it holds no text of its own")
    return _own_text(join_blocks(clean_blocks(mail_blocks(_content(page)))))


def _content(part: MIMEPart) -> str:
    """The part's text; where its encoding is not what it says, UTF-8 or Western European."""
    raw = part.get_payload(decode=True)
    if not isinstance(raw, bytes):
        raise UnreadableArticle("it holds no text of its own")
    said = (part.get_content_charset() or "utf-8").lower()
    if said in ("iso-8859-1", "latin1", "us-ascii", "ascii"):  # many programs say so and mean this one
        said = "utf-8" if raw.isascii() or said.endswith("ascii") else "cp1252"
    for encoding in (said, "utf-8"):
        try:
            text = raw.decode(encoding)
            break
        except (LookupError, UnicodeError):
            continue
    else:
        text = raw.decode("cp1252", "replace")
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def _paragraphs(part: MIMEPart) -> str:
    """Of plain text, without the lines of mails before."""
    text = _content(part)
    kept = "\n".join(line for line in _answer(text).split("\n") if not line.startswith(">"))
    if str(part.get_param("format", "")).lower() == "flowed":
        return _flow(kept, str(part.get_param("delsp", "")).lower() == "yes")
    return join_lines(_SIGNATURE.split(kept, maxsplit=1)[0])


def _answer(text: str) -> str:
    """Without the line that says who wrote what is quoted; and what follows, if it is not marked by ">"."""
    text = _EARLIER.split(text, maxsplit=1)[0]
    kept, place = [], 0
    for found in _ATTRIBUTION.finditer(text):
        quoted = _QUOTE_NEXT.match(text, found.end())
        if not (quoted or _WHEN.search(found[0])):  # the sender's own words end so too: "Le poète a écrit :"
            continue
        kept.append(text[place : found.start()].strip("\n"))
        place = found.end()
        if not quoted:
            return "\n\n".join(kept)
    return "\n\n".join([*kept, text[place:].strip("\n")])


def _own_text(text: str) -> str:
    return _SIGNATURE.split(_answer(text), maxsplit=1)[0].strip("\n")


def _flow(text: str, without_space: bool) -> str:
    """Lines that end in a space go on in the next (RFC 3676)."""
    lines: list[str] = []
    goes_on = False
    for line in text.split("\n"):
        if line in ("-- ", "--"):
            break
        line = line.removeprefix(" ")  # put before lines that would read as something else
        if goes_on and line:
            lines[-1] = (lines[-1][:-1] if without_space else lines[-1]) + line
        else:
            lines.append(line)
        goes_on = line.endswith(" ")
    return "\n".join(line.rstrip() for line in lines)
