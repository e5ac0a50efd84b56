"""How French and English ask in fragments: words that open one, question words that are a question alone. Left out:
completing them (`fragments.py`)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

AUXILIARY: Final = (
    r"(?:is|are|was|were|am|do|does|did|has|have|had|can|could|will|would|shall|should|may|might|must|"
    r"isn't|aren't|wasn't|weren't|don't|doesn't|didn't|hasn't|haven't|hadn't|can't|couldn't|won't|wouldn't)"
)


@dataclass(frozen=True, slots=True)
class Language:
    """Patterns of one language. `lead`: words that open a fragment; `bare`: question words that are
    a question alone; `adverb`: those that can stand in another's place; `clause`: what shows that a verb is there."""

    lead: re.Pattern[str]
    bare: re.Pattern[str]
    adverb: re.Pattern[str]
    clause: re.Pattern[str]
    preposition: re.Pattern[str]
    conjunction: str
    groups: frozenset[str]


RULES: Final = {
    "en": Language(
        re.compile(
            r"^\W*(?:(?:and|but|so|ok|okay|then|or)\b,?\s*)?(?:(?:what|how) about\b|what of\b)?\s*", re.IGNORECASE
        ),
        re.compile(
            "^(?:why|how|when|where|who|whom|which ones?|how (?:many|much|long|often|far|old|big|"
            "tall|so)(?: times| people)?|since when|"
            "until when|by whom|with whom|for how long|(?:(?:in|on|at|by|for|from|to|with|"
            r"of) )?(?:what|which) [\w-]+)$",
            re.IGNORECASE,
        ),
        re.compile(
            "^(?:by whom|why|how|when|where|how (?:long|often)|since when|for how long|(?:in|on|at|by|for|"
            r"from|with) (?:what|which) [\w-]+)$",
            re.IGNORECASE,
        ),
        re.compile(
            rf"^(?:\w+ )?(?:who|whom|whose|what|which|where|when|why|how)\b|^{AUXILIARY}\b|\b(?:is|are|"
            r"was|were|do|does|did|has|have|had|can|will)\b|^(?:i|we|you|tell|give|please|yes|no|"
            r"thanks?|thank|ok|okay)\b",
            re.IGNORECASE,
        ),
        re.compile(
            r"^(?:in|for|at|on|by|after|before|from|during|with|without|since|to|among|outside)\b", re.IGNORECASE
        ),
        "and",
        frozenset("men women boys girls children adults students teachers adolescents seniors".split()),
    ),
    "fr": Language(
        re.compile(
            r"^\W*(?:(?:et|mais|alors|ok|bon|donc)\b,?\s*)?(?:qu['’]en est-il(?= (?:de|du|des|d['’]))|"
            r"quid(?= (?:de|du|des|d['’]))|concernant\b|et\b)?\s*",
            re.IGNORECASE,
        ),
        re.compile(
            "^(?:pourquoi|comment|quand|où|combien(?: de (?:temps|fois|personnes))?|qui|quand ça|où "
            "ça|comment ça|pourquoi ça|depuis quand|jusqu['’]à quand|pendant combien de temps|"
            r"(?:à|en|dans|de|par|pour|avec|sur) quel(?:le)?s? [\w-]+|quel(?:le)?s? [\w-]+|par qui|"
            "pour qui|avec qui|contre qui|lesquels|lesquelles|lequel|laquelle)$",
            re.IGNORECASE,
        ),
        re.compile(
            "^(?:par qui|pourquoi|comment|quand|où|combien de temps|depuis quand|jusqu['’]à quand|pendant "
            r"combien de temps|(?:à|en|dans|par|pour|avec) quel(?:le)?s? [\w-]+)$",
            re.IGNORECASE,
        ),
        re.compile(
            r"^(?:\w+ |d['’]|qu['’])?(?:qui|que|quoi|quel\w*|quand|où|pourquoi|comment|combien|"
            r"lequel)\b|^qu['’]|-(?:t-)?(?:ils?|elles?|on|ce|je|tu|nous|vous)\b|^(?:est-ce|je|tu|on|"
            r"il|elle|ils|elles|nous|vous|merci|oui|non|c['’]est)\b|"
            r"\b(?:est|sont|était|étaient|ont|avait|fut|peut|a|ils?|elles?)\b",
            re.IGNORECASE,
        ),
        re.compile(
            "^(?:en|pour|à|au|aux|chez|dans|par|avec|sans|après|avant|depuis|pendant|contre|sur|sous|"
            r"vers|du côté de)\b|^d['’]|^(?:de|du|des)\b",
            re.IGNORECASE,
        ),
        "et",
        frozenset("hommes femmes enfants adultes garçons filles jeunes mineurs étudiants élèves".split()),
    ),
}


def is_bare(question: str, language: str) -> bool:
    """Whether a question is a question word alone."""
    return bool(RULES[language].bare.match(question.strip().rstrip("?. ")))
