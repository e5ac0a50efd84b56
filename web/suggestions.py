"""First questions to show to somebody who has asked nothing yet, made of the articles' own sentences and
tried out: only those are shown that the articles answer well. Left out: how they look (`templates/chat.html`).

A sentence that says what its subject is, or when something was done to it, becomes the question it answers,
by a rule for each language; where there is none, the article's subject is asked about.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from itertools import islice
from threading import Lock, Thread
from typing import Final

from index.errors import IndexFault
from index.sentences import sentence_spans
from index.types import Article, Filters
from rag.chatbot import Chatbot
from rag.errors import RagFault

SHOWN: Final = 4
ARTICLES_READ: Final = 60
"""Articles of a language looked at for questions, first by id."""
SENTENCES_READ: Final = 12
"""Sentences of an article looked at: what a subject is stands near the top."""

_LEAST_SCORE: Final = 0.5
_MAX_CHARS: Final = 90
_MAX_SUBJECT: Final = 40
_DETERMINER: Final = re.compile(r"^(?:(?:The|An?|How|Why|Le|La|Les)(?!\w)|L[’'])")
_ABOUT: Final = {"en": "What do the articles say about {name}?", "fr": "Que disent les articles sur {name} ?"}
_NAME: Final = r"(?P<name>[^,.;:()\n«»“”\"]{3,45}?)"
_DONE_EN: Final = r"(?P<done>\w+ed|built|born|won|begun|made)"
_WHEN_FR: Final = r"(?:en|le) .*\d{4}"
_RULES: Final = {
    "en": (
        (rf"(?P<the>The ){_NAME} is (?:an?|the|one of) ", "What is {the}{name}?"),
        (rf"(?P<the>The )?{_NAME} was {_DONE_EN} (?:in|on) .*\d{{4}}", "When was {the}{name} {done}?"),
    ),
    "fr": (
        (rf"(?P<the>Le |La |L[’']){_NAME} est (?:une?|le|la|l[’']) ?", "Qu’est-ce que {the}{name} ?"),
        (rf"(?P<the>Le ){_NAME} a été (?P<done>\w+[éitus]) {_WHEN_FR}", "Quand {the}{name} a-t-il été {done} ?"),
        (rf"(?P<the>La ){_NAME} a été (?P<done>\w+[éitus]e) {_WHEN_FR}", "Quand {the}{name} a-t-elle été {done} ?"),
    ),
}  # fmt: skip

logger = logging.getLogger(__name__)


class Suggestions:
    """The questions of one chatbot's current generation; safe to share between threads."""

    def __init__(self, chatbot: Chatbot) -> None:
        """Looks at nothing yet; see `prepare` and `questions`."""
        self._chatbot = chatbot
        self._found: dict[str, list[str]] = {}
        self._generation: str | None = None
        self._looking = Lock()

    def questions(self, language: str) -> list[str]:
        """At most SHOWN, or none while they are still being looked for, which this call begins in the
        background when the generation is new. Raises what `Chatbot.index` raises."""
        if self._chatbot.index().info.generation != self._generation and not self._looking.locked():
            Thread(target=self.prepare, daemon=True, name="suggestions").start()
        return self._found.get(language, [])

    def prepare(self) -> None:
        """Look for them now; takes a few answers' time. A second call waits for the first, and finds it done."""
        with self._looking:
            try:
                generation = self._chatbot.index().info.generation
                if generation != self._generation:
                    self._found = {language: [*islice(self._answered(language), SHOWN)] for language in _RULES}
                    self._generation = generation
            except (IndexFault, RagFault) as error:  # the next page tries again
                logger.warning("No first questions are suggested: %s", error)

    def _answered(self, language: str) -> Iterator[str]:
        """Questions of different articles that these answer."""
        articles, _ = self._chatbot.index().articles(0, ARTICLES_READ, Filters(language=language))
        for article in articles:
            answered = (asked for asked in questions_of(article) if self._is_answered(asked, article))
            yield from islice(answered, 1)

    def _is_answered(self, question: str, article: Article) -> bool:
        answer = self._chatbot.ask(question, language=article.language)
        first = answer.extracts[0].citation.article_id if answer.extracts else None
        return first == article.id and answer.score >= _LEAST_SCORE


def questions_of(article: Article) -> Iterator[str]:
    """Questions that an article seems to answer: of its first sentences about what its title names, one for each at
    most, and last what there is about its subject."""
    for span in sentence_spans(article.text, article.language)[:SENTENCES_READ]:
        asked = _asked(article.text[span.start : span.end], article)
        if asked and len(asked) <= _MAX_CHARS:
            yield asked
    subject = re.split(r"[:,;.!?–—(|]", article.title)[0].strip()
    wording = _ABOUT.get(article.language)
    if wording and 2 < len(subject) <= _MAX_SUBJECT and not subject[0].isdigit():
        yield wording.format(name=_DETERMINER.sub(lambda word: word[0].lower(), subject))


def _asked(sentence: str, article: Article) -> str | None:
    for rule, wording in _RULES.get(article.language, ()):
        found = re.match(rule, sentence)
        if found and found["name"].casefold() in article.title.casefold():
            named = {"done": "", **found.groupdict(default="")}
            return wording.format(**{**named, "the": named["the"].lower()})
    return None
