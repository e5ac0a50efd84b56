"""A source named by its address → what came of each of its articles. Left out: reading them, and what the index does
with what is gone.

What is at the address decides: the items of a feed, the pages of a sitemap (or of the sitemaps it names), or the page
itself. A page is preferred to what the feed gives of it, as it has the whole text; the feed's own content stands for a
page that was never loaded and cannot be. What left a feed stays, and is asked for again after `recheck_days`; what left
a sitemap is asked for at once. Only 404 and 410 of a page remove it, and never those of a feed or sitemap.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from index.fetching.addresses import NoWebAddress, credentials_of, origin_of, web_address, without_credentials
from index.fetching.feeds import content_page
from index.fetching.items import Fetched, Item
from index.fetching.kinds import refuse_page, suffix_of
from index.fetching.listings import Listed, Lister, check_postponed
from index.fetching.loader import Answer, Loader, Validators
from index.fetching.receiving import NotLoaded
from index.fetching.state import FetchState, Page
from index.settings import IndexSettings

_DAY_SECONDS: Final = 86_400.0


def fetch_source(
    url: str, state: FetchState, settings: IndexSettings, loader: Loader | None = None
) -> Iterator[Fetched]:
    """What came of each article of a source, each once. `loader` is shared by the sources of a run, so that hosts are
    known to be busy. What was yielded as loaded, unchanged or gone is known the next time once `state.done` is
    called with its address, after the index was published. What another source of the run has yielded is left out.
    Raises FetchStateError; all else that goes wrong is yielded as `failed`.
    """
    with ExitStack() as stack:
        loader = loader or stack.enter_context(Loader(settings))
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="loccit-")))
        try:
            address, login = web_address(url), credentials_of(url)
        except NoWebAddress as error:
            yield Fetched("failed", without_credentials(url), reason=str(error))
            return
        yield from _Source(address, login, state, settings, loader, folder).fetched()


class _Source:
    def __init__(
        self,
        url: str,
        login: tuple[str, str] | None,
        state: FetchState,
        settings: IndexSettings,
        loader: Loader,
        folder: Path,
    ) -> None:
        self._url, self._login, self._state, self._folder = url, login, state, folder
        self._settings, self._loader = settings, loader
        self._recheck_seconds = settings.recheck_days * _DAY_SECONDS
        self._loaded: Path | None = None

    def fetched(self) -> Iterator[Fetched]:
        listed = Lister(self._url, self._login, self._state, self._loader, self._folder).listed()
        yield from (Fetched("failed", url, reason=reason) for url, reason in listed.failures)
        if listed.answer is not None:
            yield self._page_itself(listed.answer, listed.file)
            self._remove_file()
        for item in self._items(listed):
            if not self._state.is_pending(item.url):
                yield self._fetch(item, listed)
                self._remove_file()

    def _items(self, listed: Listed) -> Iterator[Item]:
        yield from listed.items.values()
        if not listed.kind or listed.failures:
            return  # what is not known to have left is not asked for
        for url in self._state.pages_of(self._url):
            known = self._state.page(url)
            if url in listed.items or known is None or "#" in url:
                continue
            if self._due(known) or (listed.kind == "sitemap" and known.listed):
                yield Item(url, url, json.loads(known.hints))

    def _fetch(self, item: Item, listed: Listed) -> Fetched:
        known = self._state.page(item.url)
        if item.problem:
            return Fetched("failed", item.url, reason=item.problem)
        if item.page is None:
            return self._content(item, known)
        if known and item.stamp and item.stamp == known.stamp and not self._due(known):
            return self._same(item, known, known.fetched)
        try:
            check_postponed(self._state, item.url)
            return self._page(item, item.page, known, listed)
        except NotLoaded as error:
            if error.next_try:
                self._state.postpone(item.url, error.status, error.next_try)
            if item.content and (known is None or known.from_feed):
                return self._content(item, known)
            return Fetched("failed", item.url, reason=str(error))

    def _page(self, item: Item, page: str, known: Page | None, listed: Listed) -> Fetched:
        validators = Validators(known.etag, known.modified) if known and not known.from_feed else Validators()
        login = self._login if origin_of(page) == origin_of(self._url) else None
        answer = self._loader.load(page, self._folder / "page", validators, refuse=refuse_page, login=login)
        return self._answered(item, answer, known, self._folder / "page", item.url in listed.items)

    def _page_itself(self, answer: Answer, file: Path) -> Fetched:
        """The source is a single page, loaded already."""
        known = self._state.page(self._url)
        return self._answered(Item(self._url, self._url), answer, known, file, True)

    def _answered(self, item: Item, answer: Answer, known: Page | None, file: Path, listed: bool) -> Fetched:
        if answer.kind == "gone":
            self._state.pend(item.url, None)
            return Fetched("gone", item.url, reason=f"its host answered {answer.status}")
        same = known is not None and not known.from_feed and answer.sha256 == known.sha256
        if known and (answer.kind == "unchanged" or same):
            return self._same(item, known, time.time(), listed, answer.validators)
        self._pend(item, answer, listed)
        suffix = suffix_of(answer.content_type, answer.url) or ".html"
        return self._handed_out(item, file, suffix, answer.url, False)

    def _content(self, item: Item, known: Page | None) -> Fetched:
        """The feed's own content, for an item without a page that can be loaded."""
        page = content_page(item)
        digest = hashlib.sha256(page.encode()).hexdigest()
        if known and known.from_feed and known.sha256 == digest:
            return self._same(item, known, time.time())
        file = self._folder / "page"
        file.write_text(page, encoding="utf-8")
        self._pend(item, Answer("loaded", 200, self._url, sha256=digest), True, from_feed=True)
        return self._handed_out(item, file, ".html", item.page or self._url, True)

    def _handed_out(self, item: Item, file: Path, suffix: str, final_url: str, from_feed: bool) -> Fetched:
        self._loaded = file.rename(self._folder / f"article{suffix}")
        return Fetched("loaded", item.url, self._loaded, final_url, item.hints, from_feed)

    def _remove_file(self) -> None:
        if self._loaded:
            self._loaded.unlink(missing_ok=True)
        self._loaded = None

    def _same(
        self, item: Item, known: Page, fetched: float, listed: bool = True, validators: Validators | None = None
    ) -> Fetched:
        validators = validators or Validators(known.etag, known.modified)
        page = replace(
            known, source=self._url, etag=validators.etag, modified=validators.modified, fetched=fetched,
            stamp=item.stamp, listed=listed, hints=json.dumps(dict(item.hints)),
        )  # fmt: skip
        self._state.pend(item.url, page)
        return Fetched("unchanged", item.url)

    def _pend(self, item: Item, answer: Answer, listed: bool, from_feed: bool = False) -> None:
        etag, modified = answer.validators.etag, answer.validators.modified
        page = Page(
            item.url, self._url, etag, modified, answer.sha256, answer.status, time.time(), item.stamp, from_feed,
            listed, json.dumps(dict(item.hints)),
        )  # fmt: skip
        self._state.pend(item.url, page)

    def _due(self, known: Page) -> bool:
        """Whether it was not asked for during so many days."""
        return time.time() - known.fetched >= self._recheck_seconds
