"""Sources loaded from a real site on loopback: what is new, what is not, what is gone, and sites that are slow, endless
or sly. Left out: what feeds may hold (`test_feeds.py`)."""

from __future__ import annotations

import gzip
import socket
import sqlite3
import stat
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from email.utils import formatdate
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from index.errors import IndexFault
from index.fetching.items import Fetched
from index.fetching.loader import Loader, next_address
from index.fetching.receiving import NotLoaded, retry_after
from index.fetching.source import fetch_source
from index.fetching.state import FetchState, FetchStateError
from index.settings import IndexSettings
from tests.served_site import HTML, Reply, Site, running_site

XML = "application/xml"


@pytest.fixture
def site() -> Iterator[Site]:
    with running_site() as running:
        yield running


@pytest.fixture
def state(tmp_path: Path) -> Iterator[FetchState]:
    with FetchState(tmp_path / "fetched.sqlite") as opened:
        yield opened


def settings(**given: Any) -> IndexSettings:
    quick = {"private_hosts": "127.0.0.1", "fetch_wait_seconds": 0.0, "fetch_seconds": 5.0}
    return IndexSettings(**{**quick, **given})


def run(url: str, state: FetchState, done: bool = True, **given: Any) -> dict[str, tuple[Fetched, bytes]]:
    """What came, by address without its origin, each with the bytes of its file; and the index was published."""
    came: dict[str, tuple[Fetched, bytes]] = {}
    for fetched in fetch_source(url, state, settings(**given)):
        name = fetched.url.removeprefix(url[: url.index("/", 8)])
        assert name not in came, "no item comes twice"
        came[name] = fetched, fetched.file.read_bytes() if fetched.file else b""
    if done:
        state.done(*(fetched.url for fetched, _ in came.values()))
    return came


def kinds(came: dict[str, tuple[Fetched, bytes]]) -> dict[str, str]:
    return {name: fetched.kind for name, (fetched, _) in came.items()}


def only(came: dict[str, tuple[Fetched, bytes]]) -> Fetched:
    ((fetched, _),) = came.values()
    return fetched


def rss(items: list[str]) -> str:
    return (
        '<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>'
        f"{''.join(f'<item>{item}</item>' for item in items)}</channel></rss>"
    )


def test_a_feed_over_time(site: Site, state: FetchState) -> None:
    """500 items in ten rounds, the newest 60 listed in each; some change, some go."""
    versions: dict[int, int] = {}
    gone: set[int] = set()
    indexed: dict[str, bytes] = {}
    for turn in range(10):
        for number in range(50 * turn, 50 * turn + 50):
            versions[number] = 1
        window = range(max(0, 50 * turn - 10), 50 * turn + 50)
        changed = [number for number in window if turn and number % 9 == 0 and number < 50 * turn]
        leaving = {number for number in window if turn and number % 9 == 1 and number < 50 * turn}
        for number in changed:
            versions[number] += 1
        gone |= leaving
        for number, version in versions.items():
            page = Reply(f"<html>{number} v{version}</html>", etag=f'"{number}-{version}"')
            site.replies[f"/{number}"] = Reply("", status=410) if number in gone else page
        listed = [
            f"<title>T{n}</title><link>/{n}</link><pubDate>{formatdate(86_400 * n)}</pubDate>" for n in reversed(window)
        ]
        site.replies["/feed"] = Reply(rss(listed), XML, etag=f'"{turn}"')
        came = run(site.url("/feed"), state)
        found = kinds(came)
        assert [number for number in window if found[f"/{number}"] == "gone"] == sorted(leaving)
        new = [*changed, *range(50 * turn, 50 * turn + 50)]
        assert [name for name in found if found[name] == "loaded"] == [f"/{n}" for n in reversed(new)]
        assert len(found) == len(window)
        statuses = {asked.path: asked.status for asked in site.asked}
        old = [n for n in window if n < 50 * turn and n not in leaving and n not in changed]
        assert {statuses[f"/{n}"] for n in old} <= {304}
        for name, (fetched, text) in came.items():
            if fetched.kind == "loaded":
                day = time.strftime("%Y-%m-%d", time.gmtime(86_400 * int(name[1:])))
                assert fetched.hints == {"title": f"T{name[1:]}", "date": day}
                indexed[name] = text
            elif fetched.kind == "gone":
                del indexed[name]
        site.asked.clear()
        assert set(kinds(run(site.url("/feed"), state)).values()) == {"unchanged", "gone"} - (
            set() if leaving else {"gone"}
        )
        assert site.asked[1].status == 304, "the feed itself is asked for with its validators"
        site.asked.clear()
    assert indexed == {f"/{n}": f"<html>{n} v{versions[n]}</html>".encode() for n in versions if n not in gone}


