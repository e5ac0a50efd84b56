"""The base of the default store, with the threshold lowered so that small stores have one: what is found
with it, after changes too. Left out: the contract without one (`test_stores.py`)."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from index.errors import StoreError
from index.lines import keys_of
from index.passages import cut_passages
from index.settings import IndexSettings
from index.store import Entry, IndexStore, IndexWriter, open_store, open_writer
from index.stores import embedded_writer
from index.stores.packing import packed, unpacked
from index.types import Article, Filters, Vectors
from tests.conftest import Read, matching, nearest
from tests.test_embedded import at, one_passage, publish, unit
from tests.test_store_changes import STEPS
from tests.test_stores import ARTICLES, EMBEDDER, FILTERS, QUESTIONS, TWINS, Fill, fill, in_memory


def with_base(folder: Path, *steps: Fill) -> IndexStore:
    settings = IndexSettings.model_validate({"store": f"embedded:{folder}/index"})
    for step in steps:
        with open_writer(settings, EMBEDDER.name, EMBEDDER.dimension) as writer:
            step(writer)
            writer.publish()
    return open_store(settings)


def near(found: Sequence[Read], wanted: Sequence[Read]) -> None:
    """The same passages; scores within what float16 loses."""
    scores = {hit.passage: hit.score for hit in wanted}
    assert {hit.passage for hit in found} == set(scores)
    assert [hit.score for hit in found] == pytest.approx([scores[hit.passage] for hit in found], abs=1e-3)


@pytest.mark.parametrize("recent", [0, 3])
@pytest.mark.parametrize(("steps", "left"), [s[1:] for s in STEPS], ids=[s[0] for s in STEPS])
def test_after_changes_it_holds_what_a_store_made_afresh_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, recent: int, steps: list[Fill], left: tuple[Article, ...]
) -> None:
    monkeypatch.setattr(embedded_writer, "RECENT_PASSAGES", recent)
    store, fresh = with_base(tmp_path, *steps), in_memory(fill(left))
    assert (store.info.articles, store.info.passages) == (fresh.info.articles, fresh.info.passages)
    assert store.languages == fresh.languages
    assert store.entries() and [entry.article_id for entry in store.entries()] == [
        e.article_id for e in fresh.entries()
    ]
    for code in fresh.languages:
        np.testing.assert_allclose(store.language_mean(code), fresh.language_mean(code), atol=1e-3)
    for only in (*FILTERS, Filters(tag="ruin")):
        assert store.articles(0, 10, only) == fresh.articles(0, 10, only)
        for question, language in QUESTIONS[:5]:
            vectors = EMBEDDER.embed_questions([question])
            near(nearest(store, vectors, 50, only)[0], nearest(fresh, vectors, 50, only)[0])
            found = {hit.passage for hit in matching(store, question, language, 50, only)}
            assert found == {hit.passage for hit in matching(fresh, question, language, 50, only)}
    keys = [key for a in ARTICLES for key in sorted(keys_of(a, cut_passages(a, EMBEDDER.count_tokens, 12)))]
    assert store.line_counts(keys) == fresh.line_counts(keys)
    ids = [hit.passage.id for hit in nearest(fresh, EMBEDDER.embed_questions(["long"]), 99, Filters())[0]]
    np.testing.assert_allclose(store.vectors(ids), fresh.vectors(ids), atol=1e-3)
    for one, other in zip(store.sentence_vectors(ids), fresh.sentence_vectors(ids), strict=True):
        assert np.all((one * other).sum(axis=1) > 0.99)


def test_words_weigh_the_same_with_a_base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded_writer, "RECENT_PASSAGES", 3)
    store, fresh = with_base(tmp_path, fill(ARTICLES[:3]), fill(ARTICLES[3:])), in_memory(fill(ARTICLES))
    for question, language in QUESTIONS:
        found = {hit.passage: hit.score for hit in matching(store, question, language, 50, Filters())}
        wanted = {hit.passage: hit.score for hit in matching(fresh, question, language, 50, Filters())}
        assert found == pytest.approx(wanted, rel=1e-4)


def test_words_of_passages_that_are_gone_weigh_no_more_once_the_base_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded_writer, "RECENT_PASSAGES", 5)
    many = [Article(f"b{n}", "", f"The bridge number {n} is long.", "en") for n in range(40)]
    few = [Article(f"c{n}", "", f"The canal number {n} is long.", "en") for n in range(6)]
    gone = [article.id for article in many[2:]]
    store = with_base(tmp_path, fill([*many, *few]), lambda writer: writer.remove(gone))
    fresh = in_memory(fill([*many[:2], *few]))
    for word in ("bridge", "canal", "long"):
        found = {hit.passage: hit.score for hit in matching(store, word, "en", 50, Filters())}
        assert found == pytest.approx(
            {hit.passage: hit.score for hit in matching(fresh, word, "en", 50, Filters())}, rel=1e-4
        )


@pytest.mark.parametrize("recent", [0, 4, 99])
@pytest.mark.parametrize("k", [1, 4, 9])
def test_ties_are_ordered_by_passage_id_in_and_over_both_parts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, recent: int, k: int
) -> None:
    monkeypatch.setattr(embedded_writer, "RECENT_PASSAGES", recent)
    store = with_base(tmp_path, fill(TWINS[:5]), fill(TWINS[5:]))
    question = EMBEDDER.embed_questions(["The bridge is long."])
    wanted = [hit.passage.id for hit in nearest(in_memory(fill(TWINS)), question, k, Filters())[0]]
    assert [hit.passage.id for hit in nearest(store, question, k, Filters())[0]] == wanted
    assert nearest(store, question, 0, Filters()) == [[]]


def test_what_is_removed_from_the_base_is_unknown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded_writer, "RECENT_PASSAGES", 0)
    monkeypatch.setattr(embedded_writer, "_GONE_OF_BASE", 1.0)
    hits = nearest(in_memory(fill(ARTICLES)), EMBEDDER.embed_questions(["canal"]), 99, Filters())[0]
    (gone,) = {hit.passage.id for hit in hits if hit.passage.article_id == "qiao"} or {0}
    store = with_base(tmp_path, fill(ARTICLES), lambda writer: writer.remove(["qiao"]))
    with pytest.raises(StoreError):
        store.vectors([gone])


def test_a_published_generation_is_never_written_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded_writer, "RECENT_PASSAGES", 2)
    first = publish(at(tmp_path, keep=9), *"abcd")
    folder = tmp_path / "index" / "generations" / first

    def state() -> dict[str, bytes]:
        return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}

    before = state()
    for names in ("ef", "ghij", "a"):
        publish(at(tmp_path, keep=9), *names)
        matching(open_store(at(tmp_path, keep=9)), "long", "en", 9, Filters())
    assert state() == before and "base.faiss" in before


def test_an_article_cannot_stand_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded_writer, "RECENT_PASSAGES", 0)
    publish(at(tmp_path, keep=9), *"abc")
    monkeypatch.setattr(embedded_writer, "RECENT_PASSAGES", 99)
    for _ in range(2):
        publish(at(tmp_path), *"abc")
    store = open_store(at(tmp_path))
    assert store.info.articles == 3 == len(store.entries())
    assert len(nearest(store, unit(1, 8, 0), 9, Filters())[0]) == 3 == len(matching(store, "long", "en", 9, Filters()))


def clustered(rows: int, dimension: int, seed: int) -> Vectors:
    """Vectors around some hundred centres, as those of texts are."""
    chance = np.random.default_rng(seed)
    centres = np.random.default_rng(7).normal(size=(120, dimension))
    vectors = centres[chance.integers(0, 120, rows)] + 0.7 * chance.normal(size=(rows, dimension))
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


def test_most_of_the_nearest_are_found_among_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Against plain arithmetic, with lists made, filled further, made anew, and with a filter."""
    monkeypatch.setattr(embedded_writer, "RECENT_PASSAGES", 500)
    dimension, parts = 32, (2000, 900, 100, 4000)
    vectors, questions = clustered(sum(parts), dimension, 1), clustered(50, dimension, 2)
    done = 0
    for part in parts:
        with open_writer(at(tmp_path), "toy", dimension) as writer:
            for n in range(done, done + part):
                article, passage = one_passage(f"a{n:05}", f"text {n}", language="en" if n % 10 else "fr")
                one = vectors[n : n + 1]
                writer.replace(article, Entry(article.id, f"/{n}", ""), [passage], one, [one])
            writer.publish()
        done += part
        store = open_store(at(tmp_path))
        for only in (Filters(), Filters(language="fr")):
            products = questions @ vectors[:done].T
            if only.language:
                products[:, np.arange(done) % 10 > 0] = -9
            hit = 0
            for row, found in zip(products, nearest(store, questions, 10, only), strict=True):
                wanted = {f"a{n:05}" for n in np.argsort(-row)[:10]}
                hit += len(wanted & {one.passage.article_id for one in found})
                true = [row[int(one.passage.article_id[1:])] for one in found]
                assert [one.score for one in found] == pytest.approx(true, abs=1e-3)
            assert hit >= 0.97 * 10 * len(questions), (done, only)


