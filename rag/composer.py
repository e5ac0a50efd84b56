"""Hits → picks, without a language model: sentences are chosen, never written.

Every sentence of the best passages gets a chance of being the answer; then the run of one to three
sentences is taken that gains most for its length, and again among the rest. Left out: finding
disagreement.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from index.store import IndexStore
from index.types import Hit, Span
from rag.copies import marks
from rag.reading import Reading
from rag.retriever import Query
from rag.sentence_scores import Sentence, chances_of, distinct_terms, quotable_sentences

PASSAGES_UNREAD: Final = 8
"""Passages whose sentences compete without a reader: they hold the answer for 0.99 of the questions
on xquad-en and -es. With one, those it read compete."""

MAX_SENTENCES: Final = 3
MAX_EXTRACT_CHARS: Final = 440
"""A run is not made longer than this; a single long sentence may be."""

CHANCE_PER_CHAR: Final = 0.0002
"""What a character must gain to be quoted. With the reader, on the sets at `sentence_scores.READ_WEIGHTS` but for
`corpus/`, the answer is in the first extract for 0.889 at 0.0002 and 261 characters, 0.896 at 0.00005 and 307, in
runs of up to 500. More for what goes beyond 260 characters did no better."""

LEAST_CHANCE: Final = 0.03
"""A further extract must have at least this chance. Chosen on clapnq-dev and piaf-wiki (titles held back), where the
answer is in any extract for 0.942 and 0.933, with 2.1 and 2.0 extracts; at 0.05 for 0.929 and 0.928, with 1.9 and 1.8;
for 0.909 and 0.905, with 1.5, when it had to gain a twentieth of what the first gains and could not stand beside it."""

SHORT_ANSWER_MARGIN: Final = 1.0
"""Logits given up for the longer of two short answers: "nine hundred sacks" where "nine" is a little
likelier, for a number cut short is wrong."""

SHORT_ANSWER_PER_TOKEN: Final = 0.1
"""Logits a token more must be worth, so that a clause is not marked where a name answers. Chosen on piaf-wiki and
squad2-dev-half; token F1 of the short answer inside first extracts that hold the answer, without and with it, on titles
the reader was not trained on: 0.58, 0.61 and 0.67, 0.69; then xquad-en 0.61, 0.63; -es 0.59, 0.61; -de 0.55, 0.56."""

_FIRST_WITHOUT_SPACES: Final = 0x2E80
"""From here on in Unicode: Chinese, Japanese and Korean."""


@dataclass(frozen=True, slots=True)
class Pick:
    """A run of whole sentences of one passage; `chance` is its share of the chances given to all
    sentences in play. `reading` is what the reader made of the passage, if it read it."""

    hit: Hit
    span: Span
    chance: float
    reading: Reading | None = None

    @property
    def short_answer(self) -> Span | None:
        """The words of the run that answer best; None where nothing of it was read."""
        if self.reading is None:
            return None
        short = self.reading.short_answer(self.span, SHORT_ANSWER_MARGIN, SHORT_ANSWER_PER_TOKEN)
        return None if short is None else self._in_whole_words(short)

    def _in_whole_words(self, short: Span) -> Span:
        """Tokens are parts of words: the span grows to the ends of those it cuts, in writing that
        puts spaces between words."""
        passage = self.hit.passage

        def letter(place: int) -> bool:
            character = passage.text[place - passage.start]
            return character.isalnum() and ord(character) < _FIRST_WITHOUT_SPACES

        start, end = short.start, short.end
        while start > self.span.start and letter(start - 1) and letter(start):
            start -= 1
        while end < self.span.end and letter(end - 1) and letter(end):
            end += 1
        return Span(start, end)


class Composer(Protocol):
    """Chooses what to quote from the hits."""

    def compose(
        self, query: Query, hits: Sequence[Hit], readings: Mapping[int, Reading], store: IndexStore, limit: int
    ) -> Iterator[Pick]:
        """At most `limit` picks, best first, none repeating another. `readings` are by passage id."""
        ...


@dataclass(frozen=True, slots=True)
class _Run:
    first: int
    last: int  # included
    chance: float
    gain: float


class ExtractiveComposer:
    """A run's gain is the sum of its sentences' chances less the cost of its characters."""

    def compose(
        self, query: Query, hits: Sequence[Hit], readings: Mapping[int, Reading], store: IndexStore, limit: int
    ) -> Iterator[Pick]:
        """See the protocol."""
        sentences, vectors = quotable_sentences([hit for hit in hits if hit.passage.id in readings], store)
        if not sentences:  # nothing was read, or nothing of what was read may be quoted
            readings = {}
            sentences, vectors = quotable_sentences(hits[:PASSAGES_UNREAD], store)
        if not sentences:
            return
        chances = chances_of(query, sentences, vectors, readings, store).tolist()
        taken: list[_Run] = []
        for run in sorted(_runs(sentences, chances), key=lambda run: (-run.gain, run.first)):
            if taken and run.chance < LEAST_CHANCE:
                continue
            if any(_overlaps(run, other) or _repeats(run, other, sentences) for other in taken):
                continue
            taken.append(run)
            span = Span(sentences[run.first].span.start, sentences[run.last].span.end)
            hit = sentences[run.first].hit
            yield Pick(hit, span, run.chance, readings.get(hit.passage.id))
            if len(taken) == limit:
                return


def _runs(sentences: Sequence[Sentence], chances: Sequence[float]) -> Iterator[_Run]:
    """All runs of one to three consecutive sentences of one passage that are short enough."""
    for first, opening in enumerate(sentences):
        for last in range(first, min(first + MAX_SENTENCES, len(sentences))):
            closing = sentences[last]
            if closing.hit is not opening.hit or closing.position - opening.position != last - first:
                break
            if last > first and (opening.alone or closing.alone):
                break
            chars = closing.span.end - opening.span.start
            if last > first and chars > MAX_EXTRACT_CHARS:
                break
            chance = sum(chances[first : last + 1])
            yield _Run(first, last, chance, chance - CHANCE_PER_CHAR * chars)


def _overlaps(run: _Run, other: _Run) -> bool:
    """Whether two runs share a sentence. One may follow the other: what was too long for one run is quoted in two."""
    return run.first <= other.last and other.first <= run.last


def _repeats(run: _Run, other: _Run, sentences: Sequence[Sentence]) -> bool:
    """Whether a sentence of one run says nearly what a sentence of the other says: 0.8 of the
    words of the shorter stand in the longer, and neither has a number or a denial that the other lacks, by which it
    would say otherwise, but for what the longer adds."""
    own, theirs = ([sentences[i] for i in range(r.first, r.last + 1)] for r in (run, other))
    return any(_repeats_one(a, b) for a in own for b in theirs)


def _repeats_one(one: Sentence, other: Sentence) -> bool:
    shorter, longer = sorted((one, other), key=lambda sentence: len(_words(sentence)))
    if len(_words(shorter) & _words(longer)) < 0.8 * max(1, len(_words(shorter))):
        return False
    return set(marks(shorter.text)) <= set(marks(longer.text))


def _words(sentence: Sentence) -> frozenset[str]:
    return distinct_terms(sentence.text, sentence.hit.passage.language)
