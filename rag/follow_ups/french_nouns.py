"""French nouns that lean on an earlier question (« sa hauteur », « ce traité », « la tour ») → what was named.
Left out: pronouns (`french.py`)."""

from __future__ import annotations

import re
from typing import Final

from rag.follow_ups.antecedents import antecedent, mention_with
from rag.follow_ups.context import Context
from rag.follow_ups.names import find_names
from rag.follow_ups.phrases import attach, small_words
from rag.follow_ups.topics import with_topic

_BE: Final = r"(?:est|sont|était|étaient|fut|furent|sera|seront|serait|a|ont|avait|avaient|aura|auront)"
WH: Final = r"(?:quand|où|pourquoi|comment|combien|qui|que|quoi|lequel|laquelle|lesquels|quel(?:le)?s?)"
_PREPOSITION: Final = (
    "(?:à|de|d['’]|en|dans|par|pour|avec|sur|sous|contre|chez|depuis|pendant|durant|"
    "jusqu['’](?:à|en)?|vers|selon|après|avant|sans)"
)
# Clitics that may stand between the start of a clause and its verb: « ne s'est-il », « l'a-t-elle ».
_BEFORE_VERB: Final = r"(?:(?:ne|me|te|se|le|la|les|lui|leur|y|en)\s+|(?:n|m|t|s|l)['’])*"
INVERTED: Final = re.compile(
    r"(?:(?<![\w'’-])|"
    f"(?<=qu['’]))(?P<verb>{_BEFORE_VERB}(?P<stem>[a-zà-ÿœA-ZÀ-Ý]+)-(?:t-)?(?P<pronoun>ils?|"
    r"elles?))\b",
    re.IGNORECASE,
)
_SUBJECT: Final = re.compile(
    r"(?<![\w'’-])(?:les?|la|une?|ces?|cette|cet|mon|ma|mes|ton|ta|tes|son|sa|ses|notre|nos|"
    r"votre|vos|leurs?|chaque|certains|plusieurs)\s+\w|(?<![\w'’])l['’]\w",
    re.IGNORECASE,
)
ASKING: Final = re.compile(
    rf"^\W*(?:et\s+|mais\s+|alors\s+)?(?:{_PREPOSITION}\s*|tous les )?(?:{WH}\b|qu(?=['’]))(?:\s+(?:de\s+|d['’]))?",
    re.IGNORECASE,
)
_POSSESSIVE: Final = re.compile(
    r"(?<![\w'’-])(?P<word>sons?|sa|ses|leurs?)\s+(?P<noun>(?!\w+-(?:t-)?(?:il|elle|"
    r"on))[\w'’-]+(?:\s+(?:de\s+|d['’])(?!(?:la|le|les|l)\b)[\w-]+)*"
    rf"(?P<more>(?:\s+(?!\w+-(?:t-)?(?:il|elle)|{_BE}\b|{_PREPOSITION}\b|{WH}\b|et\b|ou\b|"
    r"du\b|des\b|ne\b|n['’]|se\b|s['’]|au\b|aux\b)[\w-]+(?!-)){0,2}(?=\s*[?.!]*$))?)",
    re.IGNORECASE,
)
_NOT_POINTED: Final = (
    "que|qu|qui|quoi|dont|jour|mois|soir|matin|moment|sujet|point|genre|type|sont|n|année|"
    "semaine|fois|sera|sens|cas|soit|fut|était|serait|derniers|week"
)
_DEMONSTRATIVE: Final = re.compile(
    r"(?<![\w'’-])(?:ce|cet|cette|"
    rf"ces)\s+(?!(?:{_NOT_POINTED})\b)(?P<noun>[a-zà-ÿœ]{{3,}})\b(?!\s+(?:de|du|des|d['’]|qui|"
    r"que|dont)\b|\s+d['’]|,)",
    re.IGNORECASE,
)
_DEFINITE: Final = re.compile(
    r"(?<![\w'’-])(?P<article>le|la|les|du|au|aux|"
    rf"l['’])\s*(?P<noun>[a-zà-ÿœ]{{3,}})(?=\s*[?.!]?$|\s+(?:{_BE}(?:-|\b)|\w+-(?:t-)?(?:il|"
    r"elle)s?\b|ne\b|se\b))"
)
_LIGHT_WORDS: Final = frozenset(
    "est sont était étaient fut furent sera seront à de en dans par pour avec sur quel "
    "quelle quels quelles c'est c’est "
    "s'appelle s’appelle s'appelait s’appelait s'appellent s’appellent depuis vers chez après avant pendant".split()
)


