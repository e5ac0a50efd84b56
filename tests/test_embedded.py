"""The default store beyond the contract: generations, the writer's lock, damaged and hostile files,
exact search on random vectors. Left out: what every store answers (`test_stores.py`)."""

from __future__ import annotations

import shutil
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from index.errors import EmbedderError, IndexFault, NoIndexError, StoreError
from index.settings import IndexSettings
from index.store import Entry, LiveStore, current_generation, open_store, open_writer
from index.stores.memory import MemoryIndex
from index.types import Article, Filters, Passage, Span, Vectors


def at(folder: Path, keep: int = 3) -> IndexSettings:
    return IndexSettings(store=f"embedded:{folder}/index", keep_generations=keep)


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
        open_store(IndexSettings(store=store))


def test_a_reader_keeps_its_generation_while_the_next_is_published(tmp_path: Path) -> None:
    settings = at(tmp_path, keep=1)
    first = publish(settings, "a")
    live = LiveStore(settings)
    old = live.current()
    second = publish(settings, "b")
    assert generations(settings) == [second] and first != second
    assert old.info.generation == first and old.articles(0, 9, Filters())[1] == 1
    assert old.article("a").id == "a" and len(old.matching("article", "en", 9, Filters())) == 1
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
        found = list(pool.map(lambda _: [h.passage.article_id for h in store.matching("long", "en", 9, Filters())], range(64)))
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
    with pytest.raises(EmbedderError, match=r"toy \(8\).*" + name):
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


@pytest.mark.parametrize("damage", ["catalogue.sqlite", "vectors.faiss"])
def test_after_damage_the_advice_given_works(tmp_path: Path, damage: str) -> None:
    """The message says: remove the file CURRENT and build anew."""
    settings = at(tmp_path)
    name = publish(settings, "a")
    (tmp_path / "index" / "generations" / name / damage).write_bytes(b"damaged")
    with pytest.raises(StoreError, match="CURRENT"):
        open_store(settings)
    (tmp_path / "index" / "CURRENT").unlink()
    publish(settings, "a")
    assert open_store(settings).article("a").id == "a"


