"""The list of what could not be read, kept by several at once, and runs of which a source is refused, which the dry run
says before. Left out: the commands (`test_cli.py`), the server's runs (`test_intake.py`)."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from index.failures import FailureList
from index.store import generations, open_store, roll_back
from tests.conftest import WordEmbedder
from tests.served_site import running_site
from tests.test_addresses import Papers
from web.indexing import run_index
from web.settings import Settings

ROOT = Path(__file__).parent.parent
ASKS = "The run itself asks first, or needs --yes."


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings.model_validate(
        {
            "store": f"embedded:{tmp_path}/index", "data": tmp_path, "embedder": "words", "private_hosts": "127.0.0.1",
            "fetch_wait_seconds": 0, "fetch_tries": 1,
        }
    )  # fmt: skip


@pytest.fixture
def site() -> Iterator[Papers]:
    with running_site() as made:
        yield Papers(made)


def run(settings: Settings, *names: object) -> int:
    return run_index([str(name) for name in names], settings, WordEmbedder)


def fill(folder: Path, *names: str) -> None:
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder / f"{name}.md").write_text(f"The bridge {folder.name} {name} is long.", encoding="utf-8")


def indexed(settings: Settings) -> list[str]:
    return sorted(entry.origin.rpartition("/")[2] for entry in open_store(settings).entries())


def test_what_several_keep_at_once_is_all_kept(settings: Settings) -> None:
    sources = [f"/folder/{n}" for n in range(160)]
    with ThreadPoolExecutor(8) as several:
        list(several.map(lambda name: FailureList(settings).record([name], {name: "bad"}), sources))
    assert FailureList(settings).reasons() == dict.fromkeys(sources, "bad")


def test_nothing_is_written_where_nothing_failed(settings: Settings, tmp_path: Path) -> None:
    FailureList(settings).record(["/folder"], {})
    assert not (tmp_path / "index").exists()


def test_each_refused_source_is_left_alone_and_the_others_are_done(
    settings: Settings, site: Papers, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in "pq":
        site.write(name, "three")
    site.feed("p", "q")
    first, second, third, feed = tmp_path / "1", tmp_path / "2", tmp_path / "3", f"{site.url}/feed.xml"
    for folder in (first, second, third):
        fill(folder, f"a{folder.name}", f"b{folder.name}")
    (first / "bad.md").write_bytes(b"\0")
    assert run(settings, first, second, third, feed) == 1
    whole = indexed(settings)
    for folder in (first, second):
        (folder / f"a{folder.name}.md").unlink()
    fill(first, "new")
    fill(third, "more")
    site.fail("/p.html", 404)
    capsys.readouterr()
    assert run(settings, first, second, third, feed) == 1
    told = capsys.readouterr()
    for source in (first, second, feed):
        assert f"{source}: at least 1 of its 2 articles are gone. Nothing of it was changed." in told.err
    assert told.out.startswith("added 1, updated 0, unchanged 2, removed 0, failed 3")
    assert indexed(settings) == sorted([*whole, "more.md"])
    assert FailureList(settings).reasons().keys() == {str(first), f"{first}/bad.md", str(second), feed}
    sure = settings.model_copy(update={"yes": True})
    (first / "bad.md").unlink()
    assert run(sure, first, second, third, feed) == 0 and FailureList(settings).reasons() == {}
    assert indexed(settings) == sorted({*whole, "more.md", "new.md"} - {"a1.md", "a2.md", "p.html"})


def test_the_dry_run_says_what_would_be_asked_of_addresses_too(
    settings: Settings, site: Papers, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in "abcd":
        site.write(name, "three")
    site.feed(*"abcd")
    assert run(settings, f"{site.url}/feed.xml") == 0
    site.fail("/a.html", 404)
    planned = settings.model_copy(update={"dry_run": True})
    assert run(planned, f"{site.url}/feed.xml") == 0
    assert f"{site.url}/feed.xml: 1 of its 4 articles are gone. The run itself asks" in capsys.readouterr().out
    assert len(indexed(settings)) == 4


def test_a_path_that_is_not_there_is_kept_in_mind_only_if_something_of_it_is_indexed(
    settings: Settings, tmp_path: Path
) -> None:
    folder = tmp_path / "away"
    fill(folder, "a")
    assert run(settings, folder, tmp_path / "mistyped", tmp_path / ("x" * 300)) == 1
    assert FailureList(settings).reasons() == {}
    folder.rename(tmp_path / "elsewhere")
    assert run(settings, folder) == 1
    assert list(FailureList(settings).reasons()) == [str(folder)] and indexed(settings) == ["a.md"]


CHILD = """
import sys
from tests.conftest import WordEmbedder
from web.indexing import run_index
from web.settings import Settings
settings = Settings.model_validate({"store": sys.argv[1], "embedder": "words"})
sys.exit(run_index(sys.argv[2:], settings, WordEmbedder))
"""


def test_a_yes_on_the_terminal_is_for_the_source_that_was_named(settings: Settings, tmp_path: Path) -> None:
    first, second = tmp_path / "1", tmp_path / "2"
    for folder in (first, second):
        fill(folder, f"a{folder.name}", f"b{folder.name}")
    assert run(settings, first, second) == 0
    for folder in (first, second):
        (folder / f"a{folder.name}.md").unlink()
    person, terminal = os.openpty()
    os.write(person, b"y\nn\n")
    command = [sys.executable, "-c", CHILD, settings.store, str(first), str(second)]
    done = subprocess.run(
        command, stdin=terminal, stderr=terminal, stdout=subprocess.PIPE, text=True, timeout=120, check=False, cwd=ROOT
    )
    assert done.returncode == 1 and done.stdout.startswith("added 0, updated 0, unchanged 1, removed 1, failed 1")
    assert indexed(settings) == ["a2.md", "b1.md", "b2.md"]


def test_a_yes_keeps_the_ids_of_what_has_moved_to_another_path(settings: Settings, tmp_path: Path) -> None:
    first, second = tmp_path / "1", tmp_path / "2"
    fill(first, "a", "b", "c", "d")
    fill(second, "other")
    assert run(settings, first, second) == 0
    (first / "a.md").rename(second / "moved.md")
    (first / "b.md").unlink()
    (first / "c.md").unlink()
    person, terminal = os.openpty()
    os.write(person, b"y\n")
    command = [sys.executable, "-c", CHILD, settings.store, str(first), str(second)]
    done = subprocess.run(
        command, stdin=terminal, stderr=terminal, stdout=subprocess.PIPE, text=True, timeout=120, check=False, cwd=ROOT
    )
    assert done.returncode == 0 and done.stdout.startswith("added 0, updated 0, unchanged 2, removed 2, failed 0")
    moved = {entry.article_id: entry.origin for entry in open_store(settings).entries()}
    assert moved["a"] == f"{second}/moved.md"


def test_a_source_does_not_forget_what_failed_of_others_on_its_host(settings: Settings) -> None:
    failures = FailureList(settings)
    feed, root = "https://example.org/feed.xml", "https://example.org"
    failures.record([feed], {f"{feed}#https://example.org/a#": "bad", feed: "bad"})
    failures.record([root], {root: "bad"})
    assert set(failures.reasons()) == {root, feed, f"{feed}#https://example.org/a#"}
    failures.record([feed], {})
    assert set(failures.reasons()) == {root}


def planned(settings: Settings, source: str, capsys: pytest.CaptureFixture[str]) -> str:
    capsys.readouterr()
    assert run_index([source], settings.model_copy(update={"dry_run": True})) == 0
    return capsys.readouterr().out


def test_pages_that_a_rollback_took_out_are_not_gone(
    settings: Settings, site: Papers, capsys: pytest.CaptureFixture[str]
) -> None:
    feed = f"{site.url}/feed.xml"
    for names in ("a", "ab"):
        site.write(names[-1], "three")
        site.feed(*names)
        assert run_index([feed], settings, WordEmbedder) == 0
    roll_back(settings, generations(settings)[-1].name)
    told = planned(settings, feed, capsys)
    assert "plan: added 1," in told and ASKS not in told
    site.fail("/a.html", 404)
    assert f"{feed}: 1 of its 2 articles are gone. {ASKS}" in planned(settings, feed, capsys)


def test_a_page_below_another_is_a_page_of_its_own(
    settings: Settings, site: Papers, capsys: pytest.CaptureFixture[str]
) -> None:
    feed = f"{site.url}/feed.xml"
    for name in ("a", "a.html/b"):
        site.write(name, "three")
    site.feed("a", "a.html/b")
    assert run_index([feed], settings, WordEmbedder) == 0
    site.fail("/a.html", 404)
    assert f"{feed}: 1 of its 2 articles are gone. {ASKS}" in planned(settings, feed, capsys)