def possessive(question: str, context: Context) -> str:
    """« sa hauteur » → « la hauteur de la tour Eiffel »; a plural owner of one thing goes into parentheses."""
    match = _POSSESSIVE.search(question)
    if (
        match is None
        or match["word"].casefold() == "sons"
        or not _may_own(question[: match.start()])
        or _belongs_later(question)
    ):
        return question
    word, noun = match["word"].casefold(), match["noun"].rstrip()
    owner = antecedent(context, "any", "", word in ("leur", "leurs"), question)
    if owner is None:
        return question
    if word == "leur":
        return (
            question[: match.start() + len(match["word"]) + 1 + len(noun)]
            + f" ({owner})"
            + question[match.start() + len(match["word"]) + 1 + len(noun) :]
        )
    article = {"son": "le ", "sa": "la ", "ses": "les ", "leurs": "les "}[word]
    article = "l'" if word in ("son", "sa") and vowel(noun) else article
    before = question[: match.start()]
    if melted := re.search(r"\b(de|à)\s+$", before, re.IGNORECASE):
        before, phrase = before[: melted.start()], attach(melted[1], article + noun)
    else:
        phrase = article + noun
    rest = question[match.start() + len(match.group().rstrip()) :]
    return capital(f"{before}{phrase} {attach('de', owner)}{rest}")


def _belongs_later(question: str) -> bool:
    """« Avec qui son père Louis travaille-t-il ? »: a name may follow that the possessive belongs to."""
    return INVERTED.search(question) is not None and bool(find_names(question, "fr"))


def _may_own(before: str) -> bool:
    """Whether nothing before a possessive may be its owner: only question words and forms of to be and to have."""
    if independent(before):
        return False
    asking = ASKING.match(before)
    rest = before[asking.end() :] if asking else before
    rest = re.sub(r"^\s*(?:temps|fois)\b|(?:\b(?:la|le|les)\s+|\bl['’])\w+\s+(?:de|à)\s*$", "", rest)
    verbs = [word for word in re.findall(r"[\w'’-]+", rest.casefold()) if word not in _LIGHT_WORDS]
    who = asking is not None and asking[0].strip().casefold().endswith("qui")
    infinitive = any(re.search(r"(?:er|ir|oir|[dtvi]re)$", verb) for verb in verbs)
    return len(verbs) <= (0 if who or asking is None else 1) and not infinitive


def demonstrative(question: str, context: Context) -> str:
    """« ce traité » → « le traité de Rome » if that was named, else the topic in parentheses."""
    match = _DEMONSTRATIVE.search(question)
    if match is None or independent(question[: match.start()]) or find_names(question, "fr"):
        return question
    meant = mention_with(context, match["noun"])
    if meant is None:
        return with_topic(question, context) if len(words(question[: match.start()])) < 2 else question
    before = question[: match.start()]
    melted = re.search(r"\b(de|à)\s+$", before, re.IGNORECASE)
    phrase = attach(melted[1].lower(), meant) if melted else meant
    return capital((before[: melted.start()] if melted else before) + phrase + question[match.end() :])


def definite(question: str, context: Context) -> str:
    """« la tour » → « la tour Eiffel » if that was named and the question names nothing else."""
    match = _DEFINITE.search(question)
    if match is None or find_names(question, "fr"):
        return question
    meant = mention_with(context, match["noun"])
    if meant is None:
        return question
    article = match["article"].casefold()
    preposition = {"du": "de", "au": "à", "aux": "à"}.get(article, "")
    if not re.match(r"(?:les?|la|l['’])\s?", meant):  # a title
        meant = {"la": "la ", "les": "les ", "aux": "les "}.get(article, "le ") + meant[0].lower() + meant[1:]
    return capital(question[: match.start()] + attach(preposition, meant) + question[match.end() :])


def independent(before: str) -> bool:
    """Whether the words before a pronoun name what it may mean: a name, a noun with its article, another sentence."""
    rest = re.sub(r"(?:\b(?:la|le|les)\s+|\bl['’])\w+\s+(?:de|à|dans|pour|sur|avec)\s*$", "", ASKING.sub("", before))
    return bool(find_names(before, "fr") or re.search(r"[.?!:;»]\s", before) or _SUBJECT.search(rest))


def words(before: str) -> list[str]:
    return [w for w in re.findall(r"\w+", before.casefold()) if w not in small_words("fr") | {"combien", "donc"}]


_ASPIRATED: Final = tuple(
    "ha héra héro hériss hib hiér hobby hoch hollan homard hong hont hors houl houp hub hui hun hur huss hutt".split()
)
_MUTE: Final = tuple("habi habl hale halluc harm héroï huil huis huît".split())


def vowel(phrase: str) -> bool:
    """Whether "le" and "que" lose their vowel before it: « l'huile », but « la hauteur »."""
    word = phrase[:12].casefold()
    if word.startswith("h"):
        return word.startswith(_MUTE) or not word.startswith(_ASPIRATED)
    return word[:1] in tuple("aeiouyéèêàâîôûœ")


def capital(question: str) -> str:
    return question[:1].upper() + question[1:]
