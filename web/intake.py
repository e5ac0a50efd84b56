"""Articles that the server takes in by itself: files uploaded to the folder `data`, and sources by address, looked at
now and then; indexed by one run after another in a thread, whose progress can be seen. Left out: the page
(`admin_pages.py`), folders of others (`loccit index`)."""

from __future__ import annotations

import json
import logging
import os
import re
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, Final

from index.build import Summary, build
from index.errors import IndexFault
from index.failures import FailureList
from index.fetching.addresses import NoWebAddress, credentials_of, web_address
from index.plan import Change, in_one_spelling
from index.plan_addresses import source_name
from index.readers import QUESTIONS_FILES, READERS, count_articles, ending_of, without_ending
from index.store import open_writer
from rag.chatbot import Chatbot
from web.database import DataError
from web.errors import InvalidRequest, problem_of
from web.settings import Settings

log = logging.getLogger("loccit.web")

FOLDER: Final = "uploads"
ADDRESSES: Final = "sources.json"
_PART: Final = ".part"
_SLICE_BYTES: Final = 2**20
_NAME_BYTES: Final = 150
_UNFIT: Final = re.compile(r'[\x00-\x1f\x7f-\x9f/\\:*?"<>|#\ud800-\udfff]+')


@dataclass(frozen=True, slots=True)
class Run:
    """How far a run has come, and what it did once it has ended: `line` for people, or `problem` if it failed."""

    running: bool = False
    done: int = 0
    total: int = 0
    line: str = ""
    problem: str = ""
    failures: tuple[str, ...] = ()


class Intake:
    """One folder; safe to share between threads."""

    def __init__(self, chatbot: Chatbot, settings: Settings, editing: threading.Lock) -> None:
        """`editing` is held while the store is written to."""
        self._chatbot, self._settings, self._editing = chatbot, settings, editing
        self.folder = in_one_spelling(settings.data / FOLDER)
        self._list = settings.data / ADDRESSES
        self._lock = threading.Lock()
        self._again = False
        self.run = Run()

    def files(self) -> list[tuple[str, int]]:
        """Names and sizes of what was uploaded."""
        if not self.folder.is_dir():
            return []
        there = (entry for entry in os.scandir(self.folder) if entry.is_file() and not entry.name.startswith("."))
        return sorted((entry.name, entry.stat().st_size) for entry in there)

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

    def _keep_addresses(self, urls: list[str]) -> None:
        self._settings.data.mkdir(parents=True, exist_ok=True)
        fresh = self._list.with_suffix(".new")
        fresh.write_text(json.dumps(urls, indent=1), encoding="utf-8")
        fresh.replace(self._list)

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

    def add(self, name: str, content: BinaryIO) -> str:
        """Keep a file, in the place of one with that name; it is whole or not there. Returns the name it goes by.
        Raises InvalidRequest if its kind is not read, or it is too large."""
        fit = fit_name(name)
        most, size = self._settings.max_article_bytes, 0
        self.folder.mkdir(parents=True, exist_ok=True)
        part = self.folder / f".{uuid.uuid4().hex}{_PART}"
        try:
            with part.open("wb") as kept:
                while some := content.read(_SLICE_BYTES):
                    size += len(some)
                    if size > most:
                        raise InvalidRequest(
                            f"{fit} has more than {most:,} bytes. Split it, or raise max_article_bytes."
                        )
                    kept.write(some)
            part.replace(self.folder / fit)
        finally:
            part.unlink(missing_ok=True)
        return fit

    def remove(self, name: str) -> None:
        """Raises InvalidRequest if there is no such file."""
        if name not in (known for known, _ in self.files()):
            raise InvalidRequest("There is no such file. It may have been removed already.", "name")
        (self.folder / name).unlink(missing_ok=True)

    def start(self) -> None:
        """Index what is in the folder, or do so once more when the run under way has ended."""
        with self._lock:
            self._again = True
            if self.run.running:
                return
            self.run = Run(running=True)
        threading.Thread(target=self._work, name="intake", daemon=True).start()

    def _work(self) -> None:
        while self._wanted():
            try:
                with self._editing:
                    summary = self._index()
                ended = Run(line=summary.line(), failures=tuple(self.shown(reason) for reason in summary.failures))
            except IndexFault as error:
                ended = Run(problem=problem_of(error).message)
            except Exception:
                log.exception("Indexing what was uploaded failed.")
                ended = Run(problem="The server failed to index this. Its log says more.")
            self._chatbot.look_again()
            self.run = replace(ended, running=True)

    def _wanted(self) -> bool:
        with self._lock:
            again, self._again = self._again, False
            self.run = replace(self.run, running=again, done=0, total=0)
            return again

    def _index(self) -> Summary:
        self.folder.mkdir(parents=True, exist_ok=True)
        embedder, failures, addresses = self._chatbot.embedder(), FailureList(self._settings), self.addresses()
        total, done = count_articles([self.folder]), 0

        def report(change: Change) -> None:
            nonlocal done
            done += change.kind != "remove"
            self.run = replace(self.run, done=done, total=total)

        with open_writer(self._settings, embedder.name, embedder.dimension) as writer:
            summary = build(
                [self.folder], writer, embedder, self._settings, report, failures.reasons(), addresses=addresses
            )
        failures.record([str(self.folder), *map(source_name, addresses)], summary.failed)
        return summary

    def shown(self, reason: str) -> str:
        """Without the server's folders."""
        where, colon, why = reason.partition(": ")
        return f"{Path(where).name}{colon}{why}" if where.startswith("/") else reason


def fit_name(name: str) -> str:
    """A file's name, as a browser sends it, without folders and what names may not hold. Raises InvalidRequest if
    files of its kind are not read."""
    last = re.split(r"[/\\]", name)[-1]
    fit = " ".join(_UNFIT.sub(" ", last).split()).lstrip(".")
    stem = without_ending(fit)
    ending = fit[len(stem) :]
    if ending_of(Path(fit)) is None or not stem or stem == fit or fit in QUESTIONS_FILES:
        known = ", ".join(sorted(READERS))
        raise InvalidRequest(f"“{fit[:80]}” is not of a kind that is read. These are: {known}.", "file")
    return f"{stem.encode()[:_NAME_BYTES].decode(errors='ignore').rstrip()}{ending}"
