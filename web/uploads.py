"""Files that people upload, kept in one folder below `data`. Left out: indexing them (`intake.py`), the page
(`admin_pages.py`)."""

from __future__ import annotations

import os
import re
import uuid
from pathlib import Path
from typing import BinaryIO, Final

from index.plan import in_one_spelling
from index.readers import QUESTIONS_FILES, READERS, ending_of, holds_many, without_ending
from index.readers.mapping import ENDING, mapping_file
from web.errors import InvalidRequest
from web.settings import Settings

FOLDER: Final = "uploads"
_PART: Final = ".part"
_SLICE_BYTES: Final = 2**20
_NAME_BYTES: Final = 150
_UNFIT: Final = re.compile(r'[\x00-\x1f\x7f-\x9f/\\:*?"<>|#\ud800-\udfff]+')


class Uploads:
    """One folder; safe to share between threads."""

    def __init__(self, settings: Settings) -> None:
        self.folder = in_one_spelling(settings.data / FOLDER)
        self._most, self._most_of_many = settings.max_article_bytes, settings.max_upload_bytes

    def files(self) -> list[tuple[str, int]]:
        """Names and sizes of what is kept."""
        if not self.folder.is_dir():
            return []
        there = (entry for entry in os.scandir(self.folder) if entry.is_file() and not entry.name.startswith("."))
        return sorted((entry.name, entry.stat().st_size) for entry in there)

    def add(self, name: str, content: BinaryIO) -> str:
        """Keep a file, in the place of one with that name; it is whole or not there. Returns the name it goes by.
        Raises InvalidRequest if its kind is not read, or it is too large; archives and exports, which hold many
        articles, may be as large as what is sent at once."""
        fit = fit_name(name)
        most = max(self._most, self._most_of_many) if holds_many(fit) else self._most
        size = 0
        self.folder.mkdir(parents=True, exist_ok=True)
        part = self.folder / f".{uuid.uuid4().hex}{_PART}"
        try:
            with part.open("wb") as kept:
                while some := content.read(_SLICE_BYTES):
                    size += len(some)
                    if size > most:
                        raise InvalidRequest(
                            f"“{fit}” has more than {most:,} bytes. Split it, or raise max_article_bytes.", "file"
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
        self._unlink(name)

    def check(self, origin: str) -> None:
        """Raises InvalidRequest if an article comes from a file that holds others too."""
        name, part, _ = self._own(origin).partition("#")  # names of ours hold no "#"
        if part:
            raise InvalidRequest(
                f"This article is one of the file “{name}” and would come back with it. Upload the file once more "
                "without the article, or remove the whole file.",
                "name",
            )

    def forget(self, origin: str) -> None:
        """Remove the file that an article comes from, so that it does not come back; origins elsewhere are none of
        ours."""
        if name := self._own(origin):
            self._unlink(name)

    def _own(self, origin: str) -> str:
        return origin.removeprefix(f"{self.folder}/") if origin.startswith(f"{self.folder}/") else ""

    def _unlink(self, name: str) -> None:
        """With what says how its fields are named: the next file of this name may name them otherwise."""
        for file in (self.folder / name, mapping_file(self.folder / name)):
            file.unlink(missing_ok=True)


def fit_name(name: str) -> str:
    """A file's name, as a browser sends it, without folders and what names may not hold. Raises InvalidRequest if
    files of its kind are not read. `NAME.fields.yaml` says what the fields of the file `NAME` mean."""
    if name.endswith(ENDING):
        return _fit_name(name.removesuffix(ENDING)) + ENDING
    return _fit_name(name)


def _fit_name(name: str) -> str:
    last = re.split(r"[/\\]", name)[-1]
    fit = " ".join(_UNFIT.sub(" ", last).split()).lstrip(".")
    stem = without_ending(fit)
    ending = fit[len(stem) :]
    if ending_of(Path(fit)) is None or not stem or stem == fit or fit in QUESTIONS_FILES:
        known = ", ".join(sorted(READERS))
        raise InvalidRequest(f"“{fit[:80]}” is not of a kind that is read. These are: {known}.", "file")
    return f"{stem.encode()[:_NAME_BYTES].decode(errors='ignore').rstrip()}{ending}"
