"""What the README says is so: every setting and command is there, the examples run, the links lead
somewhere. Left out: the figures, which `loccit eval` gives."""

from __future__ import annotations

import json
import re
from pathlib import Path

import httpx
import pytest

from index.readers.plain_text import split_front_matter
from web.cli import app
from web.settings import Settings

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_every_setting_is_documented_with_its_default() -> None:
    table = README.partition("## Settings")[2].partition("\n## ")[0]
    rows = dict(re.findall(r"^\| `(\w+)` \| ([^|]*) \|", table, re.MULTILINE))
    fields = {field.alias or name: field for name, field in Settings.model_fields.items()}
    assert rows.keys() == fields.keys()
    for name, field in fields.items():
        if field.default_factory is None:
            assert rows[name].strip("` ") == ("" if field.default is None else str(field.default)), name


def test_every_command_is_documented() -> None:
    names = {
        command.name or (command.callback.__name__ if command.callback else "") for command in app.registered_commands
    }
    names |= {group.name or "" for group in app.registered_groups}
    assert names == set(re.findall(r"^\| `loccit (\w+)", README, re.MULTILINE))


def test_the_request_of_the_readme_is_answered(server_url: str) -> None:
    found = re.search(r"-d '(\{\"question.*\})'", README)
    assert found is not None
    answer = httpx.post(f"{server_url}/v1/answer", json=json.loads(found.group(1)), timeout=60).json()
    assert answer["status"] == "answered"
    assert answer["extracts"][0]["article"]["id"] == "reunion-otan-ukraine-avril-2025"


def test_every_endpoint_of_the_readme_exists(server_url: str) -> None:
    paths = httpx.get(f"{server_url}/openapi.json").json()["paths"]
    named = set(re.findall(r"`(?:GET|POST) (/[^`]*)`", README)) - {"/openapi.json"}
    assert {path.replace("{id}", "{article_id}") for path in named} == set(paths), set(paths) - named


def test_the_follow_up_of_the_readme_is_understood(server_url: str) -> None:
    found = re.search(r'^    (\{"question".*?\n.*\})$', README, re.MULTILINE)
    assert found is not None
    answer = httpx.post(f"{server_url}/v1/answer", json=json.loads(found.group(1)), timeout=60).json()
    assert answer["standalone_question"] == "Où Tim Berners-Lee travaillait-il ?" and "CERN" in answer["text"]


@pytest.mark.parametrize("page", ["README.md", "corpus/README.md"])
def test_links_lead_somewhere(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)]+)\)", text):
        assert target.startswith("https://") or ((ROOT / page).parent / target).exists(), target


def test_the_front_matter_of_the_corpus_readme_is_read() -> None:
    text = (ROOT / "corpus" / "README.md").read_text(encoding="utf-8")
    lines = [line[4:] for line in text.splitlines() if line.startswith("    ")]
    example = "\n".join(lines[lines.index("---") :])
    fields, body = split_front_matter(example)
    assert fields["tags"] == ["energy", "law"] and fields["date"] == "2026-01-31"
    assert body.strip().startswith("The text")