def test_nothing_is_seen_before_it_is_done(site: Site, tmp_path: Path) -> None:
    site.replies |= {"/feed": Reply(rss(["<link>/a</link>", "<link>/b</link>"]), XML, etag='"f"')}
    site.replies |= {"/a": Reply("a", etag='"a"'), "/b": Reply("b", etag='"b"')}
    file = tmp_path / "state" / "fetched.sqlite"
    with FetchState(file) as state:
        assert kinds(run(site.url("/feed"), state, done=False)) == {"/a": "loaded", "/b": "loaded"}
        assert run(site.url("/feed"), state, done=False) == {}, "yielded in this run already"
        state.abandon()
        assert kinds(run(site.url("/feed"), state, done=False)) == {"/a": "loaded", "/b": "loaded"}
        state.done(site.url("/a"), "https://never.example/")
    with FetchState(file) as state:  # the one before ended without a word about b
        assert kinds(run(site.url("/feed"), state)) == {"/a": "unchanged", "/b": "loaded"}
    with FetchState(file) as state:
        assert kinds(run(site.url("/feed"), state)) == {"/a": "unchanged", "/b": "unchanged"}
        site.replies["/a"] = Reply("", status=410)
        assert kinds(run(site.url("/feed"), state, done=False))["/a"] == "gone"
        state.abandon()
        assert kinds(run(site.url("/feed"), state))["/a"] == "gone"
        assert state.page(site.url("/a")) is None
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_all_of_a_batch_is_recorded_or_none(site: Site, tmp_path: Path) -> None:
    site.replies |= {
        "/feed": Reply(rss(["<link>/a</link>", "<link>/b</link>"]), XML),
        "/a": Reply("a"),
        "/b": Reply("b"),
    }
    with FetchState(tmp_path / "fetched.sqlite") as state:
        run(site.url("/feed"), state, done=False)
        other = sqlite3.connect(tmp_path / "fetched.sqlite")
        other.execute(
            "CREATE TRIGGER no BEFORE INSERT ON pages WHEN NEW.url LIKE '%/b' BEGIN SELECT RAISE(ABORT, 'no'); END"
        )
        with pytest.raises(FetchStateError, match="damaged"):
            state.done(site.url("/a"), site.url("/b"))
        assert state.page(site.url("/a")) is None
        other.execute("DROP TRIGGER no")
        other.close()
        state.done(site.url("/a"), site.url("/b"))
        assert state.page(site.url("/a")) and state.page(site.url("/b"))


def test_a_damaged_state_says_what_to_do(tmp_path: Path) -> None:
    file = tmp_path / "fetched.sqlite"
    file.write_bytes(b"no database " * 1000)
    with pytest.raises(IndexFault, match="Move it away"):
        FetchState(file)
    with pytest.raises(FetchStateError, match="folder"):
        FetchState(file / "below")


def test_what_left_a_feed_is_asked_for_when_it_is_due(site: Site, state: FetchState) -> None:
    site.replies |= {"/feed": Reply(rss(["<title>A</title><link>/a</link>"]), XML), "/a": Reply("a")}
    run(site.url("/feed"), state)
    site.replies |= {"/feed": Reply(rss([]), XML), "/a": Reply("", status=404)}
    assert run(site.url("/feed"), state) == {}
    site.replies["/a"] = Reply("new")
    fetched = only(run(site.url("/feed"), state, recheck_days=0))
    assert (fetched.kind, fetched.hints) == ("loaded", {"title": "A"})
    site.replies["/a"] = Reply("", status=404)
    assert kinds(run(site.url("/feed"), state, recheck_days=0)) == {"/a": "gone"}
    assert run(site.url("/feed"), state, recheck_days=0) == {}


