"""A folder of articles and questions → metrics, through the same chatbot that people ask. Left
out: curves and plots; questions that lean on earlier ones (`article_ids` null)."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from index.build import build
from index.embedder import Embedder
from index.errors import UnknownArticle
from index.store import IndexStore, open_writer
from rag.chatbot import Chatbot
from rag.errors import InvalidFolder
from rag.settings import RagSettings
from rag.types import Answer

_BINS = 10


@dataclass(frozen=True, slots=True)
class GoldQuestion:
    """A question with what answers it. Empty `article_ids`: the articles do not answer."""

    id: str
    question: str
    language: str
    article_ids: tuple[str, ...]
    answers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """One question asked. `ranked` are article ids, best first, each once; `right` says whether a
    gold answer stands in the best extract, given or withheld (None without gold answers)."""

    gold: GoldQuestion
    answer: Answer
    ranked: tuple[str, ...]
    right: bool | None
    verbatim: tuple[bool, ...]
    milliseconds: float
    crossed: bool


def evaluate(
    folder: Path,
    settings: RagSettings,
    embedder: Embedder,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> dict[str, Any]:
    """Index the folder's articles into a temporary place, ask every question, measure.

    Articles come from `corpus.jsonl`, or, without one, from all readable files. The keys are those
    of `interfaces.md`, and `same_language` and `cross_language`: the main figures apart for
    questions in the language of their article and in another. Raises InvalidFolder.
    """
    counts, outcomes = ask_all(folder, settings, embedder, progress)
    return counts | measure(outcomes)


def ask_all(
    folder: Path, settings: RagSettings, embedder: Embedder, progress: Callable[[int, int], None]
) -> tuple[dict[str, Any], list[Outcome]]:
    """The work of `evaluate` before measuring: counts of the index, and each question's outcome."""
    questions = read_questions(folder)
    articles = folder / "corpus.jsonl"
    with tempfile.TemporaryDirectory(prefix="loccit-eval-") as place:
        own = settings.model_copy(update={"store": f"embedded:{place}/index"})
        with open_writer(own, embedder.name, embedder.dimension) as writer:
            summary = build([articles if articles.is_file() else folder], writer, embedder, own)
        if summary.generation is None:
            raise InvalidFolder(f"{folder} holds no article that can be read. {' '.join(summary.failures[:1])}")
        chatbot = Chatbot(own, embedder)
        unbarred = Chatbot(own.model_copy(update={"answer_threshold": 0.0}), embedder)
        outcomes = []
        for done, gold in enumerate(questions, 1):
            outcomes.append(_ask(gold, chatbot, unbarred))
            progress(done, len(questions))
        info = chatbot.index().info
    counts = {
        "articles": info.articles,
        "passages": info.passages,
        "index_seconds": round(summary.seconds, 2),
        "passages_per_second": round(info.passages / summary.seconds, 2),
        "unreadable": len(summary.failures),
        "questions": len(questions),
    }
    return counts, outcomes


def read_questions(folder: Path) -> list[GoldQuestion]:
    """The folder's `questions.jsonl`. Raises InvalidFolder, naming the line, if it is not as expected."""
    path = folder / "questions.jsonl"
    if not path.is_file():
        raise InvalidFolder(
            f"{folder} has no questions.jsonl. A folder to evaluate holds corpus.jsonl and questions.jsonl."
        )
    questions = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip():
            continue
        try:
            fields = json.loads(line)
            if fields["article_ids"] is None:
                continue
            questions.append(
                GoldQuestion(
                    str(fields["id"]),
                    fields["question"],
                    fields.get("lang", ""),
                    tuple(fields["article_ids"]),
                    tuple(fields.get("answers") or ()),
                )
            )
        except (ValueError, KeyError, TypeError) as error:
            raise InvalidFolder(
                f"{path}, line {number}: 'id', 'question' and 'article_ids' are needed ({error})."
            ) from error
    return questions


def _ask(gold: GoldQuestion, chatbot: Chatbot, unbarred: Chatbot) -> Outcome:
    start = time.perf_counter()
    answer = chatbot.ask(gold.question)
    milliseconds = (time.perf_counter() - start) * 1e3
    store = chatbot.index()
    ids = [e.citation.article_id for e in answer.extracts] + [n.citation.article_id for n in answer.nearest]
    best = answer.extracts or unbarred.ask(gold.question).extracts
    right = any(_holds(best[0].text, wanted) for wanted in gold.answers) if best and gold.answers else None
    return Outcome(
        gold,
        answer,
        tuple(dict.fromkeys(ids)),
        False if not gold.article_ids else right if gold.answers == () or best else False,
        tuple(_verbatim(extract.citation, extract.text, store) for extract in answer.extracts),
        milliseconds,
        _language_of(gold, store) not in ("", gold.language),
    )


