"""Any script of edits to a folder, and of builds that stop at any change, leads to the index built afresh; ids alone
may differ, where an article has moved. Left out: single edits (`test_build.py`), killed processes
(`test_killed_builds.py`). `python -m tests.benchmarks.edits` plays thousands."""

from __future__ import annotations

import contextlib
import json
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path

from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from index.build import build
from index.lines import counted, key_of
from index.plan import Change
from index.settings import IndexSettings
from index.store import IndexStore, open_store, open_writer
from index.types import Article, Filters
from tests.conftest import matching, nearest
from tests.test_build import EMBEDDER, at, run

Edit = tuple[str, str, str]
"""What is done, to which file, and with what: a text, or the name it moves to."""

NAMES = ["a.md", "b.txt", "c/d.md", "z.txt", "e.jsonl", "c/f.jsonl"]
TEXTS = [
    "The bridge is long.",
    "The canal is wide. Ships use it.",
    "# River\n\nThe river is old.\n\n## Fish\n\nFew live here.",
]
NAME = st.sampled_from(NAMES)
EDIT = st.one_of(
    st.tuples(st.just("write"), NAME, st.sampled_from(TEXTS)),
    st.tuples(st.just("remove"), NAME, st.just("")),
    st.tuples(st.just("move"), st.sampled_from(NAMES[:4]), st.sampled_from(NAMES[:4])),
    st.tuples(st.just("move"), st.sampled_from(NAMES[4:]), st.sampled_from(NAMES[4:])),
)
STEP = st.tuples(st.lists(EDIT, min_size=1, max_size=4), st.one_of(st.none(), st.integers(1, 4)))
"""Edits, then a build: a whole one, or one that stops after so many changes."""

SCRIPT = st.lists(STEP, min_size=1, max_size=4)


class Stopped(Exception):
    """In the middle of a build."""


def contents(store: IndexStore) -> object:
    """Everything a question can meet, in a form to compare, origins in the place of ids; scores to five digits."""
    origins = {entry.article_id: entry.origin for entry in store.entries()}
    articles, total = store.articles(0, 1000, Filters())
    told = sorted((replace(article, id=origins[article.id]) for article in articles), key=lambda article: article.id)
    hits = matching(store, "bridge canal river long", "en", 1000, Filters())
    near = nearest(store, EMBEDDER.embed_questions(["the long bridge"]), 1000, Filters())[0]
    vectors = {
        replace(h.passage, id=0, article_id=origins[h.passage.article_id]): (
            store.vectors([h.passage.id])[0].round(5).tolist()
        )
        for h in near
    }
    words = {replace(h.passage, id=0, article_id=origins[h.passage.article_id]): round(h.score, 5) for h in hits}
    return told, total, vectors, words, store.languages, line_counts(store)


def line_counts(store: IndexStore) -> list[int]:
    """Of every line that an article of TEXTS may have, and of the articles themselves."""
    article = Article("a", "a", "", "en")
    lines = {line for text in TEXTS for line in text.split("\n") if counted(line)}
    assert lines
    return store.line_counts([key_of(article), *(key_of(article, line) for line in sorted(lines))])


def edit(folder: Path, changes: Sequence[Edit]) -> None:
    for what, name, value in changes:
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        if what == "remove":
            file.unlink(missing_ok=True)
        elif what == "move":
            (folder / value).parent.mkdir(exist_ok=True)
            if file.exists():
                file.replace(folder / value)
        elif name.endswith(".jsonl"):
            rows = [{"id": f"j{n}", "text": value} for n in range(value.count(".") + 1)]
            file.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
        else:
            file.write_text(value, encoding="utf-8")


def build_until(stopped: int | None, folder: Path, settings: IndexSettings) -> None:
    """A build that fails after so many changes, if it makes as many."""
    done = count(1)

    def report(change: Change) -> None:
        if change.kind != "unchanged" and next(done) == stopped:
            raise Stopped

    with open_writer(settings, EMBEDDER.name, EMBEDDER.dimension) as writer:
        build([folder], writer, EMBEDDER, settings, report)


def play(place: Path, script: Sequence[tuple[Sequence[Edit], int | None]]) -> None:
    files = place / "files"
    edit(files, [("write", "a.md", TEXTS[0])])
    run(at(place), files)
    for changes, stopped in [*script, ([("write", "a.md", TEXTS[1])], None)]:
        edit(files, changes)
        with contextlib.suppress(Stopped):
            build_until(stopped, files, at(place))
    run(at(place / "fresh"), files)
    assert contents(open_store(at(place))) == contents(open_store(at(place / "fresh")))


@hypothesis_settings(deadline=None, max_examples=15)
@given(SCRIPT)
def test_any_script_of_edits_leads_to_the_index_built_afresh(
    script: list[tuple[list[Edit], int | None]],
) -> None:
    with tempfile.TemporaryDirectory() as place:
        play(Path(place), script)
