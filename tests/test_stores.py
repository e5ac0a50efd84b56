"""One contract for every store: what `memory.py` answers, the others answer, scores included. Left
out: generations and damaged files (`test_embedded.py`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from index.errors import StoreError, UnknownArticle
from index.lines import key_of
from index.passages import cut_passages
from index.settings import IndexSettings
from index.store import Entry, IndexStore, IndexWriter, open_store, open_writer
from index.stores.memory import MemoryIndex
from index.types import Article, Filters, Span
from tests.conftest import Read, WordEmbedder, matching, nearest

EMBEDDER = WordEmbedder()
Fill = Callable[[IndexWriter], None]
Make = Callable[[Fill], IndexStore]

ARTICLES = (
    Article(
        "bridge",
        "The Bridge",
        "# The Bridge\n\nThe bridge is long. It crosses the river.\n\n## History\n\nWorkers built the bridge in 1890.",
        "en",
        "https://example.org/b",
        "The Times",
        "A. Smith",
        ("Roads", "Iron"),
        "2025-01-10",
        "2025-02-01",
    ),
    Article(
        "canal",
        "The Canal",
        "The canal opened in 1914. Ships cross it. 😀 It is long.",
        "en",
        source="the times",
        tags=("Water",),
        published="2025-03-01",
    ),
    Article(
        "pont",
        "Le pont",
        "Le pont est long. Il franchit la rivière. L'été, l'école y va.",
        "fr",
        source="Le Monde",
        tags=("roads",),
        published="2025-03-01",
    ),
    Article(
        "école/été",
        "L'école d'été",
        "Les élèves étudient l'été. Voilà les ponts et les rivières.",
        "fr",
        published="2024-12-31",
    ),
    Article("qiao", "桥", "桥很长。河很宽。", "zh"),
)
QUESTIONS = [
    ("Where is the long bridge?", "en"),
    ("the river", "en"),
    ("Quand le pont a-t-il été construit ?", "fr"),
    ("l'école des élèves", "fr"),
    ("桥很长", "zh"),
    ("long", "en"),
    ("bridge bridge canal 1890", "en"),
    ("the of", "en"),
    ("zebra", "en"),
    ('"long" OR NEAR(*) AND -river^', "en"),
    ("", "en"),
]
FILTERS = [
    Filters(),
    Filters(since="2025-01-10"),
    Filters(until="2025-01-10"),
    Filters(source="THE TIMES"),
    Filters(tag="rOADS"),
    Filters(language="fr"),
    Filters(article_id="canal"),
    Filters(article_id="nothing"),
    Filters(since="2025-01-11", until="2025-03-01", language="en"),
    Filters(tag="roads", source="le monde"),
    Filters(tag="roads", language="zh"),
    Filters(source=""),
    Filters(tag=""),
    Filters(source="' or 1=1 --"),
]


def add(article: Article, digest: str = "", origin: str = "") -> Fill:
    """What puts one article into a writer."""
    passages = cut_passages(article, EMBEDDER.count_tokens, 12)
    spans = [[Span(s.start - p.start, s.end - p.start) for s in p.sentences] for p in passages]
    vectors, inner = EMBEDDER.embed_passages([p.text for p in passages], spans)
    entry = Entry(article.id, origin or f"/files/{article.id}", digest or article.sha256)
    return lambda writer: writer.replace(article, entry, passages, vectors, inner)


def fill(articles: Sequence[Article]) -> Fill:
    def run(writer: IndexWriter) -> None:
        for article in articles:
            add(article)(writer)

    return run


def in_memory(*steps: Fill) -> MemoryIndex:
    index = MemoryIndex(EMBEDDER.name, EMBEDDER.dimension)
    for step in steps:
        step(index)
        index.publish()
    return index


def maker(kind: str, place: Path) -> Callable[..., IndexStore]:
    """What makes a store of this kind by taking these steps, each published on its own."""
    settings = IndexSettings.model_validate({"store": f"embedded:{place}/index"})

    def embedded(*steps: Fill) -> IndexStore:
        for step in steps:
            with open_writer(settings, EMBEDDER.name, EMBEDDER.dimension) as writer:
                step(writer)
                writer.publish()
        return open_store(settings)

    return in_memory if kind == "memory" else embedded


@pytest.fixture(params=["memory", "embedded"])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[..., IndexStore]:
    """See `maker`."""
    return maker(request.param, tmp_path)


def same(found: Sequence[Read], wanted: Sequence[Read], k: int) -> None:
    """The same passages in the same order as the first k of `wanted`; scores that differ by less
    than float32 can tell count as equal, and may stand in either order."""
    first = wanted[:k]
    assert [hit.score for hit in found] == pytest.approx([hit.score for hit in first], rel=1e-4, abs=1e-6)
    scores = {hit.passage: hit.score for hit in wanted}
    assert len({hit.passage for hit in found}) == len(found)
    for hit in found:
        assert hit.score == pytest.approx(scores[hit.passage], rel=1e-4, abs=1e-6)


@pytest.mark.parametrize("only", FILTERS, ids=str)
def test_nearest_equals_the_reference(make: Callable[..., IndexStore], only: Filters) -> None:
    store, reference = make(fill(ARTICLES)), in_memory(fill(ARTICLES))
    vectors = EMBEDDER.embed_questions([question for question, _ in QUESTIONS])
    for k in (1, 3, 100):
        found = nearest(store, vectors, k, only)
        assert len(found) == len(QUESTIONS)
        for one, other in zip(found, nearest(reference, vectors, 100, only), strict=True):
            same(one, other, k)
            assert one == sorted(one, key=lambda hit: (-hit.score, hit.passage.id))


@pytest.mark.parametrize("only", FILTERS, ids=str)
@pytest.mark.parametrize(("question", "language"), QUESTIONS)
def test_matching_equals_the_reference(
    make: Callable[..., IndexStore], question: str, language: str, only: Filters
) -> None:
    store, reference = make(fill(ARTICLES)), in_memory(fill(ARTICLES))
    for k in (1, 100):
        found = matching(store, question, language, k, only)
        same(found, matching(reference, question, language, 100, only), k)


def test_matching_finds_title_heading_and_text(make: Callable[..., IndexStore]) -> None:
    store = make(fill(ARTICLES))
    assert [h.passage.text for h in matching(store, "history", "en", 5, Filters())] == [
        "Workers built the bridge in 1890."
    ]
    assert {h.passage.article_id for h in matching(store, "canal", "en", 5, Filters())} == {"canal"}
    assert matching(store, "the of zebra", "en", 5, Filters()) == []


@pytest.mark.parametrize("only", FILTERS, ids=str)
def test_articles_page_by_page(make: Callable[..., IndexStore], only: Filters) -> None:
    store, reference = make(fill(ARTICLES)), in_memory(fill(ARTICLES))
    wanted, total = reference.articles(0, 100, only)
    pages = [store.articles(offset, 2, only) for offset in (0, 2, 4, 6)]
    assert [article for page, _ in pages for article in page] == wanted
    assert {count for _, count in pages} == {total} == {len(wanted)}
    assert store.articles(0, 0, only) == ([], total)


@pytest.mark.parametrize(
    ("only", "ids"),
    [
        (Filters(source="THE TIMES"), ["bridge", "canal"]),
        (Filters(tag="ROADS"), ["bridge", "pont"]),
        (Filters(since="2025-01-10", until="2025-01-10"), ["bridge"]),
        (Filters(until="2030-01-01"), ["bridge", "canal", "pont", "école/été"]),
        (Filters(language="fr", since="2025-01-01"), ["pont"]),
        (Filters(article_id="école/été"), ["école/été"]),
        (Filters(), ["bridge", "canal", "pont", "qiao", "école/été"]),
    ],
)
def test_what_filters_let_through(make: Callable[..., IndexStore], only: Filters, ids: list[str]) -> None:
    assert [article.id for article in make(fill(ARTICLES)).articles(0, 10, only)[0]] == ids


def test_article_and_info(make: Callable[..., IndexStore]) -> None:
    store = make(fill(ARTICLES))
    for article in ARTICLES:
        assert store.article(article.id) == article
    with pytest.raises(UnknownArticle, match="nothing"):
        store.article("nothing")
    passages = sum(len(cut_passages(a, EMBEDDER.count_tokens, 12)) for a in ARTICLES)
    assert (store.info.embedder, store.info.dimension) == ("words", 256)
    assert (store.info.articles, store.info.passages) == (5, passages)
    assert store.languages == ("en", "fr", "zh")
    assert store.sources() == ["The Times", "Le Monde"]
    assert store.tags() == ["roads", "iron", "water"]


def test_vectors_and_sentence_vectors(make: Callable[..., IndexStore]) -> None:
    store, reference = make(fill(ARTICLES)), in_memory(fill(ARTICLES))
    hits = nearest(reference, EMBEDDER.embed_questions(["long"]), 100, Filters())[0]
    ids = [hit.passage.id for hit in hits][::-1] * 2
    np.testing.assert_allclose(store.vectors(ids), reference.vectors(ids), rtol=1e-6)
    for one, other in zip(store.sentence_vectors(ids), reference.sentence_vectors(ids), strict=True):
        assert one.shape == other.shape and one.dtype == np.float32
        assert np.all((one * other).sum(axis=1) > 0.99)
        np.testing.assert_allclose(np.linalg.norm(one, axis=1), 1, rtol=1e-5)
    assert store.vectors([]).shape == (0, 256) and store.sentence_vectors([]) == []
    with pytest.raises(StoreError):
        store.vectors([12345])


def test_an_unknown_passage_is_a_store_error_wherever_it_is_asked_for(make: Callable[..., IndexStore]) -> None:
    store = make(fill(ARTICLES))
    for read in (store.sentence_vectors, store.passages):
        with pytest.raises(StoreError, match="12345"):
            read([12345])


def test_lines_are_counted_by_article(make: Callable[..., IndexStore]) -> None:
    first, second = (Article(i, "T", "We meet on Monday at nine.\nBring a pen with you.", "en") for i in "ab")
    last = Article("c", "T", "We meet on Monday at nine.\n\nWe meet on  Monday at nine.", "en")
    other = Article("d", "T", first.text, "en", source="Elsewhere")
    store = make(fill((first, second, last, other)))
    keys = [key_of(first), *(key_of(first, line) for line in ("We meet on Monday at nine.", "Never said by anyone."))]
    assert store.line_counts(keys) == [3, 3, 0] and store.line_counts([]) == []
    assert store.line_counts([key_of(other)]) == [1]


def test_language_mean(make: Callable[..., IndexStore]) -> None:
    store, reference = make(fill(ARTICLES)), in_memory(fill(ARTICLES))
    for language in ("en", "fr", "zh", "de"):
        np.testing.assert_allclose(store.language_mean(language), reference.language_mean(language), atol=1e-6)
    assert store.language_mean("de").shape == (256,) and not store.language_mean("de").any()


TWINS = [Article(f"t{n}", "Twin", "The bridge is long.", "en") for n in range(9)]


def test_ties_are_ordered_by_passage_id(make: Callable[..., IndexStore]) -> None:
    store = make(fill(TWINS))
    near = nearest(store, EMBEDDER.embed_questions(["The bridge is long."]), 9, Filters())[0]
    for found in (near, matching(store, "bridge", "en", 9, Filters())):
        assert len({hit.score for hit in found}) == 1
        assert [hit.passage.id for hit in found] == sorted(hit.passage.id for hit in found)


@pytest.mark.parametrize("k", [1, 4])
def test_the_first_of_many_ties_are_those_with_the_smallest_ids(make: Callable[..., IndexStore], k: int) -> None:
    """Else the same articles, added in another order, would give another answer."""
    store = make(fill(TWINS))
    ids = sorted(hit.passage.id for hit in matching(store, "bridge", "en", 9, Filters()))
    near = nearest(store, EMBEDDER.embed_questions(["The bridge is long."]), k, Filters())[0]
    assert [hit.passage.id for hit in matching(store, "bridge", "en", k, Filters())] == ids[:k]
    assert [hit.passage.id for hit in near] == ids[:k]
