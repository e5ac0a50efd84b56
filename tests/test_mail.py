"""Mails → articles: what the sender wrote and nothing else. Left out: how lines are joined (`test_line_breaks.py`)."""

from __future__ import annotations

import textwrap
import time
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import pytest

from index.errors import UnreadableArticle
from index.readers import mail
from index.types import Article
from tests.test_line_breaks import PROSE

HEAD = (
    "From: =?utf-8?q?Ad=C3=A9_Brent?= <ada@brent.example>\nTo: Ben <ben@arrow.example>\n"
    "Subject: =?utf-8?b?TGUgcMOpYWdl?= du pont\nDate: Wed, 01 May 2024 23:30:00 -0700\n"
)
PAGE = """<html><head><style>p {}</style></head><body><div style="display:none">Preview text</div>
<table><tr><td><h1>The toll</h1><p>The toll is three pence &amp; more.</p></td></tr>
<tr><td><table border="1"><tr><td>Cart</td><td>3 pence</td></tr>
<tr><td>Horse</td><td>1 penny</td></tr></table></td></tr>
</table><ul><li>One</li></ul><img src="cid:x" alt=""><p>Yours</p><p>-- <br>Ada Brent, Keeper</p>
<div class="gmail_quote"><div>On Monday Ben wrote:</div><blockquote type="cite">Is there a toll?</blockquote></div>
</body></html>"""
PAGE_TEXT = "# The toll\n\nThe toll is three pence & more.\n\nCart | 3 pence\nHorse | 1 penny\n\n- One\n\nYours"


def read(folder: Path, content: str | bytes) -> Article:
    (folder / "a.eml").write_bytes(content.encode() if isinstance(content, str) else content)
    ((part, found),) = mail.read(folder / "a.eml", "a")
    assert part == "" and isinstance(found, Article)
    return found


def plain(body: str, kind: str = "text/plain; charset=utf-8") -> str:
    return f"{HEAD}Content-Type: {kind}\nContent-Transfer-Encoding: 8bit\n\n{body}"


def test_what_a_mail_says_of_itself(tmp_path: Path) -> None:
    article = read(tmp_path, plain("Le péage est de trois pence par charrette."))
    assert article == Article(
        "a", "Le péage du pont", "Le péage est de trois pence par charrette.", "fr", None, None, "Adé Brent", (),
        "2024-05-01",
    )  # fmt: skip


@pytest.mark.parametrize("sender", ["ada@brent.example", '"ada@brent.example" <ada@brent.example>', "", "<<>>", ",;:"])
def test_addresses_are_no_authors(tmp_path: Path, sender: str) -> None:
    assert read(tmp_path, f"From: {sender}\nSubject: A\n\nThe bridge is long.").author is None


@pytest.mark.parametrize("date", ["", "yesterday", "Wed, 99 May 2024 23:30:00 -0700", "9" * 5000])
def test_a_date_that_is_none_is_left_out(tmp_path: Path, date: str) -> None:
    assert read(tmp_path, f"From: a@b.example\nDate: {date}\n\nThe bridge is long.").published is None


def composed(*parts: str) -> bytes:
    message = EmailMessage()
    message["Subject"], message["From"] = "Toll", "Ada Brent <ada@brent.example>"
    if "plain" in parts:
        message.set_content("The toll is three pence.")
    if "html" in parts and "plain" in parts:
        message.add_alternative(PAGE, subtype="html")
    elif "html" in parts:
        message.set_content(PAGE, subtype="html")
    if "picture" in parts:
        message.get_payload()[1].add_related(b"\x89PNG", "image", "png", cid="<x>")  # type: ignore[union-attr,index]
    if "attachment" in parts:
        message.add_attachment("Secret words.", filename="notes.txt")
        message.add_attachment(b"%PDF-", maintype="application", subtype="pdf", filename="a.pdf")
    return message.as_bytes(policy=SMTP)


