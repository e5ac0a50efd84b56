"""What a question is about, to be added in parentheses to another one that does not say it. Left out: pronouns."""

from __future__ import annotations

import re

from rag.follow_ups.antecedents import DESCRIBES, antecedent, full_name
from rag.follow_ups.context import Context, Earlier
from rag.follow_ups.names import find_names
from rag.follow_ups.nouns import find_nouns
from rag.follow_ups.titles import clean_title


def topic(context: Context) -> str | None:
    """What the last turn was about, to be put in parentheses: its first names, or its title, or a noun."""
    names = find_names(context.last.question, context.language)
    if names:
        return full_name(names[0], context)
    if context.last.titles and (subject := clean_title(context.last.titles[0])):
        return subject
    described = DESCRIBES.match(context.last.question)
    if described is not None and len(described["thing"].split()) <= 8:
        return described["thing"]
    nouns = find_nouns(context.last.question, context.language)
    return nouns[-1].text if nouns else antecedent(context, "any")


def topic_of(question: str, language: str) -> str | None:
    """What one question is about: its first name, or else its last plain noun phrase."""
    found = topic(Context(language, [Earlier(question)]))
    if found is not None or language != "en":
        return found
    rest = re.sub(
        r"^\W*(?:\w+ )?(?:who|what|which|whose|when|where|why|how)\s+(?:\w+ )?(?:is|are|was|were|"
        r"do|does|did|can|has|have)\s+",
        "",
        question,
        flags=re.IGNORECASE,
    )
    words = rest.rstrip(" ?.").split()
    own = {"i", "you", "we", "it", "he", "she", "they", "my", "your"}
    return (
        " ".join(words)
        if 0 < len(words) <= 6 and rest != question and not own & {w.casefold() for w in words}
        else None
    )


def with_topic(question: str, context: Context) -> str:
    """The question, and what the last turn was about in parentheses."""
    about = topic(context)
    return in_parentheses(question, about) if about else question


def in_parentheses(question: str, about: str) -> str:
    """The question with some words in parentheses before its mark, unless it holds them already."""
    if about.casefold() in question.casefold():
        return question
    mark = re.search(r"\s*[?.!]*\s*$", question)
    at = mark.start() if mark else len(question)
    return f"{question[:at]} ({about}){question[at:]}"
