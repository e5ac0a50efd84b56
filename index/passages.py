"""Article → passages: whole consecutive sentences of about the wanted number of tokens, with the
headings above them. Left out: sentence boundaries (`sentences.py`), embedding."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from index.sentences import sentence_spans
from index.types import Article, Passage, Span

CountTokens = Callable[[Sequence[str]], list[int]]
_HEADING = re.compile(r"(#{1,6}) +(.*)")
_BLANK = re.compile(r"\n[ \t\u00a0\r]*\n")


@dataclass(frozen=True, slots=True)
class _Sentence:
    span: Span
    tokens: int


@dataclass(frozen=True, slots=True)
class _Section:
    """What stands between two headings: paragraphs, each a tuple of sentences."""

    heading: str
    paragraphs: tuple[tuple[_Sentence, ...], ...]


def cut_passages(article: Article, count_tokens: CountTokens, target_tokens: int) -> list[Passage]:
    """Cut an article into passages that never cross a heading and never cut a sentence.

    Short paragraphs of one section are put together up to `target_tokens`; a long one is cut
    into pieces of nearly equal length, so that no passage ends with a scrap. A single sentence
    may exceed the target. Headings are no part of any passage's sentences.
    """
    passages = []
    for section in _sections(article, count_tokens):
        for group in _groups(section.paragraphs, target_tokens):
            spans = tuple(sentence.span for sentence in group)
            start, end = spans[0].start, spans[-1].end
            text = article.text[start:end]
            passages.append(
                Passage(
                    Passage.id_for(article.id, start, text),
                    article.id,
                    start,
                    end,
                    text,
                    section.heading,
                    article.language,
                    spans,
                )
            )
    return passages


def _sections(article: Article, count_tokens: CountTokens) -> Iterator[_Section]:
    spans = sentence_spans(article.text, article.language)
    tokens = count_tokens([article.text[span.start : span.end] for span in spans])
    path: list[tuple[int, str]] = []
    paragraphs: list[list[_Sentence]] = []
    above = 0
    for span, count in zip(spans, tokens, strict=True):
        opens_line = article.text[max(0, span.start - 1) : span.start] in ("", "\n")
        heading = opens_line and _HEADING.match(article.text[span.start : span.end])
        if heading:
            if paragraphs:
                yield _section(path, paragraphs, article.title)
            level = len(heading.group(1))
            path = [step for step in path if step[0] < level] + [(level, heading.group(2).strip())]
            paragraphs = []
        else:
            if not paragraphs or _BLANK.search(article.text, above, span.start):
                paragraphs.append([])
            paragraphs[-1].append(_Sentence(span, count))
        above = span.end
    if paragraphs:
        yield _section(path, paragraphs, article.title)


def _section(path: list[tuple[int, str]], paragraphs: list[list[_Sentence]], title: str) -> _Section:
    # A heading that repeats the article's title says nothing more.
    steps = [name for _, name in path if name.casefold() != title.casefold()]
    return _Section(" > ".join(steps), tuple(tuple(sentences) for sentences in paragraphs))


def _groups(paragraphs: Sequence[Sequence[_Sentence]], target: int) -> Iterator[list[_Sentence]]:
    held: list[_Sentence] = []
    for paragraph in paragraphs:
        total = sum(sentence.tokens for sentence in paragraph)
        if held and sum(sentence.tokens for sentence in held) + total > target:
            yield held
            held = []
        if total > target * 1.5:
            *whole, last = _split_evenly(paragraph, -(-total // target))
            yield from whole
            held = last
        else:
            held = held + list(paragraph)
    if held:
        yield held


def _split_evenly(sentences: Sequence[_Sentence], pieces: int) -> list[list[_Sentence]]:
    """Cut where the running sum of tokens passes each multiple of total / pieces."""
    share = sum(sentence.tokens for sentence in sentences) / pieces
    groups: list[list[_Sentence]] = [[]]
    done = 0.0
    for sentence in sentences:
        if groups[-1] and done + sentence.tokens / 2 > share * len(groups):
            groups.append([])
        groups[-1].append(sentence)
        done += sentence.tokens
    return groups
