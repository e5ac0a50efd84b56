"""A folder with every format, made by other libraries, in five languages, indexed as people index: every sentence is
found word for word, nothing of what was planted around is quoted, pages are right. Left out: each format by itself
(`test_documents.py`, `test_pdf.py`, `test_mail.py`, …)."""

from __future__ import annotations

import csv
import io
import json
import tarfile
import zipfile
from email.message import EmailMessage
from pathlib import Path

import pytest

from index.build import build
from index.settings import IndexSettings
from index.store import IndexStore, open_store, open_writer
from index.types import Article, Filters
from tests.test_build import EMBEDDER
from tests.test_documents import GOLD, NOISE, book, page, word
from tests.test_pdf import arabic, bridge, register_fonts


def mail(language: str) -> bytes:
    title, _, (first, second, third, fourth) = GOLD[language]
    message = EmailMessage()
    message["Subject"], message["From"] = title, "Ada Brent <ada@brent.example>"
    message["Date"] = "Wed, 01 May 2024 08:00:00 +0200"
    message.set_content(f"{first} {second}\n\n{third} {fourth}\n\n> {NOISE['menu']}\n\n-- \n{NOISE['footer']}\n")
    return message.as_bytes()


def data(language: str) -> dict[str, str]:
    title, _, sentences = GOLD[language]
    return {"id": f"row-{language}", "headline": title, "body": "\n\n".join(sentences), "date": "2024-05-01"}


def as_csv(rows: list[dict[str, str]]) -> bytes:
    made = io.StringIO()
    table = csv.DictWriter(made, list(rows[0]))
    table.writeheader()
    table.writerows(rows)
    return made.getvalue().encode()


def wiki(language: str) -> str:
    title, heading, (first, second, third, fourth) = GOLD[language]
    text = f"{{{{Infobox|{NOISE['menu']}}}}}\n'''{first}''' [[Brent|{second}]]\n\n== {heading} ==\n* {third}\n{fourth}"
    return (
        f"<page><title>{title}</title><ns>0</ns><id>1</id><revision><id>1</id>"
        f"<timestamp>2024-05-01T00:00:00Z</timestamp><text>{text.replace('&', '&amp;').replace('<', '&lt;')}</text>"
        "</revision></page>"
    )


def write_folder(place: Path) -> int:
    """How many files there are."""
    for code, (title, _, sentences) in GOLD.items():
        first, second, third, fourth = sentences
        plain = f"{first} {second}\n\n{third} {fourth}"
        files: dict[str, bytes] = {
            "page.html": page(code).encode(), "word.docx": word(code), "book.epub": book(code, place),
            "paper.pdf": arabic() if code == "ar" else bridge(code)[0], "mail.eml": mail(code),
            "note.md": f"---\ntitle: {title}\n---\n{first} **{second}**\n\n{plain}\n\n{NOISE['also']}".encode(),
            "note.txt": f"{plain}\n\n{NOISE['also']}".encode("utf-16"),
            "rows.csv": as_csv([data(code)]), "one.json": json.dumps({"articles": [data(code)]}).encode(),
            "lines.jsonl": json.dumps({"id": f"line-{code}", "text": plain}).encode(),
        }  # fmt: skip
        (place / code).mkdir()
        for name, content in files.items():
            (place / code / name).write_bytes(content)
    with zipfile.ZipFile(place / "packed.zip", "w") as packed, tarfile.open(place / "packed.tar.gz", "w:gz") as tar:
        for code in GOLD:
            packed.writestr(f"{code}/page.html", page(code))
            tar.add(place / code / "note.md", f"{code}/note.md")
    export = (
        f'<mediawiki xml:lang="en"><siteinfo><base>https://w.example/Main</base></siteinfo>{"".join(map(wiki, GOLD))}'
    )
    (place / "wiki.xml").write_text(f"{export}</mediawiki>", encoding="utf-8")
    return len([file for file in place.rglob("*") if file.is_file() and not file.name.endswith("-made")])


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> IndexStore:
    register_fonts()
    place = tmp_path_factory.mktemp("formats")
    (place / "files").mkdir()
    assert write_folder(place / "files") >= 40
    for made in (place / "files").glob("*-made"):
        made.unlink()
    settings = IndexSettings.model_validate({"store": f"embedded:{place}/index"})
    with open_writer(settings, EMBEDDER.name, EMBEDDER.dimension) as writer:
        summary = build([place / "files"], writer, EMBEDDER, settings)
    assert summary.failures == []
    return open_store(settings)


def articles(store: IndexStore) -> list[tuple[str, Article]]:
    origins = {entry.article_id: entry.origin for entry in store.entries()}
    return [(origins[article.id], article) for article in store.articles(0, 1000, Filters())[0]]


def test_every_sentence_is_found_word_for_word(store: IndexStore) -> None:
    found = missing = 0
    lost: list[str] = []
    for origin, article in articles(store):
        (code,) = (code for code, (title, _, gold) in GOLD.items() if gold[0] in article.text or title == article.title)
        for sentence in GOLD[code][2]:
            found += sentence in article.text
            if sentence not in article.text:
                missing += 1
                lost.append(f"{origin}: {sentence}")
    assert found >= 13 * 4 * len(GOLD) and missing <= 0.02 * found, lost


def test_nothing_that_was_planted_is_quoted(store: IndexStore) -> None:
    quoted = [
        (origin, noise) for origin, article in articles(store) for noise in NOISE.values() if noise in article.text
    ]
    assert quoted == []


def test_each_format_gives_as_many_articles_as_it_holds(store: IndexStore) -> None:
    endings = [origin.partition("#")[0].rpartition("/")[2] for origin, _ in articles(store)]
    assert {name: endings.count(name) for name in set(endings)} == dict.fromkeys(set(endings), len(GOLD))
    assert len(set(endings)) == 13
