"""Compound questions cut into parts, and simple ones left whole, in French and English. Left out: answers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.compound import MOST_PARTS, split_question

COMPOUND = [
    ("en", "Who led the meeting and when is the next one?", ("Who led the meeting?", "When is the next meeting?")),
    ("en", "Who invented the telephone and when?", ("Who invented the telephone?", "When was the telephone invented?")),
    ("en", "Who wrote Emma, and when?", ("Who wrote Emma?", "When was Emma written?")),
    ("en", "When and where was Ada Lovelace born?", ("When was Ada Lovelace born?", "Where was Ada Lovelace born?")),
    ("en", "How and why do cats purr?", ("How do cats purr?", "Why do cats purr?")),
    (
        "en",
        "When did the bridge open and how much did it cost?",
        ("When did the bridge open?", "How much did the bridge cost?"),
    ),
    ("en", "Who designed the tower and who built it?", ("Who designed the tower?", "Who built the tower?")),
    ("en", "Did Sweden join NATO and why?", ("Did Sweden join NATO?", "Why did Sweden join NATO?")),
    ("en", "Where is Oslo? How many people live there?", ("Where is Oslo?", "How many people live in Oslo?")),
    (
        "en",
        "What is tea? Where does it grow? Who drinks it?",
        ("What is tea?", "Where does tea grow?", "Who drinks tea?"),
    ),
    (
        "en",
        "Who led the meeting, where was it held and when is the next one?",
        ("Who led the meeting?", "Where was the meeting held?", "When is the next meeting?"),
    ),
    (
        "en",
        "What is the longest river in Peru and where is it?",
        ("What is the longest river in Peru?", "Where is the longest river in Peru?"),
    ),
    (
        "en",
        "Who was killed when the bridge fell and why did it fall?",
        ("Who was killed when the bridge fell?", "Why did the bridge fall?"),
    ),
    (
        "en",
        "Who built the Forth Bridge, and in which year?",
        ("Who built the Forth Bridge?", "In which year was the Forth Bridge built?"),
    ),
    ("en", "what is yeast and is it alive", ("What is yeast?", "Is yeast alive?")),
    (
        "fr",
        "Qui a inventé le téléphone et quand ?",
        ("Qui a inventé le téléphone ?", "Quand a été inventé le téléphone ?"),
    ),
    ("fr", "Quand et où est née Marie Curie ?", ("Quand est née Marie Curie ?", "Où est née Marie Curie ?")),
    (
        "fr",
        "Qui a dirigé la réunion et combien de ministres étaient présents ?",
        ("Qui a dirigé la réunion ?", "Combien de ministres étaient présents (la réunion) ?"),
    ),
    (
        "fr",
        "Quand le pont a-t-il ouvert et combien a-t-il coûté ?",
        ("Quand le pont a-t-il ouvert ?", "Combien le pont a-t-il coûté ?"),
    ),
    (
        "fr",
        "Qui a construit la tour Eiffel, quand a-t-elle été achevée et combien pèse-t-elle ?",
        (
            "Qui a construit la tour Eiffel ?",
            "Quand la tour Eiffel a-t-elle été achevée ?",
            "Combien la tour Eiffel pèse-t-elle ?",
        ),
    ),
    (
        "fr",
        "Quel est le record du marathon et qui le détient ?",
        ("Quel est le record du marathon ?", "Qui le détient (le record du marathon) ?"),
    ),
    (
        "fr",
        "Le tunnel est-il payant et combien coûte-t-il ?",
        ("Le tunnel est-il payant ?", "Combien le tunnel coûte-t-il ?"),
    ),
    (
        "fr",
        "Quelle est la capitale du Japon ? Combien d'habitants y vivent ?",
        ("Quelle est la capitale du Japon ?", "Combien d'habitants y vivent (le Japon) ?"),
    ),
    ("fr", "Où et comment puis-je voter ?", ("Où puis-je voter ?", "Comment puis-je voter ?")),
    (
        "fr",
        "Quand, où et par qui fut signé le traité ?",
        ("Quand fut signé le traité ?", "Où fut signé le traité ?", "Par qui fut signé le traité ?"),
    ),
]

SIMPLE = {
    "en": """Who wrote Pride and Prejudice?
