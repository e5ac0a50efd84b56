"""One question with its hits → its extracts: read, composed, calibrated, cited, set against one another. Left
out: retrieving (`chatbot.py`), questions of several parts (`answering.py`)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Final

from index.store import IndexStore
from index.types import Hit, Span
from rag.citations import cite
from rag.composer import Composer, Pick
from rag.confidence import probability
from rag.copies import said_again, sentences_in
from rag.disagreement.compare import disagree
from rag.errors import VerbatimError
from rag.reader import Reader
from rag.reading import Reading
from rag.retriever import Query
from rag.sentence_scores import distinct_terms
from rag.settings import RagSettings
from rag.types import Citation, Extract

LEAST_FOR_SHORT: Final = 0.35
"""Score from which on the words that answer are marked in an extract. On titles the reader was not trained on, of
near misses (squad2-dev-half, clapnq-dev) 0.49 and 0.21 are then marked, and of xquad-en 0.88 with an answer; with the
reader's own logit of the passage instead, 0.32 and 0.16, and only 0.79: it doubts English more than other languages."""

ALSO_IN: Final = 10
"""Other articles named that say the same, at most."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question after retrieval; at most `limit` extracts are wanted."""

    query: Query
    store: IndexStore
    hits: list[Hit]
    limit: int


def read(asked: Asked, reader: Reader | None, most: int) -> dict[int, Reading]:
    """What the reader makes of the best passages, at most so many, by their ids; empty when it is off."""
    if reader is None:
        return {}
    passages = [hit.passage for hit in asked.hits[:most]]
    titles = [asked.store.article(passage.article_id).title for passage in passages]
    readings = reader.read(asked.query.text, passages, titles)
    return {passage.id: reading for passage, reading in zip(passages, readings, strict=True)}


def extracts_of(
    asked: Asked, readings: Mapping[int, Reading], composer: Composer, settings: RagSettings
) -> tuple[list[Extract], float]:
    """The extracts scored high enough, numbered from 1, and the score of the best, or of what would have
    been it. Of those that disagree the newest comes first."""
    extracts: list[Extract] = []
    best = 0.0
    for pick in composer.compose(asked.query, asked.hits, readings, asked.store, asked.limit):
        score = probability(asked.query, pick, asked.store)
        best = best if extracts else score
        if score >= settings.answer_threshold:
            extracts.append(_extract(pick, score, asked))
        elif not extracts:
            break
    return _set_against(extracts), best


def _extract(pick: Pick, score: float, asked: Asked) -> Extract:
    passage = pick.hit.passage
    citation = cite(asked.store.article(passage.article_id), pick.span)
    inside = passage.words_at(pick.span)
    if citation.quote != inside:
        raise VerbatimError(
            f"An extract of article '{passage.article_id}' differs from the article's text. Build the index anew "
            "with `loccit index`."
        )
    also_in = tuple(_also_in(pick, asked))
    short = pick.short_answer if score >= LEAST_FOR_SHORT else None
    return Extract(0, inside, citation, passage, score, short, also_in)


def _also_in(pick: Pick, asked: Asked) -> Iterator[Citation]:
    """Where other articles say nearly the same, each article once."""
    cited = {pick.hit.passage.article_id}
    # Its own copies first: they are the likeliest, and often many.
    near = [*pick.hit.copies, *(passage for hit in asked.hits for passage in (hit.passage, *hit.copies))]
    for passage in near:
        if len(cited) > ALSO_IN:
            return
        if passage.article_id not in cited and (span := said_again(pick.span, pick.hit.passage, passage)):
            cited.add(passage.article_id)
            yield cite(asked.store.article(passage.article_id), span)


def _set_against(extracts: Sequence[Extract]) -> list[Extract]:
    """The same extracts, numbered, with the numbers of those they disagree with. Those that disagree change
    places among themselves, so that the newest comes first."""
    against: dict[int, set[int]] = {place: set() for place in range(len(extracts))}
    for one, other in combinations(range(len(extracts)), 2):
        if _disagree(extracts[one], extracts[other]):
            against[one].add(other)
            against[other].add(one)
    places = sorted(place for place in against if against[place])
    newest = sorted(places, key=lambda place: _date(extracts[place]), reverse=True)
    moved = dict(zip(newest, places, strict=True))
    made = list(extracts)
    for place, extract in enumerate(extracts):
        numbers = sorted(moved[other] + 1 for other in against[place])
        at = moved.get(place, place)
        made[at] = replace(extract, number=at + 1, conflicts_with=tuple(numbers))
    return made


def _disagree(one: Extract, other: Extract) -> bool:
    """Whether two articles say otherwise; what one article says twice, it says of two things."""
    mine, theirs = one.citation, other.citation
    if mine.article_id == theirs.article_id or not _share_most(one, other):
        return False
    return disagree(one.text, other.text, mine.language, theirs.language)


def _share_most(one: Extract, other: Extract) -> bool:
    """Whether a sentence of one and one of the other have most words in common. Where none do, nothing there can
    disagree, and looking for it closely takes a millisecond for each new extract."""
    return any(2 * len(a & b) >= min(len(a), len(b)) for a in _terms(one) for b in _terms(other))


def _terms(extract: Extract) -> list[frozenset[str]]:
    """The terms of each of its sentences."""
    passage = extract.passage
    spans = sentences_in(passage, extract.citation)
    return [distinct_terms(passage.words_at(span), passage.language) for span in spans]


def _date(extract: Extract) -> str:
    return extract.citation.updated or extract.citation.published or ""


def place_of(hit: Hit, store: IndexStore) -> Citation:
    """Where a passage stands."""
    return cite(store.article(hit.passage.article_id), Span(hit.passage.start, hit.passage.end))
