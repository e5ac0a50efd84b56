"""Follow-up questions made to stand alone, against rewrites by people. Left out: answers; French, which
`corpus/follow_ups.jsonl` holds.

    python -m tests.benchmarks.follow_ups DATA [--half tuned|reported] [--embed 400] [--json FILE]

DATA holds `rewrites-en` (CANARD and TREC CAsT): questions, what was said before, and a gold stand-alone rewrite. There
are no articles, so the nearest thing to retrieval is to find the gold rewrite itself: it asks what an article would
have to answer. A search for the question, raw, ours or gold, over all gold rewrites of the half is right when its own
comes first (`own_first`); the others, those of the same conversation above all, are the distractors.
`own_before_other_conversations` leaves the other turns of its own conversation out: whether the subject is found, not
the turn. `overlap` is the F1 of the content terms (`index/words.py`) with those of the gold rewrite, `cosine` the
nearness to it. Questions whose gold rewrite differs (`changed`) are measured apart from those that people left as they
are: those must come back untouched. Half the conversations, by a hash of their id, were tuned on; the other half is
reported.

Two settings: `ours` knows earlier questions and answers; `ours_titles` also knows the title of the page talked about,
as the program knows the titles of articles it cited.
"""

from __future__ import annotations

import argparse
import json
import random
import zlib
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from index.embedder import Embedder, open_embedder
from index.words import passage_terms
from rag.conversation import Earlier, standalone_question
from web.settings import Settings

_HALVES = ("tuned", "reported")


def rows(data: Path, half: str) -> list[dict[str, Any]]:
    """The questions of one half, by conversation."""
    lines = (data / "rewrites-en" / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    found = [json.loads(line) for line in lines]
    return [row for row in found if zlib.crc32(conversation(row).encode()) % 2 == _HALVES.index(half)]


def conversation(row: dict[str, Any]) -> str:
    """The conversation a question belongs to."""
    name = str(row["id"])
    return name.rsplit("_", 1)[0] if row["part"] in ("cast-2019", "cast-2020") else name.rsplit("-", 1)[0]


def earlier_turns(row: dict[str, Any], titles: bool) -> list[Earlier]:
    """The history as the program would know it; an answer "I don't know." is none."""
    page = (row["page"],) if titles and row.get("page") else ()
    turns: list[Earlier] = []
    for entry in row["history"]:
        if entry["role"] == "user":
            turns.append(Earlier(entry["text"], "", page))
        elif turns and not entry["text"].startswith("I don't know"):
            turns[-1] = Earlier(turns[-1].question, entry["text"], page)
    return turns


def overlap(one: str, other: str) -> float:
    """F1 of content terms, counted."""
    a, b = Counter(passage_terms(one, "en")), Counter(passage_terms(other, "en"))
    same = sum((a & b).values())
    return 2 * same / (sum(a.values()) + sum(b.values())) if a or b else 1.0


def nearest(
    asked: list[str], gold: list[str], owners: list[str], items: list[dict[str, Any]], embedder: Embedder
) -> dict[str, dict[str, float]]:
    """For each form of the question: share whose own gold rewrite is nearest, and mean cosine to it."""
    pool = embedder.embed_questions(gold)
    at = {owner: place for place, owner in enumerate(owners)}
    talks = np.array([conversation_of(owner) for owner in owners])
    found = {}
    for name in asked:
        vectors = embedder.embed_questions([item[name] for item in items])
        scores = vectors @ pool.T
        own = np.array([at[item["id"]] for item in items])
        mine = scores[np.arange(len(items)), own]
        others = scores.copy()
        for line, item in enumerate(items):
            others[line, talks == item["conversation"]] = -1
        found[name] = {
            "own_first": float(np.mean(scores.max(axis=1) <= mine + 1e-6)),
            "own_before_other_conversations": float(np.mean(others.max(axis=1) <= mine)),
            "cosine": float(mine.mean()),
        }
    return found


def conversation_of(owner: str) -> str:
    """From an owner's mark, made of conversation and id."""
    return owner.split("\t")[0]


def measure(data: Path, half: str, sample: int) -> dict[str, Any]:
    """All figures of one half; vectors only of `sample` changed questions, among their whole conversations."""
    items = []
    for row in rows(data, half):
        if row["history"]:
            talk = conversation(row)
            ours, titled = (standalone_question(row["question"], "en", earlier_turns(row, t)) for t in (False, True))
            forms = {"raw": row["question"], "ours": ours, "ours_titles": titled, "gold": row["rewrite"]}
            items.append({"id": f"{talk}\t{row['id']}", "conversation": talk, "changed": row["changed"], **forms})
    changed, same = [i for i in items if i["changed"]], [i for i in items if not i["changed"]]
    names = ["raw", "ours", "ours_titles", "gold"]
    figures: dict[str, Any] = {
        "half": half,
        "changed": len(changed),
        "unchanged": len(same),
        "rewritten_of_changed": {n: float(np.mean([i[n] != i["raw"] for i in changed])) for n in names[1:3]},
        "rewritten_of_unchanged": {n: float(np.mean([i[n] != i["raw"] for i in same])) for n in names[1:3]},
        "overlap": {n: float(np.mean([overlap(i[n], i["gold"]) for i in changed])) for n in names},
    }
    if sample:
        chosen = random.Random(1).sample(changed, min(sample, len(changed)))
        talks = {item["conversation"] for item in chosen}
        pool = [item for item in items if item["conversation"] in talks]
        embedder = open_embedder(Settings.model_validate({}))
        figures |= {"embedded": len(chosen), "pool": len(pool)}
        figures |= {"nearest": nearest(names, [i["gold"] for i in pool], [i["id"] for i in pool], chosen, embedder)}
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--half", choices=_HALVES, default="reported")
    parser.add_argument("--embed", type=int, default=400)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    figures = measure(given.data, given.half, given.embed)
    print(json.dumps(figures, indent=1))
    if given.json:
        given.json.write_text(json.dumps(figures, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
