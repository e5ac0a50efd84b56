"""Sources by address, and behind files, compared with what is indexed → changes. Left out: loading them
(`index/fetching/`), files by themselves (`plan.py`), making the changes (`build.py`)."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from index.errors import TooManyRemoved, UnreadableArticle
from index.fetching.addresses import NoWebAddress, web_address, without_credentials
from index.fetching.items import Fetched
from index.fetching.loader import Loader
from index.fetching.source import fetch_source
from index.fetching.state import FetchState
from index.plan import Change, compare, free_id, plan_changes, recipe_digest
from index.readers import read_parts, reader_of
from index.readers.apart import ReadingProcess
from index.settings import IndexSettings
from index.store import Entry, store_folder
from index.types import Article

STATE_FILE: Final = "fetched.sqlite"
_ID_CHARS: Final = 200


def plan_sources(
    paths: Sequence[Path],
    urls: Sequence[str],
    entries: Sequence[Entry],
    settings: IndexSettings,
    state: FetchState | None,
    failed: Collection[str] = (),
    most_removed: float = 1.0,
    allowed: Collection[str] = (),
) -> Iterator[Change]:
    """What files ask of the index, then what addresses do, which know the ids that the files have taken. Without
    addresses no `state` is needed. See `plan_changes` and `plan_addresses`."""
    taken: set[str] = set()
    for change in plan_changes(paths, entries, settings, failed, most_removed, allowed):
        taken.add(change.entry.article_id)
        yield change
    if state is not None:
        yield from plan_addresses(urls, entries, settings, state, most_removed, taken, allowed)


@contextmanager
def fetch_state(urls: Sequence[str], settings: IndexSettings) -> Iterator[FetchState | None]:
    """What was loaded for a store, kept beside it; None if there is no address to load. Raises FetchStateError,
    StoreError."""
    if not urls:
        yield None
        return
    with FetchState(store_folder(settings) / STATE_FILE) as state:
        yield state


def plan_addresses(
    urls: Sequence[str],
    entries: Sequence[Entry],
    settings: IndexSettings,
    state: FetchState,
    most_removed: float = 1.0,
    taken: Collection[str] = (),
    allowed: Collection[str] = (),
) -> Iterator[Change]:
    """Load what stands at `urls` and compare it, article by article; ids of `taken` are those of others. What cannot
    be loaded or read comes as a failure, and what is indexed of it stays. `state.done` is the caller's, once the
    changes are published. Raises TooManyRemoved as soon as more than the share `most_removed` of the pages of a source
    is gone that is not one of `allowed`, FetchStateError."""
    with closing(ReadingProcess(reader_of)) as apart, Loader(settings) as loader:
        plan = _Plan(entries, settings, state, apart, taken)
        for url in urls:
            source = source_name(url)
            plan.forget_unknown(source)
            known, removed = set(state.pages_of(source)), 0
            for fetched in fetch_source(url, state, settings, loader):
                removed += fetched.kind == "gone" and fetched.url in known
                if removed > most_removed * len(known) and source not in allowed:
                    raise TooManyRemoved(source, removed, len(known))
                yield from plan.changes(fetched, source)


class _Plan:
    def __init__(
        self,
        entries: Sequence[Entry],
        settings: IndexSettings,
        state: FetchState,
        apart: ReadingProcess,
        taken: Collection[str],
    ) -> None:
        self._settings, self._state, self._apart = settings, state, apart
        self._content = recipe_digest(settings)
        self._taken = {entry.article_id for entry in entries}.union(taken)
        self._indexed: dict[str, list[Entry]] = {}
        for entry in entries:
            self._indexed.setdefault(entry.origin.partition("#")[0], []).append(entry)

    def forget_unknown(self, source: str) -> None:
        """Pages that the index does not hold, as after a rollback, or holds as they were read once, are loaded anew."""
        for url in self._state.pages_of(source):
            page = self._state.page(url)
            if page and {entry.content for entry in self._known(url)} != {self._content}:
                self._state.pend(url, replace(page, etag=None, modified=None, sha256="", stamp=None, fetched=0.0))
                self._state.done(url)

    def _known(self, url: str) -> list[Entry]:
        name = url.partition("#")[0]
        return [e for e in self._indexed.get(name, []) if e.origin == url or e.origin.startswith(f"{url}#")]

    def changes(self, fetched: Fetched, source: str) -> Iterator[Change]:
        """A failure is one of the source, so that it is forgotten once the source has none."""
        known = self._known(fetched.url)
        if fetched.kind == "failed":
            yield _failure(source, fetched.url, "", fetched.reason)
        elif fetched.kind == "unchanged":
            yield from (Change("unchanged", entry) for entry in known)
        elif fetched.kind == "gone":
            yield from (Change("remove", entry) for entry in known)
        else:
            yield from self._read(fetched, {entry.origin: entry for entry in known}, source)

    def _read(self, fetched: Fetched, known: dict[str, Entry], source: str) -> Iterator[Change]:
        assert fetched.file is not None, "what was loaded has a file"
        unread = False
        identity = identity_of(fetched.url)
        for part, result in read_parts(fetched.file, identity, self._settings.max_article_bytes, self._apart):
            origin = f"{fetched.url}#{part}" if part else fetched.url
            if isinstance(result, UnreadableArticle):
                unread = True
                yield _failure(source, fetched.url, part, result)
                continue
            entry = known.pop(origin, None)
            article = replace(
                with_hints(result, fetched.hints, fetched.final_url),
                id=entry.article_id if entry else free_id(result.id, origin, self._taken),
            )
            self._taken.add(article.id)
            yield compare(article, origin, entry, self._settings, self._content)
        if unread:
            self._state.pend(fetched.url, None)  # loaded, and read, once more the next time
        else:
            yield from (Change("remove", entry) for entry in known.values())


def source_name(url: str) -> str:
    """A source's address as it is kept and shown: in one spelling, without name and password."""
    try:
        return web_address(url)
    except NoWebAddress:
        return without_credentials(url)


def _failure(source: str, url: str, part: str, reason: object) -> Change:
    told = f"{url}{f', {part}' if part else ''}: {reason}."
    return Change("fail", Entry("", f"{source}#{url}#{part}", ""), error=told)


def identity_of(url: str) -> str:
    """The id proposed for an article: its address without the scheme."""
    parts = urlsplit(url)
    path = parts.path.strip("/")
    stem = path[: -len(Path(path).suffix)] if Path(path).suffix in (".html", ".htm", ".php") else path
    told = "/".join(part for part in (parts.netloc, stem) if part) + (f"?{parts.query}" if parts.query else "")
    told += f"#{parts.fragment}" if parts.fragment else ""
    if len(told) <= _ID_CHARS:
        return told
    return f"{told[:_ID_CHARS]}~{hashlib.sha256(url.encode()).hexdigest()[:8]}"


def with_hints(article: Article, hints: Mapping[str, Any], address: str | None) -> Article:
    """What the page does not say of itself is taken from its feed."""
    tags = hints.get("tags") or ()
    return replace(
        article,
        url=article.url or address,
        author=article.author or hints.get("author"),
        published=article.published or hints.get("date"),
        updated=article.updated or hints.get("updated"),
        source=article.source or hints.get("source"),
        tags=article.tags or tuple(str(tag) for tag in tags),
    )
