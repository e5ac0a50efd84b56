"""What feeds and sitemaps name, and what came of loading it. Left out: how it is found (`feeds.py`, `sitemaps.py`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

MOST_ITEMS: Final = 50_000
"""Of a feed, or of a sitemap with all those it names."""


class UnreadableListing(Exception):
    """Why a feed or sitemap cannot be read, without a full stop."""


@dataclass(frozen=True, slots=True)
class Item:
    """One thing a source names. `url` identifies it; `page` is where it can be loaded, None for an item that stands in
    its feed alone; `problem` says why there is neither. `hints` are named like the fields of `make_article`. `content`
    is the whole text in HTML, where the feed gives it; `stamp` is what a sitemap says of the last change."""

    url: str
    page: str | None
    hints: Mapping[str, Any] = field(default_factory=dict)
    content: str | None = None
    stamp: str | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a run made of one item. `url` names it, the same in every run, without name and password.

    - `unchanged`: what the index has of it is still so.
    - `loaded`: `file` holds its bytes (its suffix says what they are) until the next one is asked for; `final_url` is
      where they came from; `hints` are what the feed says of it, named like the fields of `make_article`; `from_feed`
      says that the page could not be loaded and the feed's own content stands for it.
    - `gone`: the page is not there any more (404, 410).
    - `failed`: `reason` says why, without a full stop; what the index has of it stays.
    """

    kind: Literal["unchanged", "loaded", "gone", "failed"]
    url: str
    file: Path | None = None
    final_url: str | None = None
    hints: Mapping[str, Any] = field(default_factory=dict)
    from_feed: bool = False
    reason: str | None = None
