"""Damaged, mixed and hostile files of a store: errors that say what to do, never a stack of calls from
below. Left out: stores in order (`test_embedded.py`)."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest

from index.errors import IndexFault, NoIndexError, StoreError
from index.store import IndexStore, open_store, open_writer
from index.stores import embedded_writer
from index.types import Filters
from tests.conftest import matching, nearest
from tests.test_embedded import at, publish, unit

FILES = [
    "recent.sqlite",
    "words/meta.json",
    "words/*.term",
    "words/*.idx",
    "base.sqlite",
    "base.faiss",
    "base-places.npy",
    "base-articles.npy",
    "base-ids.npy",
    "base-order.npy",
    "base-languages.npy",
]


@pytest.fixture(autouse=True)
def _with_a_base(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first passages of each store go into a base, so that all kinds of files are there."""
    monkeypatch.setattr(embedded_writer, "RECENT_PASSAGES", 0)


def file_of(generation: Path, pattern: str) -> Path:
    return next(iter(sorted(generation.glob(pattern))))


@pytest.mark.parametrize("damage", FILES)
def test_after_damage_the_advice_given_works(tmp_path: Path, damage: str) -> None:
    """The message says: remove the file CURRENT and build anew."""
    settings = at(tmp_path)
    name = publish(settings, "a")
    file_of(tmp_path / "index" / "generations" / name, damage).write_bytes(b"damaged")
    with pytest.raises(StoreError, match="CURRENT"):
        use(open_store(settings))
    (tmp_path / "index" / "CURRENT").unlink()
    publish(settings, "a")
    assert open_store(settings).article("a").id == "a"


def use(store: IndexStore) -> None:
    """Half a database may open; then the first query finds out."""
    store.articles(0, 9, Filters())
    nearest(store, unit(1, 8, 0), 9, Filters())
    store.sentence_vectors([hit.passage.id for hit in matching(store, "long", "en", 9, Filters())])


def _damage(file: Path, how: str) -> None:
    raw = file.read_bytes()
    if how == "gone":
        file.unlink()
    else:
        new = {"empty": b"", "half": raw[: len(raw) // 2], "head": raw[:20], "noise": b"\x07" * len(raw)}
        file.write_bytes(new[how])


@pytest.mark.parametrize("how", ["gone", "empty", "half", "head", "noise"])
@pytest.mark.parametrize("name", FILES)
def test_damaged_files_are_store_errors(tmp_path: Path, name: str, how: str) -> None:
    settings = at(tmp_path)
    generation = publish(settings, *"abcdefgh")
    _damage(file_of(tmp_path / "index" / "generations" / generation, name), how)
    with pytest.raises(StoreError):
        use(open_store(settings))


def test_files_of_two_generations_mixed(tmp_path: Path) -> None:
    settings = at(tmp_path)
    first, second = publish(settings, "a"), publish(settings, "b", "c")
    folder = tmp_path / "index" / "generations"
    (folder / second / "base.faiss").unlink()
    shutil.copy(folder / first / "base.faiss", folder / second / "base.faiss")
    with pytest.raises(StoreError):
        open_store(settings)


def test_another_format_is_refused(tmp_path: Path) -> None:
    settings = at(tmp_path)
    name = publish(settings, "a")
    path = tmp_path / "index" / "generations" / name / "recent.sqlite"
    with sqlite3.connect(path) as database:
        database.execute("update meta set value = '99' where key = 'format'")
    database.close()
    with pytest.raises(StoreError, match="99"):
        open_store(settings)
    with pytest.raises(StoreError, match="99"):
        open_writer(settings, "toy", 8)


@pytest.mark.parametrize(
    "content",
    [
        b"../x",
        b"..",
        b".",
        b"/etc",
        b"../../outside",
        b"x" * 5000,
        b"\xff\xfe",
        b"a\0b",
        b"000009-gone",
        b".building",
        b"a\nb",
    ],
)
def test_a_hostile_file_current(tmp_path: Path, content: bytes) -> None:
    settings = at(tmp_path)
    name = publish(settings, "a")
    good = tmp_path / "index" / "generations" / name
    for outside in (tmp_path / "outside", tmp_path / "index" / "x"):
        shutil.copytree(good, outside)
    (tmp_path / "index" / "CURRENT").write_bytes(content)
    for attempt in (lambda: open_store(settings), lambda: open_writer(settings, "toy", 8)):
        with pytest.raises(StoreError):
            attempt()


def test_an_empty_file_current_is_no_index(tmp_path: Path) -> None:
    publish(at(tmp_path), "a")
    (tmp_path / "index" / "CURRENT").write_bytes(b"\n")
    with pytest.raises(NoIndexError):
        open_store(at(tmp_path))


def test_a_place_that_cannot_hold_a_store(tmp_path: Path) -> None:
    (tmp_path / "index").write_text("a file", encoding="utf-8")
    with pytest.raises(IndexFault):
        open_store(at(tmp_path))
    with pytest.raises(StoreError):
        open_writer(at(tmp_path), "toy", 8)
