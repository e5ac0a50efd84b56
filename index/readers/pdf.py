"""A PDF → one article: the text of its pages in reading order, without headers and page numbers, and where each page
begins. Left out: pictures of text (scans), notes and forms, words in drawings; what stands where on a page
(`pdf_glyphs.py`, `pdf_columns.py`, `pdf_furniture.py`, `pdf_lines.py`)."""

from __future__ import annotations

import ctypes
import re
import threading
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from index.errors import UnreadableArticle
from index.readers.blocks import Block, join_blocks
from index.readers.cleaning import clean_words, mend_characters
from index.readers.fields import make_article
from index.readers.pdf_columns import lines_in_order
from index.readers.pdf_dates import published_day
from index.readers.pdf_furniture import body_of, without_furniture
from index.readers.pdf_glyphs import Cell, page_cells
from index.readers.pdf_lines import PagedBlock, paged_blocks
from index.types import Article

MOST_PAGES: Final = 5_000
MOST_CHARS: Final = 20_000_000
MOST_CHARS_OF_PAGE: Final = 200_000
MOST_PARTS_OF_PAGE: Final = 500_000
"""Lines, pictures and stretches of text: pdfium's time for the text grows faster than their number."""

_END: Final = b"%%EOF"
_END_BYTES: Final = 4096
"""At the end of a file: some have a few bytes behind their end, a file cut short has no end there."""

_NO_TEXT: Final = "its pages are pictures without text; run it through a text recognition (OCR) first"
_NO_LETTERS: Final = "its fonts do not tell which letters they show; run it through a text recognition (OCR) first"
_NO_TITLE: Final = re.compile(
    r"microsoft \w+ - .*|\(?(?:untitled|anonymous|unspecified|unbenannt|sans titre|document|présentation|presentation|"
    r"title)[\s\d._()-]*|"
    r".*\.(?:docx?|pdf|odt|rtf|txt|tex|dvi|indd|qxd|pptx?|xlsx?|html?|pages)|[\W\d_]*",
    re.IGNORECASE | re.DOTALL,
)  # fmt: skip
_NO_AUTHOR: Final = frozenset(
    ("", "anonymous", "unknown", "unspecified", "unknown author", "none", "n/a", "user", "admin", "administrator",
     "root", "owner", "author", "pc")
)  # fmt: skip
"""What programs write where nobody is named, also in brackets."""

_ONE_AT_A_TIME: Final = threading.Lock()
"""pdfium is not made for several threads, not even with a file each."""


def read(file: Path, identity: str) -> Iterator[tuple[str, Article | UnreadableArticle]]:
    """See `readers.Reader`. The title is that of the file's properties, else the largest heading of its first page."""
    with _ONE_AT_A_TIME:
        pages, fields = _read_pages(file)
    fields["date"] = published_day(file)
    if not any(pages):
        raise UnreadableArticle(_NO_TEXT)
    body = body_of(pages)
    kept = [lines_in_order(page) for page in without_furniture(pages, body)]
    blocks = list(_clean(paged_blocks(kept, body)))
    heading = None if "title" in fields else _largest_heading(blocks)
    shown = " ".join((fields.get("title") or heading or "").casefold().split())
    if blocks and blocks[0].kind == "heading" and blocks[0].words.lstrip("# ").casefold() == shown:
        del blocks[0]  # the title stands above the text already
    text = join_blocks((block.kind, block.words) for block in blocks)
    yield "", make_article(identity, text, fields, title=heading, pages=_page_offsets(blocks, len(pages), len(text)))


def _read_pages(file: Path) -> tuple[list[list[Cell]], dict[str, Any]]:
    """The cells of each page and the fields of the file. Raises UnreadableArticle."""
    import pypdfium2  # a tenth of a second and 20 MB, for those who have PDFs

    _check_end(file)
    try:
        opened = pypdfium2.PdfDocument(file)
    except pypdfium2.PdfiumError as error:
        if error.err_code in (pypdfium2.raw.FPDF_ERR_PASSWORD, pypdfium2.raw.FPDF_ERR_SECURITY):
            raise UnreadableArticle("it is encrypted; save it without a password") from error
        raise UnreadableArticle("it is damaged, or no PDF; open it elsewhere and save it anew") from error
    try:
        if len(opened) > MOST_PAGES:
            raise UnreadableArticle(f"it has {len(opened):,} pages, at most {MOST_PAGES:,} are read; split it")
        if not len(opened):
            raise UnreadableArticle("it is damaged: it has no pages; open it elsewhere and save it anew")
        return _cells_of(opened), _fields_of(opened)
    finally:
        opened.close()


