"""A trained reader → figures on questions on titles held back: whether it finds the words and the sentence in a
passage that answers, and tells such passages from others. Left out: retrieval and the whole chain,
which `loccit eval` measures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import torch
from sklearn.metrics import roc_auc_score

from rag.reader_network import JointLayers
from rag.reading import best_span
from rag.training.batches import Batch, Pair, Tokens
from rag.training.examples import Example

MOST: Final = 300
"""Questions measured of each folder."""


def measure(network: JointLayers, tokens: Tokens, examples: Sequence[Example], held: Sequence[int]) -> dict[str, Any]:
    """For each folder: `token_f1` of the span and `sentence` (share of gold sentences found) on
    passages that answer, and `auroc` of the logit of there being an answer, those against others."""
    figures: dict[str, Any] = {}
    for folder in dict.fromkeys(examples[i].folder for i in held):
        chosen = [i for i in held if examples[i].folder == folder]
        chosen = chosen[:: max(1, len(chosen) // MOST)]
        right = [_pair(i, place, spans) for i in chosen for place, spans in list(examples[i].answers.items())[:1]]
        misses = [Pair(i, examples[i].negatives[0], ()) for i in chosen if examples[i].negatives]
        far = [pair for pair in misses if examples[pair.question].answers]
        near = [pair for pair in misses if not examples[pair.question].answers]
        f1, sentence, good = _read(network, tokens, right)
        *_, far_logits = _read(network, tokens, far)
        *_, near_logits = _read(network, tokens, near)
        figures[folder] = {
            "questions": len(chosen),
            "token_f1": round(float(np.mean(f1)), 3),
            "sentence": round(float(np.mean(sentence)), 3),
            "auroc": _auroc(good, far_logits + near_logits),
        }
        if near:
            figures[folder]["auroc_near_misses"] = _auroc(good, near_logits)
    return figures


def _pair(question: int, passage: int, spans: Sequence[Any]) -> Pair:
    return Pair(question, passage, tuple((span.start, span.end) for span in spans))


def _auroc(good: Sequence[float], bad: Sequence[float]) -> float | None:
    if not good or not bad:
        return None
    return round(float(roc_auc_score([1] * len(good) + [0] * len(bad), [*good, *bad])), 3)


def _read(network: JointLayers, tokens: Tokens, pairs: Sequence[Pair]) -> tuple[list[float], list[float], list[float]]:
    f1: list[float] = []
    sentence: list[float] = []
    logits: list[float] = []
    order = sorted(pairs, key=tokens.length)
    for at in range(0, len(order), 16):
        batch = tokens.batch(order[at : at + 16])
        with torch.inference_mode(), torch.autocast("cpu", dtype=torch.bfloat16):
            ends, answers = network(batch.states, batch.segments, batch.mask)
        logits += answers.float().tolist()
        for row, pair in enumerate(order[at : at + 16]):
            if pair.spans and not batch.starts[row, 0]:
                hit = _row(ends[row].float(), batch, row)
                f1.append(hit[0])
                sentence.append(hit[1])
    return f1, sentence, logits


def _row(ends: Any, batch: Batch, row: int) -> tuple[float, float]:
    own = batch.allowed[row].nonzero()[1:, 0].numpy()  # the first stands for no answer
    _, *ends_of_it = best_span(ends[own, 0].numpy(), ends[own, 1].numpy())
    first, last = own[ends_of_it].tolist()
    best = 0.0
    for start in batch.starts[row].nonzero()[:, 0].tolist():
        stops = [stop for stop in batch.ends[row].nonzero()[:, 0].tolist() if stop >= start]
        if stops:
            gold, said = Counter(range(start, stops[0] + 1)), Counter(range(first, last + 1))
            best = max(best, 2 * sum((gold & said).values()) / (sum(gold.values()) + sum(said.values())))
    return best, float(batch.inside[row, first])