@pytest.mark.parametrize(
    "reply", [Reply("", status=404), Reply("", status=410), Reply("<html>Sorry</html>"), Reply("", XML)]
)
def test_a_feed_that_fails_removes_nothing(site: Site, state: FetchState, reply: Reply) -> None:
    site.replies |= {"/feed": Reply(rss(["<link>/a</link>"]), XML), "/a": Reply("a", modified=formatdate(0))}
    run(site.url("/feed"), state)
    good, site.replies["/feed"] = site.replies["/feed"], reply
    assert kinds(run(site.url("/feed"), state, recheck_days=0)) == {"/feed": "failed"}
    site.replies["/feed"] = good
    assert kinds(run(site.url("/feed"), state)) == {"/a": "unchanged"}


def test_a_sitemap_of_sitemaps(site: Site, state: FetchState) -> None:
    def urlset(*pages: str) -> bytes:
        named = "".join(f"<url><loc>/{page}</loc><lastmod>2026-01-0{page[1:]}</lastmod></url>" for page in pages)
        return f"<urlset>{named}</urlset>".encode()

    names = "".join(f"<sitemap><loc>{name}</loc></sitemap>" for name in ("/1.xml.gz", "/2.xml", "/index.xml"))
    site.replies["/index.xml"] = Reply(f"<sitemapindex>{names}</sitemapindex>", XML)
    site.replies["/1.xml.gz"] = Reply(gzip.compress(urlset("a1", "b1")), "application/x-gzip", etag='"1"')
    site.replies["/2.xml"] = Reply(urlset("b1", "c1"), "text/xml")
    site.replies |= {f"/{page}": Reply(page) for page in ("a1", "b1", "c1")}
    assert kinds(run(site.url("/index.xml"), state)) == {"/a1": "loaded", "/b1": "loaded", "/c1": "loaded"}
    site.paths()
    assert set(kinds(run(site.url("/index.xml"), state)).values()) == {"unchanged"}
    assert site.paths() == ["/index.xml", "/1.xml.gz", "/2.xml"], "pages of the same day are not asked for"
    run(site.url("/index.xml"), state, recheck_days=0)
    assert {"/a1", "/b1", "/c1"} <= set(site.paths())
    site.replies["/2.xml"] = Reply(urlset("c2"), "text/xml")
    site.replies |= {"/c2": Reply("c2"), "/c1": Reply("", status=410)}
    assert kinds(run(site.url("/index.xml"), state)) == {
        "/a1": "unchanged",
        "/b1": "unchanged",
        "/c2": "loaded",
        "/c1": "gone",
    }
    site.replies["/2.xml"] = Reply("", status=404)
    found = kinds(run(site.url("/index.xml"), state))
    assert found == {"/2.xml": "failed", "/a1": "unchanged", "/b1": "unchanged"}


def test_robots_are_obeyed(site: Site, state: FetchState) -> None:
    site.replies["/robots.txt"] = Reply(
        "User-agent: *\nDisallow: /\nUser-agent: loccit\nDisallow: /secret*\n", "text/plain"
    )
    whole = "<link>/secret2</link><content:encoded>&lt;p&gt;Whole text&lt;/p&gt;</content:encoded>"
    feed = rss(["<link>/open</link>", "<link>/secret1</link>", whole])
    site.replies |= {
        "/feed": Reply(feed, XML),
        "/open": Reply("open"),
        "/to": Reply("", status=302, headers={"Location": "/secret3"}),
    }
    came = run(site.url("/feed"), state)
    assert kinds(came) == {"/open": "loaded", "/secret1": "failed", "/secret2": "loaded"}
    assert "robots.txt" in str(came["/secret1"][0].reason)
    fetched, page = came["/secret2"]
    assert fetched.from_feed and fetched.final_url == fetched.url and b"<p>Whole text</p>" in page
    assert kinds(run(site.url("/feed"), state))["/secret2"] == "unchanged"
    site.replies["/feed"] = Reply(feed.replace("Whole", "Other"), XML)
    assert b"Other text" in run(site.url("/feed"), state)["/secret2"][1]
    assert "robots.txt" in str(only(run(site.url("/secret"), state)).reason), "named by the operator or not"
    assert "robots.txt" in str(only(run(site.url("/to"), state)).reason)
    assert not [path for path in site.paths() if "secret" in path]