@pytest.mark.parametrize(
    ("parts", "text"),
    [
        (("plain",), "The toll is three pence."),
        (("plain", "html"), "The toll is three pence."),
        (("plain", "html", "picture", "attachment"), "The toll is three pence."),
        (("plain", "attachment"), "The toll is three pence."),
        (("html",), PAGE_TEXT),
        (("html", "attachment"), PAGE_TEXT),
    ],
)
def test_the_text_of_a_mail_of_parts(tmp_path: Path, parts: tuple[str, ...], text: str) -> None:
    assert read(tmp_path, composed(*parts)).text == text


def test_a_page_is_read_where_the_plain_text_is_empty(tmp_path: Path) -> None:
    mixed = composed("plain", "html").replace(b"The toll is three pence.\r\n", b"\r\n", 1)
    assert read(tmp_path, mixed).text == PAGE_TEXT


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (
            "Yes.\n\nOn Mon, 1 Apr 2024 at 10:00, Ben Arrow <ben@arrow.example> wrote:\n> Is there a toll?\n> Ben\n",
            "Yes.",
        ),
        ("Yes.\n\nOn Mon, 1 Apr 2024 at 10:00, Ben Arrow\n<ben@arrow.example> wrote:\n\n> Is there a toll?\n", "Yes."),
        ("Oui.\n\nLe lun. 1 avr. 2024 à 10:00, Ben <ben@arrow.example> a écrit :\n> Un péage ?\n", "Oui."),
        ("Oui.\n\nLe 1 avril 2024, Ben a écrit\u00a0:\n\nUn péage ?\nBen\n", "Oui."),
        ("Ja.\n\nAm 1. April 2024 schrieb Ben:\n> Zoll?\n", "Ja."),
        ("Yes.\n\n-----Original Message-----\nFrom: Ben\nSent: Monday\n\nIs there a toll?\n", "Yes."),
        ("Oui.\n\n-----Message d’origine-----\nDe : Ben\n\nUn péage ?\n", "Oui."),
        ("Yes.\n\n________________________________\nFrom: Ben\nSent: Monday\n\nIs there a toll?\n", "Yes."),
        ("On Monday Ben wrote:\n> Is there a toll?\nYes.\n> How much?\nThree pence.\n", "Yes.\nThree pence."),
        ("Yes.\n-- \nAda Brent\nKeeper of the bridge", "Yes."),
        ("Yes.\n--\nAda Brent", "Yes."),
        (
            "On Monday it rains -- so Ada wrote to me.\n\nLe pont est long.",
            "On Monday it rains -- so Ada wrote to me.\n\nLe pont est long.",
        ),
        ("-- a dash\nOn the bridge he wrote: pay.", "-- a dash\nOn the bridge he wrote: pay."),
        (
            "Oui.\n\nLe poète a écrit :\n\nLa mer est grise.\n\nIl est mort ici.",
            "Oui.\n\nLe poète a écrit :\n\nLa mer est grise.\n\nIl est mort ici.",
        ),
        (
            "Le poète a écrit :\nLa mer est grise.\n\nLe 1 avril 2024, Ben a écrit :\n> Un péage ?",
            "Le poète a écrit :\nLa mer est grise.",
        ),
        ("On the wall somebody wrote:\nNobody pays.", "On the wall somebody wrote:\nNobody pays."),
    ],
)
def test_what_others_wrote_and_signatures_are_left_out(tmp_path: Path, body: str, text: str) -> None:
    assert read(tmp_path, plain(body)).text == text
    assert read(tmp_path, plain(body).replace("\n", "\r\n")).text == text


def test_lines_broken_at_a_width_are_joined(tmp_path: Path) -> None:
    broken = textwrap.fill(PROSE, 72)
    quoted = textwrap.indent(broken, "> ")
    body = f"Dear Ben,\n\n{broken}\n\n- salt\n- pepper\n\nOn Monday Ben wrote:\n{quoted}\n"
    assert read(tmp_path, plain(body)).text == f"Dear Ben,\n\n{PROSE}\n\n- salt\n- pepper"


