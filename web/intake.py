"""Articles that the server takes in by itself: files uploaded to the folder `data`, and sources by address, looked at
now and then; indexed by one run after another in a thread, whose progress can be seen. Left out: the page
(`admin_pages.py`), the files themselves (`uploads.py`), folders of others (`loccit index`)."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from index.build import Summary, build
from index.errors import IndexFault, StoreBusy, TooManyRemoved
from index.failures import FailureList
from index.fetching.addresses import NoWebAddress, credentials_of, web_address
from index.plan import MOST_REMOVED, Change
from index.plan_addresses import source_name
from index.readers import count_articles
from index.store import open_writer
from rag.chatbot import Chatbot
from web.database import DataError
from web.errors import InvalidRequest, problem_of
from web.settings import Settings
from web.uploads import Uploads

log = logging.getLogger("loccit.web")

ADDRESSES: Final = "sources.json"
_BUSY_SECONDS: Final = 5.0
"""After so long a store that somebody else writes to is tried again."""

_PAUSE_SECONDS: Final = 0.05
"""Between two sources: a lock that is taken again at once is not seen to be free by those who wait for it."""


@dataclass(frozen=True, slots=True)
class Run:
    """How far a run has come, and what it did once it has ended: `summary`, or `problem` if it failed. `waiting` for
    somebody else who writes to the store."""

    running: bool = False
    waiting: bool = False
    done: int = 0
    total: int = 0
    summary: Summary | None = None
    problem: str = ""


class Intake:
    """One folder and one list of addresses; safe to share between threads."""

    def __init__(self, chatbot: Chatbot, settings: Settings, editing: threading.Lock) -> None:
        """`editing` is held while the store is written to."""
        self._chatbot, self._settings, self._editing = chatbot, settings, editing
        self.uploads = Uploads(settings)
        self._list = settings.data / ADDRESSES
        self._lock = threading.Lock()
        self._files_wait = self._addresses_wait = False
        self._allowed: set[str] = set()
        self.withheld: dict[str, TooManyRemoved] = {}  # by source: what the last run did not remove unasked
        self.run = Run()

    def addresses(self) -> list[str]:
        """Those of the settings, then those that were added."""
        return list(dict.fromkeys([*self._settings.sources.split(), *self._added()]))

    def _added(self) -> list[str]:
        try:
            return [str(url) for url in json.loads(self._list.read_text(encoding="utf-8"))]
        except FileNotFoundError:
            return []
        except (OSError, ValueError) as error:
            raise DataError(f"{self._list} cannot be read ({error}). Mend it, or move it away.") from error

    def add_address(self, url: str) -> None:
        """Raises InvalidRequest for what cannot be loaded."""
        try:
            address = web_address(url.strip())
            if credentials_of(url.strip()):
                raise InvalidRequest("An address with a password is named in the setting `sources`.", "name")
        except NoWebAddress as error:
            raise InvalidRequest(f"This address cannot be used: {error}.", "name") from error
        with self._lock:
            self._keep_addresses([*(known for known in self._added() if known != address), address])

    def remove_address(self, url: str) -> None:
        """What was read from it stays until its articles are removed. Raises InvalidRequest."""
        with self._lock:
            added = self._added()
            if url not in added:
                raise InvalidRequest("This address was not added here. Those of the settings stay.", "name")
            self._keep_addresses([known for known in added if known != url])
        self.withheld.pop(source_name(url), None)
        self._allowed.discard(source_name(url))
        FailureList(self._settings).record([source_name(url)], {})

    def _keep_addresses(self, urls: list[str]) -> None:
        self._settings.data.mkdir(parents=True, exist_ok=True)
        fresh = self._list.with_suffix(".new")
        fresh.write_text(json.dumps(urls, indent=1), encoding="utf-8")
        fresh.replace(self._list)

    def allow_removal(self, source: str) -> None:
        """Let the next run remove what the last one withheld. Raises InvalidRequest."""
        if source not in self.withheld:
            raise InvalidRequest("Nothing of this source is waiting to be removed. Look at the page again.", "name")
        self._allowed.add(source)

    @contextmanager
    def looking(self) -> Iterator[None]:
        """Sources by address are looked at now and then while this is open."""
        ended = threading.Event()

        def look() -> None:
            wait = 1.0  # the models are being loaded
            while not ended.wait(wait):
                wait = self._settings.sources_minutes * 60
                try:
                    if self.addresses():
                        self.start()
                except IndexFault as error:
                    log.error("Sources by address were not looked at: %s", error)

        thread = threading.Thread(target=look, name="sources", daemon=True)
        thread.start()
        yield
        ended.set()

    def start(self, addresses: bool = True) -> None:
        """Index what is in the folder, and what is at the `addresses`. A run under way looks at the folder before its
        next source, and at all addresses once more when it has ended."""
        with self._lock:
            self._files_wait = True
            self._addresses_wait |= addresses
            if self.run.running:
                return
            self.run = Run(running=True)
        threading.Thread(target=self._work, name="intake", daemon=True).start()

    def _work(self) -> None:
        while self._is_wanted():
            try:
                ended = Run(summary=self._index())
            except IndexFault as error:
                ended = Run(problem=problem_of(error).message)
            except Exception:
                log.exception("Indexing what was uploaded failed.")
                ended = Run(problem="The server failed to index this. Its log says more.")
            self.run = replace(ended, running=True)

    def _is_wanted(self) -> bool:
        with self._lock:
            wanted = self._files_wait or self._addresses_wait
            self.run = replace(self.run, running=wanted, waiting=False, done=0, total=0)
            return wanted

    def _index(self) -> Summary:
        """The folder, then each source by itself: what is uploaded waits for no other server, or for one at most, and
        others may write in between."""
        with self._lock:
            addresses, self._addresses_wait = self._addresses_wait, False
        whole = self._index_files()
        for url in self.addresses() if addresses else ():
            if self._files_wait:
                whole += self._index_files()
            whole += self._index_address(url)
        return whole

    def _index_files(self) -> Summary:
        with self._lock:
            self._files_wait = False
        folder = self.uploads.folder
        folder.mkdir(parents=True, exist_ok=True)
        self.run = replace(self.run, done=0, total=count_articles([folder]))
        return self._built(str(folder), [folder], [], 1.0)

    def _index_address(self, url: str) -> Summary:
        """What goes wrong with one source is a failure of it, and the others are looked at all the same."""
        source = source_name(url)
        self.run = replace(self.run, done=0, total=0)  # how many pages there are is not known before
        most_removed = 1.0 if source in self._allowed else MOST_REMOVED
        self._allowed.discard(source)  # it was allowed once
        try:
            summary = self._built(source, [], [url], most_removed)
            self.withheld.pop(source, None)
            return summary
        except TooManyRemoved as error:
            if url in self.addresses():  # it may have been taken off the list meanwhile
                self.withheld[source] = error
            return Summary()
        except IndexFault as error:
            why = problem_of(error).message
        except Exception:
            log.exception("Indexing %s failed.", source)
            why = "the server failed to index this. Its log says more."
        failed = {source: f"{source}: {why}"}
        FailureList(self._settings).record([source], failed)
        return Summary(failed=failed)

    def _built(self, tried: str, paths: list[Path], addresses: list[str], most_removed: float) -> Summary:
        embedder, failures = self._chatbot.embedder(), FailureList(self._settings)

        def report(change: Change) -> None:
            self.run = replace(self.run, done=self.run.done + (change.kind != "remove" and bool(paths)))

        while True:
            try:
                with self._editing, open_writer(self._settings, embedder.name, embedder.dimension) as writer:
                    summary = build(
                        paths, writer, embedder, self._settings, report, failures.reasons(), most_removed, addresses
                    )
                break
            except StoreBusy:
                self.run = replace(self.run, waiting=True, done=0)
                threading.Event().wait(_BUSY_SECONDS)
                self.run = replace(self.run, waiting=False)
        failures.record([tried], summary.failed)
        self._chatbot.look_again()
        threading.Event().wait(_PAUSE_SECONDS)
        return summary

    def shown(self, reason: str) -> str:
        """Without the server's folders."""
        where, colon, why = reason.partition(": ")
        return f"{Path(where).name}{colon}{why}" if where.startswith("/") else reason
