"""Lines broken at a width are joined to the paragraphs they were, and no others. Left out: which readers join them."""

from __future__ import annotations

import random
import textwrap
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.readers.hyphens import Hyphens
from index.readers.line_breaks import join_lines

LETTERS = "abcdefghijklmnopqrstuvwxyzéèàùçñößабвгдежз"


def paragraph(chance: random.Random) -> str:
    lengths = (chance.randint(1, 11) for _ in range(chance.randint(60, 150)))
    return " ".join("".join(chance.choices(LETTERS, k=n)) + chance.choice(("", "", "", "", ",", ";")) for n in lengths)


PROSE = (
    "The bridge of Brent was opened to carts by the mayor in 1832, after nine years of work on its piers. Its keeper "
    "wrote down every crossing, and his books are kept in the town hall to this day. The toll for a cart is three "
    "pence, and a horse without a cart pays a single penny at the gate. Nobody pays on market days, when the salt of "
    "the coast is carried to the towns of the valley, and the keeper sits in the sun."
)


@settings(max_examples=200, deadline=None)
@given(st.integers(), st.integers(1, 5), st.integers(60, 80))
def test_paragraphs_come_back_from_their_lines(seed: int, count: int, width: int) -> None:
    chance = random.Random(seed)
    paragraphs = [paragraph(chance) for _ in range(count)]
    broken = "\n\n".join(textwrap.fill(one, width) for one in paragraphs)
    assert join_lines(broken) == "\n\n".join(paragraphs)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text(max_size=20), max_size=20))
def test_short_lines_stay(lines: list[str]) -> None:
    text = "\n".join(lines)
    assert join_lines(text) == text


@settings(max_examples=300, deadline=None)
@given(st.text(st.sampled_from("abc é-–.|\t>#1橋、\n 　Ω\u0301"), max_size=400))
def test_nothing_but_breaks_spaces_and_hyphens_is_changed(text: str) -> None:
    def bare(some: str) -> str:
        return "".join(some.split()).replace("-", "")

    assert bare(join_lines(text)) == bare(text)


@pytest.mark.parametrize("width", [60, 66, 72, 78])
def test_prose_is_joined_and_what_stands_around_it_stays(width: int) -> None:
    broken = textwrap.fill(PROSE, width)
    around = "Dear Ada,\n\n{}\n\n- salt\n- pepper\n\nBen Arrow\n12 Mill Lane\nBrent\n\n1832   12 carts   3 pence\n"
    assert join_lines(around.format(broken)) == around.format(PROSE)


def test_items_are_joined_each_by_itself() -> None:
    items = [textwrap.fill(PROSE, 72, initial_indent=mark, subsequent_indent="  ") for mark in ("- ", "1. ", "* ")]
    assert join_lines("\n".join(items)) == "\n".join(mark + PROSE for mark in ("- ", "1. ", "* "))


def test_an_address_longer_than_the_width_does_not_hinder() -> None:
    address = "https://brent.example/" + "a" * 80
    broken = textwrap.fill(
        f"{PROSE} {PROSE} see {address} for more of this. {PROSE} {PROSE}", 72, break_long_words=False
    )
    joined = join_lines(broken)
    assert joined.split("\n")[1].startswith(address) and joined.count("\n") == 1  # which may stand alone on purpose


def hyphenated(text: str, width: int) -> str:
    """Lines filled to the last character: a word that does not fit is broken, as typesetters do."""
    lines, line = [], ""
    for word in text.split():
        room = width - len(line) - 2
        if room + 1 >= len(word):
            line = f"{line} {word}".lstrip()
        elif "-" not in word and word.isalpha() and 2 <= room <= len(word) - 2:
            lines.append(f"{line} {word[:room]}-")
            line = word[room:]
        elif "-" in word and len(word.split("-")[0]) <= room:
            lines.append(f"{line} {word.split('-')[0]}-")
            line = word.split("-")[1]
        else:
            lines.append(line)
            line = word
    return "\n".join([*lines, line])


@pytest.mark.parametrize("width", range(50, 86))
def test_words_broken_by_a_hyphen_are_mended(width: int) -> None:
    text = PROSE.replace("books", "well-known books") + " " + PROSE.replace("keeper", "well-known keeper")
    broken = hyphenated(text, width)
    assert "-\n" in broken
    assert join_lines(broken) == text


