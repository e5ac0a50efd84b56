"""A build killed at any moment leaves the published index readable, and the next build works. The
process dies without a chance to clean up. Left out: power failures, which fsync is for."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from index.build import Summary, build
from index.settings import IndexSettings
from index.store import current_generation, open_store, open_writer
from index.types import Filters
from tests.conftest import WordEmbedder, matching, nearest

ROOT = Path(__file__).parent.parent

# Dies at the n-th call of one function of the system, or at the n-th article: SIGKILL, as by the kernel.
CHILD = """
import os, signal, sys
from pathlib import Path
import faiss
from index.build import build
from index.settings import IndexSettings
from index.store import open_writer
from index.stores import embedded_writer
from index.stores.word_index import WordWriter
from tests.conftest import WordEmbedder

store, files, point, nth = sys.argv[1], Path(sys.argv[2]), sys.argv[3], int(sys.argv[4])
left = nth
def die(*_):
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)

def before(owner, name):
    original = getattr(owner, name)
    def wrapped(*args, **more):
        die()
        return original(*args, **more)
    setattr(owner, name, wrapped)

if point == "fsync":
    before(os, "fsync")
elif point == "rename":
    before(os, "rename")
elif point == "replace":
    before(os, "replace")
elif point == "words":
    before(WordWriter, "commit")
elif point == "base":
    embedded_writer.RECENT_PASSAGES = 0
    before(faiss, "write_index")
settings, embedder = IndexSettings(store=store, keep_generations=1), WordEmbedder()
with open_writer(settings, embedder.name, embedder.dimension) as writer:
    if point == "begun":
        die()
    build([files], writer, embedder, settings, die if point == "report" else lambda change: None)
    if point == "published":
        die()
"""
POINTS = [
    ("begun", 1),
    ("report", 1),
    ("report", 3),
    ("words", 1),
    ("base", 1),
    ("rename", 1),
    ("replace", 1),
    ("published", 1),
]
CASES = [(*point, False) for point in [*POINTS, *(("fsync", n) for n in range(1, 7))]]
CASES += [("report", 1, True), ("rename", 1, True), ("replace", 1, True)]


def run(settings: IndexSettings, files: Path) -> Summary:
    embedder = WordEmbedder()
    with open_writer(settings, embedder.name, embedder.dimension) as writer:
        return build([files], writer, embedder, settings)


def write(files: Path, word: str) -> None:
    files.mkdir(exist_ok=True)
    for name in "abcd":
        (files / f"{name}.md").write_text(f"The {word} {name} is long.", encoding="utf-8")


def texts(settings: IndexSettings) -> set[str]:
    store = open_store(settings)
    hits = matching(store, "bridge canal", "en", 99, Filters())
    assert {hit.passage.article_id for hit in hits} == set("abcd")
    assert len(nearest(store, WordEmbedder().embed_questions(["bridge"]), 99, Filters())[0]) == 4
    return {article.text.split()[1] for article in store.articles(0, 99, Filters())[0]}


@pytest.mark.parametrize(("point", "nth", "first"), CASES)
def test_killed(tmp_path: Path, point: str, nth: int, first: bool) -> None:
    files = tmp_path / "files"
    settings = IndexSettings.model_validate({"store": f"embedded:{tmp_path}/store", "keep_generations": 1})
    if not first:
        write(files, "bridge")
        run(settings, files)
    write(files, "canal")
    before = current_generation(settings)

    command = [sys.executable, "-c", CHILD, settings.store, str(files), point, str(nth)]
    child = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert child.returncode == -9, child.stderr

    if current_generation(settings) is not None:
        assert texts(settings) == ({"canal"} if current_generation(settings) != before else {"bridge"})
    else:
        assert first
    run(settings, files)
    assert texts(settings) == {"canal"}
    write(files, "bridge")
    run(settings, files)
    assert texts(settings) == {"bridge"}
    generations = [path.name for path in (tmp_path / "store" / "generations").iterdir()]
    assert generations == [current_generation(settings)], "what the killed build left is swept away"
