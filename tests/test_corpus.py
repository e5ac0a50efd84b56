"""The project's corpus: how much there is, that every gold answer stands verbatim in its article as
the reader reads it. Left out: passages (`test_passages.py`), what the chatbot makes of it."""

from __future__ import annotations

import json
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

from index.language import detect_language
from index.readers import find_files, read_file
from index.types import Article
from rag.evaluate import read_questions

CORPUS = Path(__file__).parent.parent / "corpus"


@cache
def articles() -> dict[str, Article]:
    found = {}
    for file in find_files(CORPUS)[0]:
        for origin, result in read_file(file, CORPUS, 10**7):
            assert isinstance(result, Article), f"{origin}: {result}"
            found[result.id] = result
    return found


@cache
def questions() -> list[dict[str, Any]]:
    lines = (CORPUS / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def test_forty_articles_half_french_half_english() -> None:
    languages = Counter(article.language for article in articles().values())
    assert set(languages) == {"fr", "en"} and sum(languages.values()) >= 40
    assert abs(languages["fr"] - languages["en"]) <= 0.1 * sum(languages.values())


def test_lengths() -> None:
    wrong = {name: len(a.text) for name, a in articles().items() if not 1500 <= len(a.text) <= 6000}
    assert wrong == {}


def test_every_article_has_its_fields() -> None:
    for name, article in articles().items():
        assert article.title and not article.title.endswith("…"), name
        assert article.published and article.tags, name
        assert detect_language(article.text) == article.language, name
    assert len({article.sha256 for article in articles().values()}) == len(articles())


def test_no_markup_is_left() -> None:
    for name, article in articles().items():
        for mark in ("**", "](", "<br", "&nbsp;", "&amp;", "\r", "[^", "{{"):
            assert mark not in article.text, (name, mark)


def test_every_gold_answer_stands_in_its_article() -> None:
    for row in questions():
        for answer in row["answers"]:
            assert answer and answer == answer.strip()
            assert any(answer in articles()[name].text for name in row["article_ids"]), (row["id"], answer)


def test_every_answerable_question_has_an_answer_and_its_articles() -> None:
    for row in questions():
        assert set(row["article_ids"]) <= set(articles()), row["id"]
        assert bool(row["article_ids"]) == bool(row["answers"]), row["id"]


def test_how_many_questions_of_each_kind() -> None:
    answerable = [row for row in questions() if row["article_ids"]]
    crossed = [row for row in answerable if articles()[row["article_ids"][0]].language != row["lang"]]
    assert len(answerable) >= 160
    assert len(crossed) >= 40
    assert len(questions()) - len(answerable) >= 40
    for rows in (answerable, [row for row in questions() if not row["article_ids"]]):
        shares = Counter(row["lang"] for row in rows)
        assert set(shares) == {"fr", "en"} and min(shares.values()) >= 0.3 * len(rows)


def test_every_article_is_asked_about() -> None:
    asked = Counter(name for row in questions() for name in row["article_ids"])
    assert set(articles()) - set(asked) == set()


def test_ids_and_questions_stand_once() -> None:
    for key in ("id", "question"):
        assert [value for value, n in Counter(row[key] for row in questions()).items() if n > 1] == []


def test_the_evaluation_reads_them_all() -> None:
    assert len(read_questions(CORPUS)) == len(questions())
