"""Readers in a process of their own: what hangs, eats memory or dies is one failure, and the next file is read. Left
out: what readers make of files (`test_documents.py`, `test_pdf.py`)."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from index.errors import UnreadableArticle
from index.readers import read_file, reader_of
from index.readers.apart import Part, ReadingProcess
from index.types import Article
from tests.test_documents import page


def hostile(file: Path) -> Callable[[Path, str], Iterator[Part]]:
    """A reader that does what the file says."""
    return read_as_told


def read_as_told(file: Path, identity: str) -> Iterator[Part]:
    yield "first", Article(identity, "T", "The bridge is long.", "en")
    match file.read_text(encoding="utf-8"):
        case "hang":
            time.sleep(600)
        case "die":
            os.abort()
        case "eat":
            eaten = [bytearray(2**24) for _ in range(2**16)]
            assert eaten
        case "fail":
            raise KeyError("word/document.xml")
        case "refuse":
            raise UnreadableArticle("it holds no text")
        case "vanish":
            raise FileNotFoundError(2, "No such file or directory")


@pytest.fixture(scope="module")
def apart() -> Iterator[ReadingProcess]:
    with closing(ReadingProcess(hostile, seconds=3, most_bytes=2**30)) as reading:
        yield reading


@pytest.mark.parametrize(
    ("told", "error", "said"),
    [
        ("hang", UnreadableArticle, "more than 3 seconds"),
        ("die", UnreadableArticle, "ended the process"),
        ("eat", UnreadableArticle, "more memory than is allowed"),
        ("fail", UnreadableArticle, "KeyError: 'word/document.xml'"),
        ("refuse", UnreadableArticle, "^it holds no text$"),
        ("vanish", FileNotFoundError, "No such file"),
    ],
)
def test_a_file_that_goes_wrong_is_one_failure(
    apart: ReadingProcess, tmp_path: Path, told: str, error: type[Exception], said: str
) -> None:
    (tmp_path / "bad").write_text(told, encoding="utf-8")
    (tmp_path / "good").write_text("", encoding="utf-8")
    reading = apart.read(tmp_path / "bad", "x")
    assert next(reading)[0] == "first"  # what came before is not lost
    with pytest.raises(error, match=said):
        next(reading)
    assert [name for name, _ in apart.read(tmp_path / "good", "x")] == ["first"]


def test_what_is_not_wanted_any_more_is_stopped(apart: ReadingProcess, tmp_path: Path) -> None:
    (tmp_path / "bad").write_text("hang", encoding="utf-8")
    reading = apart.read(tmp_path / "bad", "x")
    next(reading)
    reading.close()  # type: ignore[attr-defined]
    (tmp_path / "good").write_text("", encoding="utf-8")
    assert len(list(apart.read(tmp_path / "good", "x"))) == 1


def test_the_same_is_read_apart(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(page("fr"), encoding="utf-8")
    (tmp_path / "b.html").write_bytes(b"<html><body></body></html>")
    with closing(ReadingProcess(reader_of)) as reading:
        for name in ("a.html", "b.html"):
            here = list(read_file(tmp_path / name, tmp_path, 10**6))
            (there,) = read_file(tmp_path / name, tmp_path, 10**6, reading)
            assert repr(here) == repr([there])


def test_a_page_drawn_of_a_billion_forms_is_given_up(tmp_path: Path) -> None:
    """Thirty forms, each of which draws the next one twice."""
    from tests.test_pdf import written  # what makes PDFs takes seconds to load, in the process that reads too

    form = b"<< /Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /X %d 0 R >> >> /Length 11 >>"
    forms = {n: form % (n + 1) + b"\nstream\n/X Do /X Do\nendstream" for n in range(10, 40)}
    first = (
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents 5 0 R "
        b"/Resources << /XObject << /X 10 0 R >> >> >>"
    )
    (tmp_path / "a.pdf").write_bytes(written({3: first, **forms}, stream=b"/X Do"))
    with closing(ReadingProcess(reader_of, seconds=2)) as reading:
        began = time.monotonic()
        ((_, found),) = read_file(tmp_path / "a.pdf", tmp_path, 10**7, reading)
        assert "more than 2 seconds" in str(found) and time.monotonic() - began < 30


def test_the_time_of_a_tag_with_many_attributes_is_bounded(tmp_path: Path) -> None:
    """A parser's time that grows with the square of a file."""
    many = " ".join(f'a{n}=">"' for n in range(100_000))
    (tmp_path / "a.html").write_text(f"<html><p {many}>{page('en')}", encoding="utf-8")
    with closing(ReadingProcess(reader_of, seconds=2)) as reading:
        began = time.monotonic()
        ((_, found),) = read_file(tmp_path / "a.html", tmp_path, 10**7, reading)
        assert isinstance(found, UnreadableArticle | Article) and time.monotonic() - began < 60
