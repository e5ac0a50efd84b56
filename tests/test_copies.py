"""What counts as said again in nearly the same words. Left out: that copies are found and shown
(`test_retriever.py`, `test_answering.py`)."""

from __future__ import annotations

import pytest

from index.passages import cut_passages
from index.types import Article, Passage, Span
from rag.copies import copies, said_again

BRIDGE = "The long bridge over the river was opened to carriages in the spring of 1890 by the mayor."


def passage(text: str, name: str = "a") -> Passage:
    (cut,) = cut_passages(Article(name, name, text, "en"), lambda texts: [len(t.split()) for t in texts], 200)
    return cut


@pytest.mark.parametrize(
    "other",
    [
        BRIDGE,
        BRIDGE.replace("carriages", "carriage"),
        BRIDGE.replace("was opened", "was opened up"),
        BRIDGE.replace("long bridge", "long Bridge"),
        BRIDGE.replace("mayor", "mayor only"),
    ],
)
def test_copies(other: str) -> None:
    assert copies(BRIDGE, other) and copies(other, BRIDGE)


@pytest.mark.parametrize(
    "other",
    [
        BRIDGE.replace("1890", "1891"),
        BRIDGE.replace("spring", "autumn"),
        BRIDGE.replace("opened", "closed"),
        BRIDGE.replace("carriages", "children"),
        BRIDGE.replace("mayor", "maker"),
        BRIDGE.replace("was opened to", "was illegal to"),
        BRIDGE.replace("was opened", "was not opened"),
        BRIDGE.replace("The long bridge over the river", "The old canal that joins both towns"),
        BRIDGE + " Nobody has mended it since, and the ferry runs again on Sundays.",
        "",
    ],
)
def test_no_copies(other: str) -> None:
    assert not copies(BRIDGE, other) and not copies(other, BRIDGE)


def test_denials_in_french_tell_apart() -> None:
    text = "Le nouveau pont de la rivière a été ouvert aux voitures au printemps par le maire de la ville."
    assert copies(text, text.replace("voitures", "voiture"))
    assert not copies(text, text.replace("a été", "n'a pas été"))


def test_what_another_passage_says_again_is_found_there() -> None:
    one = passage(f"The river is wide. {BRIDGE} Boats pass below.")
    other = passage(f"Much has been written on it elsewhere. {BRIDGE.replace('the mayor', 'the Mayor')} So it stands.")
    first = one.sentences[1]
    found = said_again(first, one, other)
    assert found is not None
    assert other.text[found.start : found.end] == BRIDGE.replace("the mayor", "the Mayor")
    assert said_again(Span(one.sentences[0].start, one.sentences[0].end), one, other) is None


def test_most_of_several_sentences_must_be_said_again() -> None:
    short = "It was long."
    one = passage(f"{BRIDGE} {short}")
    assert said_again(Span(one.start, one.end), one, passage(f"{BRIDGE} Something else follows here.")) is not None
    assert said_again(Span(one.start, one.end), one, passage(f"{short} Something else follows here.")) is None


def test_sentences_with_others_between_are_not_joined() -> None:
    """What lies between may say otherwise: the longest alone counts, if it is most of it."""
    second = "Carts drawn by oxen had to pay two pennies each way, as had every rider on a horse."
    one = passage(f"{BRIDGE} {second}")
    other = passage(f"{BRIDGE} Then came a war. {second}")
    assert said_again(Span(one.start, one.end), one, other) is None
    short = passage(f"{BRIDGE} It was long and old.")
    found = said_again(Span(short.start, short.end), short, passage(f"{BRIDGE} Then came war. It was long and old."))
    assert found == Span(0, len(BRIDGE))
