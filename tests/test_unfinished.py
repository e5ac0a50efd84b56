"""A build that is stopped goes on where it stopped: by an interrupt, by the kernel, and with a damaged file. Left
out: what is published meanwhile (`test_killed_builds.py`)."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from index.build import build
from index.errors import NoIndexError
from index.settings import IndexSettings
from index.store import open_store, open_writer
from index.types import Filters, Span, Vectors
from index.unfinished import RememberingEmbedder, remembering
from tests.conftest import WordEmbedder, nearest

ROOT = Path(__file__).parent.parent


class CountingEmbedder(WordEmbedder):
    """Remembers what it embedded; interrupted before the passages numbered `stop` and later."""

    def __init__(self, stop: int = 10**9) -> None:
        self.embedded: list[str] = []
        self.stop = stop

    def embed_passages(
        self, texts: Sequence[str], sentences: Sequence[Sequence[Span]]
    ) -> tuple[Vectors, list[Vectors]]:
        if len(self.embedded) >= self.stop:
            raise KeyboardInterrupt
        self.embedded += texts
        return super().embed_passages(texts, sentences)


def settings_at(folder: Path) -> IndexSettings:
    return IndexSettings.model_validate({"store": f"embedded:{folder}/store", "cache": folder / "cache"})


def write_articles(folder: Path, count: int) -> None:
    folder.mkdir()
    for n in range(count):
        text = f"# Number {n}\n\n" + f"The bridge number {n} is long. It crosses river {n}. " * 20
        (folder / f"{n:03}.md").write_text(text, encoding="utf-8")


def index(folder: Path, embedder: CountingEmbedder, files: Path) -> None:
    settings = settings_at(folder)
    with (
        open_writer(settings, embedder.name, embedder.dimension) as writer,
        remembering(embedder, settings) as remembered,
    ):
        build([files], writer, remembered, settings)


def test_after_an_interrupt_the_next_build_makes_only_the_rest(tmp_path: Path) -> None:
    files = tmp_path / "files"
    write_articles(files, 600)
    stopped, whole = CountingEmbedder(stop=300), CountingEmbedder()
    with pytest.raises(KeyboardInterrupt):
        index(tmp_path, stopped, files)
    with pytest.raises(NoIndexError):
        open_store(settings_at(tmp_path))
    index(tmp_path, whole, files)
    assert stopped.embedded and not set(stopped.embedded) & set(whole.embedded)
    assert len(stopped.embedded) + len(whole.embedded) == open_store(settings_at(tmp_path)).info.passages
    assert list((tmp_path / "cache/unfinished").iterdir()) == []


def test_it_equals_a_build_that_was_not_stopped(tmp_path: Path) -> None:
    files = tmp_path / "files"
    write_articles(files, 300)
    with pytest.raises(KeyboardInterrupt):
        index(tmp_path / "stopped", CountingEmbedder(stop=250), files)
    index(tmp_path / "stopped", CountingEmbedder(), files)
    index(tmp_path / "whole", CountingEmbedder(), files)
    one, other = (open_store(settings_at(tmp_path / name)) for name in ("stopped", "whole"))
    hits = nearest(other, WordEmbedder().embed_questions(["bridge 7"]), 500, Filters())[0]
    assert nearest(one, WordEmbedder().embed_questions(["bridge 7"]), 500, Filters())[0] == hits
    ids = [hit.passage.id for hit in hits]
    np.testing.assert_array_equal(one.vectors(ids), other.vectors(ids))
    for rows, wanted in zip(one.sentence_vectors(ids), other.sentence_vectors(ids), strict=True):
        np.testing.assert_array_equal(rows, wanted)


def test_what_was_made_survives_a_killed_process(tmp_path: Path) -> None:
    write_articles(tmp_path / "files", 600)
    child = (
        "import os, signal, sys\nfrom pathlib import Path\nfrom tests import test_unfinished as t\n"
        "class Killed(t.CountingEmbedder):\n"
        "    def embed_passages(self, texts, sentences):\n"
        "        if self.embedded: os.kill(os.getpid(), signal.SIGKILL)\n"
        "        return super().embed_passages(texts, sentences)\n"
        "t.index(Path(sys.argv[1]), Killed(), Path(sys.argv[1]) / 'files')\n"
    )
    assert subprocess.run([sys.executable, "-c", child, str(tmp_path)], cwd=ROOT).returncode == -9
    embedder = CountingEmbedder()
    index(tmp_path, embedder, tmp_path / "files")
    passages = open_store(settings_at(tmp_path)).info.passages
    assert 0 < len(embedder.embedded) < passages


@pytest.mark.parametrize("damage", [b"damaged", b"SQLite format 3\0" + b"\7" * 5000])
def test_a_damaged_file_is_begun_anew(tmp_path: Path, damage: bytes) -> None:
    settings = settings_at(tmp_path)
    with pytest.raises(KeyError), remembering(CountingEmbedder(), settings):
        raise KeyError
    (file,) = (tmp_path / "cache/unfinished").iterdir()
    file.write_bytes(damage)
    write_articles(tmp_path / "files", 3)
    embedder = CountingEmbedder()
    index(tmp_path, embedder, tmp_path / "files")
    assert len(embedder.embedded) == open_store(settings).info.passages


def test_vectors_of_another_prompt_are_not_taken(tmp_path: Path) -> None:
    for prompt, embedded in ((None, 1), ("passage: ", 1), ("passage: ", 0)):
        embedder = CountingEmbedder()
        settings = settings_at(tmp_path).model_copy(update={"passage_prompt": prompt})
        with pytest.raises(KeyError), remembering(embedder, settings) as remembered:
            remembered.embed_passages(["the bridge"], [[Span(0, 10)]])
            raise KeyError  # as a build that was stopped
        assert len(embedder.embedded) == embedded


def test_a_full_disk_stops_the_remembering_and_not_the_build(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    embedder = CountingEmbedder()
    with remembering(embedder, settings_at(tmp_path)) as remembered:
        assert isinstance(remembered, RememberingEmbedder) and remembered._database is not None
        remembered._database.execute("pragma max_page_count = 4")
        texts = [f"bridge {n}" for n in range(100)]
        for _ in range(2):
            vectors, inner = remembered.embed_passages(texts, [[Span(0, 6)]] * 100)
            np.testing.assert_array_equal(vectors, WordEmbedder().embed_questions(texts))
            assert len(inner) == 100
    assert "could not be resumed" in caplog.text and len(embedder.embedded) == 200


def test_without_a_place_to_write_it_is_made_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise sqlite3.OperationalError("unable to open database file")

    embedder = CountingEmbedder()
    monkeypatch.setattr("index.unfinished.sqlite3.connect", refuse)
    with remembering(embedder, settings_at(tmp_path)) as made:
        assert made is embedder
