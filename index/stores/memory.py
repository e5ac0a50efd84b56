"""Everything in lists, every search exact and by the book: the reference the other stores are
tested against, and enough for small tests. Left out: keeping anything after the process ends."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from operator import itemgetter
from types import TracebackType
from typing import Self

import numpy as np

from index.errors import StoreError, UnknownArticle
from index.lines import keys_of
from index.store import FORMAT, LABELS, Entry
from index.types import Article, Filters, Found, IndexInfo, Passage, Vectors
from index.words import passage_terms, question_terms

K1, B = 1.2, 0.75


def lets_through(only: Filters, article: Article) -> bool:
    """Whether the filters let an article through. Source and tag compare without case; articles
    without a source fail any source."""
    source = None if article.source is None else article.source.casefold()
    tags = {tag.casefold() for tag in article.tags}
    return (
        (only.since is None or (article.published is not None and article.published >= only.since))
        and (only.until is None or (article.published is not None and article.published <= only.until))
        and (only.source is None or only.source.casefold() == source)
        and (only.tag is None or only.tag.casefold() in tags)
        and only.language in (None, article.language)
        and only.article_id in (None, article.id)
    )


def indexed_words(article: Article, passage: Passage) -> list[str]:
    """Terms a passage is found by: its article's title, its headings, its text."""
    return passage_terms("\n".join((article.title, passage.heading, passage.text)), passage.language)


def rounded_length(terms: int) -> int:
    """A passage's length as Lucene and tantivy keep it, in a byte: exact to 40 terms, then the largest of
    ever wider steps below it (three binary digits after the first, above 24)."""
    above = terms - 24
    return terms if terms < 40 else 24 + (above >> above.bit_length() - 4 << above.bit_length() - 4)


def best_first(found: Iterable[Found], k: int) -> list[Found]:
    """The k best, by score, then passage id."""
    by_id = sorted(found, key=itemgetter(0))
    return sorted(by_id, key=itemgetter(2), reverse=True)[:k]  # equal ones stay in their order


def _most_first(labels: Iterable[str]) -> list[str]:
    named = sorted(labels)
    counts = Counter(label.casefold() for label in named)
    ordered = sorted(counts, key=lambda key: (-counts[key], key))[:LABELS]
    return [next(label for label in named if label.casefold() == key) for key in ordered]


