"""Sentence boundaries: a table of French and English cases, other scripts, layout, and properties
that hold for any text. Left out: which sentences may be quoted (`test_composer.py`)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.sentences import MAX_SENTENCE_CHARS, sentence_spans

# Expected sentences are parted by "|".
FRENCH = [
    "M. Dupont est venu.| Il est reparti.",
    "MM. Durand et Petit sont d'accord.| Le vote est clos.",
    "Mme. Curie a reçu deux prix.| Le premier date de 1903.",
    "Le Dr. Roux est médecin.| Il consulte ici.",
    "Il est mort en 52 av. J.-C. à Rome.| Son fils lui succède.",
    "Le temple date de 120 apr. J.-C. environ.| Il est en marbre.",
    "Certains fruits, p. ex. les pommes, se gardent.| Les autres non.",
    "Voir l'art. 5 du traité.| Il est court.",
    "Voir la fig. 3 et le chap. 2.| Tout y est.",
    "Lire p. 12 et vol. 3.| C'est long.",
    "La réunion a lieu le 10 avr. 2025 à Bruxelles.| Elle dure deux heures.",
    "Il est né le 3 janv. 1950.| Sa sœur est née en 1952.",
    "Le prix est de 3.5 euros.| C'est peu.",
    "Le taux est de 3,5 %.| Il monte.",
    "La fusée coûte 1 000 000 d'euros.| Elle vole.",
    "J.-P. Martin dirige l'usine.| Elle est neuve.",
    "J. K. Rowling écrit.| Elle vit en Écosse.",
    "A. de Saint-Exupéry est aviateur.| Il écrit aussi.",
    "Il dit : « Je viens. »| Elle part.",
    "« Je viens », dit-il.| Elle part.",
    "Quoi ?| Rien !| Bon.",
    "Vraiment ?!| Oui.",
    "Il hésite… puis il part.| Elle reste.",
    "Il hésite…| Elle reste.",
    "Il hésite…| « Reste », dit-elle.",
    "« Peut-être… »| Elle reste.",
    "« Peut-être… » dit-elle.",
    "Il a dit « je […] Paris » hier.",
    "Il habite 3, bd. Voltaire à Paris.| La rue est calme.",
    "Le n° 10 est absent.| Les autres jouent.",
    "Le site loccit.org est ouvert.| Il est gratuit.",
    "Le fichier loccit.toml est lu.| Il est court.",
    "La loi du 9 déc. 1905 sépare les Églises et l'État.| Elle vaut toujours.",
    "Le St. Laurent gèle.| Les bateaux attendent.",
    "Env. 300 personnes sont venues.| Il pleuvait.",
    "Il a fini en 1995.| 12 ans plus tard, il recommence.",
    "L'OTAN, l'UE, etc. sont là.| Tous votent.",
    "Le pont (construit en 1890) est rouge.| Il est long.",
    "Il a gagné !| (Elle aussi.)",
]
ENGLISH = [
    "Mr. Smith came.| He left.",
    "Mrs. Jones and Ms. Lee agree.| The vote is closed.",
    "Dr. Watson writes.| Holmes thinks.",
    "Prof. Higgins teaches.| Eliza learns.",
    "The U.S. Army came.| It left.",
    "The U.S. has 50 states.| Each has a capital.",
    "He lives in Washington D.C.| The city is hot.",
    "It opened at 9 a.m. on Monday.| People queued.",
    "It closed at 5 p.m.| People left.",
    "Some fruits, e.g. apples, keep well.| Others rot.",
    "One of them, i.e. the last, is red.| The rest are blue.",
    "He lives at no. 10 Downing Street.| It is old.",
    "On Jan. 5, 1950 he died.| She lived on.",
    "It began on Sept. 3 in Paris.| It ended in Rome.",
    "See Fig. 2 and Vol. 3.| They help.",
    "Smith et al. found it.| Others agreed.",
    "J. K. Rowling wrote it.| It sold well.",
    "J. R. R. Tolkien taught at Oxford.| He wrote at night.",
    "George W. Bush won.| Gore lost.",
    "Pi is about 3.14 in value.| It never ends.",
    "It costs $1.5 million.| That is a lot.",
    "Acme Inc. was sold.| It grew.",
    "He said “I go.”| She stayed.",
    'He said "I go."| She stayed.',
    "“Go!” he said.| She went.",
    "Who?| Me!| Fine.",
    "St. Paul's is in London.| It has a dome.",
    "Gen. Lee and Col. Ray met.| They talked.",
    "Version 2.0.1 is out.| Try it.",
    "Visit example.com for more.| It is free.",
    "The U.K. voted in 2016.| The result was close.",
    "He waited... and left.| She stayed.",
    "It was 1995.| 12 years later it closed.",
    "Nelson vs. Villeneuve was short.| Nelson died.",
    "He is approx. 40 years old.| She is 38.",
]
OTHERS = [
    ("zh", "他来了。|她走了！|好吗？"),
    ("zh", "桥建于1890年，长3.5公里。|它是红色的。"),
    ("ja", "橋は長い。|川は広い。"),
    ("ar", "ذهب الولد إلى المدرسة.| هل عاد؟| نعم."),
    ("fa", "او آمد.| آیا رفت؟"),
    ("hi", "पुल लंबा है।| नदी चौड़ी है।"),
    ("es", "¿Quién vino?| La Sra. Pérez vino.| ¡Bien!"),
    ("de", "Das ist z. B. ein Test.| Er ist kurz."),
    ("ru", "Мост длинный.| Река широкая."),
    ("el", "Η γέφυρα είναι μεγάλη.| Το ποτάμι είναι βαθύ."),
    ("xx", "The bridge is long.| The river is wide."),
]
TABLE = [("fr", case) for case in FRENCH] + [("en", case) for case in ENGLISH] + OTHERS


def sentences(text: str, language: str = "fr") -> list[str]:
    return [text[span.start : span.end] for span in sentence_spans(text, language)]


@pytest.mark.parametrize(("language", "case"), TABLE)
def test_boundaries(language: str, case: str) -> None:
    assert sentences(case.replace("|", ""), language) == [part.strip() for part in case.split("|")]


LONG = "Le viaduc qui franchit la vallée a été achevé en 1890 par une équipe de"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# Le pont\nIl est long.", ["# Le pont", "Il est long."]),
        ("Il est long.\n## Histoire. Suite\nIl est vieux.", ["Il est long.", "## Histoire. Suite", "Il est vieux."]),
        ("- un pont\n- une rivière\n- un quai", ["- un pont", "- une rivière", "- un quai"]),
        ("1. Un pont\n2. Une rivière", ["1. Un pont", "2. Une rivière"]),
        ("2. Un pont. Il est long.", ["2. Un pont.", "Il est long."]),
        ("Année | 1890\nlongueur | 3 km\npoids | 4 t", ["Année | 1890", "longueur | 3 km", "poids | 4 t"]),
        ("a) le pont\nb) la rivière", ["a) le pont", "b) la rivière"]),
        ("• Le pont\n• La rivière", ["• Le pont", "• La rivière"]),
        (f"{LONG}\nsoixante ouvriers. Il est rouge.", [f"{LONG}\nsoixante ouvriers.", "Il est rouge."]),
        (f"{LONG}\r\nsoixante ouvriers. Il est rouge.", [f"{LONG}\r\nsoixante ouvriers.", "Il est rouge."]),
        (f"{LONG}\n\nsoixante ouvriers.", [LONG, "soixante ouvriers."]),
        ("Par Jean Petit\nLe pont est long.", ["Par Jean Petit", "Le pont est long."]),
        ("Il est long.\n\n\nIl est vieux.", ["Il est long.", "Il est vieux."]),
        ("Il est long.\u2029Il est vieux.", ["Il est long.", "Il est vieux."]),
        ("Pont #5 est long. Il est vieux.", ["Pont #5 est long.", "Il est vieux."]),
        ("", []),
        (" \n\t\r\n ", []),
        ("…", ["…"]),
        ("mot", ["mot"]),
    ],
)
def test_layout(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected


def test_start_and_end_limit_what_is_cut() -> None:
    text = "Le pont est long. Il est vieux. Il est rouge."
    spans = sentence_spans(text, "fr", 18, 31)
    assert [text[s.start : s.end] for s in spans] == ["Il est vieux."]


@pytest.mark.parametrize("text", ["mot " * 600, "un mot, deux mots, " * 120, "x" * 3000])
def test_long_runs_are_cut(text: str) -> None:
    found = sentences(text)
    assert len(found) > 1 and max(map(len, found)) <= MAX_SENTENCE_CHARS
    if " " in text:  # never inside a word
        assert {word.strip(",") for part in found for word in part.split()} <= {"un", "deux", "mot", "mots"}


def test_many_short_lines_are_one_block_cut_at_its_full_stops() -> None:
    assert sentences("\n".join(["un mot", "deux mots. Un mot"] * 15_000)) == [
        "un mot\ndeux mots.", *["Un mot\nun mot\ndeux mots."] * 14_999, "Un mot",
    ]  # fmt: skip
    assert len(sentences("\n".join(["un mot"] * 30_000))) == -(-30_000 * 7 // 800) + 1


def test_a_long_run_is_cut_at_a_clause() -> None:
    assert all(part.endswith(",") for part in sentences("un mot, deux mots, " * 120))


def test_scripts_without_spaces_are_cut_earlier() -> None:
    assert max(map(len, sentences("桥" * 2000, "zh"))) <= 300


ODD = [
    "é",
    "e\u0301",
    "😀",
    "👩‍👩‍👧",
    "🇫🇷",
    "א",
    "ש",
    "ع",
    "\u200f",
    "\u202e",
    "\ufeff",
    "\u00a0",
    "\u2028",
    "ñ",
    "桥",
    "。",
    "ß",
]
TEXTS = st.one_of(
    st.text(max_size=200),
    st.lists(
        st.sampled_from(
            [*ODD, "Mot", "mot", "M", "av", "1", ".", "!", "?", "…", "»", "«", "'", " ", " ", "\n", "\r\n", "# ", "- "]
        ),
        max_size=120,
    ).map("".join),
)


@given(TEXTS, st.sampled_from(["fr", "en", "ar", "zh", "he", "hi", "ja", "xx"]))
def test_spans_cover_every_character_once(text: str, language: str) -> None:
    end = 0
    for span in sentence_spans(text, language):
        assert end <= span.start < span.end <= len(text)
        assert text[end : span.start].strip() == ""
        assert text[span.start : span.end] == text[span.start : span.end].strip()
        end = span.end
    assert text[end:].strip() == ""


@given(TEXTS)
def test_no_sentence_crosses_a_blank_line(text: str) -> None:
    assert not [s for s in sentences(text) if "\n\n" in s or "\n# " in s or "\n- " in s]
