"""The risk–coverage curve of a few outcomes, by hand, and its drawing. Left out: asking (`test_evaluate.py`)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from rag.errors import InvalidFolder
from rag.metrics import Outcome
from rag.risk_coverage import area, check_plot, plot, risk_coverage
from tests.test_evaluate import folder
from tests.test_metrics import outcome
from web.cli import app


def scored(*told: tuple[float, bool | None]) -> list[Outcome]:
    return [outcome((), score=score, right=right) for score, right in told]


def test_the_curve_by_hand() -> None:
    outcomes = scored((0.9, True), (0.5, False), (0.9, True), (0.7, True), (0.5, True), (0.2, False), (0.8, None))
    coverage, risk, scores = risk_coverage(outcomes)
    np.testing.assert_allclose(scores, [0.9, 0.7, 0.5, 0.2], rtol=1e-6)
    np.testing.assert_allclose(coverage, [2 / 6, 3 / 6, 5 / 6, 1], rtol=1e-6)
    np.testing.assert_allclose(risk, [0, 0, 1 / 5, 2 / 6], rtol=1e-6)
    assert area(outcomes) == round(2 / 6 * 1 / 5 + 1 / 6 * 2 / 6, 4)


def test_nothing_judged_is_no_curve(tmp_path: Path) -> None:
    assert area(scored((0.5, None))) is None and not len(risk_coverage([])[0])
    with pytest.raises(InvalidFolder, match="nothing to draw"):
        plot(scored((0.5, None)), 0.1, tmp_path / "curve.png")


@pytest.mark.parametrize("threshold", [0.1, 0.6, 1.0])
def test_it_is_drawn(tmp_path: Path, threshold: float) -> None:
    plot(scored((0.9, True), (0.5, False)), threshold, tmp_path / "curve.png")
    assert (tmp_path / "curve.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("name", ["curve.exe", "curve", "absent/curve.png"])
def test_places_that_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidFolder, match="no place to draw"):
        check_plot(tmp_path / name)


def test_by_the_command(tmp_path: Path) -> None:
    """The real models, and another file of questions."""
    folder(tmp_path)
    (tmp_path / "questions.jsonl").rename(tmp_path / "others.jsonl")
    picture = tmp_path / "curve.svg"
    run = CliRunner().invoke(app, ["eval", str(tmp_path), "--questions", "others.jsonl", "--plot", str(picture)])
    assert run.exit_code == 0, run.output
    assert "<svg" in picture.read_text(encoding="utf-8")
    wrong = CliRunner().invoke(app, ["eval", str(tmp_path), "--questions", "others.jsonl", "--plot", "curve.exe"])
    assert wrong.exit_code == 2
