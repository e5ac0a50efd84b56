"""`loccit mcp`: MCP over standard input and output, a real process with the real model, started by the official
client. Left out: what tools give in each case (`test_mcp.py`)."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from mcp import Client, StdioServerParameters
from mcp_types.version import HANDSHAKE_PROTOCOL_VERSIONS, LATEST_PROTOCOL_VERSION

from tests.test_mcp import HANDSHAKE, check_extracts, given, with_client
from web.settings import Settings

ROOT = Path(__file__).parent.parent
COMMAND = [sys.executable, "-c", "from web.cli import main; main()", "mcp"]
ENVIRONMENT = {key: value for key, value in os.environ.items() if not key.startswith("LOCCIT_")} | {
    "PYTHONPATH": str(ROOT)}  # fmt: skip


def program(**settings: str) -> StdioServerParameters:
    """How a client is told to start `loccit mcp` with these settings."""
    given_settings = {f"LOCCIT_{name.upper()}": value for name, value in settings.items()}
    return StdioServerParameters(
        command=COMMAND[0], args=COMMAND[1:], env={"PYTHONPATH": str(ROOT)} | given_settings, cwd=ROOT
    )


@pytest.mark.usefixtures("chatbot")
def test_the_configurations_of_the_readme(settings: Settings) -> None:
    found = re.findall(r"^ {4}(\{\"mcpServers\".*)$", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    started, called = (json.loads(text)["mcpServers"]["loccit"] for text in found)
    assert called["url"] == f"{Settings.model_validate({}).server_url()}/mcp" and started["command"].endswith("/loccit")
    arguments = [settings.store if argument.startswith("embedded:") else argument for argument in started["args"]]

    async def work(client: Client) -> int:
        return len((await client.list_resources()).resources)

    parameters = program()
    parameters.args = [*COMMAND[1:-1], *arguments]
    assert with_client(parameters, work) > 0


@pytest.mark.usefixtures("chatbot")
@pytest.mark.parametrize("version", ["2025-06-18", "2025-11-25", LATEST_PROTOCOL_VERSION])
def test_a_client_that_starts_the_command(settings: Settings, version: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mcp.client.session.LATEST_HANDSHAKE_VERSION", version)

    async def work(client: Client) -> None:
        assert client.protocol_version == version
        assert [tool.name for tool in (await client.list_tools()).tools] == ["ask", "search", "fetch"]
        answer = given(await client.call_tool("ask", {"question": "When did the Panama Canal open?"}))
        assert answer["status"] == "answered"
        await check_extracts(client, answer)
        found = given(await client.call_tool("search", {"query": "Panama Canal", "limit": 2}))["results"]
        assert len(found) == 2
        for one in found:
            assert given(await client.call_tool("fetch", {"id": one["id"]}))["url"] == one["url"]
            assert one["url"].startswith("http")
        (template,) = (await client.list_resource_templates()).resource_templates
        listed = (await client.list_resources()).resources
        (contents,) = (await client.read_resource(listed[0].uri)).contents
        assert contents.model_dump()["text"] and listed[0].uri.startswith(template.uri_template.removesuffix("{id}"))

    mode = "legacy" if version in HANDSHAKE_PROTOCOL_VERSIONS else "auto"
    with_client(program(store=settings.store, data=str(settings.data), reader="off"), work, mode)


@pytest.mark.usefixtures("chatbot")
@pytest.mark.parametrize(
    ("more", "base"),
    [({"port": "8123"}, "http://127.0.0.1:8123"), ({"public_url": "https://x.example/"}, "https://x.example")],
)
def test_articles_without_an_address_get_that_of_the_server(
    settings: Settings, more: dict[str, str], base: str
) -> None:
    async def work(client: Client) -> str:
        return str(given(await client.call_tool("fetch", {"id": "canal-du-midi"}))["url"])

    found = with_client(program(store=settings.store, data=str(settings.data), **more), work)
    assert found == f"{base}/articles/canal-du-midi"


def test_nothing_but_the_protocol_comes_to_standard_output(tmp_path: Path) -> None:
    """Also when there is no index, when a line is no message, and when the client just leaves."""
    call = {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": {
        "name": "ask", "arguments": {"question": "Why so?"}}}  # fmt: skip
    ready = {"jsonrpc": "2.0", "method": "notifications/initialized"}
    lines = [json.dumps(HANDSHAKE), json.dumps(ready), "this is no message", json.dumps(call)]
    environment = ENVIRONMENT | {"LOCCIT_STORE": f"embedded:{tmp_path}/nothing"}
    with subprocess.Popen(
        COMMAND, cwd=tmp_path, env=environment, stdin=-1, stdout=-1, stderr=-1, encoding="utf-8"
    ) as process:
        assert process.stdin and process.stdout and process.stderr
        process.stdin.write("\n".join(lines) + "\n")
        process.stdin.flush()
        told = {}
        while 2 not in told:
            message = json.loads(process.stdout.readline())
            assert message["jsonrpc"] == "2.0"
            told[message.get("id")] = message
        process.stdin.close()
        assert process.stdout.read() == "" and process.wait(60) == 0
        assert "Traceback" not in process.stderr.read()
    assert told[1]["result"]["protocolVersion"] == "2025-06-18"
    assert told[2]["result"]["isError"] is True
    assert told[2]["result"]["content"][0]["text"].startswith("There is no index yet.")
    assert str(tmp_path) not in json.dumps(told)


@pytest.mark.parametrize("seconds", [0.0, 2.0, 2.5, 3.0])
def test_a_client_that_leaves_while_the_model_is_loaded(tmp_path: Path, seconds: float) -> None:
    with subprocess.Popen(COMMAND, cwd=tmp_path, env=ENVIRONMENT, stdin=-1, stdout=-1, stderr=-1) as process:
        assert process.stdin
        time.sleep(seconds)
        out, _ = process.communicate(timeout=60)
        assert process.returncode == 0 and out == b""


def test_a_wrong_setting_is_told_before_the_protocol_begins(tmp_path: Path) -> None:
    environment = {"PATH": "", "HOME": str(tmp_path), "PYTHONPATH": str(ROOT), "LOCCIT_PUBLIC_URL": "nowhere"}
    run = subprocess.run(COMMAND, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60)
    assert run.returncode == 2 and run.stdout == "" and "public_url" in run.stderr