@pytest.mark.parametrize("word", ["Saint-Denis", "États-Unis", "dit-il", "celui-là", "arc-en-ciel"])
def test_hyphens_that_belong_to_a_word_stay(word: str) -> None:
    """Typesetters and `textwrap` break there too, though the word stands nowhere else."""
    texts = [f"{'x' * n} {word} {PROSE}" for n in range(50, 72)]
    broken = [(text, textwrap.fill(text, 72)) for text in texts]
    at_hyphen = [(text, lines) for text, lines in broken if lines.split("\n")[0].endswith("-")]
    assert at_hyphen and all(join_lines(lines) == text for text, lines in at_hyphen)


def test_a_broken_word_before_a_hyphen_is_mended_where_it_is_known() -> None:
    known = Hyphens(["The government paid for it."])
    assert known.joint("a govern-", "ment-funded bridge") == ("a govern", "")
    assert known.joint("un arc-", "en-ciel") == ("un arc-", "")


def test_latin_lines_around_a_chinese_word_keep_their_space() -> None:
    first = f"{PROSE[:60]} and the sign of the middle is written as 中"
    second = f"means middle, as {PROSE[:60]}"
    assert Hyphens([first, second]).joint(first, second) == (first, " ")
    assert Hyphens([]).joint("这座桥经过九年 Brent", "桥墩施工之后")[1] == ""


def test_chinese_goes_on_behind_latin_words_without_a_space() -> None:
    text = "这座桥经过九年的桥墩施工之后由市长宣布向马车开放,当天有数百人前来观看桥梁开通仪式。" * 4
    lines = [text[:28], text[28:53] + "Brent", *(text[start : start + 28] for start in range(53, len(text), 28))]
    assert join_lines("\n".join(lines)) == "".join(lines)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("zh", "布伦特桥经过九年的桥墩施工之后,于一八三二年由市长宣布向马车"
         "开放,当天有数百人前来观看。守桥人把每一次通行都记在账簿上。"),
        ("ja", "ブレント橋は九年にわたる工事を経て一八三二年に市長によって開"
         "通が宣言され、当日は数百人が見物に訪れたと記録されている。"),
    ],
)  # fmt: skip
def test_languages_without_spaces(language: str, text: str) -> None:
    whole = text * 4
    broken = "\n".join(whole[start : start + 36] for start in range(0, len(whole), 36))
    assert join_lines(broken) == whole


VERSE = """The bridge that stood when I was young and slow
Still stands, and still the carter pays his toll,
And still below it all the waters flow
That have no price, and never had a goal;
The keeper counts the wheels, and writes them down,
And shuts his book when evening comes to town."""
SENTENCES = """The bridge of Brent was opened to carts in the year 1832.
Its keeper wrote down every crossing in his large books.
the toll for a cart is three pence at the gate in spring.
nobody pays on market days, when the salt is carried on.
the books of the keeper are kept in the town hall today."""
RECORDS = "\n".join(f"1832-05-{day:02} 08:00 cart with salt from the coast, three pence paid" for day in range(1, 12))
CODE = "\n".join("    " + line for line in textwrap.wrap(PROSE, 70))
TABLE = "\n".join(f"{line[:30]} | {line[30:]}" for line in textwrap.wrap(PROSE, 70))
QUOTED = "\n".join("> " + line for line in textwrap.wrap(PROSE, 70))
ADDRESSES = "Ada Brent\n12 Mill Lane\nBrent\n\nBen Arrow\n3 Bridge Street\nArrow\nBrent Valley"


@pytest.mark.parametrize("text", [VERSE, SENTENCES, RECORDS, CODE, TABLE, QUOTED, ADDRESSES, PROSE, "", "\n", "a\nb"])
def test_what_has_its_own_lines_keeps_them(text: str) -> None:
    assert join_lines(text) == text


def test_time_grows_with_the_length() -> None:
    broken = "\n".join(textwrap.wrap(" ".join([PROSE] * 3000), 72))
    begin = time.monotonic()
    assert "\n" not in join_lines(broken)
    assert time.monotonic() - begin < 5  # 0.2 s on a busy machine; with the square, minutes
