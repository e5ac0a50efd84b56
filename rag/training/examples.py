"""Folders of articles and questions → what the reader learns from: questions with the passages that
answer them, where they do so, and passages that look right and do not answer. Left out: learning."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from index.build import build
from index.embedder import Embedder
from index.passages import cut_passages
from index.store import IndexStore, open_store, open_writer
from index.types import Article, Filters, Passage, Span
from rag.reading import ReadPassage, read_passage
from rag.retriever import Query, retrieve
from rag.settings import RagSettings

FOLDERS: Final = ("piaf-wiki", "squad2-dev-half", *(f"xquad-{code}" for code in ("en", "es", "de", "ru", "ar", "zh")))
NEGATIVES: Final = 8
"""Best-ranked passages kept for each question that do not hold its answer."""


@dataclass(frozen=True, slots=True)
class Example:
    """A question, and passages by their place in the list of all. `answers` holds, for each passage
    that answers, the spans that do, in the passage's text as read; `same` is shared by translations."""

    folder: str
    question: str
    language: str
    title: str
    same: str
    answers: dict[int, list[Span]]
    negatives: list[int]


def held_back(folder: str, title: str, shared: frozenset[str]) -> bool:
    """Whether the questions on a title are kept from training, in every language and folder at once:
    all titles of `xquad-*` but those `shared` with `squad2-dev-half`, and a fifth of the others, by
    a digest. No question on them is learnt from; passages of theirs may still stand among those that
    do not answer another question."""
    if folder.startswith("xquad") and title not in shared:
        return True
    return hashlib.sha256(title.encode()).digest()[0] % 5 == 0


def read_examples(
    data: Path, work: Path, settings: RagSettings, embedder: Embedder, progress: Callable[[str, int, int], None]
) -> tuple[list[ReadPassage], list[Example]]:
    """Index each folder below `work` (once), and rank its passages for each of its questions."""
    passages: list[ReadPassage] = []
    examples: list[Example] = []
    for name in FOLDERS:
        own = settings.model_copy(update={"store": f"embedded:{(work / name).resolve()}"})
        with open_writer(own, embedder.name, embedder.dimension) as writer:
            build([data / name / "corpus.jsonl"], writer, embedder, own)
        store = open_store(own)
        lines = [json.loads(line) for line in (data / name / "questions.jsonl").open(encoding="utf-8")]
        cut = partial(cut_passages, count_tokens=embedder.count_tokens, target_tokens=own.passage_tokens)
        folder = _Folder(name, store, passages, cut)
        vectors = embedder.embed_questions([line["question"] for line in lines])
        for done, (line, vector) in enumerate(zip(lines, vectors, strict=True), 1):
            example = folder.example(line, Query(line["question"], line["lang"], vector), settings)
            if example is not None:
                examples.append(example)
            progress(name, done, len(lines))
        store.close()
    return passages, examples


def shared_titles(data: Path) -> frozenset[str]:
    """Titles of `squad2-dev-half`, all of which `xquad-*` have too."""
    lines = (data / "squad2-dev-half" / "corpus.jsonl").read_text(encoding="utf-8").splitlines()
    return frozenset(json.loads(line)["id"] for line in lines)


class _Folder:
    """One folder's passages, added to the list of all as they are needed."""

    def __init__(
        self, name: str, store: IndexStore, passages: list[ReadPassage], cut: Callable[[Article], list[Passage]]
    ) -> None:
        self._name, self._store, self._all, self._cut = name, store, passages, cut
        self._places: dict[int, int] = {}
        self._articles: dict[str, Article] = {}
        self._of_article: dict[str, list[Passage]] = {}

    def example(self, line: dict[str, Any], query: Query, settings: RagSettings) -> Example | None:
        near_miss = not line["article_ids"]
        article_id = line["asked_about_article_id"] if near_miss else line["article_ids"][0]
        paragraph = self._paragraph(article_id, line["paragraph_index"])
        around = [p for p in self._passages(article_id) if p.start < paragraph.end and p.end > paragraph.start]
        title = article_id if self._name != "piaf-wiki" else f"piaf:{article_id}"
        if near_miss:
            negatives = [self._place(p) for p in around]
            return Example(self._name, line["question"], line["lang"], title, line["id"], {}, negatives)
        answers = {self._place(p): spans for p in around if (spans := self._spans(p, paragraph, line["answers"]))}
        if not answers:
            return None  # the answer is cut by the end of a passage, or stands in a heading
        wanted = [answer.casefold() for answer in line["answers"]]
        found = retrieve(query, self._store, Filters(), settings.candidates, settings.meaning_weight, 3 * NEGATIVES)
        wrong = [hit.passage for hit in found if not any(answer in hit.passage.text.casefold() for answer in wanted)]
        negatives = [self._place(p) for p in wrong[:NEGATIVES]]
        return Example(self._name, line["question"], line["lang"], title, line["id"], answers, negatives)

    def _spans(self, passage: Passage, paragraph: Span, answers: Sequence[str]) -> list[Span]:
        """Where the answers stand in the passage as read, inside the paragraph."""
        shift = self._all[self._place(passage)].body - passage.start
        found = {
            Span(passage.start + match.start() + shift, passage.start + match.end() + shift)
            for answer in answers
            for match in re.finditer(re.escape(answer), passage.text)
            if passage.start + match.start() >= paragraph.start and passage.start + match.end() <= paragraph.end
        }
        return sorted(found, key=lambda span: (span.start, span.end))

    def _place(self, passage: Passage) -> int:
        if passage.id not in self._places:
            self._places[passage.id] = len(self._all)
            self._all.append(read_passage(passage, self._article(passage.article_id).title))
        return self._places[passage.id]

    def _paragraph(self, article_id: str, number: int) -> Span:
        text, start = self._article(article_id).text, 0
        for _ in range(number):
            start = text.index("\n\n", start) + 2
        end = text.find("\n\n", start)
        return Span(start, len(text) if end < 0 else end)

    def _article(self, article_id: str) -> Article:
        if article_id not in self._articles:
            self._articles[article_id] = self._store.article(article_id)
        return self._articles[article_id]

    def _passages(self, article_id: str) -> list[Passage]:
        if article_id not in self._of_article:
            self._of_article[article_id] = self._cut(self._article(article_id))
        return self._of_article[article_id]
