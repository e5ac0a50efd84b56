"""MediaWiki exports → articles: which pages, their words, hostile marks and XML. Left out: compressed streams in
archives (`test_packed.py`)."""

from __future__ import annotations

import bz2
import gzip
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final
from xml.sax.saxutils import escape

import pytest

from index.errors import UnreadableArticle
from index.readers import mediawiki
from index.readers.blocks import join_blocks
from index.readers.wikitext import wiki_blocks
from index.types import Article

SPACE: Final = 'xmlns="http://www.mediawiki.org/xml/export-0.11/"'
SITE: Final = """<siteinfo><sitename>Wiki de Brent</sitename><base>https://fr.brent.example/wiki/Accueil</base>
<namespaces><namespace key="0"/><namespace key="6">Fichier</namespace><namespace key="14">Catégorie</namespace>
</namespaces></siteinfo>"""


def page(title: str, text: str, ns: int = 0, extra: str = "", when: str = "2024-05-01T08:00:00Z") -> str:
    return f"<page><title>{escape(title)}</title><ns>{ns}</ns><id>7</id>{extra}{revision(text, when)}</page>"


def revision(text: str, when: str, model: str = "wikitext") -> str:
    return (
        f"<revision><timestamp>{when}</timestamp><contributor><username>Ada Brent</username></contributor>"
        f'<model>{model}</model><text xml:space="preserve">{escape(text)}</text></revision>'
    )


def export(*pages: str, head: str = '<?xml version="1.0"?>\n') -> bytes:
    return f'{head}<mediawiki {SPACE} version="0.11" xml:lang="fr">{SITE}{"".join(pages)}</mediawiki>'.encode()


def read(folder: Path, content: bytes, name: str = "wiki.xml") -> list[tuple[str, Article | UnreadableArticle]]:
    (folder / name).write_bytes(content)
    return list(mediawiki.read(folder / name, name.rpartition(".")[0]))


def words(source: str) -> str:
    return join_blocks(wiki_blocks(source, {"file", "fichier", "catégorie", "category", "image"}))


SOURCE = """{{Infobox Pont
| nom = Pont de Brent
| image = {{Lien|x|{{y}}}}
}}
[[Fichier:Pont.jpg|vignette|Le [[pont]] vu ''du nord''.]]
Le '''pont de Brent''' est un [[pont à péage|pont]] de [[Brent]]<ref name="a">Une note, {{p.|3}}.</ref>.
Il mesure {{unité|120|m}}<ref name="a" />.<!-- à vérifier -->

== Le péage ==
{| class="wikitable"
! Charrette
|-
| trois pence {{x}}
|}
Il est de ''trois pence'' & plus : [https://brent.example le tarif] &nbsp;officiel.
* Un cheval : un [[penny]]
* Une [[:Catégorie:Charrettes|charrette]]
=== Jours ===
: Gratuit<br>les jours de {{lang|en|market}}.
__NOTOC__
{{Portail|Ponts}}
[[Catégorie:Pont]]
[[en:Brent Bridge]]
"""
TEXT = """Le pont de Brent est un pont de Brent. Il mesure 120 m.

## Le péage

Il est de trois pence & plus : le tarif \u00a0officiel.

- Un cheval : un penny
- Une charrette

### Jours

Gratuit

les jours de market."""


@pytest.mark.parametrize(
    ("name", "pack"), [("wiki.xml", bytes), ("wiki.xml.bz2", bz2.compress), ("wiki.xml.gz", gzip.compress)]
)
def test_a_page_is_an_article(tmp_path: Path, name: str, pack: Callable[[bytes], bytes]) -> None:
    found = read(tmp_path, pack(export(page("Pont de Brent", SOURCE))), name)
    assert found == [
        ("Pont de Brent", Article(
            "wiki/Pont de Brent", "Pont de Brent", TEXT.replace(" \u00a0", " "), "fr",
            "https://fr.brent.example/wiki/Pont_de_Brent", "Wiki de Brent", None, (), None, "2024-05-01",
        ))
    ]  # fmt: skip


