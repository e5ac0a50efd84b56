"""Question → hits: both searches, both parts, filters, order. Left out: mixing (`test_fusion.py`)."""

from __future__ import annotations

import numpy as np
import pytest

from index.store import IndexStore
from index.stores.memory import MemoryIndex
from index.types import Article, Filters, Hit
from rag.retriever import Query, retrieve
from tests.conftest import WordEmbedder, matching
from tests.test_stores import fill

EMBEDDER = WordEmbedder()
ARTICLES = [
    Article(
        "bridge",
        "The bridge",
        "The long bridge crosses the river. Workers built it in 1890.",
        "en",
        published="2020-01-01",
    ),
    Article(
        "canal", "The canal", "Ships use the canal. It opened in 1914.", "en", tags=("water",), published="2021-01-01"
    ),
    Article("pont", "Le pont", "Le grand pont franchit la rivière. Il date de 1890.", "fr", source="Le Monde"),
    *[Article(f"f{n}", f"Filler {n}", f"Nothing of interest stands in number {n}. Move on.", "en") for n in range(30)],
    *[Article(f"g{n}", f"Divers {n}", f"Rien à signaler dans ce numéro {n}.", "fr") for n in range(9)],
]


@pytest.fixture(scope="module")
def store() -> IndexStore:
    index = MemoryIndex(EMBEDDER.name, EMBEDDER.dimension)
    fill(ARTICLES)(index)
    return index


def find(
    store: IndexStore, question: str, language: str = "en", only: Filters = Filters(), weight: float = 0.7
) -> list[Hit]:
    query = Query(question, language, EMBEDDER.embed_questions([question])[0])
    return retrieve(query, store, only, 10, weight, 100)


def test_the_right_passage_comes_first(store: IndexStore) -> None:
    for question, language, article in [
        ("Who built the long bridge over the river?", "en", "bridge"),
        ("When did the canal open to ships?", "en", "canal"),
        ("Le grand pont franchit quelle rivière ?", "fr", "pont"),
    ]:
        for weight in (0.0, 0.7, 1.0):
            assert find(store, question, language, weight=weight)[0].passage.article_id == article


@pytest.mark.parametrize("weight", [0.7, 0.8, 1.0])
def test_the_only_article_of_its_language_is_found(weight: float) -> None:
    """What a language scores on average says nothing where there is one passage of it."""
    index = MemoryIndex(EMBEDDER.name, EMBEDDER.dimension)
    fill([article for article in ARTICLES if article.language == "en" or article.id == "pont"])(index)
    found = find(index, "Le grand pont franchit quelle rivière ?", "fr", weight=weight)
    assert found[0].passage.article_id == "pont"


def test_each_hit_has_its_score_and_both_parts(store: IndexStore) -> None:
    question = "Who built the long bridge?"
    vector = EMBEDDER.embed_questions([question])[0]
    words = {h.passage.id: h.score for h in matching(store, question, "en", 10, Filters())}
    found = find(store, question)
    for hit in found:
        assert hit.meaning == pytest.approx(float(store.vectors([hit.passage.id])[0] @ vector), abs=1e-5)
        assert hit.words == pytest.approx(words.get(hit.passage.id, 0.0), rel=1e-5)
    assert sum(hit.words == 0 for hit in found if hit.words is not None) > 0


def test_hits_stand_once_in_order(store: IndexStore) -> None:
    found = find(store, "bridge river canal 1890")
    assert len({hit.passage.id for hit in found}) == len(found)
    assert [(-hit.score, hit.passage.id) for hit in found] == sorted((-hit.score, hit.passage.id) for hit in found)


def test_a_passage_found_by_words_alone_is_there() -> None:
    """Meaning brings 10 candidates of one language; the match is none of them."""
    index = MemoryIndex(EMBEDDER.name, EMBEDDER.dimension)
    near = [Article(f"n{n}", "", "Where is the bridge?", "en") for n in range(40)]
    far = Article("far", "", "The zeppelin " + " ".join(f"word{n}" for n in range(60)) + ".", "en")
    fill([*near, far])(index)
    found = find(index, "Where is the bridge? zeppelin")
    assert "far" in {hit.passage.article_id for hit in found}