def _damage(file: Path, how: str) -> None:
    raw = file.read_bytes()
    if how == "gone":
        file.unlink()
    else:
        new = {"empty": b"", "half": raw[: len(raw) // 2], "head": raw[:20], "noise": b"\x07" * len(raw)}
        file.write_bytes(new[how])


@pytest.mark.parametrize("how", ["gone", "empty", "half", "head", "noise"])
@pytest.mark.parametrize("name", ["catalogue.sqlite", "vectors.faiss"])
def test_damaged_files_are_store_errors(tmp_path: Path, name: str, how: str) -> None:
    settings = at(tmp_path)
    generation = publish(settings, *"abcdefgh")
    _damage(tmp_path / "index" / "generations" / generation / name, how)
    with pytest.raises(StoreError):
        store = open_store(settings)
        for _ in range(2):  # half a database may open; then the first query finds out
            store.articles(0, 9, Filters())
            store.matching("long", "en", 9, Filters())
    with pytest.raises(StoreError):
        open_writer(settings, "toy", 8)


def test_files_of_two_generations_mixed(tmp_path: Path) -> None:
    settings = at(tmp_path)
    first, second = publish(settings, "a"), publish(settings, "b", "c")
    folder = tmp_path / "index" / "generations"
    shutil.copy(folder / first / "vectors.faiss", folder / second / "vectors.faiss")
    with pytest.raises(StoreError):
        open_store(settings)


def test_another_format_is_refused(tmp_path: Path) -> None:
    settings = at(tmp_path)
    name = publish(settings, "a")
    path = tmp_path / "index" / "generations" / name / "catalogue.sqlite"
    with sqlite3.connect(path) as database:
        database.execute("update meta set value = '99' where key = 'format'")
    database.close()
    with pytest.raises(StoreError, match="99"):
        open_store(settings)
    with pytest.raises(StoreError, match="99"):
        open_writer(settings, "toy", 8)


@pytest.mark.parametrize(
    "content",
    [b"../x", b"..", b".", b"/etc", b"../../outside", b"x" * 5000, b"\xff\xfe", b"a\0b", b"000009-gone", b".building", b"a\nb"],
)
def test_a_hostile_file_current(tmp_path: Path, content: bytes) -> None:
    settings = at(tmp_path)
    name = publish(settings, "a")
    good = tmp_path / "index" / "generations" / name
    for outside in (tmp_path / "outside", tmp_path / "index" / "x"):
        shutil.copytree(good, outside)
    (tmp_path / "index" / "CURRENT").write_bytes(content)
    for attempt in (lambda: open_store(settings), lambda: open_writer(settings, "toy", 8)):
        with pytest.raises(StoreError):
            attempt()


def test_an_empty_file_current_is_no_index(tmp_path: Path) -> None:
    publish(at(tmp_path), "a")
    (tmp_path / "index" / "CURRENT").write_bytes(b"\n")
    with pytest.raises(NoIndexError):
        open_store(at(tmp_path))


def test_a_place_that_cannot_hold_a_store(tmp_path: Path) -> None:
    (tmp_path / "index").write_text("a file", encoding="utf-8")
    with pytest.raises(IndexFault):
        open_store(at(tmp_path))
    with pytest.raises(StoreError):
        open_writer(at(tmp_path), "toy", 8)


@pytest.mark.parametrize("half", [False, True])
def test_nearest_is_exact_on_random_vectors(tmp_path: Path, half: bool) -> None:
    count, dimension, k = 3000, 48, 20
    vectors, questions = unit(count, dimension, 1), unit(25, dimension, 2)
    made = [one_passage(f"a{n:04}", f"text {n}", language="en" if n % 2 else "fr") for n in range(count)]
    with open_writer(at(tmp_path), "toy", dimension) as writer:
        for n, (article, passage) in enumerate(made):
            writer.replace(article, Entry(article.id, f"/{n}", ""), [passage], vectors[n : n + 1], [vectors[n : n + 1]])
        writer.publish()
    products = questions @ vectors.T
    if half:
        products[:, ::2] = -9
    found = open_store(at(tmp_path)).nearest(questions, k, Filters(language="en") if half else Filters())
    for row, hits in zip(products, found, strict=True):
        best = np.argsort(-row)[:k]
        assert [hit.passage.article_id for hit in hits] == [f"a{n:04}" for n in best]
        np.testing.assert_allclose([hit.score for hit in hits], row[best], atol=1e-6)


WORDS = ["pont", "ponts", "Élan", "l'été", "the", "1890", "3.14", "桥很长", "café", "cafe\u0301", "Straße", "हिन्दी", "слово",
         "x_y", "😀", "𞤀𞤣", "ⴰⵣⵓⵍ", "İstanbul", "ﬁn", "한국", "AND", '"', "naïve", "ΣΊΣΥΦΟΣ", "²", "Ⅷ"]  # fmt: skip
TEXTS = st.lists(st.sampled_from(WORDS) | st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=5), min_size=1, max_size=12)


@hypothesis_settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(TEXTS.map(" ".join), min_size=1, max_size=8), TEXTS.map(" ".join), st.sampled_from(["fr", "en", "xx"]))
def test_word_search_equals_the_reference(tmp_path: Path, texts: list[str], question: str, language: str) -> None:
    shutil.rmtree(tmp_path / "index", ignore_errors=True)
    memory = MemoryIndex("toy", 8)
    with open_writer(at(tmp_path), "toy", 8) as embedded:
        for n, text in enumerate(["le pont rouge", *texts]):
            article, passage = one_passage(f"a{n}", text, language="fr" if n % 2 else "en")
            for writer in (memory, embedded):
                writer.replace(article, Entry(article.id, f"/{n}", ""), [passage], unit(1, 8, n), [unit(1, 8, n)])
        embedded.publish()
    wanted = {hit.passage.id: hit.score for hit in memory.matching(question, language, 99, Filters())}
    found = {hit.passage.id: hit.score for hit in open_store(at(tmp_path)).matching(question, language, 99, Filters())}
    assert found == pytest.approx(wanted, rel=1e-4, abs=1e-7)


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
