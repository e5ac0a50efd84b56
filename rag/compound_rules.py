"""How French and English join questions: what opens one, what stands between two, what makes the words after "and" a
clause rather than a question. Left out: cutting (`compound.py`)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from rag.follow_ups.fragment_rules import AUXILIARY


@dataclass(frozen=True, slots=True)
class CompoundRules:
    """How one language asks. `asks` matches the opening words of a question, `embeds` what makes
    the question words after it part of the sentence ("Do you know who …"), `inner` those words;
    `joint` stands between two questions, and `direct` opens a second one that can be no clause of
    the first; `twin` is two question words at the start that share what follows."""

    asks: re.Pattern[str]
    embeds: re.Pattern[str]
    inner: re.Pattern[str]
    joint: re.Pattern[str]
    listed: re.Pattern[str]
    direct: re.Pattern[str]
    twin: re.Pattern[str]
    depends: re.Pattern[str]


WH_EN: Final = r"(?:who|whom|whose|what|which|where|when|why|how)"
_PREPOSED_EN: Final = (
    "(?:(?:in|at|on|by|for|from|to|with|of|under|since|until) )?(?:how (?:many|much|long|"
    "often|far|old)|what|which|whom|who|whose|when|where|why|how)"
)
_VERB_EN: Final = rf"{AUXILIARY}\b"
_ADVERB_EN: Final = r"(?:when|where|why|how)"
_WH_FR: Final = r"(?:qui|que|quoi|quand|où|pourquoi|comment|combien|quel(?:le)?s?|lequel|laquelle|lesquel(?:le)?s)"
_PREPOSED_FR: Final = (
    "(?:(?:à|de|en|dans|par|pour|avec|sur|contre|chez|depuis|pendant|vers|sous) |d['’]|"
    f"jusqu['’](?:en |à )?|(?:à partir|au bout) de )?{_WH_FR}"
)
_ADVERB_FR: Final = r"(?:quand|où|pourquoi|comment|combien|(?:à|en|dans) quel(?:le)?s? \w+|par qui)"
RULES: Final = {
    "en": CompoundRules(
        asks=re.compile(
            rf"(?:and |but |so |also,? )?(?:{_PREPOSED_EN}\b(?!,)|what's|who's|where's|when's|how's|{_VERB_EN})",
            re.IGNORECASE,
        ),
        embeds=re.compile(
            r"(?:do|did|can|could|would|will|may|have|has) (?:you|i|we|anyone|someone|somebody)\b", re.IGNORECASE
        ),
        inner=re.compile(rf"\b(?:{WH_EN}|whether|if|that)\b", re.IGNORECASE),
        joint=re.compile(
            rf",?\s+(?:and|but)\s+(?={_PREPOSED_EN}\b)|,?\s+(?:and|but)\s+(?=(?:is|are|was|were|do|"
            r"does|did|can|will|has|have|had|could|should) (?:it|he|she|they|there|we|you|i)\b)|"
            rf";\s+(?:and\s+)?(?={_PREPOSED_EN}\b)",
            re.IGNORECASE,
        ),
        listed=re.compile(
            r",\s+(?=(?:what|when|where|why|how)(?: (?:many|much|long|often|far|old|"
            rf"year)\b)?(?: \w+)? {_VERB_EN}|who (?:is|was|were|are) (?:it|he|she|they|the)\b)",
            re.IGNORECASE,
        ),
        direct=re.compile(
            rf"{_PREPOSED_EN}(?:\s+(?!{_VERB_EN})[\w'’-]+){{0,3}}\s+(?:{_VERB_EN}|"
            rf"(?<=how )come\b)(?!\s+(?:to|of)\b)|{_VERB_EN}",
            re.IGNORECASE,
        ),
        twin=re.compile(
            f"^(?P<first>{_ADVERB_EN})(?:, (?P<middle>{_ADVERB_EN}),?)? "
            rf"and (?P<last>{_ADVERB_EN})(?P<rest>\s+{_VERB_EN}.*)$",
            re.IGNORECASE | re.DOTALL,
        ),
        depends=re.compile(r"^(?:if (?:so|not|yes|no)\b|or\b|otherwise\b|then\b|why not\b)", re.IGNORECASE),
    ),
    "fr": CompoundRules(
        asks=re.compile(
            rf"(?:et |mais )?(?:{_PREPOSED_FR}\b(?!,)|qu['’]|est-ce\b|c['’]est (?:quoi|qui|où|quand)\b|"
            r"(?:n['’])?\w+-(?:t-)?(?:ils?|elles?|on|ce|je|tu|nous|vous)\b)|(?:les?|la|l['’]|un|une|"
            r"des)\s?[\w'’ -]{2,40}?-(?:t-)?(?:ils?|elles?)\b",
            re.IGNORECASE,
        ),
        embeds=re.compile(
            r"(?:est-ce que (?:tu|vous|quelqu)|(?:sa(?:vez|is)|sait|peu[tx]|pouvez|pourr\w+|"
            r"connais\w*)-(?:t-)?(?:on|vous|tu|il|elle|nous|je)\b)",
            re.IGNORECASE,
        ),
        inner=re.compile(rf"\b(?:{_WH_FR}|si|dont|lorsque)\b|\bqu['’]", re.IGNORECASE),
        joint=re.compile(
            rf",?\s+(?:et|mais)\s+(?={_PREPOSED_FR}\b|qu['’]est-ce\b|est-ce\b|"
            rf"(?:y\s)?\w+-(?:t-)?(?:ils?|elles?|on|je)\b)|\s?;\s+(?:et\s+)?(?={_PREPOSED_FR}\b)",
            re.IGNORECASE,
        ),
        listed=re.compile(
            r",\s+(?=(?:quand|où|pourquoi|comment|combien|quel(?:le)?s?|à quel\w*|en quel\w*|dans "
            r"quel\w*|par qui)\b(?!,))",
            re.IGNORECASE,
        ),
        direct=re.compile(
            rf"{_PREPOSED_FR}\b.*?(?:-(?:t-)?(?:ils?|elles?|on|ce)\b|\best-ce\b|"
            r"^\W*quel(?:le)?s? (?:est|sont|était|étaient|fut)\b)|est-ce\b|qu['’]est-ce\b|"
            r"quel(?:le)?s? (?:est|sont|était|étaient|fut)\b|(?:y\s)?\w+-(?:t-)?(?:ils?|elles?)\b",
            re.IGNORECASE,
        ),
        twin=re.compile(
            rf"^(?P<first>{_ADVERB_FR})(?:, (?P<middle>{_ADVERB_FR}))? et (?P<last>{_ADVERB_FR})(?P<rest>\s+.*)$",
            re.IGNORECASE | re.DOTALL,
        ),
        depends=re.compile(r"^(?:si (?:oui|non)\b|ou\b|sinon\b|alors\b|pourquoi pas\b)", re.IGNORECASE),
    ),
}
