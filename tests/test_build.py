"""Sources → index: what is added, updated, removed, refused; ids; any script of edits leads to the
index built afresh. Left out: builds that are killed (`test_killed_builds.py`)."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import pytest

from index import plan
from index.build import Summary, build
from index.errors import StoreBusy, StoreError, TooManyRemoved
from index.plan import Change, plan_changes
from index.readers import Source, read_file
from index.readers.apart import ReadingProcess
from index.settings import IndexSettings
from index.store import LiveStore, current_generation, generations, open_store, open_writer, roll_back
from index.types import Filters
from tests.conftest import WordEmbedder

EMBEDDER = WordEmbedder()


def at(folder: Path) -> IndexSettings:
    return IndexSettings.model_validate({"store": f"embedded:{folder}/store"})


def run(
    settings: IndexSettings,
    *paths: Path,
    report: list[Change] | None = None,
    failed: Collection[str] = (),
    most_removed: float = 1.0,
) -> Summary:
    told = (lambda change: None) if report is None else report.append
    with open_writer(settings, EMBEDDER.name, EMBEDDER.dimension) as writer:
        return build(paths, writer, EMBEDDER, settings, told, failed, most_removed)


def ids(settings: IndexSettings) -> list[str]:
    return [article.id for article in open_store(settings).articles(0, 1000, Filters())[0]]


def counts(summary: Summary) -> tuple[int, int, int, int, int]:
    return summary.add, summary.update, summary.unchanged, summary.remove, len(summary.failures)


def write_files(place: Path) -> Path:
    """A folder of three articles: a, b and sub/c."""
    made = place / "files"
    (made / "sub").mkdir(parents=True)
    for name in ("a.md", "b.txt", "sub/c.md"):
        (made / name).write_text(f"# {name}\n\nThe bridge {name} is long. It is old.", encoding="utf-8")
    return made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_files(tmp_path)


def test_add_update_unchanged_remove_fail(tmp_path: Path, folder: Path) -> None:
    settings = at(tmp_path)
    assert counts(run(settings, folder)) == (3, 0, 0, 0, 0)
    (folder / "a.md").write_text("# a.md\n\nThe tunnel is short.", encoding="utf-8")
    (folder / "sub" / "c.md").unlink()
    (folder / "d.md").write_text("The canal is wide.", encoding="utf-8")
    (folder / "e.txt").write_bytes(b"caf\0")
    report: list[Change] = []
    summary = run(settings, folder, report=report)
    assert counts(summary) == (1, 1, 1, 1, 1)
    assert summary.passages == 2 and summary.generation == current_generation(settings)
    assert "e.txt" in summary.failures[0] and "NUL" in summary.failures[0]
    assert sorted(change.kind for change in report) == ["add", "fail", "remove", "unchanged", "update"]
    assert ids(settings) == ["a", "b", "d"]
    assert open_store(settings).article("a").text == "# a.md\n\nThe tunnel is short."
    assert summary.line().startswith("added 1, updated 1, unchanged 1, removed 1, failed 1, passages 2, seconds ")


def test_nothing_changed_publishes_nothing(tmp_path: Path, folder: Path) -> None:
    settings = at(tmp_path)
    first = run(settings, folder).generation
    (folder / "bad.txt").write_bytes(b"\0")
    summary = run(settings, folder)
    assert counts(summary) == (0, 0, 3, 0, 1) and summary.generation is None
    assert current_generation(settings) == first is not None


def test_only_failures_make_no_index(tmp_path: Path) -> None:
    (tmp_path / "bad.txt").write_bytes(b"\0")
    summary = run(at(tmp_path), tmp_path / "bad.txt", tmp_path / "gone")
    assert counts(summary) == (0, 0, 0, 0, 2) and current_generation(at(tmp_path)) is None


def test_an_unreadable_file_keeps_its_old_article(tmp_path: Path, folder: Path) -> None:
    settings = at(tmp_path)
    run(settings, folder)
    (folder / "a.md").write_bytes(b"\0")
    (folder / "b.txt").unlink()
    assert counts(run(settings, folder)) == (0, 0, 1, 1, 1)
    assert ids(settings) == ["a", "sub/c"]


def test_an_unreadable_folder_keeps_its_articles(tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Root may read everything, so the refusal is played."""
    settings, scandir = at(tmp_path), os.scandir
    for name in (".hidden", "drafts"):
        (folder / name).mkdir()
    (folder / ".loccitignore").write_text("drafts/", encoding="utf-8")
    run(settings, folder)

    def refuse(path: Path | str | int) -> Any:
        if not isinstance(path, int) and Path(path).name in ("sub", ".hidden", "drafts"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    (folder / "b.txt").unlink()
    (folder / "new.md").write_text("The canal is wide.", encoding="utf-8")
    summary = run(settings, folder, folder)
    assert counts(summary) == (1, 0, 1, 1, 1) and f"{folder}/sub" in summary.failures[0]
    assert ids(settings) == ["a", "new", "sub/c"]
    monkeypatch.undo()
    shutil.rmtree(folder / "sub")
    assert counts(run(settings, folder)) == (0, 0, 2, 1, 0)


def test_a_path_that_begins_with_an_unknown_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    summary = run(at(tmp_path), Path("~nosuch"), Path("x" * 300))
    assert "~nosuch: there is no such file" in summary.failures[0] and "too long" in summary.failures[1]


def test_a_bad_line_keeps_the_articles_of_its_file(tmp_path: Path) -> None:
    file = tmp_path / "x.jsonl"
    lines = [json.dumps({"id": str(n), "text": f"Bridge {n} is long."}) for n in range(3)]
    file.write_text("\n".join(lines), encoding="utf-8")
    run(at(tmp_path), file)
    file.write_text("\n".join([lines[0], "{", lines[2]]), encoding="utf-8")
    assert counts(run(at(tmp_path), file)) == (0, 0, 2, 0, 1)
    assert ids(at(tmp_path)) == ["0", "1", "2"]
    file.write_text("\n".join([lines[0], lines[2]]), encoding="utf-8")
    assert counts(run(at(tmp_path), file)) == (0, 0, 2, 1, 0)


def test_a_failure_keeps_only_its_own_file(tmp_path: Path) -> None:
    """One unreadable file must not keep others whose names begin alike, nor with # in the path."""
    folder = tmp_path / "c#"
    folder.mkdir()
    for name in ("a.md", "b.md", "a.md.txt"):
        (folder / name).write_text("The bridge is long.", encoding="utf-8")
    run(at(tmp_path), folder)
    (folder / "a.md").write_bytes(b"\0")
    (folder / "b.md").unlink()
    (folder / "a.md.txt").unlink()
    assert counts(run(at(tmp_path), folder)) == (0, 0, 0, 2, 1)


def test_removal_only_below_the_path(tmp_path: Path, folder: Path) -> None:
    settings = at(tmp_path)
    for name in ("files2", "files#2", "other"):
        shutil.copytree(folder, tmp_path / name)
        run(settings, tmp_path / name)
    run(settings, folder)
    assert len(ids(settings)) == 12
    shutil.rmtree(tmp_path / "other")
    (folder / "a.md").unlink()
    assert counts(run(settings, folder)) == (0, 0, 2, 1, 0)
    assert counts(run(settings, folder / "sub")) == (0, 0, 1, 0, 0)
    assert counts(run(settings, tmp_path / "other")) == (0, 0, 0, 0, 1)
    assert len(ids(settings)) == 11


def test_settings_that_change_passages_make_them_anew(tmp_path: Path, folder: Path) -> None:
    run(at(tmp_path), folder)
    other = at(tmp_path).model_copy(update={"passage_tokens": 32})
    assert counts(run(other, folder)) == (0, 3, 0, 0, 0)
    assert counts(run(other, folder)) == (0, 0, 3, 0, 0)


def test_a_plan_changes_nothing(tmp_path: Path, folder: Path) -> None:
    settings = at(tmp_path)
    first = run(settings, folder).generation
    (folder / "a.md").write_text("Changed.", encoding="utf-8")
    (folder / "b.txt").unlink()
    with open_writer(settings, EMBEDDER.name, EMBEDDER.dimension) as writer:
        entries = writer.entries()
        planned = list(plan_changes([folder], entries, settings))
        assert writer.entries() == entries
    assert [(c.kind, c.entry.article_id, c.article is None) for c in planned] == [
        ("update", "a", False), ("unchanged", "sub/c", True), ("remove", "b", True),
    ]  # fmt: skip
    assert current_generation(settings) == first


def test_an_article_of_headings_only_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / "h.md").write_text("# Only a heading", encoding="utf-8")
    assert counts(run(at(tmp_path), tmp_path / "h.md")) == (1, 0, 0, 0, 0)
    assert open_store(at(tmp_path)).info.passages == 0


