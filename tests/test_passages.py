"""Passages of articles: verbatim, whole sentences, headings, size, ids; on the corpus and on any
text. Left out: sentence boundaries (`test_sentences.py`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.passages import cut_passages
from index.readers import find_files, read_file
from index.sentences import sentence_spans
from index.types import Article, Passage

CORPUS = Path(__file__).parent.parent / "corpus"


def count_words(texts: Sequence[str]) -> list[int]:
    return [len(text.split()) for text in texts]


def article(text: str, title: str = "T", language: str = "en") -> Article:
    return Article("a", title, text, language)


def cut(text: str, target: int = 40, title: str = "T") -> list[Passage]:
    return cut_passages(article(text, title), count_words, target)


@cache
def corpus() -> list[Article]:
    found = [result for file in find_files(CORPUS)[0] for _, result in read_file(file, CORPUS, 10**9)]
    return [result for result in found if isinstance(result, Article)]


def check(source: Article, passages: Sequence[Passage]) -> None:
    """What holds for the passages of any article."""
    wanted = [
        span
        for span in sentence_spans(source.text, source.language)
        if not source.text[span.start : span.end].startswith(("# ", "## ", "### ", "#### ", "##### ", "###### "))
    ]
    assert [span for passage in passages for span in passage.sentences] == wanted
    for passage in passages:
        assert passage.text == source.text[passage.start : passage.end] != ""
        assert (passage.start, passage.end) == (passage.sentences[0].start, passage.sentences[-1].end)
        assert (passage.article_id, passage.language) == (source.id, source.language)
        assert passage.id == Passage.id_for(source.id, passage.start, passage.text)
        assert 0 <= passage.id < 2**63
    assert len({passage.id for passage in passages}) == len(passages)


@pytest.mark.parametrize("target", [32, 180])
def test_every_passage_of_the_corpus_is_verbatim_and_whole(target: int) -> None:
    assert len(corpus()) >= 40
    for source in corpus():
        passages = cut_passages(source, count_words, target)
        check(source, passages)
        for passage in passages:
            words = len(passage.text.split())
            assert words <= target * 1.5 + 1 or len(passage.sentences) == 1 or _one_paragraph(passage), passage


def _one_paragraph(passage: Passage) -> bool:
    # A long paragraph is cut into equal pieces; one long sentence in it may exceed its share.
    return "\n\n" not in passage.text


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=300), st.integers(1, 50))
def test_any_text_is_cut_verbatim(text: str, target: int) -> None:
    source = article(text)
    check(source, cut_passages(source, count_words, target))


LINES = [
    "# A",
    "## B",
    "### C",
    "Un  pont\u00a0 là.",
    "Deux ponts ! Trois ?",
    "😀 é\u0301 عربي.",
    "- item",
    "",
    "",
    "mot " * 30,
]


@given(st.lists(st.sampled_from(LINES), max_size=30).map("\n".join), st.integers(1, 50))
def test_any_layout_is_cut_verbatim_and_never_across_a_heading(text: str, target: int) -> None:
    source = article(text)
    passages = cut_passages(source, count_words, target)
    check(source, passages)
    assert not [p for p in passages if any(line.startswith("#") for line in p.text.splitlines())]


def test_headings_are_a_path() -> None:
    text = "# Pont\n\nUn.\n\n## Histoire\n\nDeux.\n\n### Guerre\n\nTrois.\n\n## Avenir\n\nQuatre.\n\n# Quai\n\nCinq."
    assert [(p.text, p.heading) for p in cut(text)] == [
        ("Un.", "Pont"),
        ("Deux.", "Pont > Histoire"),
        ("Trois.", "Pont > Histoire > Guerre"),
        ("Quatre.", "Pont > Avenir"),
        ("Cinq.", "Quai"),
    ]


def test_a_heading_equal_to_the_title_is_not_repeated() -> None:
    assert [p.heading for p in cut("# Le Pont\n\nUn.\n\n## Suite\n\nDeux.", title="Le pont")] == ["", "Suite"]


def test_only_headings_give_no_passage() -> None:
    assert cut("# A\n\n## B") == [] and cut("") == []


def sentence(words: int) -> str:
    return "Le " + "mot " * (words - 2) + "fin."


def test_short_paragraphs_are_put_together_up_to_the_target() -> None:
    text = "\n\n".join([sentence(15)] * 4)
    assert [len(p.sentences) for p in cut(text, target=32)] == [2, 2]
    assert [len(p.sentences) for p in cut(text, target=60)] == [4]
    assert [len(p.sentences) for p in cut(text, target=10)] == [1, 1, 1, 1]


def test_a_long_paragraph_is_cut_evenly() -> None:
    passages = cut(" ".join([sentence(10)] * 9), target=40)
    assert [len(p.sentences) for p in passages] == [3, 3, 3]


def test_a_paragraph_slightly_too_long_stays_whole() -> None:
    assert [len(p.sentences) for p in cut(" ".join([sentence(10)] * 5), target=40)] == [5]


def test_a_single_sentence_may_exceed_the_target() -> None:
    passages = cut(f"{sentence(5)} {sentence(100)} {sentence(5)}", target=20)
    assert sum(len(p.sentences) for p in passages) == 3
    assert max(len(p.text.split()) for p in passages) <= 110


def test_ids_depend_on_article_place_and_text_only() -> None:
    source = article(f"{sentence(10)}\n\n{sentence(12)}")
    first = [p.id for p in cut_passages(source, count_words, 10)]
    changed = replace(source, title="Other", language="en", tags=("x",), published="2020-01-01")
    assert [p.id for p in cut_passages(changed, count_words, 10)] == first
    assert set(first).isdisjoint(p.id for p in cut_passages(replace(source, id="b"), count_words, 10))
    moved = replace(source, text="X. " + source.text)
    assert set(first).isdisjoint(p.id for p in cut_passages(moved, count_words, 10))


def test_ids_are_the_same_on_every_machine() -> None:
    # A change of the hash would orphan every published index.
    assert Passage.id_for("corpus/é", 12, "Le pont est long.") == 6521972331222386434
