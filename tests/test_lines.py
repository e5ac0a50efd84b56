"""Lines repeated over many articles of one source are not quoted. Left out: counting them in each kind of store
(`test_stores.py`, `test_base.py`) and after any edits (`test_edits.py`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from index.lines import counted, key_of, lines_of, repeated
from index.passages import cut_passages
from index.types import Article
from rag.chatbot import Chatbot
from tests.conftest import WordEmbedder

Make = Callable[[Sequence[Article]], Chatbot]
FOOTER = "The lighthouse post is sent to readers of this page every Monday."
FACTS = [
    f"The lighthouse of {place} was lit in {year}. Its keeper lived there with two dogs."
    for place, year in zip(
        ("Arbor", "Belmont", "Corvin", "Dunmore", "Elsted", "Farley"), range(1801, 1807), strict=True
    )
]


def articles(count: int, source: str | None = None, footer: str = FOOTER) -> list[Article]:
    return [
        Article(f"{source}{n}", f"Lighthouse {n}", f"{FACTS[n]}\n\n{footer}", "en", source=source)
        for n in range(count)
    ]  # fmt: skip


def quoted(chatbot: Chatbot) -> str:
    answer = chatbot.ask("On which day is the lighthouse post sent to readers?", limit=10)
    return " ".join(extract.text for extract in answer.extracts)


def test_a_line_of_many_articles_is_not_quoted(make_chatbot: Make) -> None:
    chatbot = make_chatbot(articles(6))
    assert FOOTER not in quoted(chatbot)
    answer = chatbot.ask("When was the lighthouse of Corvin lit?")
    assert "1803" in answer.extracts[0].text and FOOTER not in answer.extracts[0].text


def test_a_line_of_a_few_articles_is_quoted(make_chatbot: Make) -> None:
    assert FOOTER in quoted(make_chatbot(articles(4)))


def test_articles_of_other_sources_do_not_count(make_chatbot: Make) -> None:
    assert FOOTER in quoted(make_chatbot([*articles(3, "The Times"), *articles(3, "The Post")]))


def test_a_line_that_states_much_is_quoted(make_chatbot: Make) -> None:
    """A newsroom gives the same background in each article on one matter."""
    long = f"The lighthouse post is sent to readers every Monday, {'and the island gets it a day later, ' * 6}as usual."
    assert long in quoted(make_chatbot(articles(6, footer=long)))


def test_copies_of_an_article_are_quoted(make_chatbot: Make) -> None:
    """A notice that five pages carry whole is no line around them."""
    notice = "The harbour of Norwick was closed by the storm of 1911. It opened again in the spring of the next year."
    copies = [Article(f"copy{n}", f"Notice {n}", notice, "en") for n in range(6)]
    answer = make_chatbot([*articles(6), *copies]).ask("When was the harbour of Norwick closed?")
    assert "1911" in answer.extracts[0].text


def test_the_share_of_a_large_source() -> None:
    assert repeated(5, 6) and repeated(5, 50) and repeated(100, 1000)
    assert not repeated(4, 4) and not repeated(5, 51) and not repeated(99, 1000)


@pytest.mark.parametrize("line", ["Read more.", "x" * 241, "关注我们。"])
def test_lines_too_short_or_too_long_are_not_counted(line: str) -> None:
    assert not counted(line)


def test_lines_end_where_the_text_has_a_new_line() -> None:
    text = "One goes home. Two go\nout.  Three\nFour stay.\n\nFive."
    (passage,) = cut_passages(Article("a", "T", text, "en"), WordEmbedder().count_tokens, 100)
    told = [(line, [passage.words_at(span) for span in spans]) for line, spans in lines_of(passage)]
    assert "".join(line for line, _ in told).replace(" ", "") == "".join(text.split())
    assert [span for _, spans in told for span in spans] == [passage.words_at(span) for span in passage.sentences]
    assert told[-1] == ("Five.", ["Five."])


def test_a_source_is_named_or_the_host_of_the_address() -> None:
    named = Article("a", "T", "", "en", source="The Times", url="https://example.org/a")
    assert key_of(named, FOOTER) == key_of(Article("b", "T", "", "en", source="THE TIMES"), FOOTER.upper())
    hosts = [Article("a", "T", "", "en", url=f"https://{host}/a") for host in ("one.example", "two.example")]
    assert len({key_of(article, FOOTER) for article in (named, *hosts)}) == 3
    assert 0 <= key_of(named, FOOTER) < 2**42
    odd = Article("c", "T", "", "en", url="http://[::1")
    assert key_of(odd, FOOTER) == key_of(Article("d", "T", "", "en"), FOOTER)
