"""Pages of articles: the list, searched and narrowed down, and one article with a quote marked. Left out: JSON
(`rest.py`), cutting a text into blocks (`article_text.py`)."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from index.types import Article, Passage, Span
from rag.citations import DIGITS, article_page
from rag.validation import check_filter_language, check_filters
from web.article_text import cut_blocks
from web.changes import changed_paragraphs
from web.errors import InvalidRequest
from web.pages import PageFilters
from web.rest import TheChatbot
from web.schemas import OptionalNumber, OptionalText
from web.templating import render

PAGE_SIZE: Final = 20

router = APIRouter(include_in_schema=False)


class ListQuery(PageFilters):
    """The address of the list."""

    q: OptionalText = None
    offset: Annotated[int, Query(ge=0, le=1_000_000_000)] = 0


class PlaceQuery(PageFilters):
    """The characters of an article to mark, and the text they were counted in."""

    start: OptionalNumber = None
    end: OptionalNumber = None
    sha256: OptionalText = None
    view: Literal["then", "now", "changes"] = "then"
    fragment: bool = False


@router.get("/articles")
def get_list(request: Request, chatbot: TheChatbot, query: Annotated[ListQuery, Query()]) -> Response:
    """The articles, a page at a time; with words in `q`, those that hold something close to them."""
    store = chatbot.index()
    check_filters(query.filters())
    check_filter_language(query.filters(), store.languages)
    rows: list[tuple[Article, Passage | None]]
    if query.q:
        found = chatbot.search_articles(query.q, filters=query.filters())
        rows, total = [*found[query.offset : query.offset + PAGE_SIZE]], len(found)
    else:
        articles, total = store.articles(query.offset, PAGE_SIZE, query.filters())
        rows = [(article, None) for article in articles]
    pages = {
        "previous": max(query.offset - PAGE_SIZE, 0) if query.offset else None,
        "next": query.offset + PAGE_SIZE if query.offset + PAGE_SIZE < total else None,
    }
    return render(
        request, "articles.html", rows=rows, total=total, offset=query.offset, pages=pages, words=query.q,
        chosen=query.chosen(), sources=store.sources(), tags=store.tags(), codes=store.languages,
    )  # fmt: skip


@router.get("/articles/{article_id:path}")
def get_article_page(
    request: Request, chatbot: TheChatbot, article_id: str, query: Annotated[PlaceQuery, Query()]
) -> Response:
    """An article with the characters from `start` to `end` marked; `fragment` leaves out the page around it.

    Where its text is not the one with the digest `sha256` any more, `view` is the text as it was then, if that is kept,
    as it is now, or what has changed."""
    store = chatbot.index()
    article = store.article(article_id)
    changed = query.sha256 is not None and not article.sha256.startswith(query.sha256)
    then = store.version(article_id, query.sha256) if changed and query.sha256 and len(query.sha256) >= DIGITS else None
    changes = changed_paragraphs(then.text, article.text) if then and query.view == "changes" else None
    shown = then if then and query.view == "then" else article
    cited = None if changed and shown is article else cited_span(query.start, query.end, len(shown.text))
    return render(
        request, "article_text.html" if query.fragment else "article.html",
        article=shown, changed=changed, then=then, view=query.view, changes=changes,
        views={name: _view_address(article_id, query, name) for name in ("then", "now", "changes")},
        **_marked(shown, cited),
    )  # fmt: skip


def _view_address(article_id: str, query: PlaceQuery, view: str) -> str:
    place = {"start": query.start, "end": query.end, "sha256": query.sha256, "view": view}
    given = urlencode({name: value for name, value in place.items() if value is not None})
    return f"{article_page(article_id)}?{given}#cited"


def _marked(article: Article, cited: Span | None) -> dict[str, Any]:
    blocks = cut_blocks(article.text, cited)
    heads = bool(blocks) and blocks[0].level > 0 and blocks[0].text.strip() == article.title
    if heads and not blocks[0].cited:
        blocks = blocks[1:]  # the title stands above the text already
    marks = [piece for block in blocks for piece in block.pieces if piece.cited]
    return {"blocks": blocks, "first_mark": marks[:1]}


def cited_span(start: int | None, end: int | None, characters: int) -> Span | None:
    """The span asked for, or None when none is; raises InvalidRequest outside the article."""
    if start is None and end is None:
        return None
    if start is None or end is None:
        raise InvalidRequest("“start” and “end” go together. Give both or neither.", "start")
    if not 0 <= start < end <= characters:
        raise InvalidRequest(
            f"The article has {characters} characters; “start” must be at least 0 and less than “end”, "
            f"“end” at most {characters}. Leave both out to read the article.",
            "start" if not 0 <= start < characters else "end",
        )
    return Span(start, end)
