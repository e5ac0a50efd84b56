"""`python -m rag.training.train DATA`: trains the reader's upper layers, writes them in float16, and
measures them on questions on titles held back. Left out: calibrating the score (`tests/benchmarks/`)."""

from __future__ import annotations

import argparse
import copy
import json
import math
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import torch
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from torch import Tensor

from index.embedder import open_embedder
from index.models import e5_small
from index.models.default_embedder import DefaultEmbedder
from index.models.layers import LOWER_LAYERS, load_bert
from rag.reader import WEIGHTS
from rag.reader_network import JointLayers
from rag.settings import RagSettings
from rag.training.batches import Batch, Tokens, batches, draw
from rag.training.examples import Example, held_back, read_examples, shared_titles
from rag.training.figures import measure

SEED: Final = 20261122
EPOCHS: Final = 2
BATCH: Final = 16
PEAK_RATE: Final = 3e-4
WARM_UP: Final = 0.1
AVERAGE_DECAY: Final = 0.998


def loss_of(network: JointLayers, batch: Batch) -> Tensor:
    """Sum of four: where the answer begins, where it ends, in which sentence it stands (each the
    negative log of the probability on all right places; "no answer" is the first token), and
    whether there is one."""
    with torch.autocast("cpu", dtype=torch.bfloat16):
        ends, answers = network(batch.states, batch.segments, batch.mask)
    ends = ends.float().masked_fill(~batch.allowed[:, :, None], -1e4)
    begin, end = torch.log_softmax(ends[:, :, 0], dim=1), torch.log_softmax(ends[:, :, 1], dim=1)
    where = _right(begin, batch.starts) + _right(end, batch.ends) + 0.5 * _right(begin, batch.inside)
    whether = torch.nn.functional.binary_cross_entropy_with_logits(answers.float(), batch.answers.float())
    return where + whether


def _right(log_shares: Tensor, right: Tensor) -> Tensor:
    return -torch.logsumexp(log_shares.masked_fill(~right, -1e4), dim=1).mean()


def train(
    network: JointLayers,
    tokens: Tokens,
    examples: Sequence[Example],
    keep: Sequence[int],
    epochs: int,
    progress: Progress,
    after_epoch: Callable[[JointLayers, int], None],
) -> JointLayers:
    """Returns the mean of the last weights, with weights falling by AVERAGE_DECAY a step."""
    average = copy.deepcopy(network)
    optimizer = torch.optim.AdamW(network.parameters(), lr=PEAK_RATE, weight_decay=0.01)
    kept = set(keep)
    drawn = [[pair for pair in draw(examples, epoch, SEED) if pair.question in kept] for epoch in range(epochs)]
    steps = sum(math.ceil(len(pairs) / BATCH) for pairs in drawn)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, PEAK_RATE, total_steps=steps + 1, pct_start=WARM_UP)
    bar = progress.add_task("Training", total=steps)
    network.train()
    done, shown = 0, 0.0
    for epoch, pairs in enumerate(drawn):
        for batch in batches(pairs, tokens, BATCH, SEED + epoch):
            loss = loss_of(network, batch)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            done += 1
            decay = min(AVERAGE_DECAY, done / (done + 10))
            with torch.no_grad():
                for mean, value in zip(average.parameters(), network.parameters(), strict=True):
                    mean.lerp_(value, 1 - decay)
            shown = 0.99 * shown + 0.01 * loss.item() if shown else loss.item()
            progress.update(bar, advance=1, description=f"Training, loss {shown:.2f}")
        after_epoch(average, epoch)
    return average.eval()


def start_from(model: Any) -> JointLayers:
    """A network whose layers begin as the default model's upper ones."""
    network = JointLayers(model.config)
    network.layers.load_state_dict(torch.nn.ModuleList(model.encoder.layer[LOWER_LAYERS:]).state_dict())
    return network


def save(network: JointLayers, path: Path) -> None:
    """The weights in float16, half the size; what is lost is far below what bfloat16 loses anyway."""
    from safetensors.torch import save_file

    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".part")
    save_file({name: value.half().contiguous() for name, value in network.state_dict().items()}, str(beside))
    beside.chmod(0o644)  # the library leaves it to its owner alone
    beside.replace(path)


def _bars(progress: Progress) -> Callable[[str, int, int], None]:
    bars: dict[str, Callable[[int, int], None]] = {}

    def show(name: str, done: int, total: int) -> None:
        if name not in bars:
            bars[name] = _bar(progress, f"Ranking {name}")
        bars[name](done, total)

    return show


def _bar(progress: Progress, name: str) -> Callable[[int, int], None]:
    bar = progress.add_task(name)
    return lambda done, total: progress.update(bar, completed=done, total=total)


def main() -> None:
    """Entry point; prints the held-back figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="folder that holds piaf-wiki, squad2-dev-half and xquad-*")
    parser.add_argument("--work", type=Path, default=Path(".loccit/training"), help="indexes of the data, made once")
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    arguments = parser.parse_args()
    torch.manual_seed(SEED)
    settings = RagSettings.model_validate({})
    embedder = open_embedder(settings)
    assert isinstance(embedder, DefaultEmbedder)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    began = time.perf_counter()
    with Progress(*columns) as progress:
        arguments.work.mkdir(parents=True, exist_ok=True)
        passages, examples = read_examples(arguments.data, arguments.work, settings, embedder, _bars(progress))
        model = load_bert(e5_small.unpacked_folder(settings.cache))
        bar = _bar(progress, "Lower layers")
        tokens = Tokens([e.question for e in examples], passages, embedder.encoder, bar)
        shared = shared_titles(arguments.data)
        held = [i for i, example in enumerate(examples) if held_back(example.folder, example.title, shared)]
        keep = sorted(set(range(len(examples))) - set(held))
        network = train(
            start_from(model),
            tokens,
            examples,
            keep,
            arguments.epochs,
            progress,
            lambda made, epoch: save(made, arguments.work / f"epoch-{epoch}.safetensors"),
        )
    save(network, arguments.out)
    figures = measure(network, tokens, examples, held)
    print(
        json.dumps(
            {"seconds": round(time.perf_counter() - began), "trained_on": len(keep), "held_back": figures}, indent=1
        )
    )


if __name__ == "__main__":
    main()
