"""Articles that changed after they were cited: the text that was quoted, that of today, and what lies between. Left
out: keeping earlier texts (`test_store_changes.py`), whether an extract still stands (`test_citations.py`)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.edit import put_article
from index.types import Article
from rag.chatbot import Chatbot
from tests.conftest import WordEmbedder
from web.changes import MOST_PARAGRAPHS, Stretch, changed_paragraphs

OLD = Article("ship", "Ship", "The pirate ship sailed on Tuesday.\n\nThe <b>cook</b> stayed.\n\nIt rained.", "en")
NEW = replace(OLD, text="The pirate ship sailed on Friday.\n\nThe <b>cook</b> stayed.\n\nIt snowed & froze.")
CITED: dict[str, str | int] = {"start": 0, "end": 34, "sha256": OLD.sha256[:12]}


@pytest.fixture
def client(
    make_chatbot: Callable[[Sequence[Article]], Chatbot], serve: Callable[[Chatbot], str]
) -> Iterator[httpx.Client]:
    chatbot = make_chatbot([OLD])
    put_article(NEW, WordEmbedder(), chatbot.settings)
    with httpx.Client(base_url=serve(chatbot), timeout=60, trust_env=False) as opened:
        yield opened


def test_the_text_that_was_quoted_is_shown_and_marked(client: httpx.Client) -> None:
    page = client.get("/articles/ship", params=CITED).text
    assert '<mark id="cited">The pirate ship sailed on Tuesday.</mark>' in page
    assert "This is the text that was quoted. The article has changed since." in page and "Friday" not in page
    assert "view=now" in page and "view=changes" in page


def test_the_article_of_today_is_not_marked(client: httpx.Client) -> None:
    page = client.get("/articles/ship", params={**CITED, "view": "now"}).text
    assert "sailed on Friday." in page and "<mark" not in page and "Tuesday" not in page
    assert "It has changed since the answer was given." in page


def test_what_has_changed_is_shown_word_by_word(client: httpx.Client) -> None:
    page = client.get("/articles/ship", params={**CITED, "view": "changes", "fragment": "true"}).text
    assert "The pirate ship sailed on <del>Tuesday</del><ins>Friday</ins>." in page
    assert '<p class="text" dir="auto">The &lt;b&gt;cook&lt;/b&gt; stayed.</p>' in page
    assert "It <del>rained</del><ins>snowed &amp; froze</ins>." in page


def test_a_text_that_is_not_kept_is_said_to_have_changed(client: httpx.Client) -> None:
    page = client.get("/articles/ship", params={**CITED, "sha256": "0" * 12}).text
    assert "so the quoted words are not marked" in page and "Friday" in page and "view=" not in page


def test_programs_read_the_text_that_was_quoted(client: httpx.Client) -> None:
    assert client.get("/v1/articles/ship", params={"sha256": OLD.sha256}).json()["text"] == OLD.text
    assert client.get("/v1/articles/ship", params={"sha256": NEW.sha256[:12]}).json()["text"] == NEW.text
    assert client.get("/v1/articles/ship").json()["text"] == NEW.text
    missing = client.get("/v1/articles/ship", params={"sha256": "0" * 64})
    assert missing.status_code == 404 and "not kept any more" in missing.json()["error"]["message"]
    assert client.get("/v1/articles/ship", params={"sha256": "xyz"}).status_code == 422


@pytest.mark.parametrize(
    ("digest", "text", "kept"),
    [(OLD.sha256, "sailed on Tuesday", True), (OLD.sha256, "sailed on Sunday.", False),
     ("0" * 64, "sailed on Tuesday", False), (None, "sailed on Tuesday", False), (7, "sailed on Tuesday", False)],
)  # fmt: skip
def test_what_was_quoted_can_still_be_checked(client: httpx.Client, digest: object, text: str, kept: bool) -> None:
    extract = {"text": text, "start": 16, "end": 33, "article": {"id": "ship", "sha256": digest}}
    (row,) = client.post("/v1/verify", json={"extracts": [extract]}).json()["extracts"]
    assert (row["status"], row["kept"]) == ("changed", kept)


WORDS = st.lists(st.sampled_from(["the", "bridge", "is", "long", "été", ","]), min_size=1, max_size=8).map(" ".join)
TEXT = st.lists(WORDS, max_size=8).map("\n\n".join)


@given(TEXT, TEXT)
def test_both_texts_can_be_read_from_the_changes(old: str, new: str) -> None:
    """What stayed and went is the old text, what stayed and came the new one, where nothing was left out."""
    shown = changed_paragraphs(old, new)
    assert shown is not None
    if any(stretch.kind == "left_out" for paragraph in shown for stretch in paragraph):
        return
    for text, away in ((old, "new"), (new, "gone")):
        read = ["".join(stretch.text for stretch in paragraph if stretch.kind != away) for paragraph in shown]
        assert [line for line in read if line] == [line for line in text.split("\n") if line]


def test_what_stayed_is_left_out_but_for_a_paragraph() -> None:
    lines = [f"Paragraph {n}." for n in range(9)]
    shown = changed_paragraphs("\n".join(lines), "\n".join([*lines[:4], "Another.", *lines[5:]]))
    assert shown is not None and [paragraph[0].kind for paragraph in shown].count("left_out") == 2
    assert [paragraph[0].text for paragraph in shown if paragraph[0].kind == "same"] == ["Paragraph 3.", "Paragraph 5."]
    assert [Stretch("gone", "Paragraph 4"), Stretch("new", "Another"), Stretch("same", ".")] in shown


def test_long_texts_are_not_compared() -> None:
    assert changed_paragraphs("a\n" * (MOST_PARAGRAPHS + 1), "b") is None
