"""PDFs made by other libraries, in five languages: every sentence is read word for word and on its page, what stands
around it is not. Left out: scans, which have no text; other kinds of files (`test_documents.py`)."""

from __future__ import annotations

import io
import textwrap
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import matplotlib
import pytest
from matplotlib.backends.backend_pdf import PdfPages
from matplotlib.figure import Figure
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.lib.utils import simpleSplit
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from index.errors import UnreadableArticle
from index.readers import pdf
from index.types import Article
from tests.test_documents import GOLD

LANGUAGES: Final = pytest.mark.parametrize("language", GOLD)
WRITTEN: Final = pytest.mark.parametrize("language", [language for language in GOLD if language != "ar"])
HEADER: Final = "Brent Journal"
FOOTER: Final = "All rights reserved"
FONTS: Final = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
SIZE: Final = 11
STEP: Final = 14
WORDS: Final = [
    "anchor", "barley", "candle", "dragon", "ember", "falcon", "garden", "hollow", "island", "jacket", "kettle",
    "lantern", "meadow", "needle", "orchard", "pebble", "quarry", "ribbon", "saddle", "timber", "umbrella", "valley",
]  # fmt: skip


@pytest.fixture(autouse=True, scope="module")
def fonts() -> None:
    register_fonts()


def register_fonts() -> None:
    pdfmetrics.registerFont(TTFont("text", FONTS / "DejaVuSans.ttf"))
    pdfmetrics.registerFont(TTFont("bold", FONTS / "DejaVuSans-Bold.ttf"))
    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))


def read_pdf(folder: Path, content: bytes) -> Article:
    file = folder / "bridge.pdf"
    file.write_bytes(content)
    ((part, article),) = pdf.read(file, "bridge")
    assert part == "" and isinstance(article, Article)
    return article


def refusal(folder: Path, content: bytes) -> str:
    with pytest.raises(UnreadableArticle) as caught:
        read_pdf(folder, content)
    assert len(str(caught.value)) < 300 and not str(caught.value).endswith(".")
    return str(caught.value)


def made(draw: Callable[[Canvas], None], **settings: Any) -> bytes:
    saved = io.BytesIO()
    canvas = Canvas(saved, pagesize=(595, 842), **settings)
    draw(canvas)
    canvas.save()
    return saved.getvalue()


def font_of(language: str) -> str:
    return "STSong-Light" if language == "zh" else "text"


