"""Feeds and sitemaps, written well and badly, and those written to do harm. Left out: loading them
(`test_fetching.py`)."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from index.fetching.addresses import NoWebAddress, credentials_of, web_address, without_credentials
from index.fetching.feeds import content_page, day_of, read_feed, read_json_feed
from index.fetching.items import UnreadableListing
from index.fetching.kinds import kind_of, suffix_of
from index.fetching.sitemaps import read_sitemap
from index.readers import read_file

BASE = "https://brent.example/news/feed"
WORDS = "The bridge of Brent was opened to carts by the mayor in 1832, after nine years of work on its piers."


@pytest.fixture
def kept(tmp_path: Path) -> Callable[[str | bytes], Path]:
    def keep(text: str | bytes) -> Path:
        file = tmp_path / "source"
        file.write_bytes(text.encode() if isinstance(text, str) else text)
        return file

    return keep


def rss(*items: str, before: str = "") -> str:
    return (
        f'<?xml version="1.0" encoding="utf-8"?>{before}<rss version="2.0" '
        'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f"<channel><title>News</title><language>en-gb</language>{''.join(items)}</channel></rss>"
    )


def test_rss(kept: Callable[[str], Path]) -> None:
    first, second = read_feed(
        kept(
            rss(
                "<item><title>Tolls &amp;amp; salt</title><link>../tolls#comments</link>"
                "<pubDate>Mon, 23 Nov 2026 23:30:00 -0500</pubDate><dc:creator>Ada Brent</dc:creator>"
                "<category>salt</category><category>carts</category><description>short</description>"
                f"<content:encoded><![CDATA[<p>{WORDS}</p>]]></content:encoded></item>",
                "<item><title>Second</title><guid isPermaLink='true'>https://BRENT.example:443/second</guid>"
                "<description>short</description></item>",
            )
        ),
        BASE,
    )
    assert first.url == first.page == "https://brent.example/tolls"
    assert first.hints == {
        "title": "Tolls & salt", "date": "2026-11-23", "author": "Ada Brent", "tags": ["salt", "carts"],
        "language": "en-gb",
    }  # fmt: skip
    assert first.content == f"<p>{WORDS}</p>"
    assert second.url == "https://brent.example/second" and second.content is None and "date" not in second.hints


def test_atom(kept: Callable[[str], Path]) -> None:
    (item,) = read_feed(
        kept(
            '<feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://other.example/a/"><title>News</title>'
            '<entry><title type="html">&lt;b&gt;Tolls&lt;/b&gt;</title><id>urn:1</id><link rel="self" href="self"/>'
            '<link href="tolls"/><published>2026-11-24T00:30:00+13:00</published>'
            "<updated>2026-11-25T01:00:00Z</updated><author><name>Ada Brent</name></author>"
            f'<category term="x" label="salt"/><content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>{WORDS}'
            "</p></div></content></entry></feed>"
        ),
        BASE,
    )
    assert item.url == "https://other.example/a/tolls"
    assert item.hints == {
        "title": "Tolls", "date": "2026-11-24", "updated": "2026-11-25", "author": "Ada Brent", "tags": ["salt"],
    }  # fmt: skip
    assert item.content is not None and WORDS in item.content


def test_json_feed(kept: Callable[[str], Path]) -> None:
    feed = {
        "version": "https://jsonfeed.org/version/1.1", "language": "fr", "authors": [{"name": "Ada Brent"}],
        "items": [
            {"id": "1", "url": "/one", "title": "Un", "content_html": "<p>x</p>", "tags": ["sel", 3],
             "date_published": "2026-11-23T23:30:00-05:00", "date_modified": "2026-11-24T10:00:00-05:00"},
            {"id": "2", "content_text": "a < b\n\nc"},
            "no item", {"id": 3, "url": ["x"], "title": "\ud800"},
        ],
    }  # fmt: skip
    file = kept(json.dumps(feed))
    assert kind_of(file) == "json feed"
    one, two, three = read_json_feed(file, BASE)
    assert (one.url, one.content) == ("https://brent.example/one", "<p>x</p>")
    assert one.hints == {
        "title": "Un", "date": "2026-11-23", "updated": "2026-11-24", "author": "Ada Brent", "tags": ["sel"],
        "language": "fr",
    }  # fmt: skip
    assert two.page is None and two.url.startswith(f"{BASE}#") and two.content == "<p>a &lt; b</p><p>c</p>"
    assert three.page is None and three.problem == "it has no address"


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("Mon, 23 Nov 2026 23:30:00 -0500", "2026-11-23"),
        ("Tue, 24 Nov 2026 00:30:00 +1400", "2026-11-24"),
        ("Mon, 23 Nov 2026 23:30:00 CEST", "2026-11-23"),
        ("Mon, 23 Nov 2026 23:30:00 -9999", "2026-11-23"),
        ("23 Nov 26 23:30 GMT+2", "2026-11-23"),
        ("2026-11-23T23:30:00-11:00", "2026-11-23"),
        ("2026-11-23", "2026-11-23"),
        ("20261123T233000Z", "2026-11-23"),
        ("2026-02-30T00:00:00Z", None),
        ("yesterday", None),
        ("", None),
        (None, None),
        ("1" * 300_000, None),
    ],
)
def test_the_day_is_that_of_the_items_own_zone(written: str | None, day: str | None) -> None:
    assert day_of(written) == day


def test_links_that_lead_nowhere_and_twice(kept: Callable[[str], Path]) -> None:
    content = f"<content:encoded>&lt;p&gt;{WORDS}&lt;/p&gt;</content:encoded>"
    links = ["javascript:alert(1)", "file:///etc/passwd", "data:text/html,x", "http://", "https://u:secret@a.example/1"]
    items = [f"<item><title>{number}</title><link>{link}</link></item>" for number, link in enumerate(links)]
    items += ["<item><title>again</title><link>https://a.example/1#top</link></item>"]
    items += [f"<item><guid isPermaLink='false'>g7</guid><link>javascript:x</link>{content}</item>"]
    read = read_feed(kept(rss(*items)), BASE)
    assert [item.page for item in read] == [None, None, None, None, "https://a.example/1", None]
    assert [item.hints.get("title") for item in read] == ["0", "1", "2", "3", "4", None]
    assert all(item.problem and item.url.startswith(f"{BASE}#") for item in read[:4])
    assert read[5].problem is None and read[5].content == f"<p>{WORDS}</p>"
    assert "secret" not in repr(read)


def test_a_feed_that_is_badly_written_is_mended(kept: Callable[[str | bytes], Path]) -> None:
    broken = rss("<item><title>Tolls&nbsp;& salt &eacute;t&eacute;</title><link>/a</link></item>", "<item><title>B")
    assert [item.hints["title"] for item in read_feed(kept(broken), BASE)] == ["Tolls & salt été", "B"]
    latin = '<rss version="2.0"><channel><item><title>L’été à Brent</title><link>/a</link></item></channel></rss>'
    assert read_feed(kept(latin.encode("cp1252")), BASE)[0].hints["title"] == "L’été à Brent"
    wide = '<?xml version="1.0" encoding="utf-16"?>' + latin
    assert read_feed(kept(wide.encode("utf-16")), BASE)[0].hints["title"] == "L’été à Brent"
    assert kind_of(kept(wide.encode("utf-16"))) == "feed"


BOMB = '<!DOCTYPE rss [<!ENTITY a "aaaaaaaaaa">' + "".join(
    f'<!ENTITY {chr(98 + i)} "{f"&{chr(97 + i)};" * 10}">' for i in range(12)
) + "]>"  # fmt: skip


@pytest.mark.parametrize(
    "harm",
    [
        rss("<item><title>&m;</title><link>/a</link></item>", before=BOMB),
        rss("<item><title>&m;</title><link>/a</link></item>", before=BOMB).replace("utf-8", "utf-16").encode("utf-16"),
        rss("<item>&x;</item>", before='<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]>'),
        "<rss>" + "<a/>" * 600_000,
        "no XML at all " * 1000,
        "<rss version='2.0'><channel>" + "<item/>" * 50_001 + "</channel></rss>",
        b"<rss version='2.0'><channel>" + b"x" * 10_000_000,
        b"<rss>\0</rss>",
        b"",
    ],
)
def test_feeds_that_do_harm_are_refused(kept: Callable[[str | bytes], Path], harm: str | bytes) -> None:
    began = time.monotonic()
    with pytest.raises(UnreadableListing):
        read_feed(kept(harm), BASE)
    assert time.monotonic() - began < 10


@pytest.mark.parametrize(
    "inside",
    [
        "<item><a>" * 60_000,
        "<" * 200_000,
        "&#" * 300_000,
        "<item>" + "<a>" * 200_000,
        "<item><title><![CDATA[" * 20_000,
    ],
)
def test_feeds_that_end_in_a_mess_take_little_time(kept: Callable[[str], Path], inside: str) -> None:
    began = time.monotonic()
    items = read_feed(
        kept(rss("<item><title>A</title><link>/a</link></item>").partition("</channel>")[0] + inside), BASE
    )
    assert items[0].url == "https://brent.example/a"
    assert time.monotonic() - began < 10


@pytest.mark.parametrize(
    "harm", ["{", '{"items": 3}', "[" * 100_000, "[]", '{"items": [' + '{"id": 1},' * 50_001 + "{}]}"]
)
def test_json_feeds_that_are_none(kept: Callable[[str], Path], harm: str) -> None:
    with pytest.raises(UnreadableListing):
        read_json_feed(kept(harm), BASE)


NEWS = "http://www.google.com/schemas/sitemap-news/0.9"
SITEMAP = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'


def test_a_sitemap(kept: Callable[[str], Path]) -> None:
    file = kept(
        f'<?xml version="1.0"?><!-- made --><urlset {SITEMAP} xmlns:news="{NEWS}" xmlns:image="http://x/sitemap-image/1.1">'
        "<url><loc> /a </loc><lastmod>2026-11-23</lastmod><news:news><news:title>Tolls &amp; salt</news:title>"
        "<news:publication_date>2026-11-20T23:00:00-05:00</news:publication_date></news:news>"
        "<image:image><image:loc>/a.png</image:loc><image:title>Picture</image:title></image:image></url>"
        "<url><loc>ftp://brent.example/b</loc></url><url/><url><loc>/a</loc></url></urlset>"
    )
    assert kind_of(file) == "sitemap"
    (first, second, third), sitemaps = read_sitemap(file, "https://brent.example/sitemap.xml")
    assert (first.url, first.stamp) == ("https://brent.example/a", "2026-11-23") and sitemaps == []
    assert first.hints == {"title": "Tolls & salt", "date": "2026-11-20"}
    assert second.page is third.page is None and second.problem and third.problem


def test_a_list_of_sitemaps(kept: Callable[[str], Path]) -> None:
    file = kept(
        f"<sitemapindex {SITEMAP}><sitemap><loc>/1.xml.gz</loc></sitemap>"
        "<sitemap><loc>/2.xml</loc></sitemap></sitemapindex>"
    )
    assert kind_of(file) == "sitemap"
    assert read_sitemap(file, BASE) == ([], ["https://brent.example/1.xml.gz", "https://brent.example/2.xml"])


def test_sitemaps_that_do_harm(kept: Callable[[str | bytes], Path]) -> None:
    secret = kept(
        f'<!DOCTYPE urlset [<!ENTITY x SYSTEM "file:///etc/hostname">]><urlset {SITEMAP}>'
        "<url><loc>/&x;</loc></url></urlset>"
    )
    assert [item.url for item in read_sitemap(secret, BASE)[0]] == ["https://brent.example/"]
    many = "".join(f"<url><loc>/{number}</loc></url>" for number in range(50_001))
    for harm in (
        f"<urlset>{many}</urlset>",
        "<urlset>" + "<url><loc>/a</loc></url>" * 50_001 + "</urlset>",
        "<urlset><url>",
        "<urlset>" + "<a>" * 100_000,
        BOMB + "<urlset><url><loc>&m;",
    ):
        with pytest.raises(UnreadableListing):
            read_sitemap(kept(harm), BASE)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("<!DOCTYPE html><html><body><rss></body>", "page"),
        ('<?xml version="1.0"?><!DOCTYPE html><html>', "page"),
        ('<?xml version="1.0"?>\n<?xml-stylesheet href="x"?><!-- <html> --><rdf:RDF xmlns="x">', "feed"),
        ("\ufeff <atom:feed>", "feed"),
        ("<rssx>", "page"),
        ('{"version": "2", "items": []}', "page"),
        ("", "page"),
        ("<!--" * 20_000, "page"),
        ("<!doctype " * 10_000, "page"),
    ],
)
def test_what_an_address_holds(kept: Callable[[str], Path], text: str, kind: str) -> None:
    began = time.monotonic()
    assert kind_of(kept(text)) == kind
    assert time.monotonic() - began < 1


@pytest.mark.parametrize(
    ("content_type", "path", "suffix"),
    [
        ("text/html", "/a.pdf", ".html"),
        ("", "/a", ".html"),
        ("", "/a.PDF", ".pdf"),
        ("application/octet-stream", "/a.epub", ".epub"),
        ("application/octet-stream", "/a.exe", None),
        ("text/plain", "/a.md", ".md"),
        ("text/plain", "/robots", ".txt"),
        ("image/png", "/a.html", None),
        ("application/json", "/a", None),
    ],
)
def test_what_kind_of_file_a_page_is(content_type: str, path: str, suffix: str | None) -> None:
    assert suffix_of(content_type, f"https://brent.example{path}") == suffix


def test_addresses() -> None:
    assert web_address("HTTPS://Ada:pw@BRENT.example:443/a b?q=é#x") == "https://brent.example/a%20b?q=%C3%A9"
    assert credentials_of("https://ada:p%40w@brent.example/") == ("ada", "p@w")
    for wrong in (
        "https://ada:secret@bad:port/",
        "http://ada:secret@/",
        "x" * 3000,
        "mailto:ada@brent.example",
        "",
        "http://a\0b/",
    ):
        with pytest.raises(NoWebAddress) as raised:
            web_address(wrong)
        assert "secret" not in str(raised.value) + without_credentials(wrong)


def test_the_content_of_a_feed_is_read_as_an_article(kept: Callable[[str], Path], tmp_path: Path) -> None:
    item = read_feed(
        kept(
            rss(
                "<item><title>Tolls &lt; salt</title>"
                f"<content:encoded><![CDATA[<p>{WORDS}</p><p>{WORDS[::-1]}</p>]]></content:encoded></item>"
            )
        ),
        BASE,
    )[0]
    page = tmp_path / "article.html"
    page.write_text(content_page(item), encoding="utf-8")
    ((_, article),) = read_file(page, page, 1_000_000)
    assert not isinstance(article, Exception) and WORDS in article.text and article.title == "Tolls < salt"
