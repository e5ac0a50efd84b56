"""Pages, Word documents, books and texts in any encoding, made by other libraries, in five languages: what was written
is read word for word, what is planted around it is not. Left out: Markdown, JSONL and UTF-8 (`test_readers.py`)."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any, Final

import docx
import mkepub
import pytest

from index.errors import UnreadableArticle
from index.readers import find_files, read_file
from index.readers.blocks import join_blocks
from index.readers.cleaning import clean_blocks, mend_characters
from index.types import Article

GOLD: Final[dict[str, tuple[str, str, list[str]]]] = {
    "en": ("The bridge of Brent", "The toll", [
        "The bridge of Brent was opened to carts by the mayor in 1832, after nine years of work on its piers.",
        "Its keeper wrote down every crossing, and his books are kept in the town hall to this day.",
        "The toll for a cart is three pence, and a horse without a cart pays a single penny at the gate.",
        "Nobody pays on market days, when the salt of the coast is carried to the towns of the valley.",
    ]),
    "fr": ("Le pont de Brent", "Le péage", [
        "Le pont de Brent a été ouvert aux charrettes par le maire en 1832, après neuf ans de travaux sur ses piles.",
        "Son gardien notait chaque passage, et ses registres sont conservés à l’hôtel de ville jusqu’à aujourd’hui.",
        "Le péage est de trois pence par charrette, et un cheval sans charrette paie un seul penny à la barrière.",
        "Personne ne paie les jours de marché, quand le sel de la côte est porté vers les villes de la vallée.",
    ]),
    "ar": ("جسر برنت", "رسم العبور", [
        "افتتح رئيس البلدية جسر برنت أمام العربات في عام 1832 بعد تسع سنوات من العمل على دعاماته الحجرية.",
        "كان حارس الجسر يسجل كل عبور في دفتره، وما زالت دفاتره محفوظة في مبنى البلدية حتى اليوم.",
        "رسم العبور ثلاثة بنسات لكل عربة، ويدفع الحصان من دون عربة بنسا واحدا عند البوابة الكبيرة.",
        "لا يدفع أحد في أيام السوق عندما ينقل ملح الساحل إلى مدن الوادي البعيدة في الداخل.",
    ]),
    "zh": ("布伦特桥", "通行费", [
        "布伦特桥经过九年的桥墩施工之后,于1832年由市长宣布向马车开放,当天有数百人前来观看。",
        "守桥人把每一次通行都记在账簿上,这些账簿至今仍然完好地保存在市政厅的档案室里。",
        "每辆马车的通行费为三便士,没有马车的马匹在大门口只需要支付一便士就可以通过。",
        "在赶集的日子里没有人需要付费,那时海边的盐会被运往山谷里的各个城镇和村庄。",
    ]),
    "el": ("Η γέφυρα του Μπρεντ", "Τα διόδια", [
        "Η γέφυρα του Μπρεντ άνοιξε για τα κάρα από τον δήμαρχο το 1832, ύστερα από εννέα χρόνια εργασιών.",
        "Ο φύλακάς της κατέγραφε κάθε πέρασμα, και τα βιβλία του φυλάσσονται στο δημαρχείο μέχρι σήμερα.",
        "Τα διόδια για ένα κάρο είναι τρεις πένες, και ένα άλογο χωρίς κάρο πληρώνει μόνο μία πένα στην πύλη.",
        "Κανείς δεν πληρώνει τις ημέρες της αγοράς, όταν το αλάτι της ακτής μεταφέρεται στις πόλεις της κοιλάδας.",
    ]),
}  # fmt: skip
NOISE: Final = {
    "menu": "Home Sports Weather Subscribe now", "cookies": "We use cookies to improve your experience",
    "share": "Share on Facebook", "also": "Read also: The canal of Arrow is dug by 340 men",
    "related": "Another story about another town", "footer": "All rights reserved by the Brent Journal",
    "script": "console.log", "hidden": "display: none",
}  # fmt: skip
LANGUAGES: Final = pytest.mark.parametrize("language", GOLD)


def page(language: str) -> str:
    """A page of a newspaper, with what newspapers put around an article."""
    title, heading, (first, second, third, fourth) = GOLD[language]
    facts = {"@context": "https://schema.org", "@type": "NewsArticle", "headline": title, "inLanguage": language,
             "datePublished": "2024-05-01T08:00:00+02:00", "dateModified": "2024-06-02T09:00:00+02:00",
             "author": {"@type": "Person", "name": "Ada Brent"}}  # fmt: skip
    return f"""<!DOCTYPE html><html lang="{language}"><head><meta charset="utf-8"><title>{title} – Brent Journal</title>
    <meta property="og:site_name" content="Brent Journal"><link rel="canonical" href="https://brent.example/bridge">
    <script type="application/ld+json">{json.dumps(facts)}</script><style>.x {{ {NOISE["hidden"]} }}</style>
    </head><body>
    <nav><ul><li><a href="/">Home</a></li><li><a href="/s">Sports</a></li><li>{NOISE["menu"]}</li></ul></nav>
    <div class="cookie-banner">{NOISE["cookies"]} <button>OK</button></div>
    <main><article><h1>{title}</h1><p class="byline">By Ada Brent</p>
    <p>{first} {second}</p><script>{NOISE["script"]}("x")</script>
    <h2>{heading}</h2><p>{third}</p><p>{fourth}</p>
    <div class="share-buttons"><a href="https://social.example">{NOISE["share"]}</a></div>
    <p>{NOISE["also"]}</p></article></main>
    <aside class="related"><h3>More</h3><ul><li><a href="/2">{NOISE["related"]}</a></li></ul></aside>
    <footer><p>{NOISE["footer"]}</p></footer></body></html>"""


def word(language: str) -> bytes:
    title, heading, (first, second, third, fourth) = GOLD[language]
    document = docx.Document()
    document.core_properties.title, document.core_properties.author = title, "Ada Brent"
    document.add_heading(title, 0)
    document.add_paragraph(f"{first} {second}")
    document.add_heading(heading, 1)
    document.add_paragraph(third, style="List Bullet")
    table = document.add_table(rows=1, cols=2)
    table.cell(0, 0).text, table.cell(0, 1).text = "1832", fourth
    document.sections[0].header.paragraphs[0].text = NOISE["menu"]
    document.sections[0].footer.paragraphs[0].text = NOISE["footer"]
    saved = io.BytesIO()
    document.save(saved)
    return saved.getvalue()


def book(language: str, folder: Path) -> bytes:
    title, heading, (first, second, third, fourth) = GOLD[language]
    made = mkepub.Book(title=title, author="Ada Brent")  # it says of every book that it is English
    made.add_page(title, f"<h1>{title}</h1><p>{first} {second}</p>")
    made.add_page(heading, f"<h1>{heading}</h1><p>{third}</p><p>{fourth}</p>")
    file = folder / f"{language}-made"
    made.save(str(file))
    made.tempdir.cleanup()
    return file.read_bytes()


def read_one(folder: Path, name: str, content: bytes) -> Article:
    file = folder / name
    file.write_bytes(content)
    ((_, found),) = read_file(file, folder, 50_000_000)
    assert isinstance(found, Article), found
    return found


def check_gold(article: Article, language: str, said: str | None = None) -> None:
    """Every sentence as it was written, none of the noise."""
    assert [sentence for sentence in GOLD[language][2] if sentence not in article.text] == []
    assert [noise for noise in NOISE.values() if noise in article.text] == []
    assert article.language == (said or language) and article.title == GOLD[language][0]


@LANGUAGES
def test_a_page_is_read_without_what_stands_around(language: str, tmp_path: Path) -> None:
    article = read_one(tmp_path, "bridge.html", page(language).encode())
    check_gold(article, language)
    assert f"\n\n## {GOLD[language][1]}\n\n" in article.text and "Ada" not in article.text
    assert (article.published, article.updated) == ("2024-05-01", "2024-06-02")
    assert (article.author, article.source, article.url) == (
        "Ada Brent",
        "Brent Journal",
        "https://brent.example/bridge",
    )
    assert article.id == "bridge"


@LANGUAGES
def test_a_word_document_is_read(language: str, tmp_path: Path) -> None:
    article = read_one(tmp_path, "bridge.docx", word(language))
    check_gold(article, language)
    assert f"\n\n# {GOLD[language][1]}\n\n" in article.text and f"- {GOLD[language][2][2]}" in article.text
    assert f"1832 | {GOLD[language][2][3]}" in article.text and article.author == "Ada Brent"


def test_the_rows_of_a_table_in_a_cell_are_lines_of_their_own(tmp_path: Path) -> None:
    """Nothing of the row around is lost: it stands before and behind them."""
    document = docx.Document()
    document.add_paragraph("The fees of the pool changed in May.")
    table = document.add_table(rows=3, cols=3)
    for row, words in enumerate((("Group", "Price", "Since"), ("Adults", "4 euros", "2024"), ("Children", "", "2023"))):
        for column, word in enumerate(words):
            table.cell(row, column).text = word
    around = table.cell(1, 1)
    around.add_table(rows=2, cols=2).cell(0, 0).text = "by day"
    around.tables[0].cell(0, 1).text, around.tables[0].cell(1, 0).text = "4 euros", "by year"
    around.add_paragraph("or nothing")
    saved = io.BytesIO()
    document.save(saved)
    text = read_one(tmp_path, "fees.docx", saved.getvalue()).text
    assert text.split("\n\n") == [
        "The fees of the pool changed in May.", "Group | Price | Since\nAdults | 4 euros",
        "by day | 4 euros\nby year |",
        "or nothing | 2024\nChildren |  | 2023",
    ]  # fmt: skip


@LANGUAGES
def test_a_book_is_read_in_its_order(language: str, tmp_path: Path) -> None:
    article = read_one(tmp_path, "bridge.epub", book(language, tmp_path))
    check_gold(article, language, said="en")
    assert article.text.index(GOLD[language][2][1]) < article.text.index(f"# {GOLD[language][1]}")
    assert article.author == "Ada Brent"


@pytest.mark.parametrize(
    ("language", "encoding"),
    [("en", "utf-16"), ("fr", "cp1252"), ("fr", "utf-16"), ("fr", "utf-8-sig"), ("ar", "cp1256"), ("ar", "utf-32"),
     ("zh", "gb18030"), ("zh", "big5"), ("el", "cp1253"), ("el", "iso8859-7"), ("el", "utf-16")],
)  # fmt: skip
def test_texts_are_read_in_any_encoding(language: str, encoding: str, tmp_path: Path) -> None:
    text = "\r\n\r\n".join(GOLD[language][2])
    if encoding == "big5":
        text = "布倫特橋經過九年的施工之後,於一八三二年由市長宣布開放。守橋人把每一次通行都記在帳簿上。" * 3
    raw = text.encode(encoding, "replace" if encoding in ("cp1253", "iso8859-7", "cp1256") else "strict")
    article = read_one(tmp_path, "bridge.txt", raw)
    assert article.text == raw.decode(encoding).replace("\r\n", "\n")


@pytest.mark.parametrize(
    "text", ["Le pont a été ouvert à l'été.", "Où est-il ? À côté de l’église : « là ».", "Ça coûte 3 €."]
)
def test_short_french_is_taken_for_french(text: str, tmp_path: Path) -> None:
    assert read_one(tmp_path, "a.txt", text.encode("cp1252")).text == text


def test_what_a_file_holds_counts_more_than_its_name(tmp_path: Path) -> None:
    check_gold(read_one(tmp_path, "a.txt", page("en").encode()), "en")
    check_gold(read_one(tmp_path, "b.html", word("en")), "en")
    check_gold(read_one(tmp_path, "c.docx", book("en", tmp_path)), "en")
    assert {file.name for file in find_files(tmp_path)[0]} == {"a.txt", "b.html", "c.docx"}


def zipped(**files: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "/").replace("_", "."), content)
    return made.getvalue()


ENTITIES: Final = "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9))
NESTED: Final = '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>'
CONTAINER: Final = (
    '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles><rootfile {}/></rootfiles>'
    "</container>"
)
BOMB: Final = f'<!DOCTYPE l [<!ENTITY a "aaaaaaaaaa">{ENTITIES}]><l>&j;</l>'.encode()
MANY: Final = " ".join(f"a{n}=1" for n in range(200_000))


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.pdf.html", b"%PDF-1.7 ...", "its end is missing"),
        ("a.html", b"<html><body></body></html>", "no main text"),
        ("a.html", ("<html><body>" + "<div>" * 100_000 + page("en")).encode(), "no main text"),
        ("a.html", f"<html><p {MANY}>{page('en')}".encode(), "tag of more"),
        ("a.html", b"<html>\0<p>x", "NUL"),
        ("a.txt", bytes(range(1, 256)) * 4, "encoding cannot be told|holds no text"),
        ("a.docx", word("en")[:5000], "damaged"),
        ("a.docx", b"no archive at all", "damaged"),
        ("a.docx", zipped(a_txt=b"x"), "no Word document"),
        ("a.docx", zipped(word__document_xml=b" " * 300_000_000), "unpacks to 300,000,000 bytes"),
        ("a.docx", zipped(word__document_xml=b"<a"), "no Word document"),
        ("a.docx", zipped(word__document_xml=BOMB),
         "no Word document"),
        ("a.docx", zipped(word__document_xml=(NESTED + "<w:sdt><w:sdtContent>" * 5000).encode()), "no Word document"),
        ("a.epub", zipped(**{"META-INF__container_xml": CONTAINER.format('full-path="../../etc/passwd"').encode()}),
         "holds no file"),
        ("a.epub", zipped(**{"META-INF__container_xml": CONTAINER.format("").encode()}), "names no book"),
        ("a.epub", zipped(**{"META-INF__container_xml": BOMB}),
         "names no book|damaged"),
    ],
)  # fmt: skip
def test_what_is_damaged_or_hostile_is_refused(name: str, content: bytes, said: str, tmp_path: Path) -> None:
    file = tmp_path / name
    file.write_bytes(content)
    ((_, found),) = read_file(file, tmp_path, 50_000_000)
    assert isinstance(found, UnreadableArticle)
    with pytest.raises(UnreadableArticle, match=said):
        raise found
    assert len(str(found)) < 500


def test_entities_of_other_files_are_not_read(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("hush")
    inside = f'<!DOCTYPE p [<!ENTITY x SYSTEM "file://{tmp_path}/secret">]>'
    book_xml = f'{inside}<package xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>&x;</dc:title></package>'
    files: dict[str, Any] = {
        "META-INF__container_xml": CONTAINER.format('full-path="b.opf"').encode(),
        "b_opf": book_xml.encode(),
    }
    (tmp_path / "a.epub").write_bytes(zipped(**files))
    ((_, found),) = read_file(tmp_path / "a.epub", tmp_path, 50_000_000)
    assert "hush" not in str(found)


@pytest.mark.parametrize(
    "noise",
    ["Read also: The canal", "À lire aussi : Le canal d’Arrow", "Lire aussi – Le canal", "See also: Tolls", "Tags: B",
     "Mots-clés : ponts, péage", "\u200b\u00ad"],
)  # fmt: skip
def test_what_points_elsewhere_is_left_out(noise: str) -> None:
    assert list(clean_blocks([("text", "It opened."), ("text", noise), ("text", "It closed.")])) == [
        ("text", "It opened."), ("text", "It closed."),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "kept",
    [
        "Read also tells of a boy who reads.",
        "Lire aussi longtemps fatigue.",
        "By 1832 the bridge was open.",
        "Par beau temps, on voit la mer.",
    ],
)
def test_sentences_that_look_alike_stay(kept: str) -> None:
    assert list(clean_blocks([("text", kept)])) == [("text", kept)]


def test_characters_are_mended() -> None:
    assert (
        mend_characters("e\u0301te\u0301 sou\u00adligne\u200b ici\u2009: \u00ab\u00a0là\u00a0\u00bb")
        == "été souligne ici : «\u00a0là\u00a0»"
    )
    persian = "می\u200cخواهم"
    assert mend_characters(persian) == persian


def test_no_line_becomes_a_heading_by_itself() -> None:
    assert join_blocks([("text", "# a comment"), ("heading", "# A heading")]) == "#\u00a0a comment\n\n# A heading"