def _check_end(file: Path) -> None:
    """pdfium mends a file that is cut short, and says nothing of what is gone."""
    with file.open("rb") as read:
        size = read.seek(0, 2)
        read.seek(max(size - _END_BYTES, 0))
        if _END not in read.read():
            raise UnreadableArticle("it is damaged: its end is missing; fetch or save it anew")


def _cells_of(opened: Any) -> list[list[Cell]]:
    import pypdfium2

    pages: list[list[Cell]] = []
    chars = unknown = drawn = 0
    for number in range(1, len(opened) + 1):
        try:
            page = opened[number - 1]
            try:
                parts = pypdfium2.raw.FPDFPage_CountObjects(page)
                if parts > MOST_PARTS_OF_PAGE:
                    raise UnreadableArticle(f"its page {number} is drawn of {parts:,} parts; leave the page out")
                cells, odd = page_cells(page, number, MOST_CHARS_OF_PAGE)
                drawn += parts
            finally:
                page.close()
        except pypdfium2.PdfiumError as error:
            raise UnreadableArticle(f"it is damaged: its page {number} cannot be read; save it anew") from error
        chars += sum(len(cell.text) for cell in cells)
        unknown += odd
        if chars > MOST_CHARS:
            raise UnreadableArticle(f"it has more than {MOST_CHARS:,} characters; split it")
        pages.append(cells)
    if unknown * 2 > chars:
        raise UnreadableArticle(_NO_LETTERS)
    if not drawn:
        raise UnreadableArticle("its pages are empty, or damaged; save it anew")
    return pages


def _fields_of(opened: Any) -> dict[str, Any]:
    from pypdfium2 import raw

    said = {name: " ".join(mend_characters(value[:1000].replace("\0", "")).split())
            for name, value in opened.get_metadata_dict().items()}  # fmt: skip
    fields: dict[str, Any] = {}
    if not _NO_TITLE.fullmatch(said["Title"]):
        fields["title"] = said["Title"]
    if said["Author"].strip("()[]<> ").casefold() not in _NO_AUTHOR:
        fields["author"] = said["Author"]
    buffer = ctypes.create_string_buffer(64)
    size = raw.FPDFCatalog_GetLanguage(opened, ctypes.cast(buffer, ctypes.POINTER(ctypes.c_ushort)), 64)
    if 2 < size <= 64:
        fields["language"] = buffer.raw[: size - 2].decode("utf-16-le", "replace")
    return fields


def _clean(blocks: Iterable[PagedBlock]) -> Iterator[PagedBlock]:
    """The blocks that can be quoted; the page of one that is left out begins with the next."""
    begun: list[tuple[int, int]] = []
    for number, block in enumerate(blocks):
        words = clean_words(number, block.kind, block.words)
        if not words:
            begun += ((page, 0) for page, _ in block.starts)
            continue
        begun += ((page, len(mend_characters(block.words[:offset]))) for page, offset in block.starts)
        yield PagedBlock(block.kind, words, tuple(begun))
        begun = []


def _largest_heading(blocks: Sequence[PagedBlock]) -> str | None:
    """Of the first page."""
    first: list[str] = []
    for block in blocks:
        if any(page > 1 and offset == 0 for page, offset in block.starts):
            break
        if block.kind == "heading":
            first.append(block.words)
    return min(first, key=lambda words: len(words) - len(words.lstrip("#"))).lstrip("# ") if first else None


def _page_offsets(blocks: Sequence[PagedBlock], pages: int, end: int) -> list[int]:
    """Where each page begins in the blocks joined. A page without text begins where the next one does."""
    begins: dict[int, int] = {}
    offset = 0
    for i, block in enumerate(blocks):
        if i:
            pair: list[Block] = [(one.kind, one.words) for one in blocks[i - 1 : i + 1]]
            offset += len(join_blocks(pair)) - len(block.words)  # the block before, and what stands between
        for page, inside in block.starts:
            begins[page] = offset + inside
    offsets = []
    for page in range(pages, 0, -1):
        end = begins.get(page, end)
        offsets.append(end)
    return [0, *offsets[-2::-1]]