def test_other_pages_are_left_out(tmp_path: Path) -> None:
    pages = [page("Discussion:Pont", "Words.", 1), page("Fichier:Pont", "Words.", 6), page("Pont", "The bridge."),
             page("Ponts", "#REDIRECT [[Pont]]", extra='<redirect title="Pont"/>')]  # fmt: skip
    assert [part for part, _ in read(tmp_path, export(*pages))] == ["Pont"]


def test_the_newest_revision_counts(tmp_path: Path) -> None:
    more = revision("Older.", "2023-01-01T00:00:00Z") + revision("Newest.", "2025-01-01T00:00:00Z")
    ((_, article),) = read(tmp_path, export(page("Pont", "Between.", extra=more)))
    assert isinstance(article, Article) and (article.text, article.updated) == ("Newest.", "2025-01-01")


def test_a_page_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    bad = [page("Empty", "{{x}}"), page("Date", "Words.", when="yesterday"), page("T" * 300, "Words."),
           f"<page><title>Data</title><ns>0</ns>{revision('x', '2024-05-01', 'json')}</page>",
           "<page><title>None</title><ns>0</ns></page>"]  # fmt: skip
    found = read(tmp_path, export(*bad, page("Pont", "The bridge.")))
    assert [isinstance(result, Article) for _, result in found] == [False] * 5 + [True]
    assert [part for part, _ in found] == ["Empty", "Date", "T" * 300, "Data", "None", "Pont"]


@pytest.mark.parametrize("cut", [0.6, 0.99])
def test_a_damaged_export_gives_the_pages_before(tmp_path: Path, cut: float) -> None:
    content = export(*(page(f"P{n}", "The bridge is long. " * 5000) for n in range(10)))
    (tmp_path / "wiki.xml").write_bytes(content[: int(len(content) * cut)])
    found = []
    with pytest.raises(UnreadableArticle, match="pages behind line"):
        for part, _ in mediawiki.read(tmp_path / "wiki.xml", "wiki"):
            found.append(part)
    assert found[:5] == [f"P{n}" for n in range(5)]


ENTITIES: Final = "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9))


@pytest.mark.parametrize("entity", ["&a;", "&b;", "&x;", "&j;"])
def test_entities_are_not_resolved(tmp_path: Path, entity: str) -> None:
    (tmp_path / "secret").write_text("hush")
    head = f'<!DOCTYPE m [<!ENTITY a "aaaaaaaaaa">{ENTITIES}<!ENTITY x SYSTEM "file://{tmp_path}/secret">]>'
    content = export(page("Pont", "The bridge. ENTITY"), head=head).decode()
    (tmp_path / "wiki.xml").write_text(content.replace("The bridge. ENTITY", f"The bridge. {entity}"))
    try:
        found = [result for _, result in mediawiki.read(tmp_path / "wiki.xml", "wiki")]
    except UnreadableArticle as error:
        found = [error]
    shown = str([result.text if isinstance(result, Article) else result for result in found])
    assert "hush" not in shown and "aaa" not in shown and len(shown) < 1000


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("{{nowiki|[[a]]}}A.{{b", "A.{{b"),
        ("A {{b|{{c|{{d}}}}}} e}} f", "A e}} f"),
        ("A <ref>b {{c}} e", "A b e"),
        ("A {{convert|330|m|ft|0}} b", "A 330 m b"),
        ("A {{nobr|[[b|c d]]}} e", "A c d e"),
        ("A '''''b''''' ''c'' '''d'''", "A b c d"),
        ("A &lt;b&gt; &amp; &eacute;", "A <b> & é"),
        ("A [http://x.example] b [http://x.example c d]", "A b c d"),
        ("A [[b]]s [[c#d|e]] [[:Category:f]]", "A bs e Category:f"),
        ("One\ntwo\n\nthree", "One two\n\nthree"),
        ("# a\n# b", "- a\n- b"),
        ("= A =\nb", "# A\n\nb"),
        ("A <small>b</small> <span style='x'>c</span>", "A b c"),
        ("[[File:x.jpg|thumb|A [[b]] c.]] D.", "D."),
        ("<gallery>\nFile:x.jpg|A\n</gallery>B.", "B."),
        ("A <math>x^2</math> b", "A b"),
        ("# comment", "- comment"),
    ],
)
def test_marks(source: str, shown: str) -> None:
    assert words(source) == shown


