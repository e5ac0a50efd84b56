"""A small folder of articles and questions from end to end; folders that
are refused. Left out: the metrics (`test_metrics.py`), the figures of the real model (`benchmarks/`)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rag.errors import InvalidFolder
from rag.evaluate import evaluate, read_questions
from rag.metrics import GoldQuestion
from rag.settings import RagSettings
from tests.conftest import WordEmbedder

TEXTS = {"a": "The bridge is long. It is old.", "b": "The canal is wide. It is deep.", "c": "Le pont est rouge."}


ROWS: list[dict[str, Any]] = [
    {"id": 1, "question": "Is the bridge long?", "lang": "en", "article_ids": ["a"], "answers": ["is long"]},
    {"id": "2", "question": "Is the canal wide?", "lang": "en", "article_ids": ["b"], "answers": []},
    {"id": "3", "question": "Who won the race?", "lang": "en", "article_ids": [], "answers": [], "extra": 1},
    {"id": "4", "question": "And then?", "lang": "en", "article_ids": None, "answers": []},
]


def folder(place: Path, rows: list[dict[str, Any]] = ROWS) -> Path:
    lines = [json.dumps({"id": name, "title": f"T{name}", "text": text}) for name, text in TEXTS.items()]
    (place / "corpus.jsonl").write_text("\n".join(lines), encoding="utf-8")
    (place / "questions.jsonl").write_text("\n".join(map(json.dumps, rows)) + "\n\n", encoding="utf-8")
    return place


def test_a_folder_from_end_to_end(tmp_path: Path) -> None:
    settings = RagSettings.model_validate(
        {"store": f"embedded:{tmp_path}/untouched", "answer_threshold": 0.0, "reader": "off"}
    )
    done: list[tuple[int, int]] = []
    found = evaluate(folder(tmp_path), settings, WordEmbedder(), lambda *step: done.append(step))
    json.dumps(found, allow_nan=False)
    keys = {
        "articles", "passages", "index_seconds", "passages_per_second", "article_recall_at_1", "article_recall_at_5",
        "article_mrr", "answer_in_first_extract", "answer_in_extracts", "extract_chars_mean", "short_answer_f1",
        "answered_rate", "abstention_auroc", "expected_calibration_error", "ask_ms_p50", "ask_ms_p95", "verbatim_rate",
    }  # fmt: skip
    assert keys <= set(found)
    assert (found["articles"], found["passages"], found["questions"], found["unreadable"]) == (3, 3, 3, 0)
    assert (found["article_recall_at_1"], found["verbatim_rate"]) == (1.0, 1.0)
    assert found["answer_in_first_extract"] == 1.0 and done == [(1, 3), (2, 3), (3, 3)]
    assert not (tmp_path / "untouched").exists()


def test_without_corpus_jsonl_all_files_are_read(tmp_path: Path) -> None:
    folder(tmp_path)
    (tmp_path / "corpus.jsonl").unlink()
    for name, text in TEXTS.items():
        (tmp_path / f"{name}.md").write_text(text, encoding="utf-8")
    (tmp_path / "bad.txt").write_bytes(b"\0")
    found = evaluate(tmp_path, RagSettings.model_validate({"reader": "off"}), WordEmbedder())
    assert (found["articles"], found["unreadable"]) == (3, 1)


def test_folders_that_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidFolder, match=r"questions\.jsonl"):
        evaluate(tmp_path, RagSettings.model_validate({"reader": "off"}), WordEmbedder())
    (tmp_path / "questions.jsonl").write_text(json.dumps(ROWS[0]), encoding="utf-8")
    with pytest.raises(InvalidFolder, match="no article"):
        evaluate(tmp_path, RagSettings.model_validate({"reader": "off"}), WordEmbedder())


def test_questions(tmp_path: Path) -> None:
    first, second, third = read_questions(folder(tmp_path))
    assert first == GoldQuestion("1", "Is the bridge long?", "en", ("a",), ("is long",))
    assert second.answers == () and third.article_ids == ()


@pytest.mark.parametrize(
    "line",
    [
        "{",
        "[]",
        "5",
        '{"question": "x", "article_ids": []}',
        '{"id": 1, "article_ids": []}',
        '{"id": 1, "question": "x"}',
        '{"id": 1, "question": 5, "article_ids": []}',
        '{"id": 1, "question": "x", "article_ids": "a"}',
        '{"id": 1, "question": "x", "article_ids": [5]}',
        '{"id": 1, "question": "x", "article_ids": [], "answers": "yes"}',
        '{"id": 1, "question": "x", "article_ids": [], "answers": [5]}',
        '{"id": 1, "question": "", "article_ids": []}',
    ],
)
def test_a_bad_line_of_questions_is_named(tmp_path: Path, line: str) -> None:
    folder(tmp_path)
    (tmp_path / "questions.jsonl").write_text(f"{json.dumps(ROWS[0])}\n{line}\n", encoding="utf-8")
    with pytest.raises(InvalidFolder, match="line 2"):
        read_questions(tmp_path)


def test_questions_that_are_not_utf8(tmp_path: Path) -> None:
    (tmp_path / "questions.jsonl").write_bytes(b'{"id": "caf\xe9"}')
    with pytest.raises(InvalidFolder, match=r"questions\.jsonl"):
        read_questions(tmp_path)


def test_a_line_separator_inside_a_question_does_not_cut_the_line(tmp_path: Path) -> None:
    row = {**ROWS[0], "question": "Is the bridge\u2028long?\x85"}
    (tmp_path / "questions.jsonl").write_text(json.dumps(row, ensure_ascii=False), encoding="utf-8")
    assert read_questions(tmp_path)[0].question == row["question"]


def test_articles_of_nearest_are_ranked_too(tmp_path: Path) -> None:
    """Where nothing can be quoted, the article is found among `nearest`."""
    folder(tmp_path, ROWS[:1])
    article = {"id": "a", "title": "Bridge", "text": "Bridge, long"}
    (tmp_path / "corpus.jsonl").write_text(json.dumps(article), encoding="utf-8")
    found = evaluate(tmp_path, RagSettings.model_validate({"reader": "off"}), WordEmbedder())
    assert found["answered_rate"]["answerable"] == 0.0 and found["article_recall_at_1"] == 1.0
    assert found["answer_in_extracts"] == 0.0 and found["verbatim_rate"] is None
