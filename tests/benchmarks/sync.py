"""What it costs to keep an index in step: articles of JSONL files written out as Markdown, indexed, indexed again with
nothing changed, then with 1 % changed, and with a tenth moved. Left out: addresses.

    python -m tests.benchmarks.sync DATA --folders docs-fr,docs-en
"""

from __future__ import annotations

import argparse
import json
import random
import re
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from index.build import Summary, build
from index.embedder import open_embedder
from index.settings import IndexSettings
from index.store import open_writer


def write_out(data: Path, folders: list[str], place: Path) -> list[Path]:
    """Each article as a file of its own."""
    files = []
    for name in folders:
        for number, line in enumerate((data / name / "corpus.jsonl").read_text(encoding="utf-8").splitlines()):
            article = json.loads(line)
            stem = re.sub(r"[^\w-]+", "-", str(article["id"]))[:80]
            file = place / name / f"{number:05d}-{stem}.md"
            file.parent.mkdir(parents=True, exist_ok=True)
            fields = {key: article[key] for key in ("title", "date", "url", "source", "author") if article.get(key)}
            front = "".join(f"{key}: {json.dumps(value, ensure_ascii=False)}\n" for key, value in fields.items())
            file.write_text(f"---\n{front}---\n{article['text']}\n", encoding="utf-8")
            files.append(file)
    return files


def change(files: list[Path]) -> None:
    for file in files:
        file.write_text(file.read_text(encoding="utf-8") + "\n\nThis line was added later.\n", encoding="utf-8")


def move(files: list[Path]) -> None:
    for file in files:
        (file.parent / "moved").mkdir(exist_ok=True)
        file.rename(file.parent / "moved" / file.name)


def main() -> None:
    """Prints a row for each run: seconds, its share of the first, and what it did."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--folders", default="docs-fr,docs-en")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        files = write_out(wanted.data, wanted.folders.split(","), Path(place) / "files")
        settings = IndexSettings.model_validate({"store": f"embedded:{place}/index"})
        embedder = open_embedder(settings)
        embedder.embed_questions(["What is made ready before the first run?"])
        chosen = random.Random(1).sample(files, len(files) // 10)
        few = chosen[: len(files) // 100]

        def sync() -> Summary:
            with open_writer(settings, embedder.name, embedder.dimension) as writer:
                return build([Path(place) / "files"], writer, embedder, settings)

        steps: dict[str, Callable[[], None]] = {
            "first": lambda: None,
            "nothing changed": lambda: None,
            "1 % changed": lambda: change(few),
            "10 % moved": lambda: move(chosen),
        }
        first = 0.0
        print(f"{len(files):,} files", flush=True)
        for name, step in steps.items():
            step()
            began = time.perf_counter()
            summary = sync()
            seconds = time.perf_counter() - began
            first = first or seconds
            print(f"{name:16} {seconds:8.2f} s {seconds / first:8.2%}  {summary.line()}", flush=True)


if __name__ == "__main__":
    main()