def test_the_same_bytes_are_not_read_again(tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = at(tmp_path)
    run(settings, folder)
    read: list[str] = []

    def reading(file: Path, root: Path, most: int, apart: ReadingProcess) -> Iterator[Source]:
        read.append(file.name)
        return read_file(file, root, most, apart)

    monkeypatch.setattr(plan, "read_file", reading)
    assert counts(run(settings, folder)) == (0, 0, 3, 0, 0) and read == []
    (folder / "a.md").write_text("# a.md\n\nThe bridge a.md is long. It is old.\n\n\n", encoding="utf-8")
    assert counts(run(settings, folder)) == (0, 0, 3, 0, 0) and read == ["a.md"]
    run(settings.model_copy(update={"passage_tokens": 40}), folder)
    assert read == ["a.md", "a.md", "b.txt", "c.md"]


def test_what_failed_is_tried_again_and_named_again(tmp_path: Path) -> None:
    settings, file = at(tmp_path), tmp_path / "x.jsonl"
    file.write_text(json.dumps({"id": "0", "text": "The bridge is long."}) + "\n{", encoding="utf-8")
    first = run(settings, file)
    assert list(first.failed) == [f"{file}#line 2"]
    assert counts(run(settings, file, failed=first.failed)) == (0, 0, 1, 0, 1)


def test_a_moved_file_keeps_its_id_and_is_not_embedded_again(tmp_path: Path, folder: Path) -> None:
    settings = at(tmp_path)
    run(settings, folder)
    (folder / "new").mkdir()
    (folder / "a.md").rename(folder / "new" / "z.md")
    summary = run(settings, folder, most_removed=0.2)
    assert (summary.move, summary.passages) == (1, 0) and counts(summary) == (0, 0, 2, 0, 0)
    assert ids(settings) == ["a", "b", "sub/c"] and summary.line().endswith(", moved 1")
    assert counts(run(settings, folder)) == (0, 0, 3, 0, 0)
    (folder / "new" / "z.md").rename(folder / "z.txt")
    (folder / "z.txt").write_text("---\nauthor: Ada Brent\n---\n# a.md\n\nThe bridge a.md is long. It is old.")
    assert counts(run(settings, folder)) == (0, 1, 2, 0, 0) and ids(settings) == ["a", "b", "sub/c"]


def test_an_id_whose_file_is_gone_is_free(tmp_path: Path, folder: Path) -> None:
    settings = at(tmp_path)
    run(settings, folder)
    (folder / "a.md").unlink()
    (folder / "a.txt").write_text("The tunnel is short.", encoding="utf-8")
    report: list[Change] = []
    assert counts(run(settings, folder, report=report)) == (1, 0, 2, 1, 0)
    assert [change.kind for change in report if change.entry.article_id == "a"] == ["remove", "add"]
    assert open_store(settings).article("a").text == "The tunnel is short."


def test_a_large_share_is_not_removed_unasked(tmp_path: Path) -> None:
    settings, folder, lines = at(tmp_path), tmp_path / "files", tmp_path / "x.jsonl"
    folder.mkdir()
    for n in range(10):
        (folder / f"{n}.md").write_text(f"The bridge {n} is long.", encoding="utf-8")
    rows = [json.dumps({"id": f"j{n}", "text": f"The canal {n} is wide."}) for n in range(10)]
    lines.write_text("\n".join(rows), encoding="utf-8")
    first = run(settings, folder, lines).generation
    for n in range(3):
        (folder / f"{n}.md").rename(folder / f"moved{n}.md")
    (folder / "3.md").unlink()
    (folder / "4.md").unlink()
    assert counts(run(settings, folder, most_removed=0.2)) == (0, 0, 5, 2, 0)
    (folder / "5.md").unlink()
    (folder / "6.md").unlink()
    with pytest.raises(
        TooManyRemoved, match=f"{folder}: at least 2 of its 8 articles are gone. Nothing of it was changed.*--yes"
    ):
        run(settings, folder, most_removed=0.2)
    lines.write_text("\n".join(rows[:7]), encoding="utf-8")
    with pytest.raises(TooManyRemoved, match=r"x\.jsonl: at least 3 of its 10"):
        run(settings, lines, most_removed=0.2)
    assert len(ids(settings)) == 18 and current_generation(settings) != first
    assert counts(run(settings, folder, lines)) == (0, 0, 13, 5, 0)


def test_an_earlier_generation_is_published_again(tmp_path: Path, folder: Path) -> None:
    settings = at(tmp_path)
    first = run(settings, folder).generation
    (folder / "a.md").unlink()
    second = run(settings, folder).generation
    assert first and second and [g.name for g in generations(settings)] == [second, first]
    live = LiveStore(settings)
    assert live.current().info.articles == 2
    roll_back(settings, first)
    live.look_again()
    assert live.current().info.articles == 3 and [g.current for g in generations(settings)] == [False, True]
    third = run(settings, folder).generation
    assert third and ids(settings) == ["b", "sub/c"] and third > second
    for name in ("nothing", "../../store", "000009-0123456789ab"):
        with pytest.raises(StoreError, match=r"is not kept\. Those that are: 0"):
            roll_back(settings, name)
    with open_writer(settings, EMBEDDER.name, EMBEDDER.dimension), pytest.raises(StoreBusy):
        roll_back(settings, first)
