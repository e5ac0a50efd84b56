"""Rescales the logistic regression of `rag/confidence.py`: asks the questions of some folders with the
threshold at 0, and scales the present logit so that it becomes a probability on them. About ten
minutes. Left out: writing the result into the source.

    python -m tests.benchmarks.fit_confidence FOLDER[:half] …

`:half` takes half of the articles out first, so that their questions have no answer.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression

from index.embedder import Embedder, open_embedder
from rag import confidence
from rag.evaluate import ask_all
from rag.metrics import Outcome
from rag.settings import RagSettings


def halved(folder: Path, place: Path) -> Path:
    """A copy of the folder without every second article; their questions become unanswerable."""
    articles = (folder / "corpus.jsonl").read_text(encoding="utf-8").splitlines()[::2]
    kept = {json.loads(line)["id"] for line in articles}
    questions = [json.loads(line) for line in (folder / "questions.jsonl").read_text(encoding="utf-8").splitlines()]
    for question in questions:
        question["article_ids"] = [article for article in question["article_ids"] if article in kept]
    (place / "corpus.jsonl").write_text("\n".join(articles), encoding="utf-8")
    (place / "questions.jsonl").write_text("\n".join(map(json.dumps, questions)), encoding="utf-8")
    return place


def outcomes_of(name: str, settings: RagSettings, embedder: Embedder) -> list[Outcome]:
    """All questions of `FOLDER` or `FOLDER:half` asked."""
    folder, _, half = name.partition(":")
    with tempfile.TemporaryDirectory() as place:
        source = halved(Path(folder), Path(place)) if half else Path(folder)
        return ask_all(source, settings, embedder, lambda done, total: None)[1]


def main(names: list[str]) -> None:
    """Print the weight and bias that fit, each folder counting the same."""
    settings = RagSettings.model_validate({"answer_threshold": 0.0})
    embedder = open_embedder(settings)
    logits, right, weights = [], [], []
    for name in names:
        judged = [o for o in outcomes_of(name, settings, embedder) if o.right is not None]
        scores = np.clip([o.answer.score for o in judged], 1e-4, 1 - 1e-4)
        logits += np.log(scores / (1 - scores)).tolist()
        right += [o.right for o in judged]
        weights += [1 / len(judged)] * len(judged)
        print(f"{name}: {len(judged)} questions, {np.mean([o.right for o in judged]):.3f} answered right", flush=True)
    fitted = LogisticRegression(C=10.0).fit(np.array(logits)[:, None], right, np.array(weights) * len(weights))
    scale, shift = float(fitted.coef_[0, 0]), float(fitted.intercept_[0])
    for name in ("_LEVEL_WEIGHT", "_COVERED_WEIGHT"):
        print(f"{name} = {getattr(confidence, name) * scale:.2f}")
    print(f"_BIAS = {confidence._BIAS * scale + shift:.2f}")


if __name__ == "__main__":
    main(sys.argv[1:])