def _verbatim(citation: Any, text: str, store: IndexStore) -> bool:
    article = store.article(citation.article_id)
    return article.text[citation.start : citation.end] == text and article.sha256 == citation.sha256


def _language_of(gold: GoldQuestion, store: IndexStore) -> str:
    try:
        return store.article(gold.article_ids[0]).language if gold.article_ids else ""
    except UnknownArticle:  # it could not be read: counted as not found, not as crossed
        return ""


def _holds(text: str, answer: str) -> bool:
    return _folded(answer) in _folded(text)


def _folded(text: str) -> str:
    return " ".join(text.split()).casefold()


def measure(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """The metrics over questions already asked; None where no question bears on one."""
    answerable = [o for o in outcomes if o.gold.article_ids]
    unanswerable = [o for o in outcomes if not o.gold.article_ids]
    timed = [o.milliseconds for o in outcomes]
    lengths = [len(e.text) for o in answerable for e in o.answer.extracts]
    verbatim = [equal for o in outcomes for equal in o.verbatim]
    return _found(answerable) | {
        "extract_chars_mean": _mean(lengths),
        "short_answer_f1": _short_answer_f1(answerable),
        "answered_rate": {
            "answerable": _mean([o.answer.status != "no_answer" for o in answerable]),
            "unanswerable": _mean([o.answer.status != "no_answer" for o in unanswerable]),
        },
        "abstention_auroc": _auroc([o.answer.score for o in answerable], [o.answer.score for o in unanswerable]),
        "expected_calibration_error": _calibration_error(outcomes),
        "ask_ms_p50": _percentile(timed, 50),
        "ask_ms_p95": _percentile(timed, 95),
        "verbatim_rate": _mean(verbatim),
        "same_language": _found([o for o in answerable if not o.crossed]),
        "cross_language": _found([o for o in answerable if o.crossed]),
    }


def _found(outcomes: Sequence[Outcome]) -> dict[str, float | int | None]:
    ranks = [
        next((i for i, article in enumerate(o.ranked, 1) if article in o.gold.article_ids), None) for o in outcomes
    ]
    with_answers = [o for o in outcomes if o.gold.answers]
    holds = [[any(_holds(e.text, a) for a in o.gold.answers) for e in o.answer.extracts] for o in with_answers]
    return {
        "answerable_questions": len(outcomes),
        "article_recall_at_1": _mean([rank == 1 for rank in ranks]),
        "article_recall_at_5": _mean([rank is not None and rank <= 5 for rank in ranks]),
        "article_mrr": _mean([1 / rank if rank else 0.0 for rank in ranks]),
        "answer_in_first_extract": _mean([bool(found[:1]) and found[0] for found in holds]),
        "answer_in_extracts": _mean([any(found) for found in holds]),
    }


def _short_answer_f1(outcomes: Sequence[Outcome]) -> float | None:
    """Mean over questions of the best token F1 with a gold answer; None if no extract has one."""
    scores, marked = [], False
    for outcome in outcomes:
        first = outcome.answer.extracts[:1]
        span = first[0].short_answer if first else None
        if span is None:
            scores.append(0.0)
            continue
        marked, shift = True, first[0].citation.start
        words = _folded(first[0].text[span.start - shift : span.end - shift]).split()
        scores.append(max((_f1(words, _folded(a).split()) for a in outcome.gold.answers), default=0.0))
    return _mean(scores) if marked else None


def _f1(given: list[str], gold: list[str]) -> float:
    shared = sum(min(given.count(word), gold.count(word)) for word in set(given))
    return 2 * shared / (len(given) + len(gold)) if shared else 0.0


def _auroc(answerable: Sequence[float], unanswerable: Sequence[float]) -> float | None:
    if not answerable or not unanswerable:
        return None
    from sklearn.metrics import roc_auc_score

    truth = [1] * len(answerable) + [0] * len(unanswerable)
    return round(float(roc_auc_score(truth, [*answerable, *unanswerable])), 4)


def _calibration_error(outcomes: Sequence[Outcome]) -> float | None:
    """Mean gap between score and share of right first extracts over ten bins of equal width,
    weighted by their size. Source: Guo et al., "On Calibration of Modern Neural Networks", 2017."""
    judged = [(o.answer.score, o.right) for o in outcomes if o.right is not None]
    if not judged:
        return None
    scores, right = np.array([s for s, _ in judged]), np.array([r for _, r in judged], float)
    bins = np.minimum((scores * _BINS).astype(int), _BINS - 1)
    gaps = [abs(scores[bins == b].mean() - right[bins == b].mean()) * (bins == b).mean() for b in set(bins.tolist())]
    return round(float(sum(gaps)), 4)


def _mean(values: Sequence[float]) -> float | None:
    return round(float(np.mean(values)), 4) if len(values) else None


def _percentile(values: Sequence[float], share: float) -> float | None:
    return round(float(np.percentile(values, share)), 2) if len(values) else None
