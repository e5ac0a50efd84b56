"""Feeds and pages by address, served over a socket, into an index and out of it again. Left out: how they are loaded
(`test_fetching.py`, `test_feeds.py`)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from index.build import Summary, build
from index.errors import TooManyRemoved
from index.plan_addresses import fetch_state
from index.settings import IndexSettings
from index.store import generations, open_store, open_writer, roll_back
from index.types import Article, Filters
from tests.served_site import HTML, Reply, Site, running_site
from tests.test_build import EMBEDDER, counts
from tests.test_documents import GOLD, page


class Papers:
    """What a server answers by path. Bodies have an ETag."""

    def __init__(self, site: Site) -> None:
        self.site, self.url = site, site.url()

    def put(self, path: str, body: str, kind: str = HTML) -> None:
        self.site.replies[path] = Reply(body, kind, etag=f'"{hash(body)}"')

    def fail(self, path: str, status: int) -> None:
        self.site.replies[path] = Reply("", status=status)

    def feed(self, *names: str) -> None:
        """An RSS feed of pages, each published in May 2024."""
        items = "".join(
            f"<item><title>Toll {name}</title><link>{self.url}/{name}.html</link><guid>{self.url}/{name}.html</guid>"
            f"<pubDate>Wed, 0{day} May 2024 23:30:00 -0500</pubDate></item>"
            for day, name in enumerate(names, 1)
        )
        told = f'<?xml version="1.0"?><rss version="2.0"><channel><title>Tolls</title>{items}</channel></rss>'
        self.put("/feed.xml", told, "application/rss+xml")

    def write(self, name: str, toll: str) -> None:
        """A page without a date of its own."""
        text = f"<p>The toll of the bridge {name} is {toll} pence for a cart, and half of it for a horse.</p>"
        head = f"<!doctype html><html lang=en><title>Toll {name}</title>"
        self.put(f"/{name}.html", f"{head}<article><h1>Toll {name}</h1>{text}{text}</article>")


@pytest.fixture
def site() -> Iterator[Papers]:
    with running_site() as made:
        yield Papers(made)


@pytest.fixture
def settings(tmp_path: Path) -> IndexSettings:
    return IndexSettings.model_validate(
        {"store": f"embedded:{tmp_path}/index", "private_hosts": "127.0.0.1", "fetch_wait_seconds": 0, "fetch_tries": 1}
    )


def sync(settings: IndexSettings, *addresses: str, most_removed: float = 1.0) -> Summary:
    with open_writer(settings, EMBEDDER.name, EMBEDDER.dimension) as writer:
        return build([], writer, EMBEDDER, settings, most_removed=most_removed, addresses=addresses)


def articles(settings: IndexSettings) -> dict[str, Article]:
    found, _ = open_store(settings).articles(0, 1000, Filters())
    return {(article.url or "").rpartition("/")[2]: article for article in found}


def test_a_feed_is_kept_in_step(site: Papers, settings: IndexSettings) -> None:
    for name in ("a", "b", "c"):
        site.write(name, "three")
    site.feed("a", "b", "c")
    assert counts(sync(settings, f"{site.url}/feed.xml")) == (3, 0, 0, 0, 0)
    found = articles(settings)
    assert {name: article.published for name, article in found.items()} == {
        "a.html": "2024-05-01", "b.html": "2024-05-02", "c.html": "2024-05-03",
    }  # fmt: skip
    assert found["a.html"].id == f"{site.url.removeprefix('http://')}/a" and "three pence" in found["a.html"].text
    site.site.asked.clear()
    again = sync(settings, f"{site.url}/feed.xml")
    assert counts(again) == (0, 0, 3, 0, 0) and again.generation is None
    assert {asked.status for asked in site.site.asked if asked.path != "/robots.txt"} == {304}
    site.write("b", "five")
    site.write("d", "six")
    site.fail("/c.html", 410)
    site.feed("b", "c", "d")  # a has left the feed, and stays
    assert counts(sync(settings, f"{site.url}/feed.xml")) == (1, 1, 0, 1, 0)
    assert set(articles(settings)) == {"a.html", "b.html", "d.html"}
    assert "five pence" in articles(settings)["b.html"].text


def test_what_cannot_be_loaded_keeps_its_article(site: Papers, settings: IndexSettings) -> None:
    site.write("a", "three")
    site.write("b", "four")
    site.feed("a", "b")
    sync(settings, f"{site.url}/feed.xml")
    site.fail("/a.html", 500)
    site.put("/b.html", "<html><body></body></html>")
    summary = sync(settings, f"{site.url}/feed.xml")
    assert counts(summary) == (0, 0, 0, 0, 2) and len(articles(settings)) == 2
    assert all(f"{site.url}/{name}.html: " in reason for name, reason in zip("ab", summary.failures, strict=True))
    assert all(origin.startswith(f"{site.url}/feed.xml#") for origin in summary.failed)
    site.fail("/feed.xml", 404)
    assert counts(sync(settings, f"{site.url}/feed.xml"))[3:] == (0, 1) and len(articles(settings)) == 2


def test_a_page_that_never_was_is_nothing_to_remove(site: Papers, settings: IndexSettings) -> None:
    site.write("a", "three")
    site.feed("a", "b")
    for _ in range(2):
        assert sync(settings, f"{site.url}/feed.xml", most_removed=0.2).remove == 0
    assert set(articles(settings)) == {"a.html"}


def test_one_page_is_a_source(site: Papers, settings: IndexSettings) -> None:
    site.put("/bridge", page("fr"))
    assert counts(sync(settings, f"{site.url}/bridge")) == (1, 0, 0, 0, 0)
    (article,) = articles(settings).values()
    assert article.title == GOLD["fr"][0] and article.published == "2024-05-01"
    assert counts(sync(settings, f"{site.url}/bridge")) == (0, 0, 1, 0, 0)


def test_what_was_not_published_is_loaded_again(site: Papers, settings: IndexSettings) -> None:
    """After a build that stopped, and after a rollback."""
    site.write("a", "three")
    site.feed("a")

    def stop(change: object) -> None:
        raise KeyboardInterrupt

    with open_writer(settings, EMBEDDER.name, EMBEDDER.dimension) as writer, pytest.raises(KeyboardInterrupt):
        build([], writer, EMBEDDER, settings, stop, addresses=[f"{site.url}/feed.xml"])
    first = sync(settings, f"{site.url}/feed.xml").generation
    site.write("b", "four")
    site.feed("a", "b")
    assert counts(sync(settings, f"{site.url}/feed.xml")) == (1, 0, 1, 0, 0)
    assert first and len(generations(settings)) == 2
    roll_back(settings, first)
    assert len(articles(settings)) == 1
    assert counts(sync(settings, f"{site.url}/feed.xml")) == (1, 0, 1, 0, 0) and len(articles(settings)) == 2
    other = settings.model_copy(update={"passage_tokens": 40})
    assert counts(sync(other, f"{site.url}/feed.xml")) == (0, 2, 0, 0, 0)


def test_a_large_share_that_is_gone_is_not_removed_unasked(site: Papers, settings: IndexSettings) -> None:
    for name in "abcd":
        site.write(name, "three")
    site.feed(*"abcd")
    sync(settings, f"{site.url}/feed.xml")
    site.fail("/a.html", 404)
    with pytest.raises(TooManyRemoved, match="1 of its 4"):
        sync(settings, f"{site.url}/feed.xml", most_removed=0.2)
    assert counts(sync(settings, f"{site.url}/feed.xml")) == (0, 0, 3, 1, 0)


def test_private_networks_are_not_asked(site: Papers, settings: IndexSettings) -> None:
    site.write("a", "three")
    closed = settings.model_copy(update={"private_hosts": ""})
    summary = sync(closed, f"{site.url}/a.html")
    assert counts(summary) == (0, 0, 0, 0, 1) and "private" in summary.failures[0] and site.site.asked == []
    with fetch_state([site.url], closed) as state:
        assert state and state.pages_of(f"{site.url}/a.html") == []


def test_a_page_that_could_not_be_read_is_loaded_again(site: Papers, settings: IndexSettings) -> None:
    site.write("a", "three")
    sync(settings, f"{site.url}/a.html")
    site.put("/a.html", "<html><body></body></html>")
    for _ in range(2):
        assert counts(sync(settings, f"{site.url}/a.html")) == (0, 0, 0, 0, 1)
    assert len(articles(settings)) == 1


def test_ids_of_files_of_the_same_run_are_taken(site: Papers, settings: IndexSettings, tmp_path: Path) -> None:
    site.put("/a.jsonl", '{"id": "1", "text": "The canal is wide."}', "application/jsonl")
    file = tmp_path / "a.jsonl"
    file.write_text('{"id": "1", "text": "The bridge is long."}', encoding="utf-8")
    with open_writer(settings, EMBEDDER.name, EMBEDDER.dimension) as writer:
        summary = build([file], writer, EMBEDDER, settings, addresses=[f"{site.url}/a.jsonl"])
    found, total = open_store(settings).articles(0, 9, Filters())
    assert (summary.add, total, summary.failures) == (2, 2, [])
    assert {article.text for article in found} == {"The canal is wide.", "The bridge is long."}