@pytest.mark.parametrize(("status", "kind"), [(500, "failed"), (429, "failed"), (403, "loaded"), (404, "loaded")])
def test_robots_that_cannot_be_had(site: Site, state: FetchState, status: int, kind: str) -> None:
    site.replies |= {"/robots.txt": Reply("x", status=status), "/a": Reply("a")}
    with Loader(settings(fetch_tries=1)) as loader:
        came = [
            *fetch_source(site.url("/a"), state, settings(), loader),
            *fetch_source(site.url("/b"), state, settings(), loader),
        ]
    assert came[0].kind == kind
    assert [asked.path for asked in site.asked].count("/robots.txt") == 1, "asked for once in a run"


def test_a_page_is_preferred_to_its_feed(site: Site, state: FetchState) -> None:
    item = "<link>/a</link><content:encoded>&lt;p&gt;Short&lt;/p&gt;</content:encoded>"
    site.replies |= {"/feed": Reply(rss([item]), XML), "/a": Reply("", status=403)}
    assert only(run(site.url("/feed"), state)).from_feed
    site.replies["/a"] = Reply("Long")
    fetched, text = run(site.url("/feed"), state)["/a"]
    assert not fetched.from_feed and text == b"Long"
    site.replies["/a"] = Reply("", status=403)
    assert kinds(run(site.url("/feed"), state)) == {"/a": "failed"}, "the page's text in the index is not replaced"


def test_pauses_and_their_length(site: Site, state: FetchState) -> None:
    feed = rss([f"<link>/{number}</link>" for number in range(4)])
    site.replies |= {"/feed": Reply(feed, XML)}
    run(site.url("/feed"), state, fetch_wait_seconds=0.15)
    times = [asked.at for asked in site.asked]
    assert len(times) == 6 and min(late - early for early, late in pairwise(times)) >= 0.14
    site.asked.clear()
    site.replies["/robots.txt"] = Reply("User-agent: *\nCrawl-delay: 0.3\n")
    run(site.url("/feed"), state)
    times = [asked.at for asked in site.asked[1:]]
    assert min(late - early for early, late in pairwise(times)) >= 0.29


def away(to: str, status: int = 302) -> Reply:
    return Reply("", status=status, headers={"Location": to})


def test_redirects(site: Site, state: FetchState) -> None:
    site.replies |= {"/a": away("/b", 301), "/b": away(site.url("/c"), 307), "/c": Reply("c"), "/loop": away("/loop")}
    fetched, text = run(site.url("/a"), state)["/a"]
    assert (text, fetched.final_url, fetched.url) == (b"c", site.url("/c"), site.url("/a"))
    assert "more than 5 times" in str(only(run(site.url("/loop"), state)).reason)
    site.replies |= {
        "/out": away(site.url("/c", "localhost")),
        "/file": away("file:///etc/passwd"),
        "/odd": away("http://["),
    }
    site.asked.clear()
    assert "localhost is, or leads to, an address of a private" in str(only(run(site.url("/out"), state)).reason)
    assert "no web address" in str(only(run(site.url("/file"), state)).reason)
    assert "no web address" in str(only(run(site.url("/odd"), state)).reason)
    assert "/c" not in site.paths()


def test_redirects_stay_with_https() -> None:
    assert next_address("https://a.example/b/c", "//d.example/e") == "https://d.example/e"
    assert next_address("http://a.example/b/c", "https://a.example/d") == "https://a.example/d"
    with pytest.raises(NotLoaded, match="from https to http"):
        next_address("https://a.example/", "http://a.example/b")


