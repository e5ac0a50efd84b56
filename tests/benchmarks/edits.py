"""Many random scripts of edits to a folder: after each, the index equals one built afresh. Left out: timing.

python -m tests.benchmarks.edits --scripts 10000
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from rich.progress import Progress

from tests.test_edits import SCRIPT, play


def main() -> None:
    """Stops at the first script after which they differ, and prints the shortest like it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scripts", type=int, default=10_000)
    parser.add_argument("--folder", type=Path, help="a place to write to; memory, such as /dev/shm, is quicker")
    wanted = parser.parse_args()
    with Progress() as progress:
        bar = progress.add_task("Scripts", total=wanted.scripts)

        @hypothesis_settings(
            deadline=None, max_examples=wanted.scripts, database=None, suppress_health_check=list(HealthCheck)
        )
        @given(SCRIPT)
        def play_all(script: list[object]) -> None:
            with tempfile.TemporaryDirectory(dir=wanted.folder) as place:
                play(Path(place), script)  # type: ignore[arg-type]
            progress.advance(bar)

        play_all()
    print(f"{wanted.scripts:,} scripts, each ended in the index built afresh")


if __name__ == "__main__":
    main()
