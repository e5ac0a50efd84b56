"""The command line as people use it: a real process, a real store, the real model where an answer
is asked for."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rag.chatbot import Chatbot
from web.settings import Settings

ROOT = Path(__file__).parent.parent


def loccit(*arguments: str, folder: Path, given: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command in `folder`."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("LOCCIT_")}
    return subprocess.run(
        [sys.executable, "-c", "from web.cli import main; main()", *arguments],
        cwd=folder, env={**inherited, "PYTHONPATH": str(ROOT), "COLUMNS": "200", **environment},
        input=given, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip


@pytest.fixture
def store(settings: Settings, chatbot: Chatbot) -> str:
    """Address of the session's index of the corpus (the fixture `chatbot` has built it)."""
    assert chatbot.index().info.articles
    return settings.store


def test_ask_as_json_gives_the_answer_object_and_verify_accepts_it(store: str, tmp_path: Path) -> None:
    asked = loccit(
        "ask", "Qui dirigeait la réunion du 10 avril 2025 à l'OTAN ?", "--json", "--store", store, folder=tmp_path
    )
    assert asked.returncode == 0, asked.stderr
    answer = json.loads(asked.stdout)
    assert answer["object"] == "answer" and answer["status"] == "answered" and answer["language"] == "fr"
    verified = loccit("verify", "-", folder=tmp_path, given=asked.stdout, LOCCIT_STORE=store)
    assert (verified.returncode, verified.stdout.split()[1]) == (0, "valid")
    answer["extracts"][0]["text"] = "Words that stand nowhere."
    (tmp_path / "answer.json").write_text(json.dumps(answer), encoding="utf-8")
    refused = loccit("verify", "answer.json", "--store", store, folder=tmp_path)
    assert (refused.returncode, refused.stdout.split()[1]) == (1, "changed")


def test_ask_for_people_names_the_source(store: str, tmp_path: Path) -> None:
    asked = loccit("ask", "Who invented the World Wide Web?", "--store", store, folder=tmp_path)
    assert asked.returncode == 0, asked.stderr
    assert asked.stdout.startswith("[1] ") and "confidence" in asked.stdout
    assert "In short: " in asked.stdout and "Berners-Lee" in asked.stdout


def test_search_shows_scores_apart(store: str, tmp_path: Path) -> None:
    found = loccit("search", "Panama Canal locks", "--json", "--limit", "2", "--store", store, folder=tmp_path)
    results = json.loads(found.stdout)["results"]
    assert len(results) == 2 and {"score", "meaning", "words"} <= set(results[0])
    assert results[0]["article"]["id"] == "panama-canal"


def test_index_again_changes_nothing_and_stats_count(store: str, tmp_path: Path) -> None:
    again = loccit("index", str(ROOT / "corpus"), "--store", store, folder=tmp_path)
    assert again.returncode == 0, again.stderr
    assert again.stdout.splitlines()[-1].startswith("added 0, updated 0, unchanged 44, removed 0, failed 0")
    stats = json.loads(loccit("stats", "--json", "--store", store, folder=tmp_path).stdout)
    assert stats["articles"] == 44 and set(stats["languages"]) == {"fr", "en"}


def test_dry_run_prints_the_plan_and_makes_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("Some words of an article.", encoding="utf-8")
    planned = loccit("index", "a.md", "--dry-run", "--store", f"embedded:{tmp_path}/index", folder=tmp_path)
    assert planned.stdout.splitlines()[0].split(maxsplit=2) == ["add", "a", "(it is new)"]
    assert planned.stdout.splitlines()[-1].startswith("plan: added 1, ") and not (tmp_path / "index").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["ask", ""], 2, "The question is empty"),
        (["ask", "Where?"], 1, "There is no index yet. Make one with `loccit index PATH`"),
        (["ask", "Where?", "--store", "embedded:nowhere/else"], 1, "looked for in nowhere/else."),
        (["stats"], 1, "There is no index yet"),
        (["index", "nowhere"], 1, "there is no such file or folder"),
        (["ask", "Where?", "--since", "yesterday"], 2, "write a date as YYYY-MM-DD"),
        (["ask", "Where?", "--language", "klingon"], 2, "The language 'klingon' is not known"),
        (["ask", "Where?", "--limit", "11"], 2, "limit"),
        (["ask", "Where?", "--store", "mongodb:x"], 1, "The store 'mongodb:' is not known"),
        (["verify", "nowhere.json"], 2, "nowhere.json could not be read"),
        (["eval", "."], 2, "has no questions.jsonl"),
    ],
)
def test_bad_input_gets_a_sentence_and_an_exit_code(
    arguments: list[str], code: int, sentence: str, tmp_path: Path
) -> None:
    done = loccit(*arguments, folder=tmp_path, LOCCIT_DATA=str(tmp_path / "data"))
    assert done.returncode == code, done.stderr
    assert sentence in done.stderr and "Traceback" not in done.stderr