@pytest.mark.parametrize(
    ("only", "ids"),
    [
        (Filters(language="fr", source="le monde"), {"pont"}),
        (Filters(tag="WATER"), {"canal"}),
        (Filters(source="le monde"), {"pont"}),
        (Filters(since="2020-06-01"), {"canal"}),
        (Filters(until="2020-06-01"), {"bridge"}),
        (Filters(article_id="f7"), {"f7"}),
        (Filters(article_id="f7", language="fr"), set()),
    ],
)
def test_filters_apply_in_both_searches(store: IndexStore, only: Filters, ids: set[str]) -> None:
    assert {hit.passage.article_id for hit in find(store, "the bridge and the canal of 1890", only=only)} == ids


def test_an_empty_store() -> None:
    assert find(MemoryIndex(EMBEDDER.name, EMBEDDER.dimension), "bridge") == []


def test_a_language_that_scores_higher_throughout_gets_no_advantage() -> None:
    """Passages of one language stand closer to every question; the other has the better match."""
    index = MemoryIndex("words", 4)
    for i in range(60):  # enough for a language's mean to count
        only_step(index, Article(f"en{i}", "", f"Zzzen{i}.", "en"), np.array([0.9 + i / 3000, 0.1, 0, 0], np.float32))
        only_step(index, Article(f"fr{i}", "", f"Zzzfr{i}.", "fr"), np.array([0.1, 0.1, 0, 0], np.float32))
    only_step(index, Article("fr-match", "", "Zzzmatch.", "fr"), np.array([0.88, 0.1, 0, 0], np.float32))
    query = Query("qqq", "en", np.array([1, 0, 0, 0], np.float32))
    found = retrieve(query, index, Filters(), 100, 1.0, 100)
    assert found[0].passage.article_id == "fr-match"


def only_step(index: MemoryIndex, article: Article, vector: np.ndarray[tuple[int], np.dtype[np.float32]]) -> None:
    from index.passages import cut_passages
    from index.store import Entry

    passages = cut_passages(article, EMBEDDER.count_tokens, 100)
    index.replace(article, Entry(article.id, article.id, ""), passages, vector[None, :], [vector[None, :]])


def test_no_more_than_asked_for(store: IndexStore) -> None:
    query = Query("bridge river canal", "en", EMBEDDER.embed_questions(["bridge river canal"])[0])
    best = retrieve(query, store, Filters(), 10, 0.7, 100)
    assert len(best) > 3 and retrieve(query, store, Filters(), 10, 0.7, 3) == best[:3]


def test_copies_stand_beside_the_first_of_them() -> None:
    """Thirty copies of one article leave room for the others."""
    text = "The long bridge crosses the river and carries carts, carriages and riders to the market of the old town."
    index = MemoryIndex(EMBEDDER.name, EMBEDDER.dimension)
    fill([*ARTICLES, *[Article(f"copy{n:02}", "The bridge", f"{text}{'!' * (n % 2)}", "en") for n in range(30)]])(index)
    query = Query("long bridge river carriages", "en", EMBEDDER.embed_questions(["long bridge river carriages"])[0])
    found = retrieve(query, index, Filters(), 50, 0.7, 3)
    assert len(found) == 3 and len({hit.passage.text for hit in found}) == 3
    assert {found[0].passage.article_id, *(p.article_id for p in found[0].copies)} == {f"copy{n:02}" for n in range(30)}
    assert not found[1].copies


def test_what_differs_by_a_number_is_no_copy() -> None:
    text = "The toll for a cart that crosses the long bridge over the river is {} pennies each way since the spring."
    index = MemoryIndex(EMBEDDER.name, EMBEDDER.dimension)
    fill([Article(f"toll{n}", "Toll", text.format(n), "en") for n in (2, 3)])(index)
    assert [len(hit.copies) for hit in find(index, "toll for a cart")] == [0, 0]


def test_the_search_by_words_may_be_begun_before(store: IndexStore) -> None:
    query = Query("canal ships", "en", EMBEDDER.embed_questions(["canal ships"])[0])
    begun = store.matching("canal ships", "en", 10, Filters())
    assert retrieve(query, store, Filters(), 10, 0.7, 5, lambda: begun) == find(store, "canal ships")[:5]
