"""Follow-ups made to stand alone, and questions that stand alone already, in French and English; the corpus' own
follow-ups. Left out: compound questions (`test_compound.py`), how often it goes right (`benchmarks/follow_ups.py`)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.readers import find_files, read_file
from index.types import Article
from rag.conversation import Earlier, standalone_question

CORPUS = Path(__file__).parent.parent / "corpus"

FOLLOW_UPS = [
    ("en", "When did Einstein publish the Theory of Relativity?", "Where was he born?", "Where was Einstein born?"),
    ("en", "When did Ada Lovelace meet Babbage?", "What was her job?", "What was Ada Lovelace's job?"),
    ("en", "When did Ada Lovelace meet Babbage?", "Who taught her?", "Who taught Ada Lovelace?"),
    ("en", "How high is the Eiffel Tower?", "Who designed it?", "Who designed the Eiffel Tower?"),
    ("en", "How high is the Eiffel Tower?", "What is its weight?", "What is the Eiffel Tower's weight?"),
    ("en", "How high is the Eiffel Tower?", "When was the tower opened?", "When was the Eiffel Tower opened?"),
    (
        "en",
        "How high is the Eiffel Tower?",
        "Is this tower closed on Sunday?",
        "Is the Eiffel Tower closed on Sunday?",
    ),
    ("en", "How high is the Eiffel Tower?", "How many people work there?", "How many people work in the Eiffel Tower?"),
    (
        "en",
        "How high is the Eiffel Tower?",
        "How long does it take to climb it?",
        "How long does it take to climb the Eiffel Tower?",
    ),
    ("en", "How high is the Eiffel Tower?", "And the Louvre?", "How high is the Louvre?"),
    ("en", "Who led the meeting?", "When is the next one?", "When is the next meeting?"),
    ("en", "Who led the meeting?", "How many ministers attended it?", "How many ministers attended the meeting?"),
    ("en", "What is throat cancer?", "Is it treatable?", "Is throat cancer treatable?"),
    ("en", "When did Sweden join NATO?", "What about Finland?", "When did Finland join NATO?"),
    ("en", "When did Sweden join NATO?", "Why?", "Why did Sweden join NATO?"),
    ("en", "Did Norway vote on membership?", "When?", "When did Norway vote on membership?"),
    ("en", "Who invented the telephone?", "When?", "When was the telephone invented?"),
    ("en", "Which president opened the bridge?", "Why?", "Which president opened the bridge, and why?"),
    ("en", "Who won the Boston Marathon in 2018?", "And in 2019?", "Who won the Boston Marathon in 2019?"),
    ("en", "Who won the Boston Marathon in 2018?", "2019?", "Who won the Boston Marathon in 2019?"),
    ("en", "Who won the Boston Marathon?", "In 2019?", "Who won the Boston Marathon in 2019?"),
    ("en", "How much do men earn at Wimbledon?", "And women?", "How much do women earn at Wimbledon?"),
    ("en", "How tall is the first tower?", "And the second?", "How tall is the second tower?"),
    ("en", "What is the capital of France?", "What about Japan?", "What is the capital of Japan?"),
    (
        "en",
        "When did Apollo 11 land?",
        "What happened after that?",
        "What happened after that (Apollo 11)?",
    ),
    (
        "en",
        "What did Armstrong and Aldrin collect?",
        "When did they return to Earth?",
        "When did Armstrong and Aldrin return to Earth?",
    ),
    ("fr", "Quand Marie Curie a-t-elle découvert le polonium ?", "Où est-elle née ?", "Où Marie Curie est-elle née ?"),
    ("fr", "Quand Marie Curie est-elle morte ?", "Où a-t-elle étudié ?", "Où Marie Curie a-t-elle étudié ?"),
    ("fr", "Quand Marie Curie est-elle morte ?", "A-t-elle reçu un prix ?", "Marie Curie a-t-elle reçu un prix ?"),
    ("fr", "Quand Marie Curie est-elle morte ?", "S'est-elle mariée ?", "Marie Curie s'est-elle mariée ?"),
    ("fr", "Quand Marie Curie est-elle morte ?", "Qu'a-t-elle découvert ?", "Que Marie Curie a-t-elle découvert ?"),
    ("fr", "Quand Marie Curie est-elle morte ?", "Quel est son âge ?", "Quel est l'âge de Marie Curie ?"),
    ("fr", "Quand Marie Curie est-elle morte ?", "Qui a travaillé avec elle ?", "Qui a travaillé avec Marie Curie ?"),
    (
        "fr",
        "Quand Marie Curie a-t-elle découvert le polonium ?",
        "Quand a-t-il été isolé ?",
        "Quand le polonium a-t-il été isolé ?",
    ),
    (
        "fr",
        "Quelle est la hauteur de la tour Eiffel ?",
        "Combien pèse-t-elle ?",
        "Combien la tour Eiffel pèse-t-elle ?",
    ),
    (
        "fr",
        "Quelle est la hauteur de la tour Eiffel ?",
        "Quel est son poids ?",
        "Quel est le poids de la tour Eiffel ?",
    ),
    (
        "fr",
        "Quelle est la hauteur de la tour Eiffel ?",
        "Qui l'a construite ?",
        "Qui l'a construite (la tour Eiffel) ?",
    ),
    (
        "fr",
        "Quelle est la hauteur de la tour Eiffel ?",
        "Quand cette tour a-t-elle été peinte ?",
        "Quand la tour Eiffel a-t-elle été peinte ?",
    ),
    ("fr", "Quelle est la hauteur de la tour Eiffel ?", "Et le Louvre ?", "Quelle est la hauteur du Louvre ?"),
    (
        "fr",
        "Quelle est la hauteur de la tour Eiffel ?",
        "Elle a été construite quand ?",
        "La tour Eiffel a été construite quand ?",
    ),
    (
        "fr",
        "Quelle est la hauteur de la tour Eiffel ?",
        "Combien de gens y travaillent ?",
        "Combien de gens y travaillent (la tour Eiffel) ?",
    ),
    ("fr", "Quelle est la capitale de la France ?", "Et la Finlande ?", "Quelle est la capitale de la Finlande ?"),
    ("fr", "Quelle est la capitale de la France ?", "Et le Japon ?", "Quelle est la capitale du Japon ?"),
    ("fr", "Quelle est la capitale de la France ?", "Qu'en est-il du Japon ?", "Quelle est la capitale du Japon ?"),
    (
        "fr",
        "Quand la Suède a-t-elle rejoint l'OTAN ?",
        "Et la Finlande ?",
        "Quand la Finlande a-t-elle rejoint l'OTAN ?",
    ),
    ("fr", "Quand la Suède a-t-elle rejoint l'OTAN ?", "Pourquoi ?", "Pourquoi la Suède a-t-elle rejoint l'OTAN ?"),
    ("fr", "Qui a gagné le Tour de France en 2018 ?", "Et en 2019 ?", "Qui a gagné le Tour de France en 2019 ?"),
    ("fr", "Qui a gagné le Tour de France en 2018 ?", "Et 2020 ?", "Qui a gagné le Tour de France en 2020 ?"),
    ("fr", "Combien gagnent les hommes à Wimbledon ?", "Et les femmes ?", "Combien gagnent les femmes à Wimbledon ?"),
    (
        "fr",
        "Combien gagnent les hommes à Wimbledon ?",
        "Et à Roland-Garros ?",
        "Combien gagnent les hommes à Roland-Garros ?",
    ),
    ("fr", "Qui a inventé le téléphone ?", "Quand ?", "Quand a été inventé le téléphone ?"),
    ("fr", "Qui a inventé la dynamite ?", "Où ?", "Où a été inventée la dynamite ?"),
    (
        "fr",
        "Quel prix le film a-t-il reçu ?",
        "Pourquoi ?",
        "Quel prix le film a-t-il reçu, et pourquoi ?",
    ),
    ("fr", "De combien est l'amende de Meta ?", "Et celle de Google ?", "De combien est l'amende de Google ?"),
    ("fr", "Quels sont les effets du vaccin ?", "Est-ce qu'il est remboursé ?", "Est-ce que le vaccin est remboursé ?"),
    ("fr", "Où se trouve le mont Blanc ?", "Qu'est-ce qu'il a de rare ?", "Qu'est-ce que le mont Blanc a de rare ?"),
    (
        "fr",
        "Quand l'accord de Paris a-t-il été signé ?",
        "Combien de pays l'ont ratifié ?",
        "Combien de pays l'ont ratifié (l'accord de Paris) ?",
    ),
    ("fr", "Qui dirige la réunion ?", "Quand aura lieu la prochaine ?", "Quand aura lieu la prochaine (la réunion) ?"),
    ("es", "¿Cuándo abrió el museo?", "¿Por qué?", "¿Cuándo abrió el museo? ¿Por qué?"),
]

INDEPENDENT = {
    "en": """Who painted the Mona Lisa?