def test_bad_questions_are_refused(store: str, tmp_path: Path) -> None:
    for question, sentence in (("   ", "The question is empty"), ("x" * 100_000, "100,000 characters")):
        done = loccit("ask", question, "--store", store, folder=tmp_path)
        assert done.returncode == 2 and sentence in done.stderr and "Traceback" not in done.stderr


def test_an_unreadable_article_is_named_and_the_others_are_indexed(tmp_path: Path) -> None:
    (tmp_path / "good.md").write_text(
        "The lighthouse of Cordouan stands at the mouth of the Gironde.", encoding="utf-8"
    )
    (tmp_path / "empty.md").write_text("", encoding="utf-8")
    (tmp_path / "binary.txt").write_bytes(b"\0\1\2")
    store = f"embedded:{tmp_path}/index"
    done = loccit("index", ".", "--store", store, folder=tmp_path)
    assert done.returncode == 1
    assert "empty.md: it holds no text" in done.stderr and "binary.txt: it holds NUL bytes" in done.stderr
    assert done.stdout.splitlines()[-1].startswith("added 1, updated 0, unchanged 0, removed 0, failed 2")
    other = loccit("ask", "Where?", "--store", store, folder=tmp_path, LOCCIT_EMBEDDER="some/other-model")
    assert other.returncode == 1 and "The index was made with multilingual-e5-small" in other.stderr


def test_settings_unknown_or_wrong_name_where_they_come_from(tmp_path: Path) -> None:
    unknown = loccit("stats", folder=tmp_path, LOCCIT_COLOUR="red")
    assert unknown.returncode == 2 and "The setting 'colour' from the environment: is not known" in unknown.stderr
    (tmp_path / "loccit.toml").write_text("port = 'high'\n", encoding="utf-8")
    wrong = loccit("stats", folder=tmp_path)
    assert wrong.returncode == 2 and "The setting 'port' from the file loccit.toml" in wrong.stderr


def test_chat_understands_follow_ups(store: str, tmp_path: Path) -> None:
    lines = "Qui a inventé le World Wide Web ?\nOù travaillait-il ?\n?\n\nnever asked\n"
    run = loccit("chat", "--store", store, "--limit", "1", folder=tmp_path, given=lines)
    assert run.returncode == 0, run.stderr
    assert "Compris ainsi : Où Tim Berners-Lee travaillait-il ?" in run.stdout
    assert run.stdout.count("[1]") == 2 and "never" not in run.stdout
    nowhere = loccit("chat", "--store", f"embedded:{tmp_path}/none", folder=tmp_path, given=lines)
    assert nowhere.returncode == 1 and "no index" in nowhere.stderr