What happened between 1914 and 1918?
How do I install and configure a printer?
What is the difference between A and B?
My boiler is broken. How do I get a refund?
What is the how and why of magnetism?
Do you know who wrote it and when it was published?
Can you explain how it works and why it matters?
Which president signed the law, and when?
Who is the man who built and who sold the bridge?
What is the name of the place where he was born and where he died?
The empire had colonies in Asia and what other place?
Who sang "Who are you? What are you?" in 1978?
Can I pay by card? If so, how?
Is the museum open or closed?
What do you need when you travel and when you return?
Which rules apply to men and which to women?
How do bread and butter taste?
Who was the king and queen of Spain?
What are the rights and duties of citizens?
Why or why not should I buy a car?
How much do a bed and breakfast cost and why not more?
Dr. Who and the Daleks was shown when?
Where can I eat and drink?
What should I do if it rains and how?
Is it what you want and how you want it?
who
and why?""",
    "fr": """Qui a écrit Guerre et Paix ?
Que s'est-il passé entre 1914 et 1918 ?
Quelle est la différence entre le Web et Internet ?
Mon vélo est cassé. Comment me faire rembourser ?
Savez-vous qui a écrit ce livre et quand il est paru ?
Quels sont les pays qui ont signé et qui ont ratifié ?
Quel président a signé la loi, et quand ?
Comment installer et configurer une imprimante ?
Quels sont les droits et les devoirs du citoyen ?
Où peut-on manger et boire ?
Puis-je payer par carte ? Si oui, comment ?
Quelle est la ville où il est né et où il est mort ?
Pouvez-vous expliquer comment et pourquoi ?
Le comment et le pourquoi de la chose, quels sont-ils ?
Qui chantait « Où es-tu ? Que fais-tu ? » ?
Combien de filles et de garçons y a-t-il ?
Faut-il un visa ou un passeport ?
Quand faut-il semer les pois et les fèves ?
Pourquoi le fer et l'acier rouillent-ils ?
Que veut dire « qui va là » ?
Qui est le roi d'Espagne et du Portugal ?
Est-ce que tu sais qui vient et quand ?
et pourquoi ?
Merci beaucoup""",
    "de": "Wer hat das Telefon erfunden und wann?",
}


@pytest.mark.parametrize(("language", "question", "parts"), COMPOUND)
def test_a_compound_question_is_cut(language: str, question: str, parts: tuple[str, ...]) -> None:
    assert split_question(question, language) == parts


@pytest.mark.parametrize(("language", "question"), [(code, q) for code, qs in SIMPLE.items() for q in qs.split("\n")])
def test_a_simple_question_is_left_whole(language: str, question: str) -> None:
    assert split_question(question, language) == (question,)


def test_a_list_of_too_many_questions_is_left_whole() -> None:
    question = " ".join(f"Where is {city}?" for city in ("Oslo", "Rome", "Bonn", "Bern", "Graz"))
    assert split_question(question, "en") == (question,)
    assert len(split_question(question[: question.index(" Where is Graz")], "en")) == MOST_PARTS


def test_the_mark_is_written_as_it_was() -> None:
    assert split_question("Qui l'a dit\u202f? Où est Lyon\u202f?", "fr") == ("Qui l'a dit\u202f?", "Où est Lyon\u202f?")


def test_few_questions_of_the_corpus_are_compound() -> None:
    """Nine are, all of them truly: read one by one."""
    lines = (Path(__file__).parent.parent / "corpus" / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    assert sum(len(split_question(row["question"], row["lang"])) > 1 for row in rows) == 9


_WORDS = 'Who what when and , ; ? . is it the tower Paris et qui quand où combien est-il pourquoi « » " why led'.split()
_TEXTS = st.one_of(st.text(max_size=120), st.lists(st.sampled_from(_WORDS), max_size=16).map(" ".join))


@given(_TEXTS, st.sampled_from(["en", "fr", "de", "", "zh"]))
def test_anything_can_be_asked(question: str, language: str) -> None:
    parts = split_question(question, language)
    assert 1 <= len(parts) <= MOST_PARTS
    assert parts == (question,) or all(part.strip() for part in parts)


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("What are the rules on what you can and what you can't carry on board?", "en"),
        ("Which is cheaper and which is faster, the coach or the ferry?", "en"),
        ("Who was the first man and who was the first woman on the summit?", "en"),
        ("What's the difference between what is insured and what is not insured?", "en"),
        ("Qui paie et qui profite de la nouvelle taxe ?", "fr"),
    ],
)
def test_what_follows_or_leads_both_halves_keeps_them_together(question: str, language: str) -> None:
    assert split_question(question, language) == (question,)
