"""What the server indexes by itself: files first, then each source by address alone, without removing much unasked,
waiting for whoever else writes. Left out: the page (`test_admin.py`), loading (`test_fetching.py`)."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event, Lock, Thread

import pytest

from index.failures import FailureList
from index.store import open_store, open_writer
from index.types import Article, Filters
from rag.chatbot import Chatbot
from tests.conftest import WordEmbedder, publish
from tests.served_site import Reply, running_site
from tests.test_addresses import Papers
from web import intake as module
from web.errors import InvalidRequest
from web.intake import Intake
from web.settings import Settings


@pytest.fixture
def site() -> Iterator[Papers]:
    with running_site() as made:
        yield Papers(made)


@pytest.fixture
def intake(tmp_path: Path) -> Intake:
    settings = Settings.model_validate(
        {
            "store": f"embedded:{tmp_path}/index", "data": tmp_path, "reader": "off", "private_hosts": "127.0.0.1",
            "fetch_wait_seconds": 0, "fetch_tries": 1,
        }
    )  # fmt: skip
    publish(settings, [Article("ship", "Ship", "The pirate ship sailed on Tuesday.", "en")])
    return Intake(Chatbot(settings, WordEmbedder()), settings, Lock())


def until(done: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def ended(intake: Intake) -> str:
    intake.start()
    until(lambda: not intake.run.running)
    assert intake.run.summary is not None, intake.run.problem
    return intake.run.summary.line()


def ids(intake: Intake) -> list[str]:
    found, _ = open_store(intake._settings).articles(0, 100, Filters())
    return [article.id.rpartition("/")[2] for article in found]


def test_much_is_not_removed_unasked(site: Papers, intake: Intake) -> None:
    for name in "abcd":
        site.write(name, "three")
    site.feed(*"abcd")
    site.write("other", "nine")
    source, other = f"{site.url}/feed.xml", f"{site.url}/other.html"
    intake.add_address(source)
    intake.add_address(other)
    assert "added 5" in ended(intake) and not intake.withheld
    with pytest.raises(InvalidRequest, match="Nothing of this source"):
        intake.allow_removal(source)
    site.fail("/a.html", 404)
    site.write("other", "ten")
    assert "updated 1" in ended(intake) and "a" in ids(intake)
    assert (intake.withheld[source].removed, intake.withheld[source].indexed) == (1, 4)
    intake.allow_removal(source)
    assert "removed 1" in ended(intake) and "a" not in ids(intake) and not intake.withheld
    site.fail("/b.html", 404)
    ended(intake)
    assert list(intake.withheld) == [source]  # it was allowed once
    intake.remove_address(source)
    assert not intake.withheld


def test_files_wait_for_no_other_server(site: Papers, intake: Intake) -> None:
    """And while one is waited for, others may write before it and after it."""
    asked, going_on = Event(), Event()

    def slow(send: Callable[[bytes], object]) -> None:
        asked.set()
        going_on.wait(30)
        send(b"<!doctype html><html lang=en><article><p>The canal is wide and it is long.</p></article>")

    site.site.replies["/slow"] = Reply(stream=slow)
    intake.add_address(f"{site.url}/slow")
    intake.uploads.folder.mkdir()
    (intake.uploads.folder / "bridge.md").write_text("The bridge is long.", encoding="utf-8")
    intake.start()
    assert asked.wait(30)
    assert "bridge" in ids(intake)
    going_on.set()
    until(lambda: not intake.run.running)
    assert "slow" in ids(intake)


def test_a_file_that_comes_later_waits_for_one_source_at_most(site: Papers, intake: Intake) -> None:
    """And it makes no address be asked again."""
    asked, going_on = Event(), Event()
    indexed: list[list[str]] = []

    def slow(send: Callable[[bytes], object]) -> None:
        asked.set()
        going_on.wait(30)
        send(b"<!doctype html><html lang=en><article><p>The canal is wide and it is long.</p></article>")

    def next_one(send: Callable[[bytes], object]) -> None:
        indexed.append(ids(intake))
        send(b"<!doctype html><html lang=en><article><p>The mill is old and it is tall.</p></article>")

    site.site.replies |= {"/slow": Reply(stream=slow), "/next": Reply(stream=next_one)}
    intake.add_address(f"{site.url}/slow")
    intake.add_address(f"{site.url}/next")
    intake.start()
    assert asked.wait(30)
    (intake.uploads.folder / "late.md").write_text("The bridge is long.", encoding="utf-8")
    intake.start(addresses=False)
    going_on.set()
    until(lambda: not intake.run.running)
    assert len(indexed) == 1 and "late" in indexed[0] and "slow" in indexed[0]
    assert intake.run.summary and intake.run.summary.add == 3


def test_who_waits_to_write_has_a_turn_between_two_sources(site: Papers, intake: Intake) -> None:
    written = Event()
    seen: list[bool] = []

    def write() -> None:
        with intake._editing:
            written.set()

    def first(send: Callable[[bytes], object]) -> None:
        Thread(target=write).start()
        send(b"<!doctype html><html lang=en><article><p>The canal is wide and it is long.</p></article>")

    def second(send: Callable[[bytes], object]) -> None:
        seen.append(written.is_set())
        send(b"<!doctype html><html lang=en><article><p>The mill is old and it is tall.</p></article>")

    site.site.replies |= {"/first": Reply(stream=first), "/second": Reply(stream=second)}
    intake.add_address(f"{site.url}/first")
    intake.add_address(f"{site.url}/second")
    ended(intake)
    assert seen == [True]


def test_a_source_that_fails_leaves_the_others_alone(site: Papers, tmp_path: Path, intake: Intake) -> None:
    """What was loaded is kept in a file that is damaged here: files are indexed, each address is a failure by name."""
    site.write("a", "three")
    intake.add_address(f"{site.url}/a.html")
    intake.add_address(f"{site.url}/b.html")
    intake.uploads.folder.mkdir()
    (intake.uploads.folder / "bridge.md").write_text("The bridge is long.", encoding="utf-8")
    damaged = tmp_path / "index" / "fetched.sqlite"
    damaged.write_bytes(b"no database" * 1000)
    assert "added 1" in ended(intake) and "bridge" in ids(intake)
    reasons = FailureList(intake._settings).reasons()
    assert set(reasons) == {f"{site.url}/a.html", f"{site.url}/b.html"}
    assert all(reason.startswith(f"{source}: ") for source, reason in reasons.items())
    assert str(tmp_path) not in "".join(reasons.values())
    damaged.unlink()
    assert "added 1" in ended(intake) and list(FailureList(intake._settings).reasons()) != list(reasons)


def test_who_else_writes_is_waited_for(intake: Intake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_BUSY_SECONDS", 0.05)
    intake.uploads.folder.mkdir()
    (intake.uploads.folder / "bridge.md").write_text("The bridge is long.", encoding="utf-8")
    with open_writer(intake._settings, "words", 256):
        intake.start()
        until(lambda: intake.run.waiting)
        assert intake.run.running and "bridge" not in ids(intake)
    until(lambda: not intake.run.running)
    assert "bridge" in ids(intake) and not intake.run.waiting and not intake.run.problem


def test_each_source_has_its_own_failures(site: Papers, intake: Intake) -> None:
    site.write("a", "three")
    intake.add_address(f"{site.url}/gone.html")
    intake.add_address(f"{site.url}/a.html")
    assert "added 1" in ended(intake)
    assert all(site.url in reason for reason in FailureList(intake._settings).reasons().values())
    assert len(FailureList(intake._settings).reasons()) == 1
    intake.remove_address(f"{site.url}/gone.html")
    assert FailureList(intake._settings).reasons() == {}