What time is it?
Is it raining?
Will it rain in Leeds tomorrow?
How long does it take to boil an egg?
Is it possible to vote by post?
How much does it cost to send a letter?
What is it like to live in Oslo?
Who lost his crown in the revolution?
Which country lost its king?
What did Ada Lovelace write in her notes?
What is the capital of Norway and its population?
How do countries report their emissions?
Why do cats lick their paws?
Where does a river get its water?
What happens to a battery when it is cold?
How does a boiler heat its water?
Who wrote "It ends with us"?
Why is there a moon?
Are there trains to Lyon there and back?
What does the treaty of Rome say?
Who was president in 1999?
How do I get a refund? My train was late.
What is this year's budget?
Did the men who sailed in 1492 know where they were?
Is the museum that burned open again?
My phone is wet. How do I dry it?
Tell me about the history of tea.
Thanks!
ok""",
    "fr": """Qui a peint la Joconde ?
Quand le pont a-t-il ouvert ?
Pourquoi Pasteur n'a-t-il pas publié ?
Combien de temps le match a-t-il duré ?
Quel âge faut-il avoir pour voter ?
Est-ce que le musée est ouvert ?
Y a-t-il un train pour Lyon ?
Il y a combien de marches ?
Il va pleuvoir demain ?
Que s'est-il passé à Lyon ?
Que se passe-t-il en cas de retard ?
Est-il possible de payer par chèque ?
Est-il interdit de fumer sur le quai ?
Combien reste-t-il de places ?
De quoi s'agit-il ?
Quelle heure est-il ?
Qu'est-ce que le mètre ?
C'est quoi une écluse ?
Quand la mairie ferme-t-elle ses portes ?
Pourquoi les chats lèchent-ils leurs pattes ?
Qui a perdu sa couronne ?
Comment refaire sa carte d'identité ?
Combien le Japon a-t-il d'habitants ?
Quel jour la loi est-elle entrée en vigueur ?
Où la reine a-t-elle passé son enfance ?
Quelle est la date de cette année ?
Mon vélo est cassé. Où le réparer ?
Quel est le prix du billet pour le Louvre ?
Qui en France peut voter ?
Merci !""",
}


@pytest.mark.parametrize(("language", "before", "question", "wanted"), FOLLOW_UPS)
def test_a_follow_up_stands_alone(language: str, before: str, question: str, wanted: str) -> None:
    assert standalone_question(question, language, [Earlier(before)]) == wanted


@pytest.mark.parametrize(
    ("language", "question"), [(code, q) for code, qs in INDEPENDENT.items() for q in qs.split("\n")]
)
def test_a_question_that_stands_alone_is_left_as_it_is(language: str, question: str) -> None:
    earlier = {
        "en": Earlier("Who built the Tower Bridge?", "Horace Jones designed it.", ("Tower Bridge",)),
        "fr": Earlier("Qui a construit la tour Eiffel ?", "Gustave Eiffel l'a bâtie.", ("Tour Eiffel",)),
    }[language]
    assert standalone_question(question, language, [earlier]) == question


def test_follow_ups_of_follow_ups_are_resolved_in_order() -> None:
    turns = [Earlier("When was Marie Curie born?"), Earlier("Where did she study?"), Earlier("And in 1903?")]
    assert standalone_question("Who was her husband?", "en", turns) == "Who was Marie Curie's husband?"
    french = [Earlier("Quelle est la capitale de la France ?"), Earlier("Et la Suède ?")]
    assert standalone_question("Et le Japon ?", "fr", french) == "Quelle est la capitale du Japon ?"


def test_a_change_of_subject_changes_what_a_pronoun_means() -> None:
    turns = [Earlier("When was the Eiffel Tower built?"), Earlier("How long is the Suez Canal?")]
    assert standalone_question("Who dug it?", "en", turns) == "Who dug the Suez Canal?"


def test_an_answer_names_who_is_meant() -> None:
    turns = [Earlier("Who painted the ceiling?", "Michelangelo Buonarroti painted it in four years.")]
    assert standalone_question("When was he born?", "en", turns) == "When was Michelangelo Buonarroti born?"


def test_a_title_names_what_is_meant() -> None:
    turns = [Earlier("where was the stone found", "", ("Rosetta Stone",))]
    assert standalone_question("How heavy is it?", "en", turns) == "How heavy is Rosetta Stone?"
    french = [Earlier("combien de platanes le long du canal du midi", "", ("Canal du Midi",))]
    assert standalone_question("Qui le gère ?", "fr", french) == "Qui le gère (Canal du Midi) ?"


def test_a_long_question_is_left_as_it_is() -> None:
    question = "Where is it? " * 50
    assert standalone_question(question, "en", [Earlier("Who built the Eiffel Tower?")]) == question


def test_a_headline_is_no_name() -> None:
    turns = [Earlier("who joined in 2023", "", ("How Finland and Sweden joined NATO",))]
    assert standalone_question("Where is it?", "en", turns) == "Where is it?"
    turns = [Earlier("combien de jours ça dure", "", ("Le roquefort, cent ans d'appellation d'origine",))]
    assert standalone_question("Comment est-il fait ?", "fr", turns) == "Comment le roquefort est-il fait ?"


def test_what_is_described_is_meant_rather_than_what_the_description_names() -> None:
    turns = [Earlier("Who was the first woman to climb Mont Blanc?")]
    assert standalone_question("How old was she?", "en", turns) == ("How old was the first woman to climb Mont Blanc?")
    answered = [Earlier("Who was the first woman to climb Mont Blanc?", "Marie Paradis reached the top in 1808.")]
    assert standalone_question("How old was she?", "en", answered) == "How old was Marie Paradis?"


def test_nothing_fits_nothing_is_changed() -> None:
    assert standalone_question("Where was he born?", "en", [Earlier("How deep is the Channel Tunnel?")]) == (
        "Where was he born?"
    )
    assert standalone_question("Where was he born?", "en", []) == "Where was he born?"


_WORDS = (
    "And what about it he his Why ? in 2019 Et la Finlande l'a sa y en Quand est-il où , . the Eiffel Tower (".split()
)
_TEXTS = st.one_of(st.text(max_size=80), st.lists(st.sampled_from(_WORDS), max_size=9).map(" ".join))


@given(_TEXTS, st.sampled_from(["en", "fr", "de", "", "zh"]), st.lists(st.tuples(_TEXTS, _TEXTS, _TEXTS), max_size=3))
def test_anything_can_be_asked(question: str, language: str, turns: list[tuple[str, str, str]]) -> None:
    earlier = [Earlier(asked, answer, (title,) if title else ()) for asked, answer, title in turns]
    alone = standalone_question(question, language, earlier)
    assert alone if question else alone == ""
    assert alone == standalone_question(question, language, earlier)
    if not turns:
        assert alone == question


def follow_ups() -> list[dict[str, Any]]:
    lines = (CORPUS / "follow_ups.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def test_the_follow_ups_of_the_corpus_are_answered_verbatim() -> None:
    texts = {}
    for file in find_files(CORPUS)[0]:
        for _, article in read_file(file, CORPUS, 10**7):
            assert isinstance(article, Article)
            texts[article.id] = article.text
    rows = follow_ups()
    assert len({row["id"] for row in rows}) == len(rows) == 40
    for row in rows:
        assert row["history"] and row["rewrite"] and row["answers"]
        for answer in row["answers"]:
            assert any(answer in texts[name] for name in row["article_ids"]), row["id"]


def test_most_follow_ups_of_the_corpus_are_completed() -> None:
    rows = follow_ups()
    completed = [
        standalone_question(row["question"], row["lang"], [Earlier(turn["question"]) for turn in row["history"]])
        != row["question"]
        for row in rows
    ]
    assert sum(completed) >= 34
