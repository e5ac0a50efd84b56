"""Settings: command line beats environment beats file; what is unknown or wrong is named with its
source. Left out: the options of each command (`test_cli.py`)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from index.errors import SettingsError, StoreError
from index.settings import IndexSettings
from index.store import open_store
from rag.settings import RagSettings
from web.settings import Settings, load_settings


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def write(text: str) -> None:
    Path("loccit.toml").write_text(text, encoding="utf-8")


def set_environment(monkeypatch: pytest.MonkeyPatch, values: Mapping[str, str]) -> None:
    for name, value in values.items():
        monkeypatch.setenv(name, value)


def test_defaults() -> None:
    settings = load_settings({})
    assert settings == Settings.model_validate({})
    assert (settings.store, settings.embedder, settings.limit) == ("embedded:", "multilingual-e5-small", 3)
    assert settings.data.is_absolute() and settings.cache.is_absolute()


@pytest.mark.parametrize(
    ("given", "environment", "file", "limit"),
    [
        ({}, {}, "", 3),
        ({}, {}, "limit = 4", 4),
        ({}, {"LOCCIT_LIMIT": "5"}, "limit = 4", 5),
        ({"limit": 6}, {"LOCCIT_LIMIT": "5"}, "limit = 4", 6),
        ({"limit": None}, {"LOCCIT_LIMIT": "5"}, "limit = 4", 5),
        ({"limit": None}, {"LOCCIT_LIMIT": ""}, "limit = 4", 4),
        ({}, {"loccit_limit": "5", "OTHER_LIMIT": "7"}, "", 3),
    ],
)
def test_precedence(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, Any], environment: dict[str, str], file: str, limit: int
) -> None:
    set_environment(monkeypatch, environment)
    write(file)
    assert load_settings(given).limit == limit


def test_each_layer_fills_what_the_others_leave(monkeypatch: pytest.MonkeyPatch) -> None:
    write('port = 9000\nhost = "0.0.0.0"\nlimit = 2')
    set_environment(monkeypatch, {"LOCCIT_PORT": "9001", "LOCCIT_STORE": "embedded:/x"})
    settings = load_settings({"limit": 7})
    assert (settings.port, settings.host, settings.store, settings.limit) == (9001, "0.0.0.0", "embedded:/x", 7)


@pytest.mark.parametrize(("text", "value"), [("1", True), ("true", True), ("0", False), ("no", False)])
def test_words_for_yes_and_no(monkeypatch: pytest.MonkeyPatch, text: str, value: bool) -> None:
    set_environment(monkeypatch, {"LOCCIT_JSON": text, "LOCCIT_DRY_RUN": text})
    assert (load_settings({}).json_output, load_settings({}).dry_run) == (value, value)


WRONG = [("limit", "eleven"), ("limit", "0"), ("limit", "11"), ("port", "70000"), ("answer_threshold", "1.5"),
         ("meaning_weight", "-1"), ("passage_tokens", "5"), ("keep_generations", "0"), ("colour", "red"),
         ("json_output", "1")]  # fmt: skip


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_wrong_settings_name_their_source(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    write(f'{name} = "{value}"')
    with pytest.raises(SettingsError, match=rf"'{name}' from the file loccit\.toml"):
        load_settings({})
    set_environment(monkeypatch, {f"LOCCIT_{name.upper()}": value})
    with pytest.raises(SettingsError, match=f"'{name}' from the environment"):
        load_settings({})
    with pytest.raises(SettingsError, match=f"'{name}' from the command line"):
        load_settings({name: value})


def test_an_unknown_setting_lists_the_known_ones() -> None:
    with pytest.raises(SettingsError, match=r"not known; known are: .*json.*limit.*store"):
        load_settings({"colour": "red"})


@pytest.mark.parametrize(
    "raw", [b"limit =", b"limit = 3\nlimit = 4", b"\xff\xfe", b"[table]\nlimit = 3", b"caf\xe9 = 1"]
)
def test_a_bad_file_is_named(raw: bytes) -> None:
    Path("loccit.toml").write_bytes(raw)
    with pytest.raises(SettingsError, match=r"loccit\.toml"):
        load_settings({})


def test_a_folder_in_the_place_of_the_file() -> None:
    Path("loccit.toml").mkdir()
    with pytest.raises(SettingsError, match=r"loccit\.toml"):
        load_settings({})


def test_settings_cannot_be_changed_and_refuse_unknown_names() -> None:
    for model in (IndexSettings, RagSettings, Settings):
        with pytest.raises(ValidationError):
            model.model_validate({"colour": "red"})
        with pytest.raises(ValidationError):
            model.model_validate({}).store = "x"


def test_folders_in_the_home_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    settings = load_settings({"cache": "~/c", "data": "~/d"})
    assert (settings.cache, settings.data) == (tmp_path / "c", tmp_path / "d")
    with pytest.raises(SettingsError, match="'data' from the command line: it begins with '~'"):
        load_settings({"data": "~nosuch/d"})
    with pytest.raises(StoreError, match="begins with '~'"):
        open_store(load_settings({"store": "embedded:~nosuch/d"}))


def test_every_setting_is_described() -> None:
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ({}, "http://127.0.0.1:8000"),
        ({"host": "0.0.0.0", "port": 9}, "http://127.0.0.1:9"),
        ({"host": "::1"}, "http://[::1]:8000"),
        ({"public_url": "https://loccit.example/"}, "https://loccit.example"),
        ({"public_url": "https://x.example:8443/loccit"}, "https://x.example:8443/loccit"),
    ],
)
def test_the_address_of_the_server(given: dict[str, Any], url: str) -> None:
    assert Settings.model_validate(given).server_url() == url


@pytest.mark.parametrize("wrong", ["x", "ftp://x", "https://", "https://x?y", "https://x y", "javascript:alert(1)"])
def test_what_is_no_address_of_a_server_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="no address of a server"):
        Settings.model_validate({"public_url": wrong})
