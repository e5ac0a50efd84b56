"""What numbers are counted in, and how they are written in words, in French and English. Left out: finding them in a
sentence (`amounts.py`).

Numbers in words go up to ninety-nine: `text2num` and `num2words` bring whole grammars of many languages for what is
seldom written out.
"""

from __future__ import annotations

from typing import Final

UNITS: Final = {
    alias: (kind, factor)
    for kind, factor, aliases in (
        ("%", 1, "% percent pourcent"),
        ("euro", 1, "€ euro euros eur"),
        ("dollar", 1, "$ dollar dollars usd"),
        ("£", 1, "£"),
        ("metre", 1e-3, "mm millimetre millimetres millimeter millimeters millimètre millimètres"),
        ("metre", 1e-2, "cm centimetre centimetres centimeter centimeters centimètre centimètres"),
        ("metre", 1, "m metre metres meter meters mètre mètres"),
        ("metre", 1e3, "km kilometre kilometres kilometer kilometers kilomètre kilomètres"),
        ("metre", 1609.34, "mile miles mi"),
        ("metre", 0.3048, "ft foot feet"),
        ("m2", 1, "m2"),
        ("m2", 1e4, "ha hectare hectares"),
        ("m2", 1e6, "km2"),
        ("m3", 1, "m3"),
        ("gram", 1e-3, "mg"),
        ("gram", 1, "g gram grams gramme grammes"),
        ("gram", 1e3, "kg kilogram kilograms kilogramme kilogrammes kilo kilos"),
        ("gram", 1e6, "t tonne tonnes"),
        ("second", 1, "s second seconds seconde secondes"),
        ("second", 60, "min minute minutes"),
        ("second", 3600, "h hour hours heure heures"),
        ("second", 86400, "day days jour jours"),
        ("second", 604800, "week weeks semaine semaines"),
        ("second", 2629800, "month months mois"),
        ("second", 31557600, "year years an ans année années"),
        ("km/h", 1, "km/h kph"),
        ("km/h", 1.60934, "mph"),
        ("°c", 1, "°c"),
        ("°f", 1, "°f"),
        ("watt", 1e3, "kw"),
        ("watt", 1e6, "mw"),
        ("watt", 1e9, "gw"),
        ("byte", 1, "byte bytes octet octets"),
        ("byte", 1e3, "kb ko"),
        ("byte", 1e6, "mb mo"),
        ("byte", 1e9, "gb go"),
        ("byte", 1e12, "tb to"),
    )
    for alias in aliases.split()
}
"""Name of a unit in lower case → what it measures, and how many of the smallest unit it is."""

MULTIPLIERS: Final = {
    "hundred": 1e2, "cent": 1e2, "cents": 1e2, "thousand": 1e3, "mille": 1e3, "million": 1e6, "millions": 1e6,
    "billion": 1e9, "milliard": 1e9, "milliards": 1e9, "trillion": 1e12,
}  # fmt: skip

_ENGLISH: Final = (
    "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen "
    "nineteen"
)
_FRENCH: Final = (
    "deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize dix-sept dix-huit dix-neuf"
)
_ENGLISH_TENS: Final = "twenty thirty forty fifty sixty seventy eighty ninety"
_FRENCH_TENS: Final = {"vingt": 20, "trente": 30, "quarante": 40, "cinquante": 50, "soixante": 60, "quatre-vingt": 80}


def _number_words() -> dict[str, int]:
    english = {word: value for value, word in enumerate(_ENGLISH.split(), start=2)}
    below_ten = [("one", 1), *list(english.items())[:8]]
    for value, ten in enumerate(_ENGLISH_TENS.split(), start=2):
        english |= {ten: 10 * value} | {f"{ten}-{word}": 10 * value + own for word, own in below_ten}
    french = {word: value for value, word in enumerate(_FRENCH.split(), start=2)}
    below_twenty = [("un", 1), *french.items()]
    for ten, value in _FRENCH_TENS.items():
        ones = below_twenty if value in (60, 80) else below_twenty[:9]
        french |= {ten: value, f"{ten}s": value} | {f"{ten}-{word}": value + own for word, own in ones}
        french |= {f"{ten} et {word}": value + own for word, own in ones if word in ("un", "onze")}
    return english | french


NUMBER_WORDS: Final = _number_words()
"""From two to ninety-nine. "One" and "un" are left out: most are articles or pronouns."""
