"""Search of the default store against plain arithmetic: vectors against numpy, words against the
reference on random texts. Left out: the contract in examples (`test_stores.py`)."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from index.store import Entry, open_store, open_writer
from index.stores.memory import MemoryIndex
from index.types import Filters
from tests.conftest import matching, nearest
from tests.test_embedded import at, one_passage, unit


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
    found = nearest(open_store(at(tmp_path)), questions, k, Filters(language="en") if half else Filters())
    for row, hits in zip(products, found, strict=True):
        best = np.argsort(-row)[:k]
        assert [hit.passage.article_id for hit in hits] == [f"a{n:04}" for n in best]
        np.testing.assert_allclose([hit.score for hit in hits], row[best], atol=1e-6)


WORDS = [
    "pont",
    "ponts",
    "Élan",
    "l'été",
    "the",
    "1890",
    "3.14",
    "桥很长",
    "café",
    "cafe\u0301",
    "Straße",
    "हिन्दी",
    "слово",
    "x_y",
    "😀",
    "𞤀𞤣",
    "ⴰⵣⵓⵍ",
    "İstanbul",
    "ﬁn",
    "한국",
    "AND",
    '"',
    "naïve",
    "ΣΊΣΥΦΟΣ",
    "²",
    "Ⅷ",
]


TEXTS = st.lists(
    st.sampled_from(WORDS) | st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=5),
    min_size=1,
    max_size=12,
)


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
    wanted = {hit.passage.id: hit.score for hit in matching(memory, question, language, 99, Filters())}
    found = {hit.passage.id: hit.score for hit in matching(open_store(at(tmp_path)), question, language, 99, Filters())}
    assert found == pytest.approx(wanted, rel=1e-4, abs=1e-7)


def test_search_keeps_to_its_thread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """FAISS shares one question out among threads otherwise; what else runs in this thread keeps its own number."""
    article, passage = one_passage("a", "text", language="en")
    with open_writer(at(tmp_path), "toy", 48) as writer:
        writer.replace(article, Entry("a", "/a", ""), [passage], unit(1, 48, 1), [unit(1, 48, 1)])
        writer.publish()
    seen: list[int] = []
    search = faiss.IndexFlatIP.search

    def watched(self: Any, *given: Any, **named: Any) -> Any:
        seen.append(faiss.omp_get_max_threads())
        return search(self, *given, **named)

    monkeypatch.setattr(faiss.IndexFlatIP, "search", watched)
    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(2)
    try:
        nearest(open_store(at(tmp_path)), unit(1, 48, 2), 1, Filters())
        assert faiss.omp_get_max_threads() == 2
    finally:
        faiss.omp_set_num_threads(before)
    assert seen == [1]
