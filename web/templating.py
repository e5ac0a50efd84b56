"""Templates: how a page is rendered in the visitor's language and colours. Left out: the pages
themselves (`pages.py`, `article_pages.py`) and wording (`texts.py`)."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup

from rag.citations import article_page, source_page
from web.errors import Problem
from web.references import answer_markdown, references, web_url
from web.texts import LANGUAGES, SCRIPT_TEXTS, TEXTS, choose_language, say_date, say_problem

FOLDER: Final = Path(__file__).parent
THEMES: Final = ("light", "dark", "auto")


def make_templates() -> Environment:
    """The templates of this package; everything put in is escaped. The style sheet stands inside each page,
    so that nothing is waited for before it is painted."""
    loader = FileSystemLoader(FOLDER / "templates")
    templates = Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True)
    templates.filters.update(
        date=say_date, web_url=web_url, article_page=article_page, references=references, pieces=short_pieces,
        around=around, place=place, answer_markdown=answer_markdown,
    )  # fmt: skip
    templates.globals["script_texts"] = script_texts
    templates.globals["style"] = Markup((FOLDER / "static" / "app.css").read_text(encoding="utf-8"))  # noqa: S704
    templates.policies["json.dumps_kwargs"] = {"ensure_ascii": False}  # keys keep their order
    return templates


def style_hash(templates: Environment) -> str:
    """What a Content-Security-Policy names the style sheet by."""
    digest = hashlib.sha256(str(templates.globals["style"]).encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def short_pieces(extract: Mapping[str, Any]) -> tuple[str, str, str]:
    """The text of an extract, cut around its short answer; before and after may be empty."""
    text, short = extract["text"], extract.get("short_answer")
    if not short:
        return text, "", ""
    start, end = short["start"] - extract["start"], short["end"] - extract["start"]
    return text[:start], text[start:end], text[end:]


def place(extract: Mapping[str, Any]) -> str:
    """Where the extract is shown marked; where it stands now, if it was looked for again. Made anew of the article's
    id: an answer that comes back from a browser could name any address."""
    now, article = extract.get("now") or {}, extract["article"]
    there = now.get("status") in ("valid", "moved")  # the article may have changed around it
    where, digest = (now, "") if there else (extract, article["sha256"])
    return source_page(article["id"], where["start"], where["end"], digest)


def script_texts(words: Mapping[str, Any]) -> dict[str, str]:
    """The words that the page's script shows."""
    return {name: words[name] for name in SCRIPT_TEXTS}


def around(extract: Mapping[str, Any]) -> tuple[str, str]:
    """What stands before and after an extract in its passage."""
    passage = extract["passage"]
    start, end = extract["start"] - passage["start"], extract["end"] - passage["start"]
    return passage["text"][: max(0, start)], passage["text"][end:]


def chosen_ui(request: Request) -> str:
    """Language of the interface: what the visitor chose, else what the browser asks for."""
    return choose_language(request.query_params, request.cookies, request.headers.get("accept-language", ""))


def words_of(ui: str) -> dict[str, Any]:
    """What templates call `t`."""
    return {**TEXTS[ui], "languages": LANGUAGES[ui]}


def render(request: Request, template: str, status: int = 200, ui: str | None = None, **facts: Any) -> HTMLResponse:
    """One page. `ui` and `theme` chosen in the address are kept in cookies; the argument `ui` is used where the
    visitor has not chosen."""
    templates: Environment = request.app.state.templates
    query, cookies = request.query_params, request.cookies
    explicit = query.get("ui") in TEXTS or cookies.get("ui") in TEXTS
    shown = ui if ui in TEXTS and not explicit else chosen_ui(request)
    asked_theme = query.get("theme", cookies.get("theme"))
    theme = asked_theme if asked_theme in THEMES else "auto"
    html = templates.get_template(template).render(
        t=words_of(shown), ui=shown, ui_chosen=explicit, theme=theme, path=request.url.path,
        with_query=lambda **changed: with_query(request, changed), **facts,
    )  # fmt: skip
    page = HTMLResponse(html, status, {"Vary": "Accept-Language, Cookie"})
    for name, value in (("ui", shown), ("theme", theme)):
        if query.get(name) == value:
            page.set_cookie(name, value, samesite="lax", httponly=True, max_age=31_536_000)
    return page


def with_query(request: Request, changed: Mapping[str, str | None]) -> str:
    """The query of this request with some fields changed, or left out where they are None."""
    kept = [(name, value) for name, value in request.query_params.multi_items() if name not in changed]
    page = "" if request.method in ("GET", "HEAD") else "/"  # what a form was sent to is no page to go back to
    return f"{page}?{urlencode([*kept, *((name, value) for name, value in changed.items() if value is not None)])}"


def render_problem(request: Request, problem: Problem) -> HTMLResponse:
    """An error as a page: the same sentence and status as in JSON."""
    said = say_problem(problem.code, problem.message, chosen_ui(request))
    page = render(request, "error.html", problem.status, problem=problem, said=said)
    page.headers.update(problem.headers or {})
    return page
