"""Cases by the dozen, in French and English: follow-ups made to stand alone, and questions that stand alone already.
Left out: what several turns, answers and titles lend (`test_conversation.py`), compound questions."""

from __future__ import annotations

import pytest

from rag.conversation import Earlier, standalone_question
from rag.follow_ups.french_nouns import vowel

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


@pytest.mark.parametrize(
    "word", "huile homme harmonie héroïne histoire habitant hiver heure hôpital école Éros".split()
)
def test_vowels_and_mute_h(word: str) -> None:
    assert vowel(word)


@pytest.mark.parametrize("word", "hauteur héros hasard halle hors huit haine hache hibou pont".split())
def test_consonants_and_aspirated_h(word: str) -> None:
    assert not vowel(word)