class MemoryIndex:
    """Reader and writer in one; what is written is published at once for the object itself."""

    def __init__(self, embedder: str, dimension: int) -> None:
        self._embedder, self._dimension, self._published = embedder, dimension, 0
        self._articles: dict[str, Article] = {}
        self._versions: dict[str, list[Article]] = {}
        self._entries: dict[str, Entry] = {}
        self._passages: dict[int, Passage] = {}
        self._vectors: dict[int, Vectors] = {}
        self._sentences: dict[int, Vectors] = {}

    @property
    def info(self) -> IndexInfo:
        return IndexInfo(
            FORMAT, f"memory-{self._published}", self._embedder, self._dimension,
            len(self._articles), len(self._passages),
        )  # fmt: skip

    @property
    def languages(self) -> tuple[str, ...]:
        counts = Counter(passage.language for passage in self._passages.values())
        return tuple(sorted(counts, key=lambda code: (-counts[code], code)))

    def article(self, article_id: str) -> Article:
        if article_id not in self._articles:
            raise UnknownArticle(f"No article has the id '{article_id}'.")
        return self._articles[article_id]

    def version(self, article_id: str, digest: str) -> Article | None:
        today = [self._articles[article_id]] if article_id in self._articles else []
        kept = [*today, *reversed(self._versions.get(article_id, []))]
        return next((article for article in kept if article.sha256.startswith(digest)), None)

    def articles(self, offset: int, limit: int, only: Filters) -> tuple[list[Article], int]:
        found = [a for _, a in sorted(self._articles.items()) if lets_through(only, a)]
        return found[offset : offset + limit], len(found)

    def sources(self) -> list[str]:
        return _most_first(a.source for a in self._articles.values() if a.source)

    def tags(self) -> list[str]:
        return _most_first(tag for a in self._articles.values() for tag in {tag.casefold() for tag in a.tags} if tag)

    def _searched(self, only: Filters) -> list[Passage]:
        return [p for p in self._passages.values() if lets_through(only, self._articles[p.article_id])]

    def nearest(self, vectors: Vectors, k: int, only: Filters) -> list[list[Found]]:
        passages = self._searched(only)
        if not passages:
            return [[] for _ in vectors]
        rows = np.stack([self._vectors[p.id] for p in passages])
        # Not `vectors @ rows.T`: with AVX-512, equal rows then give products that differ in the last bit.
        products = [(rows * vector).sum(axis=1) for vector in vectors]
        return [
            best_first((Found(p.id, p.language, float(s)) for p, s in zip(passages, row, strict=True)), k)
            for row in products
        ]

    def matching(self, words: str, language: str, k: int, only: Filters) -> list[Found]:
        counts = {i: Counter(indexed_words(self._articles[p.article_id], p)) for i, p in self._passages.items()}
        lengths = {i: sum(count.values()) for i, count in counts.items()}
        average = sum(lengths.values()) / len(lengths) if lengths else 0.0
        if not average:
            return []
        found = []
        for passage in self._searched(only):
            score = 0.0
            for term in question_terms(words, language, self.languages):
                holders = sum(term in count for count in counts.values())
                idf = math.log(1 + (len(counts) - holders + 0.5) / (holders + 0.5))
                f, length = counts[passage.id][term], rounded_length(lengths[passage.id])
                score += idf * f * (K1 + 1) / (f + K1 * (1 - B + B * length / average))
            if score > 0:
                found.append(Found(passage.id, passage.language, score))
        return best_first(found, k)

    def passages(self, passage_ids: Sequence[int]) -> list[Passage]:
        self._check_known(passage_ids)
        return [self._passages[i] for i in passage_ids]

    def vectors(self, passage_ids: Sequence[int]) -> Vectors:
        self._check_known(passage_ids)
        rows = [self._vectors[i] for i in passage_ids]
        return np.stack(rows) if rows else np.zeros((0, self._dimension), np.float32)

    def sentence_vectors(self, passage_ids: Sequence[int]) -> list[Vectors]:
        self._check_known(passage_ids)
        return [self._sentences[i] for i in passage_ids]

    def _check_known(self, passage_ids: Sequence[int]) -> None:
        if unknown := [i for i in passage_ids if i not in self._passages]:
            raise StoreError(f"Passage {unknown[0]} is not in this index.")

    def language_passages(self, language: str) -> int:
        return sum(passage.language == language for passage in self._passages.values())

    def language_mean(self, language: str) -> Vectors:
        rows = [self._vectors[i] for i, p in self._passages.items() if p.language == language]
        return np.mean(rows, axis=0, dtype=np.float32) if rows else np.zeros(self._dimension, np.float32)

    def line_counts(self, keys: Sequence[int]) -> list[int]:
        counts: Counter[int] = Counter()
        for article in self._articles.values():
            counts.update(keys_of(article, [p for p in self._passages.values() if p.article_id == article.id]))
        return [counts[key] for key in keys]

    def close(self) -> None:
        """Nothing is held open."""

    def entries(self) -> list[Entry]:
        return [entry for _, entry in sorted(self._entries.items())]

    def entry(self, article_id: str) -> Entry | None:
        return self._entries.get(article_id)

    def sha256(self, article_id: str) -> str | None:
        article = self._articles.get(article_id)
        return article.sha256 if article else None

    def replace(
        self,
        article: Article,
        entry: Entry,
        passages: Sequence[Passage],
        vectors: Vectors,
        sentence_vectors: Sequence[Vectors],
    ) -> None:
        kept = self._versions.get(article.id, [])
        if (old := self._articles.get(article.id)) and old.sha256 != article.sha256:
            kept = [*(version for version in kept if version.sha256 != old.sha256), old]
        self.remove([article.id])
        self._versions[article.id] = kept
        self._articles[article.id] = article
        self._entries[article.id] = replace(entry, sha256=article.sha256)
        for passage, vector, sentences in zip(passages, vectors, sentence_vectors, strict=True):
            if passage.id in self._passages:
                raise StoreError(f"Two passages have the id {passage.id}; change a word of one of them.")
            self._passages[passage.id] = passage
            self._vectors[passage.id], self._sentences[passage.id] = vector, sentences

    def place(self, entry: Entry) -> None:
        known = self._entries[entry.article_id]
        self._entries[entry.article_id] = replace(known, origin=entry.origin, content=entry.content)

    def remove(self, article_ids: Iterable[str]) -> None:
        for article_id in article_ids:
            self._articles.pop(article_id, None)
            self._versions.pop(article_id, None)
            self._entries.pop(article_id, None)
            for i in [i for i, p in self._passages.items() if p.article_id == article_id]:
                del self._passages[i], self._vectors[i], self._sentences[i]

    def publish(self) -> str:
        self._published += 1
        return self.info.generation

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing to undo: a memory index has no earlier generation."""
