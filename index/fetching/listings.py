"""What a source is, and all that it names: a feed, a sitemap with those it leads to, or a page alone. Left out: loading
what is named (`source.py`)."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from index.fetching.addresses import origin_of
from index.fetching.feeds import read_feed, read_json_feed
from index.fetching.items import MOST_ITEMS, Item, UnreadableListing
from index.fetching.kinds import Kind, kind_of, refuse_source, suffix_of, unpack
from index.fetching.loader import Answer, Loader, Validators
from index.fetching.receiving import NotLoaded
from index.fetching.sitemaps import MOST_BYTES, read_sitemap
from index.fetching.state import KEPT_BYTES, FetchState, Listing

MOST_SITEMAPS: Final = 1_000


@dataclass(slots=True)
class Listed:
    """`kind` is None for a source that could not be loaded. `items` are in the order of the source, each once. `answer`
    is set for a page alone, whose bytes are in `file`. `failures` are addresses, and why they name nothing."""

    file: Path
    kind: Kind | None = None
    items: dict[str, Item] = field(default_factory=dict)
    answer: Answer | None = None
    failures: list[tuple[str, str]] = field(default_factory=list)


class Lister:
    """Loads what a source is, and what that names in turn."""

    def __init__(
        self, url: str, login: tuple[str, str] | None, state: FetchState, loader: Loader, folder: Path
    ) -> None:
        self._url, self._login, self._state, self._loader = url, login, state, loader
        self._listed = Listed(folder / "source")

    def listed(self) -> Listed:
        """Everything the source names. What goes wrong is in `failures`."""
        try:
            more = self._read(self._url)
        except (NotLoaded, UnreadableListing) as error:
            self._fail(self._url, error)
            return self._listed
        for number, url in enumerate(more):
            if number == MOST_SITEMAPS:
                self._fail(self._url, UnreadableListing(f"it names more than {MOST_SITEMAPS:,} sitemaps; split it"))
                break
            try:
                if self._read(url):
                    raise UnreadableListing("it is named by a list of sitemaps and is one itself; name it as a source")
            except (NotLoaded, UnreadableListing) as error:
                self._fail(url, error)
        return self._listed

    def _fail(self, url: str, error: NotLoaded | UnreadableListing) -> None:
        self._listed.failures.append((url, str(error)))
        if isinstance(error, NotLoaded) and error.next_try:
            self._state.postpone(url, error.status, error.next_try)

    def _read(self, url: str) -> list[str]:
        """Takes up what the address names; returns the sitemaps that are still to be read."""
        file, before = self._listed.file, self._state.listing(url)
        answer = self._answer(url, before)
        if before is None and url == self._url and self._is_page(answer, file):
            self._listed.kind, self._listed.answer = "page", answer
            return []
        if answer.kind == "gone":
            raise NotLoaded(f"its host answered {answer.status}; check the address")
        if answer.kind == "unchanged" and before and before.body is not None:
            file.write_bytes(before.body)
        elif not unpack(file, MOST_BYTES):
            raise UnreadableListing(f"it unpacks to more than {MOST_BYTES:,} bytes")
        kind = kind_of(file)
        if kind == "page":
            was = f"was a {before.kind} and is none now" if before else "is neither feed nor sitemap nor page"
            raise UnreadableListing(f"what stands at its address {was}; look at it, and try again")
        more = self._take_up(url, kind, file)
        if answer.kind == "loaded":
            body = file.read_bytes() if file.stat().st_size <= KEPT_BYTES else None
            self._state.keep_listing(Listing(url, kind, answer.validators.etag, answer.validators.modified, body))
        return more

    def _answer(self, url: str, before: Listing | None) -> Answer:
        check_postponed(self._state, url)
        known = before or (self._state.page(url) if url == self._url else None)
        validators = Validators(known.etag, known.modified) if known else Validators()
        login = self._login if origin_of(url) == origin_of(self._url) else None
        return self._loader.load(url, self._listed.file, validators, refuse=refuse_source, login=login)

    def _is_page(self, answer: Answer, file: Path) -> bool:
        """What is gone or unchanged, and no feed or sitemap, was a page if it was anything."""
        if answer.kind != "loaded":
            return answer.kind == "unchanged" or self._state.page(self._url) is not None
        return suffix_of(answer.content_type, answer.url) is not None and kind_of(file) == "page" and not _packed(file)

    def _take_up(self, url: str, kind: Kind, file: Path) -> list[str]:
        found, more = _named(url, kind, file)
        for item in found:
            if len(self._listed.items) >= MOST_ITEMS:
                raise UnreadableListing(f"with it, the source names more than {MOST_ITEMS:,} addresses; split it")
            self._listed.items.setdefault(item.url, item)
        self._listed.kind = self._listed.kind or kind
        return more


def check_postponed(state: FetchState, url: str) -> None:
    """Raises NotLoaded if the host of the address asked to be left alone until later."""
    if (next_try := state.next_try(url)) > time.time():
        moment = time.strftime("%Y-%m-%d %H:%M", time.gmtime(next_try))
        raise NotLoaded(f"its host asked to be left alone until {moment} UTC")


def _named(url: str, kind: Kind, file: Path) -> tuple[list[Item], list[str]]:
    if kind == "sitemap":
        items, sitemaps = read_sitemap(file, url)
        return items, [sitemap for sitemap in sitemaps if sitemap != url]
    return (read_json_feed if kind == "json feed" else read_feed)(file, url), []


def _packed(file: Path) -> bool:
    with file.open("rb") as opened:
        return opened.read(2) == b"\x1f\x8b"
