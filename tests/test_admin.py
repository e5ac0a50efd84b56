"""The admin page over sockets: who may see it, what is uploaded, seen being indexed, removed, rolled back. Left out:
how it looks in a browser (`test_browser_admin.py`), which files are read (`test_documents.py`)."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import httpx
import pytest

from index.errors import StoreError
from index.stores.embedded_writer import EmbeddedWriter
from index.types import Article
from rag.chatbot import Chatbot
from tests.test_documents import page, word
from web.errors import InvalidRequest
from web.keys import KeyStore
from web.settings import Settings
from web.uploads import Uploads, fit_name


@dataclass
class Admin:
    client: httpx.Client
    data: Path

    def enter(self, scope: str = "admin") -> str:
        """The page, after the key of a scope was given."""
        secret = KeyStore(self.data).create("somebody", scope)[1]
        return self.client.post("/admin/enter", data={"key": secret}).text

    def upload(self, *files: tuple[str, bytes]) -> httpx.Response:
        return self.client.post("/admin/files", files=[("file", file) for file in files])

    def ended(self) -> str:
        """The page once nothing runs any more."""
        deadline = time.monotonic() + 60
        while 'http-equiv="refresh"' in (shown := self.client.get("/admin").text):
            assert time.monotonic() < deadline
            time.sleep(0.1)
        return shown

    def ids(self) -> set[str]:
        return {article["id"] for article in self.client.get("/v1/articles").json()["articles"]}


@pytest.fixture
def admin(
    make_chatbot: Callable[[Sequence[Article]], Chatbot], serve: Callable[[Chatbot], str], tmp_path: Path
) -> Iterator[Admin]:
    chatbot = make_chatbot([Article("ship", "Ship", "The pirate ship sailed on Tuesday.", "en")])
    with httpx.Client(base_url=serve(chatbot), timeout=60, trust_env=False, follow_redirects=True) as client:
        yield Admin(client, tmp_path)


def test_nothing_is_shown_without_the_key(admin: Admin) -> None:
    first = admin.client.get("/admin")
    assert first.status_code == 200 and 'name="key"' in first.text and "Uploaded" not in first.text
    for scope in ("ask", "write"):
        shown = admin.enter(scope)
        assert "does not have the scope" in shown and "Uploaded" not in shown
    refused = admin.client.post("/admin/enter", data={"key": "lk_00000000_guess"})
    assert refused.status_code == 401 and "is not valid" in refused.text
    assert "is not valid" not in admin.client.get("/admin").text  # the cookie is gone
    for path in ("files", "files/remove", "articles/remove", "generations", "nothing"):
        assert admin.client.post(f"/admin/{path}", data={"name": "ship"}).status_code == 401
    assert not (admin.data / "uploads").exists() and admin.ids() == {"ship"}


def test_the_key_is_kept_where_no_script_reads_it(admin: Admin) -> None:
    sent = admin.client.post("/admin/enter", data={"key": "lk_x"}, follow_redirects=False)
    assert sent.status_code == 303
    cookie = sent.headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=strict" in cookie and "Path=/admin" in cookie and "Secure" not in cookie
    assert "Uploaded" in admin.enter()
    admin.client.post("/admin/leave")
    assert 'name="key"' in admin.client.get("/admin").text


def test_a_form_of_another_site_is_refused(admin: Admin) -> None:
    admin.enter()
    for path, data in (("files/remove", {"name": "a.md"}), ("generations", {"name": "x"}), ("enter", {"key": "x"})):
        sent = admin.client.post(f"/admin/{path}", data=data, headers={"Origin": "https://evil.example"})
        assert sent.status_code == 401 and "another site" in sent.text


def test_files_are_taken_in_removed_and_rolled_back(admin: Admin) -> None:
    admin.enter()
    sent = admin.upload(
        ("Le péage.html", page("fr").encode()),
        ("bridge.docx", word("en")),
        ("bad.txt", b"\0"),
        ("../../x.md", b"A canal."),
    )
    assert sent.status_code == 200
    shown = admin.ended()
    assert (
        "3 added, 0 updated, 0 unchanged, 0 moved, 0 removed, 1 failed" in shown
        and "bad.txt: it holds NUL bytes" in shown
    )
    assert str(admin.data) not in shown and (admin.data / "uploads" / "x.md").exists()
    assert admin.ids() == {"ship", "Le péage", "bridge", "x"}
    answer = admin.client.post(
        "/v1/answer", json={"question": "What does the toll for a cart cost at the gate?"}
    ).json()
    assert answer["extracts"][0]["article"]["id"] == "bridge"
    admin.client.post("/admin/files/remove", data={"name": "bridge.docx"})
    shown = admin.ended()
    assert "1 removed" in shown and admin.ids() == {"ship", "Le péage", "x"}
    (earlier, *_) = re.findall(r'name="name" value="(\d{6}-[0-9a-f]{12})"', shown)
    admin.client.post("/admin/generations", data={"name": earlier})
    assert admin.ids() == {"ship", "Le péage", "bridge", "x"}
    admin.client.post("/admin/articles/remove", data={"name": "ship"})
    assert "ship" not in admin.ids()


def test_what_is_not_read_is_refused_and_the_others_are_kept(admin: Admin) -> None:
    admin.enter()
    sent = admin.upload(("a.md", b"The canal is wide."), ("b.exe", b"MZ"), ("c.md", b"The bridge is long."))
    assert sent.status_code == 422 and "“b.exe” is not of a kind that is read" in sent.text
    assert "Taken in: a.md, c.md." in sent.text
    assert "2 added" in admin.ended() and admin.ids() == {"ship", "a", "c"}
    assert admin.client.post("/admin/files").status_code == 422
    assert admin.client.post("/admin/files/remove", data={"name": "../keys.sqlite"}).status_code == 422


def test_refusals_are_told_in_french_too(admin: Admin) -> None:
    admin.enter()
    admin.client.cookies.set("ui", "fr")
    sent = admin.upload(("a.md", b"The canal is wide."), ("b.exe", b"MZ"), ("c.sh", b"ls"))
    assert sent.status_code == 422 and "Une partie a été refusée" in sent.text and 'href="/admin"' in sent.text
    assert "“b.exe” is not" in sent.text and "“c.sh” is not" in sent.text and "Pris en compte : a.md." in sent.text
    assert "1 ajoutés" in (shown := admin.ended()) and "10 au plus" in shown
    address = admin.client.post("/admin/addresses", data={"name": "nothing"})
    assert address.status_code == 422 and "This address cannot be used" in address.text


def test_files_before_one_that_the_disk_refuses_are_indexed(admin: Admin) -> None:
    admin.enter()
    (admin.data / "uploads" / "b.md").mkdir(parents=True)
    assert admin.upload(("a.md", b"The canal is wide."), ("b.md", b"The bridge is long.")).status_code == 500
    assert "1 added" in admin.ended() and admin.ids() == {"ship", "a"}


def test_what_is_too_large_is_refused(admin: Admin, monkeypatch: pytest.MonkeyPatch) -> None:
    admin.enter()
    sent = admin.upload(("a.md", b"word " * 11_000_000))
    assert sent.status_code == 422 and "more than 50,000,000 bytes" in sent.text
    assert list((admin.data / "uploads").iterdir()) == []


def test_an_archive_may_be_larger_than_an_article(tmp_path: Path) -> None:
    uploads = Uploads(Settings.model_validate({"data": tmp_path, "max_article_bytes": 2000, "max_upload_bytes": 5000}))
    assert uploads.add("many.zip", BytesIO(b"x" * 4000)) == "many.zip"
    for name, size in (("one.md", 2001), ("many.zip", 5001)):
        with pytest.raises(InvalidRequest, match="more than"):
            uploads.add(name, BytesIO(b"x" * size))
    assert uploads.files() == [("many.zip", 4000)]


def test_the_fields_of_a_file_can_be_said(admin: Admin) -> None:
    admin.enter()
    table = b"zq;zv\nCanal;The canal is wide.\nPont;The bridge is long.\n"
    admin.upload(("news.csv", table))
    assert "1 failed" in admin.ended()
    admin.upload(("news.csv.fields.yaml", b"title: zq\ntext: zv\n"))
    assert "2 added" in admin.ended() and len(admin.ids()) == 3
    admin.client.post("/admin/files/remove", data={"name": "news.csv.fields.yaml"})
    assert "0 added" in admin.ended() and len(admin.ids()) == 3


def test_an_article_that_was_removed_does_not_come_back(admin: Admin) -> None:
    admin.enter()
    admin.upload(
        ("canal.md", b"The canal is wide."), ("two.jsonl", b'{"id": "1", "text": "A."}\n{"id": "2", "text": "B."}')
    )
    admin.ended()
    assert admin.ids() == {"ship", "canal", "1", "2"}
    assert admin.client.post("/admin/articles/remove", data={"name": "canal"}).status_code == 200
    refused = admin.client.post("/admin/articles/remove", data={"name": "1"})
    assert refused.status_code == 422 and "one of the file “two.jsonl”" in refused.text
    assert admin.client.post("/admin/articles/remove", data={"name": "ship"}).status_code == 200
    admin.upload(("bridge.md", b"The bridge is long."))
    admin.ended()
    assert admin.ids() == {"1", "2", "bridge"}


def test_a_file_whose_article_could_not_be_removed_stays(admin: Admin, monkeypatch: pytest.MonkeyPatch) -> None:
    admin.enter()
    admin.upload(("canal.csv", b"id,head\n1,The canal is wide."), ("canal.csv.fields.yaml", b"text: head"))
    admin.upload(("bridge.md", b"The bridge is long."))
    admin.ended()
    kept = admin.data / "uploads" / "bridge.md"

    def full(self: EmbeddedWriter) -> str:
        raise StoreError("No space left on the disk.")

    with monkeypatch.context() as broken:
        broken.setattr(EmbeddedWriter, "publish", full)
        refused = admin.client.post("/admin/articles/remove", data={"name": "bridge"})
        assert refused.status_code >= 400
    assert kept.exists() and "bridge" in admin.ids()
    assert admin.client.post("/admin/articles/remove", data={"name": "bridge"}).status_code == 200
    assert not kept.exists()
    # With a file go the names of its fields, which do not fit the next one.
    admin.client.post("/admin/files/remove", data={"name": "canal.csv"})
    assert not list((admin.data / "uploads").iterdir())


def test_sources_by_address_are_kept_in_step(admin: Admin) -> None:
    """The one address here is of a private network, which is not called; `test_addresses.py` loads others."""
    admin.enter()
    sent = admin.client.post("/admin/addresses", data={"name": "http://127.0.0.1:9/feed.xml"})
    assert "http://127.0.0.1:9/feed.xml" in sent.text
    assert "1 failed" in (shown := admin.ended()) and "private network" in shown
    for wrong in ("file:///etc/passwd", "javascript:alert(1)", "nothing"):
        refused = admin.client.post("/admin/addresses", data={"name": wrong})
        assert refused.status_code == 422 and "cannot be used" in refused.text
    admin.client.post("/admin/addresses/remove", data={"name": "http://127.0.0.1:9/feed.xml"})
    assert "127.0.0.1:9" not in admin.client.get("/admin").text.partition('id="failed"')[0]
    assert admin.ids() == {"ship"}


@pytest.mark.parametrize(
    ("name", "fit"),
    [
        ("a.md", "a.md"), ("C:\\texts\\a.md", "a.md"), ("/etc/../a.MD", "a.MD"), ("..md", None),
        (".md", None), ("a\0b#c.html", "a b c.html"),
        ("é" * 300 + ".pdf", "é" * 75 + ".pdf"), ("a.csv.fields.yaml", "a.csv.fields.yaml"), ("a.fields.yaml", None),
        ("a.csv.fields.yaml.fields.yaml", None),
        ("questions.jsonl", None), ("a", None), ("a.sh", None), ("", None),
    ],
)  # fmt: skip
def test_names_of_files(name: str, fit: str | None) -> None:
    if fit is None:
        with pytest.raises(InvalidRequest, match="is not of a kind"):
            fit_name(name)
    else:
        assert fit_name(name) == fit
