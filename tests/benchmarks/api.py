"""Every operation of the OpenAPI description, called with what the description allows and with what it does not, by
schemathesis: no status of 500, nothing undescribed, nothing refused that is allowed. Left out: what answers say.

    python -m tests.benchmarks.api [--examples 15]

The server runs over a copy of corpus/, with a key that may write. Ends with schemathesis' own code.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # as `web.cli.main` does, before torch is loaded

from index.build import build
from index.embedder import open_embedder
from index.store import open_writer
from rag.chatbot import Chatbot
from tests.conftest import CORPUS, Server
from web.app import create_app
from web.keys import KeyStore
from web.settings import Settings


def call_everything(url: str, token: str, examples: int) -> int:
    """Schemathesis' exit code; what it finds is printed."""
    command = [
        str(Path(sys.executable).with_name("schemathesis")), "run", f"{url}/openapi.json",
        "--header", f"Authorization: Bearer {token}", "--max-examples", str(examples),
        "--phases", "examples,coverage,fuzzing,stateful", "--generation-database", "none", "--seed", "1",
    ]  # fmt: skip
    hooks = {**os.environ, "SCHEMATHESIS_HOOKS": "tests.benchmarks.api_hooks"}
    return subprocess.run(command, check=False, env=hooks).returncode


def main() -> None:
    parser = argparse.ArgumentParser(description="Call every operation of the OpenAPI description.")
    parser.add_argument("--examples", type=int, default=15, help="cases made for each operation, at most")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings.model_validate(
            {"store": f"embedded:{folder}/index", "data": folder, "address_requests_per_minute": 0,
             "key_requests_per_minute": 0}
        )  # fmt: skip
        embedder = open_embedder(settings)
        with open_writer(settings, embedder.name, embedder.dimension) as writer:
            build([CORPUS], writer, embedder, settings)
        _, token = KeyStore(settings.data).create("schemathesis", "write")
        server = Server(create_app(Chatbot(settings, embedder), settings))
        code = call_everything(server.url, token, given.examples)
        server.stop()
    sys.exit(code)


if __name__ == "__main__":
    main()
