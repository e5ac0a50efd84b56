"""An extract with its reference, to paste elsewhere: plain, Markdown, BibTeX; and a whole answer in Markdown.
Left out: JSON (`rag/answer_object.py`) and how it is shown (`templates/answer.html`)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

_MARKDOWN: Final = re.compile(r"([\\`*_{}\[\]<>#+!|~])")
_BIBTEX: Final = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
}  # fmt: skip

Object = Mapping[str, Any]
"""A part of an answer object, see `interfaces.md`."""


def web_url(url: str | None) -> str:
    """The address if a link may lead there, else "": articles are not to be trusted."""
    return url if url and url.lower().startswith(("https://", "http://")) else ""


def references(extract: Object) -> dict[str, str]:
    """The extract with its reference, by the name of the form."""
    return {"plain": plain(extract), "markdown": markdown(extract), "bibtex": bibtex(extract)}


def plain(extract: Object) -> str:
    """The quote, then title, source, date, characters and address."""
    return f"“{_one_line(extract['text'])}”\n— {', '.join(_facts(extract))}"


def markdown(extract: Object) -> str:
    """A block quotation, then the reference with a link; nothing of the article is read as markup."""
    url = _address(extract)
    title, *facts = (_escaped(fact) for fact in _facts(extract) if fact != url)
    linked = f"[{title}](<{url}>)" if url else title
    lines = extract["text"].strip().splitlines()
    quoted = "\n".join(f"> {_escaped(line)}" for line in lines if line.strip())
    return f"{quoted}\n>\n> — {', '.join((linked, *facts))}"


def bibtex(extract: Object) -> str:
    """An entry of type `misc`, the quote in its note."""
    article = extract["article"]
    published = article.get("published") or ""
    fields = {
        "title": article["title"],
        "author": article.get("author"),
        "year": published[:4],
        "date": published,
        "howpublished": article.get("source"),
        "pages": str(extract.get("page") or ""),
        "note": f"“{_one_line(extract['text'])}” (characters {extract['start']}–{extract['end']})",
    }
    key = re.sub(r"[^A-Za-z0-9]+", "-", f"{article['id']}-{extract['start']}").strip("-")
    rows = [f"  {name} = {{{_texed(_one_line(value))}}}" for name, value in fields.items() if value]
    url = _address(extract)
    rows += [f"  url = {{{url.replace('{', '%7B').replace('}', '%7D')}}}"] if url else []
    return "@misc{" + key + ",\n" + ",\n".join(rows) + "\n}"


def answer_markdown(answer: Object) -> str:
    """A question and its answer as Markdown: the extracts with their references, or why there are none."""
    body = [f"{extract['number']}\\.\n\n{markdown(extract)}" for extract in answer["extracts"]]
    body = body or [_escaped(answer["reason"] or "")]
    return "\n\n".join([f"## {_escaped(_one_line(answer['question']))}", *body]) + "\n"


def _facts(extract: Object) -> list[str]:
    article = extract["article"]
    page = f"p. {extract['page']}" if extract.get("page") else None
    place = f"{extract['start']}–{extract['end']}"
    facts = [article["title"], article.get("author"), article.get("source"), article.get("published"), page, place]
    return [_one_line(fact) for fact in (*facts, _address(extract)) if fact]


def _address(extract: Object) -> str:
    return re.sub(r"[\s<>\"]", lambda found: f"%{ord(found[0]):02X}", web_url(extract["article"].get("url")))


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _escaped(text: str) -> str:
    marked = _MARKDOWN.sub(r"\\\1", text.replace("&", "&amp;"))
    # A line that begins like a list, a rule or a heading's underline would be read as one.
    marked = re.sub(r"^(\s*)([-=])", r"\1\\\2", marked)
    return re.sub(r"^(\s*\d+)([.)])", r"\1\\\2", marked)


def _texed(text: str) -> str:
    return "".join(_BIBTEX.get(character, character) for character in text)
