"""Training the reader: answers are found again as tokens, titles held back stay held back, and the
command trains, writes and measures. Left out: how good it gets, which the command itself reports."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from index.models import e5_small
from index.models.default_embedder import DefaultEmbedder
from index.types import Span
from rag import reader
from rag.chatbot import Chatbot
from rag.reader import digest_of, open_reader
from rag.reading import ReadPassage
from rag.training.batches import Batch, Pair, Tokens, draw
from rag.training.examples import FOLDERS, Example, held_back
from web.settings import Settings

ROOT = Path(__file__).parent.parent
PARAGRAPHS = (
    "The canal opened in 1914, after ten years of work. It is 77 kilometres long, and 40,000 men dug it.",
    "Le canal a été élargi en 2016. L'élargissement a coûté 5,25 milliards de dollars, dit-on ; « c'est peu ».",
    "Its locks lift ships 26 metres. 😀 Each lock is 33.5 metres wide and holds 101,000 cubic metres of water.",
)
ASKED = (
    ("When did the canal open?", 0, "1914"),
    ("How long is the canal?", 0, "77 kilometres"),
    ("Combien a coûté l'élargissement ?", 1, "5,25 milliards de dollars"),
    ("How wide is a lock?", 2, "33.5 metres"),
)


def tokens_of(chatbot: Chatbot, passages: list[ReadPassage], questions: list[str]) -> Tokens:
    embedder = chatbot.embedder()
    assert isinstance(embedder, DefaultEmbedder)
    return Tokens(questions, passages, embedder.encoder, lambda done, total: None)


def marked(batch: Batch, row: int, tokens: Tokens, pair: Pair) -> str:
    """The text from the token marked as start to the one marked as end."""
    first = len(tokens.question_states[pair.question])
    offsets, text = tokens.offsets[pair.passage], tokens.passages[pair.passage].text
    (start,), (end,) = batch.starts[row].nonzero().tolist()[0], batch.ends[row].nonzero().tolist()[0]
    return text[offsets[start - first, 0] : offsets[end - first, 1]].strip()


def test_answers_become_the_tokens_that_hold_them(chatbot: Chatbot) -> None:
    title = "The canal\n"
    passages = [
        ReadPassage(title + text, len(title), (Span(len(title), len(title) + len(text)),)) for text in PARAGRAPHS
    ]
    tokens = tokens_of(chatbot, passages, [question for question, *_ in ASKED])
    pairs = []
    for number, (_, place, answer) in enumerate(ASKED):
        start = passages[place].text.index(answer)
        pairs.append(Pair(number, place, ((start, start + len(answer)),)))
    pairs.append(Pair(0, 1, ()))
    batch = tokens.batch(pairs)
    for row, (_, _, answer) in enumerate(ASKED):
        assert marked(batch, row, tokens, pairs[row]) == answer
        assert not batch.starts[row, 0] and batch.allowed[row, 0]
    assert batch.answers.tolist() == [True, True, True, True, False]
    assert batch.starts[4].nonzero().tolist() == [[0]] == batch.ends[4].nonzero().tolist()
    # Nothing of the question or of the title may be chosen, nor of the padding.
    for row, pair in enumerate(pairs):
        first = len(tokens.question_states[pair.question])
        inside = batch.allowed[row].nonzero()[:, 0].tolist()[1:]
        assert all(tokens.offsets[pair.passage][place - first, 1] > len(title) for place in inside)
        assert max(inside) < tokens.length(pair) and not (batch.starts[row] & ~batch.allowed[row]).any()


def test_what_stands_beyond_the_window_is_no_answer(chatbot: Chatbot) -> None:
    text = "word " * 600 + "1914"
    tokens = tokens_of(chatbot, [ReadPassage(text, 0, (Span(0, len(text)),))], ["When?"])
    batch = tokens.batch([Pair(0, 0, ((len(text) - 4, len(text)),))])
    assert batch.answers.tolist() == [False] and batch.starts[0, 0]


def example(folder: str, title: str, same: str = "q", answers: dict[int, list[Span]] | None = None) -> Example:
    return Example(folder, "?", "en", title, same, answers or {}, [7])


def test_a_title_is_held_back_in_all_folders_or_in_none() -> None:
    shared = frozenset({"force", "warsaw"})
    for title in ("force", "warsaw", "apollo", "teacher", *map(str, range(50))):
        outcomes = {held_back(folder, title, shared) for folder in FOLDERS if folder.startswith("xquad")}
        assert len(outcomes) == 1
        if title in shared:
            assert outcomes == {held_back("squad2-dev-half", title, shared)}
        else:
            assert outcomes == {True}
    kept = [held_back("piaf-wiki", f"piaf:{number}", shared) for number in range(500)]
    assert 0.1 < sum(kept) / len(kept) < 0.3


def test_translations_lend_each_other_their_passages() -> None:
    """Never an answer of one passage as the place in another."""
    examples = [example("xquad-en", "a", "q", {1: [Span(0, 1)]}), example("xquad-de", "a", "q", {2: [Span(5, 9)]})]
    pairs = [pair for epoch in range(20) for pair in draw(examples, epoch, 1)]
    seen = {(pair.question, pair.passage, pair.spans) for pair in pairs if pair.spans}
    assert seen == {(asked, place, spans) for asked in (0, 1) for place, spans in ((1, ((0, 1),)), (2, ((5, 9),)))}
    assert {pair.passage for pair in pairs if not pair.spans} == {7}
    assert draw(examples, 3, 1) == draw(examples, 3, 1)


def write_folder(folder: Path, titles: list[str]) -> None:
    folder.mkdir(parents=True)
    articles, questions = [], []
    for title in titles:
        articles.append({"id": title, "title": title, "text": "\n\n".join(PARAGRAPHS), "lang": "en"})
        for number, (question, place, answer) in enumerate(ASKED):
            about: dict[str, Any] = {"article_ids": [title], "answers": [answer]}
            if folder.name == "squad2-dev-half" and number == 3:
                about = {"article_ids": [], "answers": [], "asked_about_article_id": title}
            questions.append(
                {"id": f"{title}-{number}", "question": question, "lang": "en", "paragraph_index": place, **about}
            )
    for name, lines in (("corpus", articles), ("questions", questions)):
        text = "\n".join(json.dumps(line, ensure_ascii=False) for line in lines)
        (folder / f"{name}.jsonl").write_text(text, encoding="utf-8")


def test_the_command_trains_writes_and_measures(
    tmp_path: Path, chatbot: Chatbot, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in FOLDERS:
        write_folder(tmp_path / "data" / name, [f"title {number}" for number in range(8 if name[0] != "x" else 2)])
    out = tmp_path / "reader.safetensors"
    command = [sys.executable, "-m", "rag.training.train", str(tmp_path / "data"), "--epochs", "1"]
    command += ["--work", str(tmp_path / "work"), "--out", str(out)]
    run = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert run.returncode == 0, run.stderr
    report = json.loads(run.stdout[run.stdout.index("{") :])
    assert report["trained_on"] > 0 and {"piaf-wiki", "squad2-dev-half"} <= set(report["held_back"]) <= set(FOLDERS)
    assert all(0 <= figures["token_f1"] <= 1 for figures in report["held_back"].values())
    assert out.stat().st_size < 30_000_000
    monkeypatch.setattr(reader, "WEIGHTS", out)
    made = open_reader(settings, chatbot.embedder())
    hit = chatbot.search("Canal de Panama")[0][0]
    (reading,) = made.read("Quand le canal a-t-il été ouvert ?", [hit.passage], [""])
    assert torch.isfinite(torch.tensor([reading.answers, *reading.begin.tolist()])).all()
    for converted in e5_small.compiled_folder(settings.cache).glob(f"reader-{digest_of(out)}*"):
        converted.unlink()
