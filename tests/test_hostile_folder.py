"""A folder full of damaged and hostile files, indexed as people index: each is named or read, in bounded time, and
nothing else is lost. Left out: what is said of each (`test_documents.py`, `test_pdf.py`, `test_packed.py`, …)."""

from __future__ import annotations

import io
import json
import os
import tarfile
import time
import zipfile
from pathlib import Path

from index.build import build
from index.settings import IndexSettings
from index.store import open_store, open_writer
from index.types import Filters
from tests.test_build import EMBEDDER
from tests.test_documents import BOMB, page, word, zipped
from tests.test_pdf import bridge, hostile, register_fonts

GOOD = "The bridge of Brent was opened by the mayor."
MOST_SECONDS = 120


def bomb() -> bytes:
    """A gigabyte of zeros."""
    made = io.BytesIO()
    with (
        zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("a.txt", "w", force_zip64=True) as one,
    ):
        for _ in range(1000):
            one.write(bytes(1_000_000))
    return made.getvalue()


def tar(*members: tarfile.TarInfo) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        for member in members:
            archive.addfile(member, io.BytesIO(b"x" * member.size))
    return made.getvalue()


def member(name: str, kind: bytes = tarfile.REGTYPE, target: str = "", size: int = 0) -> tarfile.TarInfo:
    told = tarfile.TarInfo(name)
    told.type, told.linkname, told.size = kind, target, size
    return told


def write_folder(place: Path) -> set[str]:
    """The names of those that must be named as failures."""
    register_fonts()
    paper, _ = bridge("en")
    refused: dict[str, bytes] = {
        "truncated.pdf": paper[: len(paper) // 2], "wrong.docx": paper[:200], "nul.txt": b"a\0b", "empty.md": b"",
        "truncated.docx": word("en")[:5000], "entities.docx": zipped(word__document_xml=BOMB), "bomb.zip": bomb(),
        "outside.zip": zipped(**{"../../outside.md": b"x"}), "truncated.zip": zipped(a_md=GOOD.encode() * 99)[:60],
        "links.tar": tar(member("a.md", tarfile.SYMTYPE, "/etc/passwd"), member("b.md", tarfile.LNKTYPE, "a.md")),
        "device.tar": tar(member("c.md", tarfile.CHRTYPE)),
        "empty.html": b"<html><body></body></html>",
        "half.jsonl": b'{"id": "a", "text": "The bridge \\ud800 is long."}', "broken.json": b"[{",
        "feed.xml": b"<rss/>",
        "name.docx": zipped(**{"é.xml": b"x"}).replace("é".encode(), b"\xff\xfe"),
        "broken.csv": b"", "no.eml": b"\xff" * 100, "book.epub": b"PK\x03\x04nothing",
            }  # fmt: skip
    for name, content in refused.items():
        (place / name).write_bytes(content)
    for number, (_, content) in enumerate(hostile()):  # some of these are read
        (place / f"hostile-{number}.pdf").write_bytes(content)
    with (place / "huge.txt").open("wb") as huge:
        huge.truncate(200_000_000)
    (place / "loop.md").symlink_to("loop.md")
    (place / "inside").symlink_to(".")
    (place / "really-a-page.md").write_text(page("en"), encoding="utf-8")
    (place / "line.txt").write_text("The bridge of Brent is long. " * 180_000, encoding="utf-8")
    (place / "word.txt").write_text("x" * 5_000_000, encoding="utf-8")
    (place / "nested.html").write_text("<html><body>" + "<div>" * 100_000 + f"<p>{GOOD * 20}", encoding="utf-8")
    (place / "nested.md").write_text("> " * 50_000 + GOOD, encoding="utf-8")
    (place / "nested.json").write_text("[" * 100_000, encoding="utf-8")
    (place / "good.md").write_text(GOOD, encoding="utf-8")
    return {*refused, "huge.txt", "nested.md", "nested.json"}


def test_each_is_named_or_read_and_nothing_else_is_lost(tmp_path: Path) -> None:
    files = tmp_path / "files"
    files.mkdir()
    refused = write_folder(files)
    settings = IndexSettings.model_validate({"store": f"embedded:{tmp_path}/index"})
    began = time.monotonic()
    with open_writer(settings, EMBEDDER.name, EMBEDDER.dimension) as writer:
        summary = build([files], writer, EMBEDDER, settings)
    assert time.monotonic() - began < MOST_SECONDS  # a hang, not a slow machine
    named = {os.path.relpath(origin.partition("#")[0], files) for origin in summary.failed}
    assert refused - named == set(), json.dumps(summary.failures, indent=1)
    texts = {article.id: article.text for article in open_store(settings).articles(0, 1000, Filters())[0]}
    assert texts["good"] == GOOD and "pays a single penny" in texts["really-a-page"] and "line" in texts
    assert all(len(reason) < 1000 and "Traceback" not in reason for reason in summary.failures)
    assert not list(tmp_path.rglob("outside.md"))