def test_how_long_a_host_asks_for() -> None:
    assert [retry_after(value) for value in (None, "x", "-1", "7", "1" * 30)] == [0, 0, 0, 7, 86_400]
    assert retry_after(formatdate(time.time() - 60, usegmt=True)) == 0
    assert 55 < retry_after(formatdate(time.time() + 60)) <= 60


def test_a_private_host_is_not_called(site: Site, state: FetchState) -> None:
    assert "private_hosts" in str(only(run(site.url("/a"), state, private_hosts="")).reason)
    assert site.asked == []


def test_a_busy_host_is_asked_again_when_it_says(site: Site, state: FetchState) -> None:
    busy = Reply("", status=429, headers={"Retry-After": "1"})
    site.replies["/a"] = [busy, Reply("", status=503), Reply("a")]
    assert only(run(site.url("/a"), state)).kind == "loaded"
    times = [asked.at for asked in site.asked if asked.path == "/a"]
    assert len(times) == 3 and times[1] - times[0] >= 0.95
    site.replies["/b"] = Reply("", status=500)
    assert "answered 500, 3 times" in str(only(run(site.url("/b"), state)).reason)


def test_a_host_that_wants_to_be_left_alone_is(site: Site, state: FetchState) -> None:
    site.replies |= {"/feed": Reply(rss([f"<link>/{n}</link>" for n in range(3)]), XML)}
    site.replies |= {"/0": Reply("", status=429, headers={"Retry-After": formatdate(time.time() + 3600, usegmt=True)})}
    site.replies |= {"/1": Reply("1"), "/2": Reply("2")}
    assert kinds(run(site.url("/feed"), state)) == {"/0": "failed", "/1": "failed", "/2": "failed"}
    assert site.paths() == ["/feed", "/0"]
    came = run(site.url("/feed"), state)
    assert site.paths() == ["/feed"] and "left alone until 2" in str(came["/1"][0].reason)


def test_a_host_that_never_answers_is_given_up(site: Site, state: FetchState) -> None:
    site.replies |= {"/feed": Reply(rss([f"<link>/{n}</link>" for n in range(50)]), XML)}
    site.replies |= {f"/{n}": Reply("", status=502) for n in range(50)}
    assert set(kinds(run(site.url("/feed"), state, fetch_tries=1)).values()) == {"failed"}
    assert len(site.paths()) == 1 + 5


def drip(write: Callable[[bytes], object]) -> None:
    for _ in range(100):
        write(b"x")
        time.sleep(0.1)


def flood(write: Callable[[bytes], object]) -> None:
    while True:
        write(b"x" * 65_536)


def gzip_flood(write: Callable[[bytes], object]) -> None:
    pack = zlib.compressobj(9, wbits=31)
    while True:
        write(pack.compress(b"\0" * 1_000_000))


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (Reply(stream=drip), "more than 1 seconds"),
        (Reply(stream=flood), "more than 1,000,000 bytes"),
        (Reply(stream=gzip_flood, headers={"Content-Encoding": "gzip"}), "more than 1,000,000 bytes"),
        (Reply(gzip.compress(b"\0" * 50_000_000), headers={"Content-Encoding": "gzip"}), "more than 1,000,000 bytes"),
        (Reply("x", headers={"Content-Length": "1000001"}), "it has 1,000,001 bytes"),
        (Reply("x", headers={"Content-Length": "9"}), "broke off"),
        (Reply(b"x" * 9, headers={"Content-Encoding": "gzip"}), "damaged"),
        (Reply(gzip.compress(b"x" * 99)[:20], headers={"Content-Encoding": "gzip"}), "ends too early"),
        (Reply(gzip.compress(gzip.compress(b"x")), headers={"Content-Encoding": "gzip, gzip"}), "compressed in"),
        (Reply("x", "image/png"), "image/png"),
        (Reply(stream=flood, kind="video/mp4"), "video/mp4"),
        (Reply("<x/>", XML), "neither feed nor sitemap nor page"),
        (Reply("", status=304), "answered 304"),
        (Reply("", status=404), "answered 404"),
        (Reply(gzip.compress(b"<urlset>" + b" " * 60_000_000), "application/gzip"), "unpacks to more"),
    ],
)  # fmt: skip
def test_what_is_refused(site: Site, state: FetchState, reply: Reply, reason: str) -> None:
    site.replies["/a"] = reply
    began = time.monotonic()
    came = run(site.url("/a"), state, max_article_bytes=1_000_000, fetch_seconds=1.0, fetch_tries=2)
    assert only(came).kind == "failed" and reason in str(only(came).reason)
    assert time.monotonic() - began < 3


