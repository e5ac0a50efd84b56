"""When the dry run says that the run itself would ask. Left out: the plan (`test_build.py`), sources that are refused
(`test_failures.py`)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from index.store import generations, roll_back
from tests.conftest import WordEmbedder
from tests.served_site import running_site
from tests.test_addresses import Papers
from web.indexing import run_index
from web.settings import Settings

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
