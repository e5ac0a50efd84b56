"""Questions asked → the risk–coverage curve: what share of the answers would be wrong if only the surest of them were
given. Left out: the other metrics (`metrics.py`).

Source: El-Yaniv and Wiener, "On the Foundations of Noise-free Selective Classification", JMLR 2010.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import numpy as np

from index.types import Scores
from rag.errors import InvalidFolder
from rag.metrics import Outcome

SUFFIXES: Final = (".png", ".svg", ".pdf")


def risk_coverage(outcomes: Sequence[Outcome]) -> tuple[Scores, Scores, Scores]:
    """Coverage, risk and score, each float32 (n,), n the number of different scores: answering only what scores at
    least `score` answers the share `coverage` of all questions, and the share `risk` of these answers is wrong.
    An answer to a question that the articles do not answer is wrong. Questions without gold answers are left out."""
    judged = sorted((-o.answer.score, o.right is not True) for o in outcomes if o.right is not None)
    scores = np.array([-score for score, _ in judged], np.float32)
    wrong = np.cumsum([is_wrong for _, is_wrong in judged])
    given = np.arange(1, len(judged) + 1)
    # Of equal scores all are given or none.
    last = np.append(scores[1:] != scores[:-1], True) if len(judged) else np.zeros(0, bool)
    coverage, risk = given[last] / max(1, len(judged)), wrong[last] / given[last]
    return coverage.astype(np.float32), risk.astype(np.float32), scores[last]


def area(outcomes: Sequence[Outcome]) -> float | None:
    """Mean risk over all coverages, each answer a step, four decimals; None without judged questions. 0 is
    never wrong; the share of wrong answers among all is what scores that say nothing give."""
    coverage, risk, _ = risk_coverage(outcomes)
    return round(float((risk * np.diff(coverage, prepend=0)).sum()), 4) if len(risk) else None


def check_plot(file: Path) -> None:
    """Raises InvalidFolder if nothing can be drawn to this file."""
    if find_spec("matplotlib") is None:
        raise InvalidFolder("Drawing needs matplotlib. Install it with `pip install 'loccit[plot]'`.")
    if file.suffix not in SUFFIXES or not file.parent.is_dir():
        raise InvalidFolder(
            f"{file} is no place to draw to: give a file {', '.join(SUFFIXES)} in a folder that exists."
        )


def plot(outcomes: Sequence[Outcome], threshold: float, file: Path) -> None:
    """Draw the curve, with the point of the threshold that is set. Raises InvalidFolder if no question can be
    judged; see also `check_plot`."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    coverage, risk, scores = risk_coverage(outcomes)
    if not len(scores):
        raise InvalidFolder("No question has gold answers, or is marked as having none: there is nothing to draw.")
    figure, axes = pyplot.subplots(figsize=(7, 4))
    axes.step(coverage, risk, where="post", label=f"mean risk {area(outcomes)}")
    given = np.flatnonzero(scores >= threshold)
    if len(given):
        place = given[-1]
        axes.plot(coverage[place], risk[place], "o", label=f"threshold {threshold}: {coverage[place]:.2f} answered")
    axes.set(
        xlabel="share of questions answered",
        ylabel="share of these answers that are wrong",
        xlim=(0, 1),
        ylim=(0, None),
    )
    axes.legend(loc="upper left")
    figure.tight_layout()
    figure.savefig(file)
    pyplot.close(figure)
