"""The pages as a browser without JavaScript gets them. Left out: what JavaScript adds
(`test_browser_*.py`)."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Iterator
from html import escape
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from index.types import Article
from rag.chatbot import Chatbot
from web.errors import TABLE
from web.texts import PROBLEMS

FRENCH = "Quand les ministres de la Défense se sont-ils réunis au siège de l'OTAN ?"
HOSTILE = Article(
    id="évil/article <b>?#",
    title="<script>alert('title')</script> & \"quotes\"",
    text=(
        "# <img src=x onerror=alert(1)>\n\n"
        'The pirate 🏴‍☠️ ship "sailed" on </blockquote><script>alert(2)</script> Tuesday.\r\n'
        "The pirate harbour was closed.\n\n## A & B\nسفينة القراصنة أبحرت."
    ),
    language="en",
    url="javascript:alert(3)",
    source="<i>source</i>",
    tags=("<u>tag</u>",),
    published="2025-01-02",
)


class Page(HTMLParser):
    """What a test wants to know of a page: its tags, and the text inside each `<mark>`."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.marks: list[str] = []
        self._in_mark = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag == "mark":
            self._in_mark = True
            self.marks.append("")

    def handle_endtag(self, tag: str) -> None:
        self._in_mark = self._in_mark and tag != "mark"

    def handle_data(self, data: str) -> None:
        if self._in_mark:
            self.marks[-1] += data

    def links(self) -> list[str]:
        return [attributes.get("href") or "" for tag, attributes in self.tags if tag == "a"]


@pytest.fixture(scope="module")
def client(server_url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server_url, timeout=60, trust_env=False) as opened:
        yield opened


@pytest.fixture
def hostile_client(
    make_chatbot: Callable[[list[Article]], Chatbot], serve: Callable[[Chatbot], str]
) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=serve(make_chatbot([HOSTILE])), timeout=60, trust_env=False) as opened:
        yield opened


def ask(client: httpx.Client, question: str, **more: Any) -> dict[str, Any]:
    answer: dict[str, Any] = client.post("/v1/answer", json={"question": question, **more}).json()
    return answer


def test_question_in_the_address_is_answered(client: httpx.Client) -> None:
    response = client.get("/", params={"q": FRENCH, "limit": "", "language": ""})
    page = Page(response.text)
    quoted = ask(client, FRENCH)["extracts"]
    assert response.status_code == 200 and quoted
    for extract in quoted:
        assert f"[{extract['number']}]</a>" in response.text
        assert extract["source_page"] in page.links()


def test_limit_is_kept(client: httpx.Client) -> None:
    html = client.get("/", params={"q": FRENCH, "limit": "1"}).text
    shown = html.split("<template", 1)[0]
    assert shown.count('<li class="quotation') == 1
    assert "<option selected>1</option>" in shown


def test_citation_is_marked_exactly(client: httpx.Client) -> None:
    for extract in ask(client, FRENCH)["extracts"]:
        page = Page(client.get(extract["source_page"]).text)
        assert "".join(page.marks) == extract["text"]
        assert [tag for tag in page.tags if tag == ("mark", {"id": "cited"})] == [("mark", {"id": "cited"})]


def test_no_answer_shows_passages_apart(client: httpx.Client) -> None:
    question = "Who won the 2031 chess cup of Atlantis?"
    answer = ask(client, question)
    html = client.get("/", params={"q": question, "ui": "en"}).text.split("<template", 1)[0]
    assert answer["status"] == "no_answer" and escape(answer["reason"]).replace("&#x27;", "&#39;") in html
    assert 'class="nearest">' in html and "not an answer" in html and "[1]" not in html
    assert "/articles?q=" + quote(question) in html
    assert answer["nearest"]
    assert {near["source_page"] for near in answer["nearest"]} <= set(Page(html).links())


@pytest.mark.parametrize(
    ("address", "status", "words"),
    [
        ("/?q=", 422, "question"),
        ("/?q=" + "a" * 5000, 413, "character"),
        ("/?q=who&limit=99", 422, "limit"),
        ("/?q=who&limit=x", 422, "limit"),
        ("/?q=who&language=klingon", 422, "language"),
        ("/articles/nothing", 404, "no such article"),
        ("/articles/panama-canal?start=5", 422, "both"),
        ("/articles/panama-canal?start=x&end=9", 422, "start"),
        ("/articles/panama-canal?start=9&end=9", 422, "characters"),
        ("/articles/panama-canal?start=-1&end=9", 422, "characters"),
        ("/articles/panama-canal?start=0&end=999999", 422, "characters"),
        ("/articles?offset=-1", 422, "offset"),
    ],
)
def test_errors_are_pages(client: httpx.Client, address: str, status: int, words: str) -> None:
    response = client.get(address)
    assert response.status_code == status
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    shown = re.search(r'<p class="problem"[^>]*>([^<]*)', response.text)
    assert shown and words in shown[1]
    assert "Traceback" not in response.text


