"""Any script of edits to a folder leads to the index built afresh. Left out: single edits
(`test_build.py`)."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from index.store import IndexStore, open_store
from index.types import Filters
from tests.conftest import matching, nearest
from tests.test_build import EMBEDDER, at, run


def contents(store: IndexStore) -> object:
    """Everything a question can meet, in a form to compare; scores to five digits."""
    articles, total = store.articles(0, 1000, Filters())
    hits = matching(store, "bridge canal river long", "en", 1000, Filters())
    near = nearest(store, EMBEDDER.embed_questions(["the long bridge"]), 1000, Filters())[0]
    vectors = {h.passage: store.vectors([h.passage.id])[0].round(5).tolist() for h in near}
    words = {h.passage: round(h.score, 5) for h in hits}
    return articles, total, vectors, words, store.languages


NAMES = ["a.md", "b.txt", "c/d.md", "e.jsonl", "bad.txt"]


TEXTS = [
    "The bridge is long.",
    "The canal is wide. Ships use it.",
    "# River\n\nThe river is old.\n\n## Fish\n\nFew live here.",
    "",
]


EDITS = st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(TEXTS)), min_size=1, max_size=5)


def edit(folder: Path, changes: Sequence[tuple[str, str]]) -> None:
    """Write these texts; an empty one removes the file."""
    for name, text in changes:
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        if not text:
            file.unlink(missing_ok=True)
        elif name.endswith(".jsonl"):
            rows = [{"id": f"j{n}", "text": text} for n in range(text.count(".") + 1)]
            file.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
        else:
            file.write_text(text, encoding="utf-8")


@hypothesis_settings(deadline=None, max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(EDITS, min_size=1, max_size=4))
def test_any_script_of_edits_leads_to_the_index_built_afresh(
    tmp_path: Path, script: list[list[tuple[str, str]]]
) -> None:
    for name in ("files", "store", "fresh"):
        shutil.rmtree(tmp_path / name, ignore_errors=True)
    files, settings = tmp_path / "files", at(tmp_path)
    edit(files, [("a.md", TEXTS[0])])
    run(settings, files)
    for changes in [*script, [("a.md", TEXTS[1])]]:
        edit(files, changes)
        run(settings, files)
    fresh = at(tmp_path / "fresh")
    run(fresh, files)
    assert contents(open_store(settings)) == contents(open_store(fresh))
