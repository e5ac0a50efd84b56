"""A folder of articles and questions → metrics, through the same chatbot that people ask. Left
out: curves and plots (`risk_coverage.py`); questions of which nothing is known (`article_ids` null)."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from index.build import build
from index.embedder import Embedder
from index.errors import UnknownArticle
from index.store import IndexStore, open_writer
from rag.chatbot import Chatbot
from rag.errors import InvalidFolder
from rag.metrics import GoldQuestion, Outcome, holds, measure
from rag.risk_coverage import plot
from rag.settings import RagSettings
from rag.types import Turn

QUESTIONS: Final = "questions.jsonl"


def evaluate(
    folder: Path,
    settings: RagSettings,
    embedder: Embedder,
    progress: Callable[[int, int], None] = lambda done, total: None,
    questions: str = QUESTIONS,
    drawn: Path | None = None,
) -> dict[str, Any]:
    """Index the folder's articles into a temporary place, ask every question, measure.

    Articles come from `corpus.jsonl`, or, without one, from all readable files. The keys are those
    of `interfaces.md`, and `same_language` and `cross_language`: the main figures apart for
    questions in the language of their article and in another. `questions` is the name of the folder's file of
    questions; the risk–coverage curve is drawn to the file `drawn`. Raises InvalidFolder.
    """
    counts, outcomes = ask_all(folder, settings, embedder, progress, questions)
    if drawn is not None:
        plot(outcomes, settings.answer_threshold, drawn)
    return counts | measure(outcomes)


def ask_all(
    folder: Path,
    settings: RagSettings,
    embedder: Embedder,
    progress: Callable[[int, int], None],
    named: str = QUESTIONS,
) -> tuple[dict[str, Any], list[Outcome]]:
    """The work of `evaluate` before measuring: counts of the index, and each question's outcome."""
    questions = read_questions(folder, named)
    articles = folder / "corpus.jsonl"
    with tempfile.TemporaryDirectory(prefix="loccit-eval-") as place:
        own = settings.model_copy(update={"store": f"embedded:{place}/index", "cached_answers": 0})
        chatbot = Chatbot(own, embedder)
        chatbot.warm_up()
        with open_writer(own, embedder.name, embedder.dimension) as writer:
            summary = build([articles if articles.is_file() else folder], writer, embedder, own)
        if summary.generation is None:
            raise InvalidFolder(f"{folder} holds no article that can be read. {' '.join(summary.failures[:1])}")
        unbarred = Chatbot(own.model_copy(update={"answer_threshold": 0.0}), embedder, chatbot.reader())
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


def read_questions(folder: Path, named: str = QUESTIONS) -> list[GoldQuestion]:
    """The folder's file of questions. Raises InvalidFolder, naming the line, if it is not as expected."""
    path = folder / named
    if not path.is_file():
        raise InvalidFolder(f"{folder} has no {named}. A folder to evaluate holds corpus.jsonl and questions.jsonl.")
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidFolder(f"{path} cannot be read as UTF-8 text. Save it as UTF-8.") from error
    questions = []
    for number, line in enumerate(lines, 1):
        try:
            fields = _Line.model_validate_json(line) if line.strip() else None
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            name = ".".join(str(part) for part in first["loc"]) or "the line"
            raise InvalidFolder(f"{path}, line {number}: {name}: {first['msg']}.") from error
        if fields is not None and fields.article_ids is not None:
            answers, history = tuple(fields.answers or ()), tuple(turn.question for turn in fields.history)
            ids = tuple(fields.article_ids)
            questions.append(GoldQuestion(str(fields.id), fields.question, fields.lang, ids, answers, history))
    return questions


class _Turn(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore")

    question: str = Field(min_length=1)


class _Line(BaseModel):
    """A line of questions.jsonl; `article_ids` is null where nothing is said of answers."""

    model_config = ConfigDict(strict=True, extra="ignore")

    id: str | int
    question: str = Field(min_length=1)
    lang: str = ""
    article_ids: list[str] | None
    answers: list[str] | None = None
    history: list[_Turn] = []


def _ask(gold: GoldQuestion, chatbot: Chatbot, unbarred: Chatbot) -> Outcome:
    history = [Turn(question) for question in gold.history]
    start = time.perf_counter()
    answer = chatbot.ask(gold.question, history=history)
    milliseconds = (time.perf_counter() - start) * 1e3
    store = chatbot.index()
    ids = [e.citation.article_id for e in answer.extracts] + [n.citation.article_id for n in answer.nearest]
    best = answer.extracts or unbarred.ask(gold.question, history=history).extracts
    right = any(holds(best[0].text, wanted) for wanted in gold.answers) if best and gold.answers else None
    return Outcome(
        gold,
        answer,
        tuple(dict.fromkeys(ids)),
        False if not gold.article_ids else right if gold.answers == () or best else False,
        tuple(_verbatim(extract.citation, extract.text, store) for extract in answer.extracts),
        milliseconds,
        bool(gold.language) and _language_of(gold, store) not in ("", gold.language),
    )


def _verbatim(citation: Any, text: str, store: IndexStore) -> bool:
    article = store.article(citation.article_id)
    return article.text[citation.start : citation.end] == text and article.sha256 == citation.sha256


def _language_of(gold: GoldQuestion, store: IndexStore) -> str:
    try:
        return store.article(gold.article_ids[0]).language if gold.article_ids else ""
    except UnknownArticle:  # it could not be read: counted as not found, not as crossed
        return ""
