"""Fits the weights of `rag/sentence_scores.py` (with a reader) and of `rag/confidence.py` on folders of
articles and questions. About five minutes for a folder of 500 questions. Left out: writing the result
into the source; the evaluation itself (`loccit eval`).

    python -m tests.benchmarks.fit_scores DATA FOLDER[:half][:OTHER] …

FOLDER lies in DATA. `:half` takes half of the articles out first, so that their questions have no answer; `:OTHER`
asks the questions of another folder, in another language, answered as those of the same ids in FOLDER.
Of folders the reader was trained on, only questions on titles that were held back are asked, and of
`piaf-wiki` only those that name their subject. The second figures go by the extracts that the present
weights of the first choose, so after a change of the first, run it again. What is fitted on some folders
is to be reported on others. The weights without a reader are older and not fitted here.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression

from index.build import build
from index.embedder import Embedder, open_embedder
from index.language import detect_language
from index.store import IndexStore, open_store, open_writer
from index.types import Filters, Scores
from rag.composer import ExtractiveComposer
from rag.confidence import evidence_of
from rag.metrics import holds
from rag.reader import Reader, open_reader
from rag.retriever import Query, retrieve
from rag.sentence_scores import READ_WEIGHTS, features_of, quotable_sentences
from rag.settings import RagSettings
from rag.training.examples import FOLDERS, held_back, shared_titles


@dataclass(frozen=True, slots=True)
class Seen:
    """One question asked: features of each sentence, whether it holds an answer, and, for the first
    extract, the features of its probability and whether it does."""

    sentences: Scores
    gold: Scores
    first: Scores
    right: bool


def questions_of(data: Path, name: str) -> list[dict[str, Any]]:
    """The folder's questions, without those on titles the reader was trained on."""
    lines = (data / name / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    questions: list[dict[str, Any]] = [json.loads(line) for line in lines]
    if name not in FOLDERS:
        return questions
    shared, prefix = shared_titles(data), "piaf:" if name == "piaf-wiki" else ""

    def unseen(question: dict[str, Any]) -> bool:
        article = (question["article_ids"] or [question.get("asked_about_article_id", "")])[0]
        return held_back(name, prefix + article, shared)

    return [question for question in questions if unseen(question) and question.get("names_its_title", True)]


def ask_folder(data: Path, asked: str, settings: RagSettings, embedder: Embedder, reader: Reader) -> list[Seen]:
    """All questions of `FOLDER[:half][:OTHER]` asked."""
    name, *options = asked.split(":")
    half, other = "half" in options, next((option for option in options if option != "half"), "")
    articles = (data / name / "corpus.jsonl").read_text(encoding="utf-8").splitlines()[:: 2 if half else 1]
    kept = {json.loads(line)["id"] for line in articles}
    with tempfile.TemporaryDirectory() as place:
        file = Path(place) / "corpus.jsonl"
        file.write_text("\n".join(articles), encoding="utf-8")
        own = settings.model_copy(update={"store": f"embedded:{place}/index"})
        with open_writer(own, embedder.name, embedder.dimension) as writer:
            build([file], writer, embedder, own)
        store = open_store(own)
        questions = questions_of(data, name)
        if other:
            told = {question["id"]: question["question"] for question in questions_of(data, other)}
            questions = [{**question, "question": told[question["id"]]} for question in questions]
        vectors = embedder.embed_questions([question["question"] for question in questions])
        seen = [
            each
            for question, vector in zip(questions, vectors, strict=True)
            for each in _ask(question, vector, kept, store, own, reader)
        ]
        store.close()
        return seen


def _ask(
    line: dict[str, Any], vector: Scores, kept: set[str], store: IndexStore, settings: RagSettings, reader: Reader
) -> Iterator[Seen]:
    query = Query(line["question"], detect_language(line["question"]), vector)
    hits = retrieve(query, store, Filters(), settings.candidates, settings.meaning_weight, settings.passages_read)
    passages = [hit.passage for hit in hits]
    titles = [store.article(passage.article_id).title for passage in passages]
    readings = {p.id: r for p, r in zip(passages, reader.read(query.text, passages, titles), strict=True)}
    sentences, rows = quotable_sentences(hits, store)
    picks = list(ExtractiveComposer().compose(query, hits, readings, store, 1))
    answers = line["answers"] if set(line["article_ids"]) & kept else []
    if not picks or (set(line["article_ids"]) & kept and not answers):
        return  # nothing to judge by
    passage, span = picks[0].hit.passage, picks[0].span
    text = passage.words_at(span)
    yield Seen(
        features_of(query, sentences, rows, readings, store),
        np.array([any(holds(sentence.text, answer) for answer in answers) for sentence in sentences], np.float32),
        evidence_of(query, picks[0], store),
        any(holds(text, answer) for answer in answers),
    )


def fit_sentences(sets: list[list[Seen]]) -> Scores:
    """The weights under which the sentences that answer have the highest chance, each set counting
    the same, lightly kept from growing."""
    able = [[seen for seen in several if seen.gold.any()] for several in sets]
    able = [several for several in able if several]

    def loss(weights: Scores) -> float:
        total = 0.0
        for several in able:
            for seen in several:
                scores = seen.sentences @ weights
                right = np.logaddexp.reduce(scores[seen.gold > 0]) - np.logaddexp.reduce(scores)
                total -= float(right) / len(several) / len(able)
        return total + 0.002 * float(weights @ weights)

    return np.asarray(minimize(loss, np.full(len(READ_WEIGHTS), 0.5), method="L-BFGS-B").x, np.float32)


def main(data: Path, names: list[str]) -> None:
    """Print the weights that fit."""
    settings = RagSettings.model_validate({})
    embedder = open_embedder(settings)
    reader = open_reader(settings, embedder)
    sets = []
    for name in names:
        sets.append(ask_folder(data, name, settings, embedder, reader))
        right = np.mean([seen.right for seen in sets[-1]])
        print(f"{name}: {len(sets[-1])} questions, {right:.3f} answered right by the first extract", flush=True)
    print("READ_WEIGHTS =", np.round(fit_sentences(sets), 2).tolist())
    weights = np.concatenate([np.full(len(several), 1 / len(several)) for several in sets])
    fitted = LogisticRegression(C=1000.0, max_iter=5000).fit(
        np.array([seen.first for several in sets for seen in several]),
        [seen.right for several in sets for seen in several],
        weights * len(weights) / len(sets),
    )
    print("confidence: weights", np.round(fitted.coef_[0], 3).tolist(), "bias", round(float(fitted.intercept_[0]), 3))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