def split(text: str, language: str, width: float) -> list[str]:
    if language == "zh":
        return [text[i : i + int(width // SIZE)] for i in range(0, len(text), int(width // SIZE))]
    lines: list[str] = simpleSplit(text, font_of(language), SIZE, width)
    return lines


def filler(number: int) -> str:
    """A paragraph of its own words, no two alike."""
    return " ".join(WORDS[(number * 7 + i * (number + 3)) % len(WORDS)] for i in range(60)).capitalize() + f" {number}."


class Pages:
    """Lines set one below another, over pages with a header, a footer and a number; tells where each line came."""

    def __init__(self, canvas: Canvas, language: str, noise: bool = True) -> None:
        self.canvas, self.language, self.noise = canvas, language, noise
        self.number, self.height = 1, 770.0

    def line(self, words: str, left: float = 70, size: float = SIZE, font: str | None = None) -> None:
        if self.height < 90:
            self.turn()
        self.canvas.setFont(font or font_of(self.language), size)
        self.canvas.drawString(left, self.height, words)
        self.height -= STEP * size / SIZE

    def paragraph(self, text: str, width: float = 450) -> None:
        for line in split(text, self.language, width):
            self.line(line)
        self.height -= 8

    def turn(self) -> None:
        if self.noise:
            self.canvas.setFont("text", 9)
            self.canvas.drawString(70, 810, HEADER)
            self.canvas.drawString(480, 810, f"May {self.number}, 2024")
            self.canvas.drawString(70, 40, FOOTER)
            self.canvas.drawCentredString(297, 40, f"Page {self.number} of 9")
        self.canvas.showPage()
        self.number, self.height = self.number + 1, 770.0


def bridge(language: str) -> tuple[bytes, dict[str, int]]:
    """The article over several pages, its third sentence cut by the turn of a page; and the page of each sentence."""
    title, heading, (first, second, third, fourth) = GOLD[language]
    on: dict[str, int] = {}

    def draw(canvas: Canvas) -> None:
        canvas.setTitle(title)
        canvas.setAuthor("Ada Brent")
        pages = Pages(canvas, language)
        pages.line(title, size=22)
        on[first], on[second] = pages.number, pages.number
        pages.paragraph(first + ("" if language == "zh" else " ") + second)
        pages.line(heading, size=16)
        while pages.height > 90 + STEP:
            pages.line("1832." if pages.height < 90 + 3 * STEP else f"{WORDS[int(pages.height) % 20]} {pages.height}.")
            pages.height -= 8 if pages.height > 90 + STEP + 8 else 0
        pages.height = 91
        on[third] = pages.number
        pages.paragraph(third, width=300)
        on[fourth] = pages.number
        pages.paragraph(fourth)
        for number in range(12 if language != "zh" else 36):
            pages.paragraph(filler(number) if language != "zh" else fourth[number % 12 :])
        pages.turn()

    return made(draw), on


@WRITTEN
def test_every_sentence_is_read_on_its_page_and_nothing_around(language: str, tmp_path: Path) -> None:
    content, on = bridge(language)
    article = read_pdf(tmp_path, content)
    title, heading, sentences = GOLD[language]
    assert [sentence for sentence in sentences if sentence not in article.text] == []
    assert [noise for noise in (HEADER, FOOTER, "May", "Page") if noise in article.text] == []
    assert (article.title, article.author, article.language) == (title, "Ada Brent", language)
    assert f"\n\n## {heading}\n\n" in article.text and f"# {title}" not in article.text
    assert {sentence: article.page_at(article.text.index(sentence)) for sentence in sentences} == on
    third = article.text.index(sentences[2])
    assert article.page_at(third + len(sentences[2]) - 1) == on[sentences[2]] + 1 == 2
    assert article.pages[0] == 0 and list(article.pages) == sorted(article.pages) and len(article.pages) == 3


@WRITTEN
@pytest.mark.parametrize("across", [True, False])
def test_columns_are_read_one_after_the_other(language: str, across: bool, tmp_path: Path) -> None:
    """Whether the file writes line by line across both, or each column for itself."""
    title, _, (first, second, third, fourth) = GOLD[language]
    space = "" if language == "zh" else " "

    def draw(canvas: Canvas) -> None:
        canvas.setFont(font_of(language), 20)
        canvas.drawString(70, 780, title)
        canvas.setFont(font_of(language), SIZE)
        sides = [split(space.join(text), language, 215) for text in ((first, second, third), (fourth, first, second))]
        lines = [(70 + 235 * side, 740 - STEP * row, words) for side in (0, 1) for row, words in enumerate(sides[side])]
        for left, height, words in sorted(lines, key=lambda line: (-line[1], line[0])) if across else lines:
            canvas.drawString(left, height, words)
        canvas.showPage()

    article = read_pdf(tmp_path, made(draw))
    text = article.text
    assert article.title == title
    assert text == space.join([first, second, third]) + "\n\n" + space.join([fourth, first, second]) or text == (
        space.join([first, second, third, fourth, first, second])
    )


def test_a_table_of_numbers_is_no_text_in_columns(tmp_path: Path) -> None:
    rows = [("Cart", "three pence"), ("Horse", "one penny"), ("Salt", "nothing"), ("Sheep", "a farthing")]

    def draw(canvas: Canvas) -> None:
        pages = Pages(canvas, "en", noise=False)
        pages.paragraph(GOLD["en"][2][0])
        for name, toll in rows:
            canvas.drawString(300, pages.height, toll)
            pages.line(name)
        pages.height -= 20
        pages.paragraph(GOLD["en"][2][1])

    article = read_pdf(tmp_path, made(draw))
    assert article.text == f"{GOLD['en'][2][0]}\n\n" + "\n".join(map(" | ".join, rows)) + f"\n\n{GOLD['en'][2][1]}"


def arabic() -> bytes:
    """matplotlib shapes Arabic and sets it from right to left."""
    title, _, sentences = GOLD["ar"]
    saved = io.BytesIO()
    with PdfPages(saved, metadata={"Title": title}) as pages:
        for page, (one, two) in enumerate((sentences[:2], sentences[2:]), 1):
            figure = Figure(figsize=(8, 11))
            words = [*one.split(), *two.split()]
            rows = [" ".join(words[i : i + 8]) for i in range(0, len(words), 8)]
            for row, line in enumerate(rows):
                figure.text(0.9, 0.9 - 0.02 * row, line, ha="right", size=11, family="DejaVu Sans")
            figure.text(0.9, 0.97, HEADER, ha="right", size=8)
            figure.text(0.5, 0.05, str(page), size=8)
            pages.savefig(figure)
    return saved.getvalue()


@pytest.mark.parametrize("fonttype", [3, 42])
def test_arabic_is_read_in_the_order_of_speech(fonttype: int, tmp_path: Path) -> None:
    with matplotlib.rc_context({"pdf.fonttype": fonttype}):
        article = read_pdf(tmp_path, arabic())
    assert article.text.split() == " ".join(GOLD["ar"][2]).split()
    assert [sentence for sentence in GOLD["ar"][2] if sentence not in article.text] == []
    assert (article.title, article.language) == (GOLD["ar"][0], "ar")
    assert [article.page_at(article.text.index(sentence)) for sentence in GOLD["ar"][2]] == [1, 1, 2, 2]


def paragraphs(*lines: str, width: float = 0) -> bytes:
    def draw(canvas: Canvas) -> None:
        pages = Pages(canvas, "en", noise=False)
        for line in lines:
            pages.line(line)

    return made(draw)


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        (["The keeper of the long brid-", "ge wrote down every crossing of it."],
         "The keeper of the long bridge wrote down every crossing of it."),
        (["They signed the long Franco-", "British treaty on the old bridge."],
         "They signed the long Franco-British treaty on the old bridge."),
        (["A well-known keeper, and the most well-", "known of the bridges of the valley."],
         "A well-known keeper, and the most well-known of the bridges of the valley."),
        (["« Le pont est ouvert à tous », dit-", "il devant la foule du marché."],
         "« Le pont est ouvert à tous », dit-il devant la foule du marché."),
        (["Le pont relie les deux rives, c’est-à-", "dire le nord et le sud de la vallée."],
         "Le pont relie les deux rives, c’est-à-dire le nord et le sud de la vallée."),
        (["The ﬁrst oﬃce of the keeper was beside", "the gate, and its ﬂoor was of stone."],
         "The first office of the keeper was beside the gate, and its floor was of stone."),
        (["The tolls are these, and nobody pays more:", "• three pence for a cart", "• a penny for a horse"],
         "The tolls are these, and nobody pays more:\n\n- three pence for a cart\n- a penny for a horse"),
    ],
)  # fmt: skip
def test_lines_are_joined(lines: list[str], text: str, tmp_path: Path) -> None:
    assert read_pdf(tmp_path, paragraphs(*lines)).text == text


def test_a_bold_line_is_a_heading_and_a_bold_sentence_is_none(tmp_path: Path) -> None:
    def draw(canvas: Canvas) -> None:
        pages = Pages(canvas, "en", noise=False)
        pages.paragraph(filler(1))
        pages.line("The toll", font="bold")
        pages.paragraph(filler(2))
        pages.line("Nobody pays.", font="bold")
        pages.paragraph(filler(3))

    text = read_pdf(tmp_path, made(draw)).text
    assert "\n\n# The toll\n\n" in text and "# Nobody" not in text and "Nobody pays." in text


def test_what_repeats_in_the_text_stays(tmp_path: Path) -> None:
    """A refrain that opens every page, numbered headings, the same line of a paragraph in one place of every page."""
    refrain = "Nobody pays on market days, said the keeper once more."

    def draw(canvas: Canvas) -> None:
        canvas.setTitle("Tolls of the valley")
        pages = Pages(canvas, "en")
        for number in range(1, 5):
            pages.line(f"Chapter {number}", size=16)
            pages.paragraph(refrain)
            for _ in range(2):
                pages.paragraph(GOLD["en"][2][0] + " " + GOLD["en"][2][1])
            pages.height = 90 + STEP
            pages.paragraph("The last line of it. The last line of each page is this one.", width=200)
            pages.turn()

    text = read_pdf(tmp_path, made(draw)).text
    assert text.count(refrain) == 4 and text.count(GOLD["en"][2][0]) == 8
    assert [f"# Chapter {number}" in text for number in range(1, 5)] == [True] * 4
    assert text.count("The last line of it. The last line of each page is this one.") == 4
    assert HEADER not in text and FOOTER not in text


def test_a_line_that_begins_a_paragraph_on_every_page_stays(tmp_path: Path) -> None:
    line = "The keeper of the bridge wrote down each cart and each horse and the name of"
    texts = [f"{line} the one from {word}, where salt is sold to the towns." for word in WORDS[:5]]

    def draw(canvas: Canvas) -> None:
        pages = Pages(canvas, "en")
        for text in texts:
            pages.paragraph(text)
            pages.paragraph(filler(texts.index(text)))
            pages.turn()

    assert split(texts[0], "en", 450)[0] == line
    article = read_pdf(tmp_path, made(draw))
    assert [text in article.text for text in texts] == [True] * 5 and HEADER not in article.text


def test_headers_of_chapters_and_of_left_pages_are_left_out(tmp_path: Path) -> None:
    def draw(canvas: Canvas) -> None:
        pages = Pages(canvas, "en", noise=False)
        for number in range(1, 11):
            header = (
                HEADER if number % 2 else ["Of carts", "Of horses", "Of salt", "Of salt", "Of sheep"][number // 2 - 1]
            )
            canvas.setFont("text", 9)
            canvas.drawString(70 if number % 2 else 400, 810, header)
            canvas.drawString(290, 40, str(number))
            for i in range(4):
                pages.paragraph(filler(number * 4 + i))
            pages.turn()

    text = read_pdf(tmp_path, made(draw)).text
    assert HEADER not in text and "Of " not in text
    assert text == "\n\n".join(filler(number) for number in range(4, 44))


def test_pages_without_text_begin_where_the_next_one_does(tmp_path: Path) -> None:
    def draw(canvas: Canvas) -> None:
        pages = Pages(canvas, "en", noise=False)
        for number in range(5):
            if number in (1, 3):
                pages.paragraph(GOLD["en"][2][number])
            pages.turn()

    article = read_pdf(tmp_path, made(draw))
    one, two = GOLD["en"][2][1], GOLD["en"][2][3]
    assert article.text == f"{one}\n\n{two}"
    assert article.pages == (0, 0, len(one) + 2, len(one) + 2, len(article.text))


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_turned_pages_are_read(rotation: int, tmp_path: Path) -> None:
    def draw(canvas: Canvas) -> None:
        canvas.setPageRotation(rotation)
        canvas.translate(*{90: (595, 0), 180: (595, 842), 270: (0, 842)}[rotation])
        canvas.rotate(rotation)
        pages = Pages(canvas, "en", noise=False)
        pages.height = 500
        pages.paragraph(" ".join(GOLD["en"][2]))
        pages.paragraph(filler(1))

    assert read_pdf(tmp_path, made(draw)).text == " ".join(GOLD["en"][2]) + "\n\n" + filler(1)


@pytest.mark.parametrize(
    ("said", "title"),
    [("Tolls of the valley", "Tolls of the valley"), ("Microsoft Word - a.doc", "The bridge"),
     ("untitled", "The bridge"), ("bridge_v2.indd", "The bridge"), ("", "The bridge")],
)  # fmt: skip
def test_titles_of_programs_are_none(said: str, title: str, tmp_path: Path) -> None:
    def draw(canvas: Canvas) -> None:
        canvas.setTitle(said)
        pages = Pages(canvas, "en", noise=False)
        pages.line("The bridge", size=20)
        pages.paragraph(GOLD["en"][2][0])

    article = read_pdf(tmp_path, made(draw, lang="de-AT"))
    assert (article.title, article.author, article.language) == (title, None, "de")
    assert article.text == ("" if title == "The bridge" else "# The bridge\n\n") + GOLD["en"][2][0]
    assert article.published is None  # reportlab writes when it made the file


@pytest.mark.parametrize(
    "author", ["(anonymous)", "anonymous", "Unknown", "(unspecified)", "", "[Unknown author]", "Ada Brent"]
)
def test_authors_of_programs_are_none(author: str, tmp_path: Path) -> None:
    content = written({4: b"<< /Author <" + author.encode("utf-16").hex().encode() + b"> >>"}, stream=SENTENCE)
    assert read_pdf(tmp_path, content).author == (author if author == "Ada Brent" else None)


PRISM: Final = 'xmlns:prism="http://prismstandard.org/namespaces/basic/2.0/"'
TERMS: Final = 'xmlns:dcterms="http://purl.org/dc/terms/"'


def stream_of(content: bytes) -> bytes:
    return b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content)


@pytest.mark.parametrize(
    ("said", "day"),
    [
        (f"<rdf:Description {PRISM}><prism:publicationDate>2024-05-01</prism:publicationDate></rdf:Description>",
         "2024-05-01"),
        (f'<rdf:Description {PRISM} prism:coverDate="2024-05"/>', "2024-05-01"),
        (f"<rdf:Description {TERMS}><dcterms:issued><rdf:Seq><rdf:li>2024-05-01T12:00:00Z</rdf:li></rdf:Seq>"
         "</dcterms:issued></rdf:Description>", "2024-05-01"),
        (f'<rdf:Description {PRISM} prism:publicationDate="2024-13-50"/>', None),
        (f'<rdf:Description {PRISM} prism:publicationDate="1/2/2024"/>', None),
        (f"<rdf:Description {PRISM}><prism:publicationDate>2024-05-01", None),
        ('<rdf:Description xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:CreateDate="2024-05-01"/>', None),
        ("", None),
    ],
)  # fmt: skip
def test_the_day_of_publication_is_the_one_that_is_stated(said: str, day: str | None, tmp_path: Path) -> None:
    """Not the one on which a program wrote the file."""
    packet = (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f"{said}</rdf:RDF></x:xmpmeta>"
    ).encode()
    content = written({4: b"<< /CreationDate (D:20260102030405Z) >>", 6: stream_of(packet)}, stream=SENTENCE)
    assert read_pdf(tmp_path, content).published == day


def test_many_packets_of_metadata_take_no_time(tmp_path: Path) -> None:
    content = written({6: stream_of(b"<x:xmpmeta" * 500_000)}, stream=SENTENCE)
    assert read_pdf(tmp_path, content).published is None


def numbered_pages(pages: int, first: str, last: str) -> bytes:
    """Each page with a line above and one below, as near to the text as its lines are to each other."""

    def draw(canvas: Canvas) -> None:
        canvas.setTitle("The town")
        for number in range(1, pages + 1):
            words = filler(number).split()
            lines = [first.replace("#", str(number))] * bool(first)
            lines += [" ".join(words[i : i + 10]) for i in range(0, len(words), 10)]
            lines += [last.replace("#", str(number))] * bool(last)
            for i, line in enumerate(lines):
                canvas.setFont("text", SIZE)
                canvas.drawString(70, 770 - i * STEP, line)
            canvas.showPage()

    return made(draw)


@pytest.mark.parametrize("pages", [2, 3, 5])
@pytest.mark.parametrize(
    ("first", "last"),
    [("", "Town news - page #"), ("Town news - page #", ""), ("", "Town news, May 2024 #"), ("", "Seite #"),
     ("Page #/9", "- # -")],
)  # fmt: skip
def test_lines_that_count_the_pages_are_left_out(first: str, last: str, pages: int, tmp_path: Path) -> None:
    text = read_pdf(tmp_path, numbered_pages(pages, first, last)).text
    assert " ".join(text.split()) == " ".join(filler(number) for number in range(1, pages + 1))


@pytest.mark.parametrize("pages", [2, 3, 5])
@pytest.mark.parametrize(
    ("first", "last"),
    [("Question #", ""), ("#. Turn the handle.", ""), ("", "Turn the handle to number #."), ("", "The total is 1#3")],
)
def test_lines_that_count_something_else_stay(first: str, last: str, pages: int, tmp_path: Path) -> None:
    text = read_pdf(tmp_path, numbered_pages(pages, first, last)).text
    assert [(first or last).replace("#", str(number)) in text for number in range(1, pages + 1)] == [True] * pages


def one_page(around: str, at: float) -> bytes:
    """A line that is drawn before the text, as reportlab and others draw what stands around it."""

    def draw(canvas: Canvas) -> None:
        canvas.setTitle("The town")
        canvas.setFont("text", SIZE)
        canvas.drawString(70, at, around)
        Pages(canvas, "en", noise=False).paragraph(filler(1))

    return made(draw)


@pytest.mark.parametrize(
    ("around", "at"), [("Town news - page 1", 40), ("PAGE 1/1", 810), ("Seite 1", 40), ("Página 1 de 1", 40)]
)
def test_what_says_page_one_on_the_only_page_is_left_out(around: str, at: float, tmp_path: Path) -> None:
    assert read_pdf(tmp_path, one_page(around, at)).text == filler(1)


@pytest.mark.parametrize("around", ["Town news, May 2024", "Go on at page 12", "See page 1.", "Read on at p. 1"])
def test_a_footer_drawn_before_the_text_is_not_joined_with_it(around: str, tmp_path: Path) -> None:
    assert sorted(read_pdf(tmp_path, one_page(around, 40)).text.split("\n\n")) == sorted([around, filler(1)])


@pytest.mark.parametrize("words", ["{page}", "Page {page} of {pages}", "Town news - {page}"])
@pytest.mark.parametrize("pages", [2, 3, 6])
def test_a_footer_larger_than_the_text_is_no_heading(words: str, pages: int, tmp_path: Path) -> None:
    """Programs that set no font for it write it in 12 points."""

    def draw(canvas: Canvas) -> None:
        for page in range(1, pages + 1):
            canvas.setFont("text", SIZE * 1.3)
            canvas.drawString(70, 40, words.format(page=page, pages=pages))
            canvas.setFont("text", SIZE)
            text = canvas.beginText(70, 700)
            for line in textwrap.wrap(filler(page), 80):
                text.textLine(line)
            canvas.drawText(text)
            canvas.showPage()

    article = read_pdf(tmp_path, made(draw))
    assert article.text == "\n\n".join(filler(page) for page in range(1, pages + 1))
    assert article.title.startswith(filler(1).split()[0])


SENTENCE: Final = b"BT /F1 12 Tf 70 700 Td (The bridge was opened to carts in 1832.) Tj ET"
FONT: Final = b"<< /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >>"


def written(objects: dict[int, bytes] | None = None, stream: bytes = b"", pages: bytes = b"") -> bytes:
    """A file of one page as bytes, any object of it replaced; pdfium finds the objects without a table of them."""
    parts = {
        1: b"<< /Type /Catalog /Pages 2 0 R >>",
        2: pages or b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        3: b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 5 0 R /Resources " + FONT + b" >>",
        4: b"<< >>",
        5: stream_of(stream),
        **(objects or {}),
    }
    body = b"".join(b"%d 0 obj\n%s\nendobj\n" % part for part in parts.items())
    return b"%PDF-1.7\n" + body + b"trailer << /Root 1 0 R /Info 4 0 R >>\nstartxref\n0\n%%EOF\n"


def test_files_that_cannot_be_read_say_why(tmp_path: Path) -> None:
    whole, _ = bridge("en")
    locked = made(lambda canvas: canvas.drawString(70, 700, "hush"), encrypt=StandardEncryption("key", canPrint=0))
    assert "encrypted" in refusal(tmp_path, locked)
    assert "its end is missing" in refusal(tmp_path, whole[: len(whole) // 2])
    assert "its end is missing" in refusal(tmp_path, b"%PDF-1.7 and then nothing")
    assert "damaged" in refusal(tmp_path, b"%PDF-1.7\n" + bytes(range(256)) * 40 + b"\n%%EOF\n")
    drawn = made(lambda canvas: canvas.rect(0, 0, 500, 500, fill=1))
    assert "(OCR)" in refusal(tmp_path, drawn)
    assert "empty" in refusal(tmp_path, written())


def test_a_file_locked_against_changes_alone_is_read(tmp_path: Path) -> None:
    locked = StandardEncryption("", ownerPassword="key", canPrint=0)
    content = made(lambda canvas: canvas.drawString(70, 700, GOLD["en"][2][0]), encrypt=locked)
    assert read_pdf(tmp_path, content).text == GOLD["en"][2][0]


def test_fonts_without_letters_are_refused(tmp_path: Path) -> None:
    # Each code of the font stands for a character of the area for private use.
    table = b"1 beginbfrange\n<00> <ff> <e000>\nendbfrange"
    mapped = (
        b"/CIDInit /ProcSet findresource begin begincmap 1 begincodespacerange <00> <ff> endcodespacerange " + table
    )
    font = b"<< /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica /ToUnicode 6 0 R >> >> >>"
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 5 0 R /Resources " + font + b" >>"
    stream = mapped + b" endcmap end end"
    content = written({3: page, 6: b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream)}, stream=SENTENCE)
    assert "which letters" in refusal(tmp_path, content)


def hostile() -> Iterator[tuple[str, bytes]]:
    yield "own child", written(pages=b"<< /Type /Pages /Kids [2 0 R 3 0 R] /Count 2 >>", stream=SENTENCE)
    yield "count", written(pages=b"<< /Type /Pages /Kids [3 0 R] /Count 2000000000 >>", stream=SENTENCE)
    yield (
        "many pages",
        written(pages=b"<< /Type /Pages /Kids [" + b"3 0 R " * 6000 + b"] /Count 6000 >>", stream=SENTENCE),
    )
    bomb = zlib.compress(b" " * 400_000_000 + SENTENCE, 9)
    packed = b"<< /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream" % (len(bomb), bomb)
    yield "bomb", written({5: packed})
    twice = zlib.compress(bomb, 9)
    packed = b"<< /Length %d /Filter [/FlateDecode /FlateDecode] >>\nstream\n%s\nendstream" % (len(twice), twice)
    yield "bomb in a bomb", written({5: packed})
    yield "many letters", written(stream=b"BT /F1 1 Tf 70 700 Td " + b"(aaaaaaaaaa) Tj " * 100_000 + b"ET")
    form = b"<< /Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /X 5 0 R >> >> /Length 30 >>"
    yield "form in itself", written({5: form + b"\nstream\n/X Do /X Do /X Do /X Do /X Do\nendstream"})
    yield "stack", written(stream=b"q " * 1_000_000 + SENTENCE)
    for number in (b"0", b"1e38", b"99999999999999999999", b"-3.4e38", b"0.0001"):
        stream = b"BT /F1 %b Tf %b 0 0 %b 70 700 Tm (The bridge was opened to carts in 1832.) Tj ET" % (
            number,
            number,
            number,
        )
        yield f"size {number.decode()}", written(stream=stream)
    yield "nested", written({4: b"[" * 200_000}, stream=SENTENCE)


@pytest.mark.parametrize("content", [pytest.param(content, id=name) for name, content in hostile()])
def test_hostile_files_end(content: bytes, tmp_path: Path) -> None:
    begun = time.monotonic()
    try:
        assert "The bridge was opened to carts in 1832." in read_pdf(tmp_path, content).text
    except UnreadableArticle as error:
        assert len(str(error)) < 300
    assert time.monotonic() - begun < 20