def test_sentences_come_back_close(tmp_path: Path) -> None:
    for dimension in (8, 33, 384):
        passage = unit(1, dimension, 1)[0]
        sentences = passage + 0.5 * unit(9, dimension, 2)
        sentences /= np.linalg.norm(sentences, axis=1, keepdims=True)
        for rows in (sentences, passage[None, :], sentences[:0]):
            back = unpacked([packed(rows, passage)], passage[None])[0]
            assert back.shape == rows.shape and back.dtype == np.float32
            assert np.all((back * rows).sum(axis=1) > 0.99)


def test_sentences_of_several_passages_come_back_as_each_alone() -> None:
    passages = unit(3, 33, 1)
    blobs = [
        packed(passage + 0.1 * unit(count, 33, 2), passage) for passage, count in zip(passages, (4, 0, 2), strict=True)
    ]
    together = unpacked(blobs, passages)
    for rows, blob, passage in zip(together, blobs, passages, strict=True):
        assert np.array_equal(rows, unpacked([blob], passage[None])[0])


def test_articles_of_the_base_move(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two of them each to where the other was, which is read from beside the base, then from a new one."""
    monkeypatch.setattr(embedded_writer, "RECENT_PASSAGES", 0)
    bridge, canal = (f"/files/{article.id}" for article in ARTICLES[:2])

    def swap(writer: IndexWriter) -> None:
        for name, origin in (("bridge", "/other"), ("canal", bridge), ("bridge", canal)):
            writer.place(Entry(name, origin, "", name))

    for steps in ([swap], [swap, fill(TWINS)], [fill(TWINS), swap, lambda w: w.remove(["pont"]), fill([])]):
        shutil.rmtree(tmp_path / "index", ignore_errors=True)
        store = with_base(tmp_path, fill(ARTICLES), *steps)
        found = {entry.article_id: (entry.origin, entry.content) for entry in store.entries()}
        assert (found["bridge"], found["canal"]) == ((canal, "bridge"), (bridge, "canal"))