@pytest.mark.parametrize(("kind", "before"), [("flowed", " "), ("flowed; delsp=yes", "  ")])
def test_flowed_lines_are_joined(tmp_path: Path, kind: str, before: str) -> None:
    body = f"The toll{before}\nis three pence.\n From here on{before}\nit is one.\n\nYours,\n-- \nAda\n"
    text = "The toll is three pence.\nFrom here on it is one.\n\nYours,"
    assert read(tmp_path, plain(body, f"text/plain; charset=utf-8; format={kind}")).text == text


@pytest.mark.parametrize(
    ("said", "encoding"),
    [("iso-8859-1", "cp1252"), ("us-ascii", "utf-8"), ("klingon", "utf-8"), ("utf-8", "cp1252"), ("koi8-r", "koi8-r"),
     ("", "cp1252"), ("zlib", "utf-8"), ("undefined", "utf-8"), ("utf-16", "utf-16")],
)  # fmt: skip
def test_encodings(tmp_path: Path, said: str, encoding: str) -> None:
    text = "Мост очень длинный." if encoding == "koi8-r" else "L’été, le péage coûte 3 €."
    head = f"{HEAD}Content-Type: text/plain{f'; charset={said}' if said else ''}\nContent-Transfer-Encoding: 8bit\n\n"
    if encoding == "utf-16":
        import base64

        head = head.replace("8bit", "base64")
        assert read(tmp_path, head.encode() + base64.encodebytes(text.encode(encoding))).text == text
    else:
        assert read(tmp_path, head.encode() + text.encode(encoding)).text == text


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no mail",
        HEAD.encode(),
        plain("> quoted\n").encode(),
        plain("-- \nAda Brent").encode(),
        f"{HEAD}Content-Type: application/pdf\n\n%PDF".encode(),
        f"{HEAD}Content-Type: multipart/mixed; boundary=x\n\n--x\nContent-Type: image/png\n\nx\n--x--".encode(),
        f"{HEAD}Content-Type: multipart/mixed\n\nx".encode(),
        plain("", "text/html").encode(),
        plain("<p style='display:none'>x", "text/html").encode(),
        plain("a\0b").encode(),
    ],
)
def test_mails_without_text_are_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(UnreadableArticle) as caught:
        read(tmp_path, content)
    assert len(str(caught.value)) < 300 and not str(caught.value).endswith(".")


def nested(depth: int) -> bytes:
    begin = "".join(f"Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n" for n in range(depth))
    return f"From: a@b.example\n{begin}\nThe bridge is long.".encode()


@pytest.mark.parametrize(
    "content",
    [
        nested(5000),
        b"From: " + b"a@b.example, " * 100_000 + b"\n\nThe bridge is long.",
        b"Subject: " + b"=?utf-8?q?a?= " * 100_000 + b"\n\nThe bridge is long.",
        b"Content-Type: text/plain; " + b"a=b; " * 100_000 + b"\n\nThe bridge is long.",
        b"From: " + b"(" * 100_000 + b"\n\nThe bridge is long.",
        b"A: b\n" * 200_000 + b"\nThe bridge is long.",
        plain("On " * 300_000).encode(),
        plain("On x\n" * 200_000).encode(),
        plain("On x wrote:\n>\n" * 20_000 + "The bridge.").encode(),
        plain(">" * 1_000_000 + "\nThe bridge.").encode(),
        plain("<table><tr><td>" * 50_000 + "The bridge.", "text/html").encode(),
        plain("<p " + " ".join(f"a{n}=1" for n in range(100_000)), "text/html").encode(),
        plain("<div style='" + "display " * 10_000 + "'>x</div>" * 1000, "text/html").encode(),
    ],
    ids=range(13),
)
def test_hostile_mails_take_no_time(tmp_path: Path, content: bytes) -> None:
    begin = time.monotonic()
    try:
        read(tmp_path, content)
    except UnreadableArticle as error:
        assert len(str(error)) < 300
    assert time.monotonic() - begin < 10