def test_people_read_of_errors_in_their_language(client: httpx.Client) -> None:
    for address in (
        "/?q=",
        "/?q=who&since=bad",
        "/articles/nothing",
        "/articles?offset=-1",
        "/articles/x?start=1&end=0",
    ):
        client.cookies.clear()  # another test may have chosen
        page = client.get(address, headers={"Accept-Language": "fr"}).text
        shown = re.search(r'<p class="problem"[^>]*>([^<]*)', page)
        assert shown and not re.search(r"\b(the|is|no|must|it)\b", shown[1]), shown
    refused = client.post("/page/turn", json={"question": ""}, headers={"Accept-Language": "fr"})
    assert refused.json()["error"]["message"].startswith("La question est vide")
    assert set(PROBLEMS["en"]) <= set(PROBLEMS["fr"]) <= {row.code for row in TABLE.values()} | {"not_found"}


def test_address_nobody_serves(client: httpx.Client) -> None:
    page = client.get("/nowhere", headers={"Accept": "text/html,*/*"})
    assert page.status_code == 404 and page.text.startswith("<!doctype html>")
    assert client.get("/nowhere").json()["error"]["code"] == "not_found"


def test_no_index_is_a_page_too(no_index_url: str) -> None:
    response = httpx.get(no_index_url + "/?q=who&ui=fr", trust_env=False)
    assert response.status_code == 503 and response.headers["retry-after"]
    assert "loccit index" in response.text and "Pas encore disponible" in response.text


def test_hostile_text_stays_text(hostile_client: httpx.Client) -> None:
    question = "<script>alert(4)</script> When did the pirate ship sail?"
    answer = ask(hostile_client, question)
    pages = [
        hostile_client.get("/", params={"q": question}),
        hostile_client.get("/articles"),
        hostile_client.get((answer["extracts"] or answer["nearest"])[0]["source_page"]),
        hostile_client.get("/articles/<script>alert(5)<%2Fscript>"),
        hostile_client.get("/?q=who&language=<script>"),
    ]
    assert [page.status_code for page in pages] == [200, 200, 200, 404, 422]
    for response in pages:
        page = Page(response.text)
        assert "<script>" not in response.text
        assert not {"img", "i", "u", "b"} & {tag for tag, _ in page.tags}
        assert not any(name.startswith("on") for _, attributes in page.tags for name in attributes)
        assert not any(link.lower().startswith("javascript") for link in page.links())


def test_characters_are_counted_as_code_points(hostile_client: httpx.Client) -> None:
    address = "/articles/%C3%A9vil%2Farticle%20%3Cb%3E%3F%23"
    text = hostile_client.get("/v1" + address).json()["text"]
    for quoted in ("🏴‍☠️ ship", "Tuesday", "سفينة"):
        span = {"start": text.index(quoted), "end": text.index(quoted) + len(quoted)}
        assert Page(hostile_client.get(address, params=span).text).marks == [quoted]
    page = Page(hostile_client.get(address, params={"start": 0, "end": len(text)}).text)
    assert len(page.marks) == 4 and page.marks[-2:] == ["A & B", "سفينة القراصنة أبحرت."]


def test_articles_are_paged(client: httpx.Client) -> None:
    total = client.get("/v1/articles").json()["total"]
    address, seen = "/articles", 0
    while address:
        response = client.get(address)
        seen += response.text.count("<time ")
        following = re.search(r'rel="next" href="([^"]+)"', response.text)
        address = following[1] if following else ""
    assert seen == total


def test_endpoints_are_listed(client: httpx.Client) -> None:
    html = client.get("/docs").text
    for words in ("POST /v1/answer", "GET /v1/articles/{article_id}", "Panama Canal", "/openapi.json"):
        assert words in html


def test_every_page_forbids_what_it_does_not_need(client: httpx.Client) -> None:
    for address in ("/", "/articles", "/docs", "/nowhere", "/static/app.css", "/healthz", "/v1/articles/x"):
        headers = client.get(address).headers
        policy = headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'sha256-")
        assert "unsafe" not in policy and "frame-ancestors 'none'" in policy
        assert headers["x-content-type-options"] == "nosniff"
    for address in ("/", "/articles", "/docs"):
        html = client.get(address).text
        assert not re.search(r"""(src|href)=["'](https?:)?//""", html)
        assert " style=" not in html and html.count("<style>") == 1
        digest = hashlib.sha256(html.partition("<style>")[2].partition("</style>")[0].encode()).digest()
        policy = client.get(address).headers["content-security-policy"]
        assert f"'sha256-{base64.b64encode(digest).decode()}'" in policy


def test_interface_language(client: httpx.Client) -> None:
    def language(headers: dict[str, str], address: str = "/") -> str | None:
        found = re.search(r'<html lang="(..)"', httpx.get(f"{client.base_url}{address}", headers=headers).text)
        return found and found[1]

    assert language({"Accept-Language": "fr-FR,fr;q=0.9,en;q=0.8"}) == "fr"
    assert language({"Accept-Language": "de, en;q=0.5, fr;q=0.7"}) == "fr"
    assert language({"Accept-Language": "de"}) == language({}) == "en"
    assert language({"Accept-Language": "fr"}, "/?ui=en") == "en"
    assert language({"Accept-Language": "en", "Cookie": "ui=fr"}) == "fr"
