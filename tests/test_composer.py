"""Which sentences are quoted, and how many together. Left out: how well they answer (`benchmarks/`)
and how sure an answer is (`test_chatbot.py`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import astuple

import numpy as np
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from index.passages import cut_passages
from index.stores.memory import MemoryIndex
from index.types import Article, Filters, Hit, Passage, Span
from rag.chatbot import Chatbot
from rag.composer import ExtractiveComposer, Pick
from rag.quotable import quotable, rows_of_tables
from rag.reading import Reading
from rag.retriever import Query, retrieve
from rag.sentence_scores import Sentence, _of_articles
from tests.conftest import WordEmbedder
from tests.test_stores import fill

EMBEDDER = WordEmbedder()


@pytest.mark.parametrize(
    "text",
    [
        "Le pont a été construit en 1890.",
        "Il mourut en 1890.",
        "« Nous sommes prêts », a déclaré le ministre.",
        "Le ministre a dit : « Nous sommes prêts. »",
        "Le taux est passé de 3,5 % à 4 %, selon l'Insee, l'OCDE et la Banque de France.",
        "The bridge was built in 1890.",
        "He said, “We are ready.”",
        "It cost $3.5 million (about €3 million).",
        "What a bridge that was!",
        "- Le pont relie les deux rives du fleuve depuis 1890",
        "这座桥建于1890年。",
        "橋は1890年に完成した。",
        "بني الجسر في عام 1890 على النهر.",
        "הגשר נבנה בשנת 1890 מעל הנהר.",
        "यह पुल 1890 में बना था।",
        "Мост был построен в 1890 году.",
        "다리는 1890 년에 지어졌다.",
    ],
)
def test_sentences_may_be_quoted(text: str) -> None:
    assert quotable(text) and quotable(f"  {text}\n")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "# Le pont est long et vieux.",
        "### History of the bridge",
        "Par Jean Petit",
        "Par Jean Petit, envoyé spécial à Bruxelles",
        "By John Smith, BBC News, Brussels",
        "Publié le 10 avril 2025 à 12 h 30",
        "Tags : ponts, rivières, canaux, histoire, fer, acier, béton, pierre",
        "OTAN | UE | Ukraine | Défense | Bruxelles | Ramstein | Paris | Londres",
        "Bridges, rivers, canals, history, iron, steel, concrete, stone",
        "Accueil > Monde > Europe > Ukraine > La réunion de Bruxelles de ce jour",
        "Photo : Reuters",
        "Voir aussi",
        "Sources et notes",
        "Lire aussi :",
        "HISTOIRE DU PONT DE PIERRE DE BORDEAUX",
        "LE PONT EST LONG DE 300 MÈTRES.",
        "1890",
        "1.",
        "12 % 34 % 56 % 78 %.",
        "目录",
        "标签：桥，河，运河，历史",
        "…",
        "😀 😀 😀 😀 😀.",
    ],
)
def test_labels_bylines_tags_and_headings_may_not(text: str) -> None:
    assert not quotable(text)


@pytest.mark.parametrize(
    "text",
    [
        "Qui a construit le pont de pierre ?",
        "Who built the old stone bridge?",
        "« Qui a construit le pont de pierre ? »",
        "“Who built the old stone bridge?”",
        "是谁建造了这座古老的桥？",
        "من بنى هذا الجسر الكبير على النهر؟",
    ],
)
def test_a_question_answers_none(text: str) -> None:
    assert not quotable(text)


FARES = (
    "Passenger | Single fare | Return fare\nAdult | 4 euros | 7 euros\nCar | 18 euros | 31 euros\n | 18 | \n1 | 2 | 3"
)


def rows_of(text: str) -> list[str]:
    article = Article("a", "Fares", text, "en")
    passages = cut_passages(article, EMBEDDER.count_tokens, 180)
    return [passage.words_at(span) for passage in passages for span in sorted(rows_of_tables(passage), key=astuple)]


def test_rows_of_a_table_are_quotable_but_not_the_names_of_its_columns() -> None:
    assert rows_of(f"The fares have not changed.\n\n{FARES}\n\nDogs travel free.") == FARES.split("\n")[1:3]
    assert rows_of("| Day | Opens |\n|---|---|\n| Monday | at nine |") == ["| Monday | at nine |"]


@pytest.mark.parametrize(
    "text", ["Home | News | Sport\nLogin | Help | Search", "By A. Writer | 12 May\nA | b\n\nC | d | e"]
)
def test_a_few_lines_of_cells_are_no_table(text: str) -> None:
    assert rows_of(text) == []


def test_a_row_is_quoted_by_itself(make_chatbot: Callable[[Sequence[Article]], Chatbot]) -> None:
    answer = make_chatbot([Article("a", "Ferry", FARES, "en")]).ask("How many euros does a car pay?", limit=10)
    assert answer.extracts[0].text == "Car | 18 euros | 31 euros"
    assert {extract.text for extract in answer.extracts} <= set(FARES.split("\n")[1:3])


def compose(articles: Sequence[Article], question: str, limit: int = 3, language: str = "en") -> list[Pick]:
    index = MemoryIndex(EMBEDDER.name, EMBEDDER.dimension)
    fill(articles)(index)
    query = Query(question, language, EMBEDDER.embed_questions([question])[0])
    hits = retrieve(query, index, Filters(), 50, 0.7, 100)
    return list(ExtractiveComposer().compose(query, hits, {}, index, limit))


def check(picks: Sequence[Pick], articles: Sequence[Article], limit: int) -> None:
    """What holds for all picks."""
    texts = {article.id: article.text for article in articles}
    assert len(picks) <= limit
    quoted: dict[str, list[tuple[int, int]]] = {}
    for pick in picks:
        passage = pick.hit.passage
        inside = [s for s in passage.sentences if pick.span.start <= s.start and s.end <= pick.span.end]
        assert 1 <= len(inside) <= 3
        assert (inside[0].start, inside[-1].end) == (pick.span.start, pick.span.end)
        assert all(quotable(texts[passage.article_id][s.start : s.end]) for s in inside)
        for start, end in quoted.setdefault(passage.article_id, []):
            assert pick.span.end <= start or end <= pick.span.start
        quoted[passage.article_id].append((pick.span.start, pick.span.end))
        assert 0 <= pick.chance <= 1 + 1e-6


def text_of(pick: Pick) -> str:
    passage = pick.hit.passage
    return passage.text[pick.span.start - passage.start : pick.span.end - passage.start]


FILLER = [
    Article(
        f"f{n}", f"Note {n}", f"Gardens need rain in month {n}. Cats sleep at noon. Old clocks run slow here.", "en"
    )
    for n in range(6)
]


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Who designed the harbour lighthouse?", "Maria Lopez designed the harbour lighthouse."),
        ("How tall is the harbour lighthouse?", "The harbour lighthouse is forty metres tall."),
        ("Which paint covers the lighthouse door?", "Green paint covers the lighthouse door."),
    ],
)
def test_the_sentence_that_answers_is_in_the_first_extract(question: str, answer: str) -> None:
    text = (
        "# Harbour\n\nBy John Smith\n\nMaria Lopez designed the harbour lighthouse. Many sailors remember her name "
        "with pride. The harbour lighthouse is forty metres tall. Visitors climb a narrow stair each summer. "
        "Green paint covers the lighthouse door. Birds nest upon its roof in spring."
    )
    articles = [Article("l", "Harbour", text, "en"), *FILLER]
    picks = compose(articles, question)
    assert answer in text_of(picks[0])
    check(picks, articles, 3)


def test_the_same_sentence_in_two_articles_is_quoted_once() -> None:
    same = "Maria Lopez designed the harbour lighthouse in 1890."
    texts = [
        f"Cats sleep at noon today. {same} Old clocks run slow here.",
        f"Dogs bark at night. {same} It rained on Monday.",
    ]
    articles = [Article(f"a{n}", "Harbour", text, "en") for n, text in enumerate(texts)] + FILLER
    quotes = [text_of(pick) for pick in compose(articles, "Who designed the harbour lighthouse?", 10)]
    assert sum(same in quote for quote in quotes) == 1


def test_extracts_of_two_articles_do_not_touch() -> None:
    """Neighbours are sentences of one article, not of passages that follow one another as hits."""
    texts = ["Maria Lopez designed the harbour lighthouse.", "The harbour lighthouse designer was an Italian engineer."]
    articles = [Article(f"a{n}", "Harbour", text, "en") for n, text in enumerate(texts)]
    picks = compose([*articles, *FILLER], "Who designed the harbour lighthouse?", 10)
    assert {pick.hit.passage.article_id for pick in picks} >= {"a0", "a1"}


@pytest.mark.parametrize("limit", [1, 2, 5])
def test_the_limit_holds(limit: int) -> None:
    articles = [
        Article(f"a{n}", "T", f"The lighthouse number {n} was built by builder x{n} in year {n}.", "en")
        for n in range(9)
    ]
    picks = compose(articles, "Who built the lighthouse?", limit)
    assert 1 <= len(picks) <= limit
    check(picks, articles, limit)


def test_nothing_quotable_gives_nothing() -> None:
    article = Article(
        "a", "T", "# Harbour\n\nBy John Smith\n\nTags: harbour, lighthouse, sea, ships, boats, nets, fish, salt", "en"
    )
    assert compose([article], "Who built the harbour lighthouse?") == []
    assert compose([], "Who built the harbour lighthouse?") == []


PARTS = st.sampled_from(
    [
        "The old bridge crosses the river.",
        "Workers built it in 1890.",
        "# Bridge",
        "By John Smith",
        "It is long.",
        "Ships use the canal every day. 😀",
        "Le pont est long et vieux.",
        "这座桥建于1890年。",
        "\n",
        "\n\n",
        " ",
        "\r\n",
        "Is it old?",
        "He said: “The bridge fell down.”",
        "a, b, c, d, e, f, g, h, i",
        "e\u0301cole du pont de la rivière.",
        "الجسر طويل جدا فوق النهر.",
        "- item one of the bridge list which has eight words",
    ]
)
TEXTS = st.lists(PARTS, min_size=1, max_size=15).map(" ".join).filter(lambda text: any(c.isalnum() for c in text))


@hypothesis_settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(TEXTS, min_size=1, max_size=4),
    st.sampled_from(["Who built the bridge?", "pont", "桥", "😀 x"]),
    st.integers(1, 5),
)
def test_any_articles_give_runs_of_whole_sentences(texts: list[str], question: str, limit: int) -> None:
    articles = [Article(f"a{n}", "T", text, "en") for n, text in enumerate(texts)]
    picks = compose(articles, question, limit)
    check(picks, articles, limit)
    again = compose(articles, question, limit)
    assert [(p.hit.passage.id, p.span) for p in picks] == [(p.hit.passage.id, p.span) for p in again]


def test_a_short_answer_is_of_whole_words_inside_the_run() -> None:
    text = "It was dug by Sébastien. 运河于一九一四年通航。"
    passage = Passage(1, "a", 50, 50 + len(text), text, "", "en", (Span(50, 74), Span(75, 50 + len(text))))

    def short(start: int, end: int, run: Span = passage.sentences[0]) -> str | None:
        offsets = np.array([[50 + start, 50 + end]], np.int64)
        reading = Reading(1.0, offsets, np.zeros(1, np.float32), np.zeros(1, np.float32))
        span = Pick(Hit(passage, 1.0, 1.0, 0.0), run, 1.0, reading).short_answer
        return None if span is None else text[span.start - 50 : span.end - 50]

    assert short(18, 20) == "Sébastien" == short(14, 17)
    assert short(14, 23) == "Sébastien"
    assert short(30, 32, run=passage.sentences[1]) == text[30:32]
    assert short(18, 20, run=passage.sentences[1]) is None
    assert Pick(Hit(passage, 1.0, 1.0, 0.0), passage.sentences[0], 1.0).short_answer is None


def test_the_article_of_the_best_passage_stands_above_the_others() -> None:
    """All passages of an article count as its best one."""
    told = [("a", 2.0), ("b", 1.5), ("a", -1.0), ("c", 0.5)]
    passages = [Passage(n, name, 0, 4, "text", "", "en", (Span(0, 4),)) for n, (name, _) in enumerate(told)]
    hits = [Hit(passage, score, 0.0, 0.0) for passage, (_, score) in zip(passages, told, strict=True)]
    scores = np.array([score for _, score in told], np.float32)
    found = _of_articles(scores, [Sentence(hit, 0, "text", Span(0, 4)) for hit in hits])
    assert found.tolist() == [0.0, -0.5, 0.0, -1.5]
