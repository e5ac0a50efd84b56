"""The words of the interface, in English and French, and which of the two a visitor gets. Left out:
messages of errors (`errors.py`) and reasons of answers, which come with them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

TEXTS: Final[dict[str, dict[str, str]]] = {
    "en": {
        "articles": "Articles",
        "articles_none": "There is no article here.",
        "ask": "Ask",
        "ask_title": "Ask a question",
        "back_to_questions": "Ask another question",
        "cited_note": "The quoted passage is marked.",
        "cited_jump": "Go to it",
        "confidence_high": "Confidence: high",
        "confidence_low": "Confidence: low — check the extract in its article",
        "confidence_medium": "Confidence: medium",
        "conflicts": "Says otherwise:",
        "also_in": "Also in:",
        "docs": "API",
        "docs_intro": "For programs: send JSON to these addresses. The full description is in",
        "docs_example": "Example body",
        "error_404": "Not found",
        "error_413": "Too large",
        "error_422": "This cannot be used",
        "error_500": "Something failed",
        "error_503": "Not available yet",
        "extracts_at_most": "Extracts at most",
        "intro": "Every answer is quoted word for word from the articles, with the place it stands at.",
        "intro_counts": "{articles} articles can be asked about.",
        "keys_hint": "Enter sends, Shift+Enter starts a new line.",
        "language": "Language of the question",
        "language_any": "Detect",
        "link": "Link to this question",
        "lost": "The connection to the server was lost. Try again.",
        "nearest": "Closest passages — not an answer",
        "next": "Next",
        "open_quote": "Show [{n}] in its article",
        "options": "Options",
        "original": "original page",
        "page_of": "{first}–{last} of {total}",
        "part_found": "see",
        "part_missing": "not found",
        "parts": "What was asked",
        "partial": "Only some of what was asked was found.",
        "previous": "Previous",
        "published": "Published",
        "question": "Your question",
        "question_hint": "Your question…",
        "searching": "Searching the articles…",
        "short_answer": "In short:",
        "skip": "Skip to the question",
        "understood": "Understood as: {question}",
        "updated": "updated",
    },
    "fr": {
        "articles": "Articles",
        "articles_none": "Il n’y a pas d’article ici.",
        "ask": "Demander",
        "ask_title": "Poser une question",
        "back_to_questions": "Poser une autre question",
        "cited_note": "Le passage cité est surligné.",
        "cited_jump": "Y aller",
        "confidence_high": "Confiance : élevée",
        "confidence_low": "Confiance : faible — vérifiez l’extrait dans son article",
        "confidence_medium": "Confiance : moyenne",
        "conflicts": "Dit autre chose :",
        "also_in": "Aussi dans :",
        "docs": "API",
        "docs_intro": "Pour les programmes : envoyez du JSON à ces adresses. La description complète est dans",
        "docs_example": "Exemple de corps",
        "error_404": "Introuvable",
        "error_413": "Trop grand",
        "error_422": "Demande inutilisable",
        "error_500": "Une erreur est survenue",
        "error_503": "Pas encore disponible",
        "extracts_at_most": "Extraits au plus",
        "intro": "Chaque réponse est citée mot pour mot des articles, avec l’endroit où elle se trouve.",
        "intro_counts": "{articles} articles peuvent être interrogés.",
        "keys_hint": "Entrée envoie, Maj+Entrée passe à la ligne.",
        "language": "Langue de la question",
        "language_any": "Détecter",
        "link": "Lien vers cette question",
        "lost": "La connexion au serveur a été perdue. Réessayez.",
        "nearest": "Passages les plus proches — pas une réponse",
        "next": "Suivants",
        "open_quote": "Voir [{n}] dans son article",
        "options": "Options",
        "original": "page d’origine",
        "page_of": "{first}–{last} sur {total}",
        "part_found": "voir",
        "part_missing": "non trouvé",
        "parts": "Ce qui était demandé",
        "partial": "Une partie seulement de ce qui était demandé a été trouvée.",
        "previous": "Précédents",
        "published": "Publié le",
        "question": "Votre question",
        "question_hint": "Votre question…",
        "searching": "Recherche dans les articles…",
        "short_answer": "En bref :",
        "skip": "Aller à la question",
        "understood": "Compris ainsi : {question}",
        "updated": "mis à jour le",
    },
}

LANGUAGES: Final[dict[str, dict[str, str]]] = {
    "en": {
        "ar": "Arabic", "de": "German", "en": "English", "es": "Spanish", "fr": "French", "it": "Italian",
        "nl": "Dutch", "pl": "Polish", "pt": "Portuguese", "ru": "Russian", "tr": "Turkish", "zh": "Chinese",
    },
    "fr": {
        "ar": "arabe", "de": "allemand", "en": "anglais", "es": "espagnol", "fr": "français", "it": "italien",
        "nl": "néerlandais", "pl": "polonais", "pt": "portugais", "ru": "russe", "tr": "turc", "zh": "chinois",
    },
}  # fmt: skip

MONTHS: Final = {
    "en": (
        "January", "February", "March", "April", "May", "June",
        "July", "August", "September", "October", "November", "December",
    ),
    "fr": (
        "janvier", "février", "mars", "avril", "mai", "juin",
        "juillet", "août", "septembre", "octobre", "novembre", "décembre",
    ),
}  # fmt: skip


def choose_language(parameters: Mapping[str, str], cookies: Mapping[str, str], accepted: str) -> str:
    """The interface language: the visitor's choice, else the first of the browser's that there is."""
    for wanted in (parameters.get("ui"), cookies.get("ui")):
        if wanted in TEXTS:
            return wanted
    ranked = sorted(accepted.split(","), key=_quality, reverse=True)
    codes = (entry.split(";")[0].strip()[:2].lower() for entry in ranked if _quality(entry) > 0)
    return next((code for code in codes if code in TEXTS), "en")


def _quality(entry: str) -> float:
    """The weight of one entry of Accept-Language: 0.8 in `fr;q=0.8`."""
    _, _, weight = entry.partition(";q=")
    try:
        return float(weight or 1)
    except ValueError:
        return 0.0


def say_date(iso: str | None, language: str) -> str:
    """`2025-04-10` as `10 April 2025`; what is no such date stays as it is."""
    parts = (iso or "").split("-")
    if len(parts) != 3 or not all(part.isdecimal() for part in parts) or not 1 <= int(parts[1]) <= 12:
        return iso or ""
    return f"{int(parts[2])} {MONTHS[language][int(parts[1]) - 1]} {parts[0]}"