def test_headers_that_never_end(state: FetchState) -> None:
    def serve(listening: socket.socket) -> None:
        connection, _ = listening.accept()
        with connection:
            connection.recv(10_000)
            try:
                for byte in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 100:
                    connection.send(bytes([byte]))
                    time.sleep(0.1)
            except OSError:
                pass

    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=serve, args=(listening,), daemon=True).start()
        began = time.monotonic()
        came = run(f"http://127.0.0.1:{listening.getsockname()[1]}/a", state, fetch_seconds=1.0, fetch_tries=1)
    assert only(came).kind == "failed" and time.monotonic() - began < 2


def test_a_single_page(site: Site, state: FetchState) -> None:
    site.replies["/paper"] = Reply(b"%PDF-1.7", "application/pdf", etag='"1"')
    ((name, (fetched, text)),) = run(site.url("/paper#page=2"), state).items()
    assert fetched.file is not None and not fetched.file.exists(), "it stands until the next one is asked for"
    assert (name, fetched.kind, fetched.file.suffix, text) == ("/paper", "loaded", ".pdf", b"%PDF-1.7")
    assert kinds(run(site.url("/paper"), state)) == {"/paper": "unchanged"}
    assert site.asked[-1].status == 304
    site.replies["/paper"] = Reply(b"%PDF-1.7", "application/pdf")
    assert kinds(run(site.url("/paper"), state)) == {"/paper": "unchanged"}, "the same bytes"
    site.replies["/paper"] = Reply("", status=404)
    assert kinds(run(site.url("/paper"), state)) == {"/paper": "gone"}
    assert kinds(run(site.url("/paper"), state)) == {"/paper": "failed"}


def test_a_password_is_told_to_its_origin_alone(site: Site, state: FetchState, tmp_path: Path) -> None:
    with running_site() as other:
        site.replies |= {
            "/feed": Reply(rss(["<link>/a</link>", f"<link>{other.url('/b')}</link>"]), XML),
            "/a": away(other.url("/c")),
        }
        other.replies |= {"/b": Reply("b"), "/c": Reply("c")}
        with_password = site.url("/feed").replace("//", "//ada:s3cret@")
        came = list(fetch_source(with_password, state, settings()))
        state.done(*(fetched.url for fetched in came))
        assert [fetched.kind for fetched in came] == ["loaded", "loaded"] and "s3cret" not in repr(came)
        assert all(asked.headers["Authorization"] for asked in site.asked if asked.path != "/robots.txt")
        assert not any(asked.headers["Authorization"] for asked in other.asked) and len(other.asked) == 3
    assert b"s3cret" not in (tmp_path / "fetched.sqlite").read_bytes()
    wrong = only({"": (next(fetch_source("https://ada:s3cret@brent:x/", state, settings())), b"")})
    assert wrong.kind == "failed" and "s3cret" not in repr(wrong)


def test_cookies_and_agent(site: Site, state: FetchState) -> None:
    site.replies |= {
        "/feed": Reply(rss(["<link>/a</link>"]), XML, headers={"Set-Cookie": "id=1"}),
        "/a": Reply("a", kind=HTML),
    }
    run(site.url("/feed"), state)
    assert {asked.headers["User-Agent"] for asked in site.asked} == {"Loccit"}
    assert not any(asked.headers["Cookie"] for asked in site.asked)