N: Final = 100_000
BOMBS: Final = ["{{" * N, "{{a|" * N + "}}" * N, "}}" * N, "<ref>" * N, "<ref>{{" * N, "{|\n" * N,
         "{|\n" * N + "|}\n" * N,
         "<!--" * N, "<ref " * N, "=" * N, "'" * N, "[[" * N, "[[a|<b>''[http://x " * N, "{{a|\n[[b|<b>" * N + "A.",
         "''a\n\n" * N, "__" + "A" * N, "{{nobr|" + "[" * N + "}}", "<" * N, "&#" * N,
         "[[a|b]] [[" * 100 + "\n\nb. " * 10]  # fmt: skip


@pytest.mark.parametrize("bomb", BOMBS, ids=range(len(BOMBS)))
def test_hostile_marks_take_no_time(bomb: str) -> None:
    begin = time.monotonic()
    try:
        words(bomb)
    except UnreadableArticle as error:
        assert "brackets" in str(error)
    assert time.monotonic() - begin < 10


HEADINGS: Final = """
import sys
from index.errors import UnreadableArticle
from index.readers.wikitext import wiki_blocks

n = 1_000_000
for source in ("=\\n" * n, "= " + " " * n + "a", "= a" + "\\t" * n + "b", "= " + " " * n + "a =", "=" * n + "a"):
    try:
        assert list(wiki_blocks(source, ()))
    except UnreadableArticle as error:
        assert "brackets" in str(error)
"""


def test_lines_that_may_be_headings_take_time_in_proportion() -> None:
    """A second or two in all; in proportion to the square of their length they would take days."""
    subprocess.run([sys.executable, "-c", HEADINGS], check=True, timeout=120)


def test_a_bomb_of_bytes_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mediawiki, "MOST_BYTES", 1_000_000)
    content = gzip.compress(export(page("A", "The bridge."), *(page(f"P{n}", " " * 100_000) for n in range(20))))
    (tmp_path / "wiki.xml.gz").write_bytes(content)
    with pytest.raises(UnreadableArticle, match="unpacks to more than 1,000,000 bytes"):
        list(mediawiki.read(tmp_path / "wiki.xml.gz", "wiki"))


MEASURE: Final = r"""
import re, sys
from pathlib import Path
from index.readers import mediawiki
count = sum(1 for _ in mediawiki.read(Path(sys.argv[1]), "wiki"))
# Not ru_maxrss, which begins at what the process that started this one takes.
print(count, re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1])
"""


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    """Pages, other pages, and the history of one page; each part alone would take 100 MB as a tree."""

    def peak(name: str, count: int) -> tuple[int, int]:
        long = "The bridge is long. " * 500
        with (tmp_path / name).open("wb") as written:
            written.write(export().removesuffix(b"</mediawiki>"))
            for n in range(count):
                written.write(page(f"P{n}", long[:2000]).encode() + page(f"Talk:P{n}", long * 2, 1).encode())
            history = "".join(revision(long, f"20{n % 90 + 10}-01-01") for n in range(count * 2))
            written.write(page("History", long, extra=history).encode() + b"</mediawiki>")
        run = subprocess.run(
            [sys.executable, "-c", MEASURE, tmp_path / name], capture_output=True, check=True, text=True
        )
        pages, kilobytes = run.stdout.split()
        return int(pages), int(kilobytes)

    (few, small), (many, large) = peak("small.xml", 20), peak("large.xml", 5000)
    assert (few, many) == (21, 5001) and large - small < 30_000


def test_an_export_of_other_pages_alone_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnreadableArticle, match="it holds no articles: no page of the first namespace"):
        read(tmp_path, export(page("Fichier:Pont", "Words.", 6)))


@pytest.mark.parametrize("content", [b"", b"<html>", b"mediawiki", b"\x1f\x8b\x08\x00", gzip.compress(b"<html>")])
def test_what_is_no_export(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.xml").write_bytes(content)
    with pytest.raises(UnreadableArticle):
        list(mediawiki.read(tmp_path / "a.xml", "a"))
