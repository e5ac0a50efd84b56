"""Updates, removals and writers: after any of them a store equals one made afresh. Left out: what is
found (`test_stores.py`)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from index.settings import IndexSettings
from index.store import Entry, IndexStore, IndexWriter, open_store, open_writer
from index.stores.memory import MemoryIndex
from index.types import Article, Filters
from tests.conftest import matching, nearest
from tests.test_stores import ARTICLES, EMBEDDER, QUESTIONS, Fill, add, fill, in_memory, maker, same


@pytest.fixture(params=["memory", "embedded"])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[..., IndexStore]:
    """See `maker`."""
    return maker(request.param, tmp_path)


def test_an_empty_store(make: Callable[..., IndexStore]) -> None:
    for steps in ([fill([])], [fill(ARTICLES), lambda writer: writer.remove([a.id for a in ARTICLES])]):
        store = make(*steps)
        assert (store.info.articles, store.info.passages, store.languages) == (0, 0, ())
        assert nearest(store, EMBEDDER.embed_questions(["a", "b"]), 5, Filters()) == [[], []]
        assert nearest(store, EMBEDDER.embed_questions(["a"]), 5, Filters(language="fr")) == [[]]
        assert matching(store, "bridge", "en", 5, Filters()) == []
        assert store.articles(0, 5, Filters()) == ([], 0)


def test_passages_without_a_single_term(make: Callable[..., IndexStore]) -> None:
    store = make(fill([Article("a", "", "Is it? It is!", "en")]))
    assert matching(store, "bridge", "en", 5, Filters()) == []


CHANGED = replace(ARTICLES[0], text="The bridge fell down in 1999. Nobody was hurt.", tags=("Ruin",))

NEW = replace(CHANGED, id="new")


def in_turn(*steps: Fill) -> Fill:
    """Several changes in one generation."""

    def run(writer: IndexWriter) -> None:
        for step in steps:
            step(writer)

    return run


STEPS: list[tuple[str, list[Fill], tuple[Article, ...]]] = [
    ("update", [fill(ARTICLES), add(CHANGED)], (CHANGED, *ARTICLES[1:])),
    ("update twice at once", [fill(ARTICLES), fill([CHANGED, ARTICLES[0], CHANGED])], (CHANGED, *ARTICLES[1:])),
    ("update to the same", [fill(ARTICLES), add(ARTICLES[0])], ARTICLES),
    ("remove", [fill(ARTICLES), lambda w: w.remove(["canal", "pont"])], (ARTICLES[0], *ARTICLES[3:])),
    ("remove unknown", [fill(ARTICLES), lambda w: w.remove(["nothing"])], ARTICLES),
    ("remove and add again", [fill(ARTICLES), in_turn(lambda w: w.remove(["bridge"]), add(ARTICLES[0]))], ARTICLES),
    (
        "add and remove at once",
        [fill(ARTICLES[1:]), in_turn(add(CHANGED), lambda w: w.remove(["bridge"]))],
        ARTICLES[1:],
    ),
    ("place", [fill(ARTICLES), lambda w: w.place(Entry("canal", "/elsewhere", "", "c"))], ARTICLES),
    (
        "place, then take its old place",
        [fill(ARTICLES[:2]), lambda w: w.place(Entry("bridge", "/elsewhere", "")), add(NEW, origin="/files/bridge")],
        (*ARTICLES[:2], NEW),
    ),
    (
        "place, then remove",
        [fill(ARTICLES), lambda w: w.place(Entry("bridge", "/elsewhere", "")), lambda w: w.remove(["bridge"])],
        ARTICLES[1:],
    ),
    (
        "no passages",
        [fill(ARTICLES[1:]), add(Article("empty", "E", "# Only a heading", "en"))],
        (*ARTICLES[1:], Article("empty", "E", "# Only a heading", "en")),
    ),
]


@pytest.mark.parametrize(("steps", "left"), [s[1:] for s in STEPS], ids=[s[0] for s in STEPS])
def test_after_changes_it_equals_a_store_made_afresh(
    make: Callable[..., IndexStore], steps: list[Fill], left: tuple[Article, ...]
) -> None:
    store, fresh = make(*steps), in_memory(fill(left))
    assert (store.info.articles, store.info.passages) == (fresh.info.articles, fresh.info.passages)
    assert store.articles(0, 10, Filters()) == fresh.articles(0, 10, Filters())
    assert store.languages == fresh.languages
    for question, language in QUESTIONS:
        for only in (Filters(), Filters(tag="ruin"), Filters(tag="iron")):
            vectors = EMBEDDER.embed_questions([question])
            same(nearest(store, vectors, 50, only)[0], nearest(fresh, vectors, 50, only)[0], 50)
            same(matching(store, question, language, 50, only), matching(fresh, question, language, 50, only), 50)


def test_what_a_writer_says_of_its_articles(tmp_path: Path) -> None:
    settings = IndexSettings.model_validate({"store": f"embedded:{tmp_path}/index"})
    with open_writer(settings, EMBEDDER.name, EMBEDDER.dimension) as embedded:
        for writer in (MemoryIndex(EMBEDDER.name, EMBEDDER.dimension), embedded):
            fill(ARTICLES)(writer)
            add(CHANGED, "new")(writer)
            assert {(e.article_id, e.origin) for e in writer.entries()} == {(a.id, f"/files/{a.id}") for a in ARTICLES}
            assert {e.digest for e in writer.entries() if e.article_id == "bridge"} == {"new"}
            assert [writer.entry(e.article_id) for e in writer.entries()] == writer.entries()
            assert writer.entry("nothing") is None
            assert writer.sha256("bridge") == CHANGED.sha256 and writer.sha256("nothing") is None


def test_a_placed_article_comes_from_elsewhere_and_stays_what_it_is(make: Callable[..., IndexStore]) -> None:
    store = make(fill(ARTICLES), lambda writer: writer.place(Entry("canal", "/elsewhere", "ignored", "bytes")))
    (canal,) = (entry for entry in store.entries() if entry.article_id == "canal")
    assert canal == Entry("canal", "/elsewhere", ARTICLES[1].sha256, "bytes", ARTICLES[1].sha256)
    assert len({entry.origin for entry in store.entries()}) == len(ARTICLES)


def test_pages_are_kept(make: Callable[..., IndexStore]) -> None:
    paged = replace(ARTICLES[0], pages=(0, 4, 9))
    assert make(add(paged)).article(paged.id) == paged
    assert [paged.page_at(offset) for offset in (0, 3, 4, 100)] == [1, 1, 2, 3] and ARTICLES[0].page_at(3) is None


AGAIN = replace(CHANGED, text="The bridge was built anew in 2001.")


def test_earlier_texts_are_kept(make: Callable[..., IndexStore]) -> None:
    first = ARTICLES[0]
    store = make(fill(ARTICLES), add(CHANGED), add(replace(CHANGED, title="Another title")), add(AGAIN))
    assert store.version("bridge", first.sha256) == first
    assert store.version("bridge", CHANGED.sha256[:12]) == replace(CHANGED, title="Another title")
    assert store.version("bridge", AGAIN.sha256) == AGAIN == store.version("bridge", "")
    assert store.version("bridge", "0" * 12) is None and store.version("nothing", first.sha256) is None


def test_texts_of_what_was_removed_are_not_kept(make: Callable[..., IndexStore]) -> None:
    steps = (fill(ARTICLES), add(CHANGED), lambda writer: writer.remove(["bridge"]))
    assert make(*steps).version("bridge", ARTICLES[0].sha256) is None
    assert make(*steps, add(CHANGED)).version("bridge", ARTICLES[0].sha256) is None


def test_the_latest_versions_stay_and_those_of_a_build_that_stopped_do_not_come(tmp_path: Path) -> None:
    settings = IndexSettings.model_validate({"store": f"embedded:{tmp_path}/index", "keep_versions": 2})
    texts = [replace(CHANGED, text=f"The bridge number {n} is long.") for n in range(5)]

    def write(article: Article, publish: bool) -> None:
        with open_writer(settings, EMBEDDER.name, EMBEDDER.dimension) as writer:
            add(article)(writer)
            if publish:
                writer.publish()

    for article in texts:
        write(article, publish=True)
    store = open_store(settings)
    assert [store.version("bridge", article.sha256) for article in texts] == [None, None, *texts[2:]]
    write(AGAIN, publish=False)
    assert [store.version("bridge", article.sha256) for article in texts] == [None, None, *texts[2:]]
