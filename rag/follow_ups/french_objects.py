"""French objects and small words that lean on an earlier question (« Qui l'a inventé ? », « Qui y habite ? », « Combien
en reste-t-il ? », « C'était quand ? ») → the question with its topic in parentheses. Left out: other pronouns
(`french.py`)."""

from __future__ import annotations

import re
from typing import Final

from rag.follow_ups.context import Context
from rag.follow_ups.french_nouns import INVERTED, WH, independent, words
from rag.follow_ups.names import find_names
from rag.follow_ups.topics import with_topic

_OBJECT: Final = re.compile(
    r"^(?P<before>\W*(?:et\s+|mais\s+)?(?:(?:par\s+|à\s+|avec\s+|"
    rf"de\s+)?{WH})\s+(?:ne\s+)?)(?P<word>l['’](?:a|ont|avait|avaient|aura|est|était)\b|(?:le|"
    r"la|les)\s+\w+(?!\w*-))",
    re.IGNORECASE,
)
_INFINITIVE: Final = re.compile(
    r"\b(?:peut-on|doit-on|faut-il|comment|où|pourquoi)\s+(?:le|la|les|lui|leur|l['’]|y|"
    r"en)\s*\w+(?:er|ir|re|oir)\b(?=\s*[?.!]*$)",
    re.IGNORECASE,
)
_PLACE: Final = re.compile(
    r"(?<![\w'’-])y\s+(?!a\b|avait\b|aura\b|avoir\b|aurait\b|ait\b|eut\b|eu\b)(?:\w+)|"
    r"\bs['’]y\s+\w+|\bn['’]y\s+(?!a\b|avait\b)\w+",
    re.IGNORECASE,
)
_PART: Final = re.compile(
    r"(?<![\w'’-])(?:(?<=qui )|(?<=combien )|(?<=quel )|(?<=quelle )|(?<=quels )|(?<=que )|"
    r"(?<=où ))en\s+(?:est|sont|a|ont|était|étaient|reste|existe|compte|possède|avait|faut|"
    r"fut|fait)\b",
    re.IGNORECASE,
)
_NEUTER: Final = re.compile(
    r"(?<![\w'’-])(?:cela|ça)(?:\s+(?:a|s['’]est|avait|est|était|va)\b|\s*[?.!]*$)|"
    r"^(?:c['’]est|c['’]était|ce sera)\s+(?:quand|où|combien|pourquoi|qui|à quelle \w+|en "
    r"quelle \w+)\s*[?.!]*$|\best-ce\s+(?:arrivé|terminé|fini)|\b(?:était|fut)-ce\b",
    re.IGNORECASE,
)


_NEXT: Final = re.compile(
    r"(?<![\w'’-])(?:la|le|les)\s+(?:prochaine?s?|suivante?s?|derni(?:er|ère)s?|précédente?s?)\s*[?.!]*$", re.IGNORECASE
)
# « Combien de pays l'ont signé », « Quels pays en sont sortis ».
_OF_MANY: Final = re.compile(
    r"^\W*(?:et\s+)?(?:combien (?:de |d['’])|quel(?:le)?s?\s)\w+\s+(?:l['’](?:a|ont|avait|avaient)\b|(?:en|y)\s+\w+)",
    re.IGNORECASE,
)


def with_topic_for_object(question: str, context: Context) -> str:
    """« Qui l'a inventé ? », « Qui y habite ? », « Combien en reste-t-il ? », « C'était quand ? »."""
    if find_names(question, "fr"):
        return question
    thing = _OBJECT.search(question)
    if (
        thing is not None
        and not INVERTED.search(question)
        and question[: thing.end()].casefold().split()[0] != "pourquoi"
    ):
        word = thing["word"].casefold()
        clitic = (
            word.startswith(("l'", "l’"))
            or re.match(r"\W*(?:et |mais )?(?:qui|que)\s", thing["before"].casefold()) is not None
        )
        if clitic:
            return with_topic(question, context)
    for pattern in (_INFINITIVE, _PLACE, _PART, _NEUTER, _NEXT, _OF_MANY):
        match = pattern.search(question)
        if (
            match is not None
            and not independent(question[: match.start()])
            and len(words(question[: match.start()])) < 3
        ):
            return with_topic(question, context)
    return question
