"""One article put into the index or taken out of it, without a folder it stands in: each is a generation of its own.
Left out: many articles at once (`build.py`)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from index.build import write
from index.embedder import Embedder
from index.errors import UnknownArticle
from index.passages import cut_passages
from index.plan import compare
from index.settings import IndexSettings
from index.store import open_writer
from index.types import Article

ORIGIN = "api:"
"""Begins the origin of articles that were put; no path does, so that no folder's run removes them."""


@dataclass(frozen=True, slots=True)
class Edit:
    """What an edit did: `generation` is None if nothing changed."""

    kind: str
    generation: str | None


def put_article(article: Article, embedder: Embedder, settings: IndexSettings) -> Edit:
    """Add an article, or put it in the place of the one with its id, and publish. One that was read from a file keeps
    that origin, so that the next run over the file makes it what the file says. Raises StoreBusy, StoreError."""
    with open_writer(settings, embedder.name, embedder.dimension) as writer:
        known = writer.entry(article.id)
        change = compare(article, known.origin if known else f"{ORIGIN}{article.id}", known, settings)
        if change.kind == "unchanged":
            return Edit(change.kind, None)
        passages = cut_passages(article, embedder.count_tokens, settings.passage_tokens)
        write([(change, passages)], writer, embedder)
        return Edit(change.kind, writer.publish())


def remove_article(
    article_id: str,
    embedder: Embedder,
    settings: IndexSettings,
    check: Callable[[str], None] = lambda origin: None,
    forget: Callable[[str], None] = lambda origin: None,
) -> Edit:
    """Take an article out and publish. Both are called with where it comes from: `check` before, which may raise what
    keeps the article, and `forget` after. Raises UnknownArticle, StoreBusy, StoreError."""
    with open_writer(settings, embedder.name, embedder.dimension) as writer:
        entry = writer.entry(article_id)
        if entry is None:
            raise UnknownArticle(f"No article has the id '{article_id[:200]}'. GET /v1/articles lists them.")
        check(entry.origin)
        writer.remove([article_id])
        done = Edit("remove", writer.publish())
        forget(entry.origin)
        return done
