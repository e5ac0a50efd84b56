"""Ids of articles made from files: stable, unique, the same however the folder is written. Left out:
what a build adds and removes (`test_build.py`)."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from tests.test_build import at, counts, ids, run, write_files


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_files(tmp_path)


def test_the_same_folder_written_in_another_way(tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = at(tmp_path)
    run(settings, folder)
    monkeypatch.chdir(folder)
    for path in (Path(), Path("../files"), folder / "sub" / "..", tmp_path / "." / "files"):
        assert counts(run(settings, path)) == (0, 0, 3, 0, 0), path
    assert counts(run(settings, folder, folder / "a.md", folder / "sub")) == (0, 0, 3, 0, 0)


def test_a_link_that_points_to_another_folder_stays_one_place(tmp_path: Path, folder: Path) -> None:
    """As `current -> 2025-03-01` does with every release: ids stay, nothing is indexed twice."""
    link, elsewhere = tmp_path / "current", tmp_path / "elsewhere"
    link.symlink_to(folder)
    run(at(tmp_path), link)
    shutil.copytree(folder, elsewhere / "new")
    link.unlink()
    link.symlink_to(elsewhere / "new")
    for path in (link, link / "sub" / "..", elsewhere / ".." / "current"):
        assert counts(run(at(tmp_path), path))[3:] == (0, 0)
    assert counts(run(at(tmp_path), link)) == (0, 0, 3, 0, 0)


def test_ids_that_collide_get_a_suffix_and_keep_it(tmp_path: Path, folder: Path) -> None:
    settings = at(tmp_path)
    (folder / "a.txt").write_text("Another bridge is short.", encoding="utf-8")
    (folder / "x.jsonl").write_text(json.dumps({"id": "a", "text": "A third one."}), encoding="utf-8")
    run(settings, folder)
    before = ids(settings)
    assert len(before) == len(set(before)) == 5
    assert {name.split("~")[0] for name in before} == {"a", "b", "sub/c"}
    assert counts(run(settings, folder)) == (0, 0, 5, 0, 0)
    (folder / "a.md").unlink()
    run(settings, folder)
    assert ids(settings) == [name for name in before if name != "a"]


def test_a_suffix_never_takes_the_place_of_another_article(tmp_path: Path, folder: Path) -> None:
    settings = at(tmp_path)
    (folder / "a.txt").write_text("Another bridge is short.", encoding="utf-8")
    run(settings, folder)
    (taken,) = (name for name in ids(settings) if "~" in name)
    (folder / "a.txt").unlink()
    run(settings, folder)
    (folder / f"{taken}.md").write_text("A canal with an odd name.", encoding="utf-8")
    run(settings, folder)
    (folder / "a.txt").write_text("Another bridge is short.", encoding="utf-8")
    assert counts(run(settings, folder)) == (1, 0, 4, 0, 0)
    assert len(ids(settings)) == 5


def test_a_file_that_was_renamed_to_another_ending_keeps_its_id(tmp_path: Path, folder: Path) -> None:
    run(at(tmp_path), folder)
    (folder / "a.md").rename(folder / "a.txt")
    summary = run(at(tmp_path), folder)
    assert counts(summary) == (0, 0, 2, 0, 0) and summary.move == 1
    assert ids(at(tmp_path)) == ["a", "b", "sub/c"]
    assert counts(run(at(tmp_path), folder)) == (0, 0, 3, 0, 0)


def test_a_file_name_that_is_not_utf8_stops_no_build(tmp_path: Path, folder: Path) -> None:
    odd = os.fsencode(folder) + b"/caf\xe9.md"
    Path(os.fsdecode(odd)).write_text("The bridge is long.", encoding="utf-8")
    summary = run(at(tmp_path), folder)
    assert summary.add >= 3 and {"a", "b", "sub/c"} <= set(ids(at(tmp_path)))
    for failure in summary.failures:
        failure.encode()
