"""Question → hits: passages near in meaning and passages that share words, on one scale. Filters
apply inside both searches. Left out: choosing sentences (`composer.py`), reranking models."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from index.store import IndexStore
from index.types import Filters, Found, Hit, Passage, Scores, Vectors
from rag.copies import copies, marks
from rag.fusion import fuse


@dataclass(frozen=True, slots=True)
class Query:
    """A question ready to be searched: its language (ISO 639-1) and its vector, shape (dimension,)."""

    text: str
    language: str
    vector: Vectors


SHRINKAGE: Final = 40
"""A language of this many passages has its own mean counted half."""


def usual_score(query: Query, store: IndexStore, language: str) -> float:
    """What an average passage of a language scores for the question by meaning.

    The mean of few passages is mostly those passages themselves, so it is shrunk to that of all
    languages: (n x own + 40 x overall) / (n + 40). With one French article among 14 English ones,
    the right article came first for 25 of 25 questions on it, with the plain mean for 12.
    """
    return usual_scores(query, store, [language])[language]


def usual_scores(query: Query, store: IndexStore, languages: Sequence[str]) -> dict[str, float]:
    """`usual_score` of several languages."""
    own = {code: float(store.language_mean(code) @ query.vector) for code in {*store.languages, *languages}}
    count = {code: store.language_passages(code) for code in own}
    overall = sum(count[code] * own[code] for code in store.languages) / max(1, store.info.passages)
    return {code: (count[code] * own[code] + SHRINKAGE * overall) / (count[code] + SHRINKAGE) for code in languages}


def retrieve(
    query: Query,
    store: IndexStore,
    only: Filters,
    candidates: int,
    weight: float,
    most: int,
    match: Callable[[], Sequence[Found]] | None = None,
) -> list[Hit]:
    """The best of both searches, at most so many and no copies of one another, each with both of its
    parts and the fused score. Only those are read from the store. `match` gives what the search by words
    finds, if that was begun already.

    `candidates` passages come from each search, and as many again by meaning for a second
    and a third language. A passage found by words alone gets its exact inner product; one found by meaning
    alone has no listed word score and counts as 0. The mean score of a passage's language is
    taken off its score by meaning: the model scores passages in the question's own language
    higher, whatever they say (right article first on `corpus/` for questions in the other
    language, by meaning alone and before shrinking: 0.97 with this, 0.90 without).
    """
    wider = candidates * min(3, len(store.languages))
    near = store.nearest(query.vector[None, :], wider, only)[0]
    matching = match() if match else store.matching(query.text, query.language, candidates, only)
    words = {found.passage_id: found.score for found in matching}
    languages = {found.passage_id: found.language for found in (*near, *matching)}
    if not languages:
        return []
    ids = list(languages)
    meaning = {found.passage_id: found.score for found in near}
    if by_words_alone := [i for i in ids if i not in meaning]:
        # Row by row: a matrix product may give equal passages scores that differ in the last bit.
        products = (store.vectors(by_words_alone) * query.vector).sum(axis=1)
        meaning |= zip(by_words_alone, products.tolist(), strict=True)
    by_meaning: Scores = np.array([meaning[i] for i in ids], np.float32)
    usual = usual_scores(query, store, store.languages)
    level = np.array([usual[language] for language in languages.values()], np.float32)
    by_words = np.array([words.get(i, 0.0) for i in ids], np.float32)
    fused = fuse(by_meaning - level, by_words, weight)
    best = np.lexsort((np.array(ids), -fused)).tolist()  # of equal ones the smaller id first
    return [
        Hit(passage, float(fused[place]), float(by_meaning[place]), float(by_words[place]), others)
        for place, passage, others in _distinct(best, ids, store, most)
    ]


def _distinct(
    best: Sequence[int], ids: Sequence[int], store: IndexStore, most: int
) -> list[tuple[int, Passage, tuple[Passage, ...]]]:
    """The first passages of which none is a copy of another, at most so many, each with its place and its
    copies. Passages are read as they are needed."""
    found: list[tuple[int, Passage, list[Passage]]] = []
    for at in range(0, len(best), most):
        places = best[at : at + most]
        for place, passage in zip(places, store.passages([ids[place] for place in places]), strict=True):
            # Marks first: they are kept, and seldom the same, and comparing whole passages takes longer.
            own = marks(passage.text)
            others = next(
                (o for _, first, o in found if marks(first.text) == own and copies(first.text, passage.text)), None
            )
            if others is not None:
                others.append(passage)
            elif len(found) < most:
                found.append((place, passage, []))
        if len(found) == most:
            break
    return [(place, passage, tuple(others)) for place, passage, others in found]