def test_what_is_gone_is_removed_when_it_is_meant(tmp_path: Path) -> None:
    folder, store = tmp_path / "files", f"embedded:{tmp_path}/index"
    folder.mkdir()
    for n in range(4):
        (folder / f"{n}.md").write_text(f"The bridge number {n} is long.", encoding="utf-8")
    (folder / "bad.md").write_bytes(b"\0")
    assert loccit("index", "files", "--store", store, folder=tmp_path).returncode == 1
    failed = json.loads(loccit("stats", "--failed", "--json", "--store", store, folder=tmp_path).stdout)
    assert list(failed) == [f"{folder}/bad.md"] and "NUL" in failed[f"{folder}/bad.md"]
    (folder / "bad.md").unlink()
    (folder / "3.md").unlink()
    (tmp_path / "more.md").write_text("The canal is wide.", encoding="utf-8")
    refused = loccit("index", "files", "more.md", "--store", store, folder=tmp_path)
    assert refused.returncode == 1 and "1 of its 4 articles are gone" in refused.stderr
    assert refused.stdout.startswith("added 1, updated 0, unchanged 0, removed 0, failed 1")
    told = loccit("stats", "--failed", "--store", store, folder=tmp_path).stdout
    assert told.count("1 of its 4 articles are gone") == told.count("bad.md") == 1
    planned = loccit("index", "files", "--dry-run", "--store", store, folder=tmp_path)
    assert planned.stdout.splitlines()[0].split(maxsplit=2) == ["remove", "3", "(its source is gone)"]
    assert f"{folder}: 1 of its 4 articles are gone. The run itself asks first, or needs --yes." in planned.stdout
    planned = loccit("index", "files", "--dry-run", "--yes", "--store", store, folder=tmp_path)
    assert "remove " in planned.stdout and "asks first" not in planned.stdout
    done = loccit("index", "files", "--yes", "--store", store, folder=tmp_path)
    assert done.returncode == 0 and done.stdout.startswith("added 0, updated 0, unchanged 3, removed 1, failed 0")
    assert json.loads(loccit("stats", "--failed", "--json", "--store", store, folder=tmp_path).stdout) == {}


def test_what_is_left_out_and_what_is_not_there(tmp_path: Path) -> None:
    folder, store = tmp_path / "files", f"embedded:{tmp_path}/files/index"
    folder.mkdir()
    for name in ("a.md", "a.csv.fields.yaml", "b.png", "c.PNG", "d.exe", "questions.jsonl", ".hidden.png", "e"):
        (folder / name).write_text("The bridge is long.", encoding="utf-8")
    done = loccit("index", "files", "mistyped", "--store", store, folder=tmp_path)
    assert done.returncode == 1 and "mistyped: there is no such file" in done.stderr
    assert "left out 4 files of kinds that are not read (.png 2, no ending 1, .exe 1)" in done.stderr
    assert done.stdout.startswith("added 1,")
    assert "Everything could be read." in loccit("stats", "--failed", "--store", store, folder=tmp_path).stdout


def test_a_generation_is_named_by_its_beginning(tmp_path: Path) -> None:
    store = f"embedded:{tmp_path}/index"
    for text in ("The bridge is long.", "The canal is wide."):
        (tmp_path / "a.md").write_text(text, encoding="utf-8")
        assert loccit("index", "a.md", "--store", store, folder=tmp_path).returncode == 0
    several = loccit("rollback", "0000", "--store", store, folder=tmp_path)
    assert several.returncode == 1 and "Several generations begin with '0000'" in several.stderr
    back = loccit("rollback", "000001", "--store", store, folder=tmp_path)
    assert back.returncode == 0 and "lasts until the next run" in back.stdout
    (line,) = [line for line in back.stdout.splitlines() if line.startswith("000001-")]
    assert line.endswith("current")
    nothing = loccit("rollback", "9", "--store", store, folder=tmp_path)
    assert nothing.returncode == 1 and "'9' is not kept" in nothing.stderr


def test_a_watched_folder_is_kept_in_step(tmp_path: Path) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "a.md").write_text("The bridge is long.", encoding="utf-8")
    command = [sys.executable, "-c", "from web.cli import main; main()", "index", "files", "--watch"]
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("LOCCIT_")}
    environment = {**inherited, "PYTHONPATH": str(ROOT), "LOCCIT_STORE": f"embedded:{folder}/index"}
    with subprocess.Popen(
        command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, bufsize=1,
        # What runs in the background ignores Ctrl-C, and so would all it starts.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    ) as watching:  # fmt: skip
        try:
            assert watching.stdout
            assert watching.stdout.readline().startswith("Watching")
            assert watching.stdout.readline().startswith("added 1,")
            (folder / "b.md").write_text("The canal is wide.", encoding="utf-8")
            assert watching.stdout.readline().startswith("added 1, updated 0, unchanged 1, removed 0")
            (folder / "b.md").rename(folder / "c.md")
            assert watching.stdout.readline().rstrip().endswith("moved 1")
            time.sleep(2)  # the run ends just after it has said so; stopped in it, the command ends with 130
        finally:
            watching.send_signal(signal.SIGINT)
        assert watching.wait(30) == 0 and watching.stdout.read() == "Stopped watching.\n"
