"""The default store beyond the contract: generations, the writer's lock, damaged and hostile files,
exact search on random vectors. Left out: what every store answers (`test_stores.py`)."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from index.errors import EmbedderError, NoIndexError, StoreError
from index.settings import IndexSettings
from index.store import Entry, LiveStore, current_generation, open_store, open_writer
from index.types import Article, Filters, Passage, Span, Vectors
from tests.conftest import matching


def at(folder: Path, keep: int = 3) -> IndexSettings:
    return IndexSettings.model_validate({"store": f"embedded:{folder}/index", "keep_generations": keep})


def one_passage(name: str, text: str, title: str = "", language: str = "en") -> tuple[Article, Passage]:
    article = Article(name, title, text, language)
    passage = Passage(Passage.id_for(name, 0, text), name, 0, len(text), text, "", language, (Span(0, len(text)),))
    return article, passage


def unit(rows: int, dimension: int, seed: int) -> Vectors:
    vectors = np.random.default_rng(seed).normal(size=(rows, dimension)).astype(np.float32)
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


def publish(settings: IndexSettings, *names: str, dimension: int = 8) -> str:
    """A generation with these articles added, each of one passage."""
    with open_writer(settings, "toy", dimension) as writer:
        for seed, name in enumerate(names):
            article, passage = one_passage(name, f"The article {name} is long.")
            vector = unit(1, dimension, seed)
            writer.replace(article, Entry(name, f"/{name}", article.sha256), [passage], vector, [vector])
        return writer.publish()


def generations(settings: IndexSettings) -> list[str]:
    root = Path(settings.store.removeprefix("embedded:"))
    return sorted(path.name for path in (root / "generations").iterdir())


def test_no_index_yet(tmp_path: Path) -> None:
    assert current_generation(at(tmp_path)) is None
    with pytest.raises(NoIndexError, match="loccit index"):
        open_store(at(tmp_path))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("store", ["postgresql://x", "embedded", "", "/tmp/x"])
def test_an_unknown_store_names_the_known_ones(store: str) -> None:
    with pytest.raises(StoreError, match="'embedded:'"):
        open_store(IndexSettings.model_validate({"store": store}))


def test_a_reader_keeps_its_generation_while_the_next_is_published(tmp_path: Path) -> None:
    settings = at(tmp_path, keep=1)
    first = publish(settings, "a")
    live = LiveStore(settings)
    old = live.current()
    second = publish(settings, "b")
    assert generations(settings) == [second] and first != second
    assert old.info.generation == first and old.articles(0, 9, Filters())[1] == 1
    assert old.article("a").id == "a" and len(matching(old, "article", "en", 9, Filters())) == 1
    new = live.current()
    assert new.info.generation == second and new.articles(0, 9, Filters())[1] == 2


def test_a_reader_keeps_its_generation_in_a_new_thread_too(tmp_path: Path) -> None:
    """A request that began on the old generation may end in another thread."""
    settings = at(tmp_path, keep=1)
    publish(settings, "a")
    old = open_store(settings)
    publish(settings, "b")
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(old.article, "a").result().id == "a"


def test_many_threads_read_one_store(tmp_path: Path) -> None:
    settings = at(tmp_path)
    publish(settings, *"abcdefgh")
    store = open_store(settings)
    with ThreadPoolExecutor(8) as pool:
        found = list(
            pool.map(lambda _: [h.passage.article_id for h in matching(store, "long", "en", 9, Filters())], range(64))
        )
    assert all(ids == found[0] and len(ids) == 8 for ids in found)


def test_nothing_is_seen_before_publishing_and_nothing_stays_without(tmp_path: Path) -> None:
    settings = at(tmp_path)
    first = publish(settings, "a")
    with open_writer(settings, "toy", 8) as writer:
        writer.remove(["a"])
        assert open_store(settings).info.generation == first
    assert current_generation(settings) == first and generations(settings) == [first]
    assert open_store(settings).article("a").id == "a"


def test_a_second_writer_is_refused_until_the_first_ends(tmp_path: Path) -> None:
    settings = at(tmp_path)
    with open_writer(settings, "toy", 8), pytest.raises(StoreError, match=r"[Aa]nother"):
        open_writer(settings, "toy", 8)
    publish(settings, "a")
    with pytest.raises(EmbedderError):
        open_writer(settings, "other", 8)
    publish(settings, "b")  # the refused writer let the lock go


@pytest.mark.parametrize(("name", "dimension"), [("other", 8), ("toy", 9)])
def test_another_embedder_is_refused(tmp_path: Path, name: str, dimension: int) -> None:
    first = publish(at(tmp_path), "a")
    with pytest.raises(EmbedderError, match=f"toy.*{name}"):
        open_writer(at(tmp_path), name, dimension)
    assert current_generation(at(tmp_path)) == first


@pytest.mark.parametrize("keep", [1, 3])
def test_the_last_generations_stay(tmp_path: Path, keep: int) -> None:
    names = [publish(at(tmp_path, keep), name) for name in "abcde"]
    assert generations(at(tmp_path, keep)) == names[-keep:] and len(set(names)) == 5


def test_a_generation_rolled_back_to_can_be_built_on(tmp_path: Path) -> None:
    settings = at(tmp_path)
    first, _ = publish(settings, "a"), publish(settings, "b")
    (tmp_path / "index" / "CURRENT").write_text(first, encoding="utf-8")
    assert open_store(settings).info.articles == 1
    publish(settings, "b")
    assert open_store(settings).info.articles == 2


def test_live_store_opens_once_for_many_threads(tmp_path: Path) -> None:
    publish(at(tmp_path), "a")
    live, found, barrier = LiveStore(at(tmp_path)), set(), threading.Barrier(8)

    def look() -> None:
        barrier.wait()
        found.add(id(live.current()))

    threads = [threading.Thread(target=look) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 1
