"""The reader as shipped, on the project's corpus: it finds words that answer, tells passages that
answer from others, and its places are those of the article. Left out: how good it is on questions
it never saw (`python -m rag.training.train` and `loccit eval` measure that)."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from index.models.default_embedder import DefaultEmbedder
from index.types import Passage, Span
from rag import reader as module
from rag.answer_object import answer_object
from rag.chatbot import Chatbot
from rag.errors import ReaderError
from rag.extracts import LEAST_FOR_SHORT
from rag.reader import MAX_QUESTION_TOKENS, Reader, open_reader
from tests.conftest import CORPUS, WordEmbedder
from web.settings import Settings


@pytest.fixture(scope="module")
def reader(chatbot: Chatbot) -> Reader:
    made = chatbot.reader()
    assert made is not None
    return made


def passage_of(text: str, start: int = 0, language: str = "en") -> Passage:
    return Passage(1, "a", start, start + len(text), text, "", language, (Span(start, start + len(text)),))


CANAL = "Work began in 1904, and the canal opened to ships in August 1914. Its locks are 33.5 metres wide."
MARKET = "The fish market of the old port opens at six. Traders have sold sardines there since the 1950s."


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("When did the canal open?", "1914"),
        ("Quand le canal a-t-il ouvert ?", "1914"),
        ("How wide are the locks of the canal?", "33.5 metres"),
    ],
)
def test_it_finds_the_words_and_knows_the_passage(reader: Reader, question: str, answer: str) -> None:
    right, wrong = reader.read(question, [passage_of(CANAL, 500), passage_of(MARKET)], ["The canal", "The market"])
    short = right.short_answer(Span(500, 500 + len(CANAL)))
    assert short is not None and answer in CANAL[short.start - 500 : short.end - 500]
    assert right.answers > wrong.answers + 2


def test_a_passage_is_read_alike_alone_and_among_others(reader: Reader) -> None:
    passages = [passage_of(CANAL), passage_of(MARKET), passage_of(MARKET * 5)]
    together = reader.read("When did the canal open?", passages, ["", "", ""])
    for passage, reading in zip(passages, together, strict=True):
        (alone,) = reader.read("When did the canal open?", [passage], [""])
        assert (alone.offsets == reading.offsets).all()
        np.testing.assert_allclose(alone.begin, reading.begin, atol=0.5)  # bfloat16, other padding
        assert abs(alone.answers - reading.answers) < 0.5


def test_places_are_those_of_the_article(reader: Reader, chatbot: Chatbot) -> None:
    """For every passage found for some questions, tokens lie in it, in order, whatever its heading."""
    for question in ("Qui dirigeait la réunion ?", "When did the Panama Canal open?", "Combien coûte l'énergie ?"):
        hits = chatbot.search(question, limit=6)[0]
        readings = reader.read(question, [hit.passage for hit in hits], ["Title"] * len(hits))
        for hit, reading in zip(hits, readings, strict=True):
            starts, ends = reading.offsets[:, 0], reading.offsets[:, 1]
            assert hit.passage.start <= starts.min() and ends.max() <= hit.passage.end
            assert (starts < ends).all() and (np.diff(starts) >= 0).all()
            assert np.isfinite([*reading.begin, *reading.end, reading.answers]).all()
            assert reading.shares(hit.passage.sentences).sum() == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize("text", ["x", "…", "😀 " * 400, "word " * 2000, "运河于一九一四年通航。" * 60, "\u200b"])
def test_odd_passages_and_questions_are_read(reader: Reader, text: str) -> None:
    long = "why " * (2 * MAX_QUESTION_TOKENS) + "?"
    for question in ("?", long):
        (reading,) = reader.read(question, [passage_of(text, 9)], [""])
        assert np.isfinite(reading.answers) and len(reading.begin) == len(reading.offsets)
        short = reading.short_answer(Span(9, 9 + len(text)))
        assert short is None or 9 <= short.start < short.end <= 9 + len(text)
    assert reader.read("Why?", [], []) == []


def test_short_answers_of_the_corpus_stand_in_their_extracts(chatbot: Chatbot) -> None:
    lines = (CORPUS / "questions.jsonl").read_text(encoding="utf-8").splitlines()[::12]
    marked = 0
    for line in lines:
        answer: dict[str, Any] = answer_object(chatbot.ask(json.loads(line)["question"]))
        for extract in answer["extracts"]:
            short = extract["short_answer"]
            assert short is None or extract["score"] >= LEAST_FOR_SHORT
            if short is not None:
                marked += 1
                text = chatbot.index().article(extract["article"]["id"]).text
                assert text[short["start"] : short["end"]] == short["text"] != ""
                assert extract["start"] <= short["start"] < short["end"] <= extract["end"]
    assert marked >= len(lines) / 3


def test_off_loads_nothing_and_marks_nothing(chatbot: Chatbot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WEIGHTS", Path("/nowhere"))
    off = Chatbot(chatbot.settings.model_copy(update={"reader": "off"}), chatbot.embedder())
    answer = off.ask("When did the Panama Canal open?")
    assert answer.extracts and all(extract.short_answer is None for extract in answer.extracts)


def test_damaged_weights_are_an_error_that_says_what_to_do(
    chatbot: Chatbot, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for content in (b"", b"not weights", module.WEIGHTS.read_bytes()[:-1000]):
        (tmp_path / "weights").write_bytes(content)
        monkeypatch.setattr(module, "WEIGHTS", tmp_path / "weights")
        with pytest.raises(ReaderError, match="Install Loccit anew, or set reader to 'off'"):
            open_reader(settings, chatbot.embedder())


def test_with_another_embedder_it_brings_the_layers_it_needs(settings: Settings, chatbot: Chatbot) -> None:
    assert isinstance(chatbot.embedder(), DefaultEmbedder)
    own = open_reader(settings, WordEmbedder())
    (reading,) = own.read("When did the canal open?", [passage_of(CANAL)], ["The canal"])
    assert reading.answers > 0


def test_what_is_shipped_is_small() -> None:
    assert module.WEIGHTS.stat().st_size < 30_000_000


def test_many_at_once_get_what_one_at_a_time_gets(chatbot: Chatbot) -> None:
    """Questions of different lengths, in threads, nothing kept: the same bytes but for id and times."""
    lines = (CORPUS / "questions.jsonl").read_text(encoding="utf-8").splitlines()[::30]
    questions = [json.loads(line)["question"] for line in lines]

    def fresh() -> Chatbot:
        settings = chatbot.settings.model_copy(update={"cached_answers": 0})
        return Chatbot(settings, chatbot.embedder(), open_reader(settings, chatbot.embedder()))

    def content(asked: Chatbot, question: str) -> dict[str, Any]:
        answer = answer_object(asked.ask(question))
        return {name: value for name, value in answer.items() if name not in ("id", "timings_ms")}

    one = fresh()
    wanted = [content(one, question) for question in questions]
    together = fresh()
    with ThreadPoolExecutor(6) as threads:
        assert list(threads.map(lambda question: content(together, question), questions * 2)) == wanted * 2


def test_without_its_weights_the_server_says_what_to_do(
    chatbot: Chatbot, serve: Callable[[Chatbot], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "WEIGHTS", Path("/nowhere"))
    url = serve(Chatbot(chatbot.settings, chatbot.embedder()))
    with httpx.Client(base_url=url, timeout=60, trust_env=False) as client:
        for more in ({}, {"stream": True}):
            response = client.post("/v1/answer", json={"question": "When did the canal open?", **more})
            error = response.json()["error"]
            assert response.status_code == 503 and error["code"] == "reader_unavailable"
            assert "`reader` to `off`" in error["message"] and "nowhere" not in response.text
        assert client.post("/v1/search", json={"query": "canal"}).status_code == 200
