"""PyTorch layers → the form OpenVINO compiles, kept in the cache; PyTorch itself where that fails. Done once: it
loads PyTorch and sentence-transformers, which takes seconds. Left out: opening what is kept (`compiled.py`)."""

from __future__ import annotations

import functools
import logging
import os
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import Progress
from torch import Tensor, nn

from index.models.compiled import Arrays, Layers, eight_bit, fastest, keep_examples, open_eight_bit
from index.models.encoder import TOKENIZER, Encoder, joined_ids, token_ids
from index.models.layers import LowerLayers, UpperLayers
from index.models.library import uncut_tokenizer

_SAMPLE: Final = (
    "query: Who led the meeting, and when is the next one?",
    "passage: Le canal, long de 77 kilomètres, relie deux océans. Il a été ouvert à la navigation en 1914, après dix "
    "ans de travaux ; l'élargissement, achevé en 2016, laisse passer des navires trois fois plus gros.",
    "passage: 万里の長城は世界遺産に登録されている。 Великая стена. السور العظيم",
)
"""Texts the compiled form is traced and checked with: two languages, three more scripts, padding."""

logger = logging.getLogger(__name__)

Samples = Callable[[], Iterable[Arrays]]


def make_encoder(model: Any, folder: Path) -> Encoder:
    """The default model, a `SentenceTransformer` in float32, in two parts; what is made is kept in `folder`."""
    tokenizer = uncut_tokenizer(model)
    bert = model[0].model
    example = joined_ids([token_ids(tokens) for tokens in tokenizer.encode_batch(list(_SAMPLE))])

    def samples() -> Iterator[Arrays]:
        return (joined_ids([token_ids(tokens)]) for tokens in tokenizer.encode_batch(calibration_texts()))

    with Progress(transient=True, console=Console(stderr=True)) as progress:
        bar = progress.add_task("Preparing the model for this processor, about a minute", total=2)
        lower = convert_layers(LowerLayers(bert), example, folder / "lower.xml", samples)
        progress.advance(bar)

        def states() -> Iterator[Arrays]:
            return ((*lower(*ids), ids[1]) for ids in samples())

        upper = convert_layers(UpperLayers(bert), (*lower(*example), example[1]), folder / "upper.xml", states)
        progress.advance(bar)
    with _not_kept_told(folder):
        folder.mkdir(parents=True, exist_ok=True)
        beside = folder / f".{TOKENIZER}"
        tokenizer.save(str(beside))
        beside.replace(folder / TOKENIZER)
    return Encoder(lower, upper, tokenizer)


def calibration_texts() -> list[str]:
    """Texts in many languages, prompts included, by which the ranges of 8-bit states are set."""
    return Path(__file__).with_name("calibration.txt").read_text(encoding="utf-8").splitlines()


def convert_layers(module: nn.Module, example: Arrays, file: Path, samples: Samples | None = None) -> Layers:
    """A function of the module's inputs that gives its outputs.

    `example` holds inputs to trace with, and to check with; `file` (`.xml`) is where the converted form is
    kept, and beside it the one in 8 bits, if `samples` gives inputs. Where OpenVINO is missing or cannot
    do it, PyTorch runs the module, and the log says so.
    """
    plain = _Plain(module)
    outputs = plain(*example)
    made = fastest(lambda core: _convert(module, example, outputs, file), example, outputs, "OpenVINO")
    if made is not None:
        if samples and file.is_file():
            _quantise(file, samples())
            return _agreeing_8_bits(file, example, outputs) or made
        return made
    _warn_once("OpenVINO cannot run the model, so PyTorch does: slower, with nearly the same answers.")
    return plain


class _Plain:
    """PyTorch in float32."""

    def __init__(self, module: nn.Module) -> None:
        self._module = module

    def __call__(self, *inputs: NDArray[Any]) -> Arrays:
        with torch.inference_mode():
            outputs = self._module(*map(torch.from_numpy, inputs))
        several: tuple[Tensor, ...] = outputs if isinstance(outputs, tuple) else (outputs,)
        return tuple(output.numpy() for output in several)


def _convert(module: nn.Module, example: Arrays, outputs: Arrays, file: Path) -> Any:
    import openvino

    with _logging_as_it_was(), warnings.catch_warnings(), torch.inference_mode():
        warnings.simplefilter("ignore")  # tracing warns of what does not vary here
        model = openvino.convert_model(module, example_input=tuple(map(torch.from_numpy, example)))
    for value in model.inputs:  # any number of rows and tokens
        value.get_node().set_partial_shape(openvino.PartialShape([-1, -1, *list(value.get_partial_shape())[2:]]))
    model.validate_nodes_and_infer_types()
    with _not_kept_told(file.parent):
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".converting-", dir=file.parent, ignore_cleanup_errors=True) as made:
            beside = Path(made) / file.name
            openvino.save_model(model, beside, compress_to_fp16=True)
            keep_examples(beside, example, outputs)
            for suffix in (".npz", ".bin", ".xml"):
                beside.with_suffix(suffix).replace(file.with_suffix(suffix))
    return model


def _agreeing_8_bits(file: Path, example: Arrays, outputs: Arrays) -> Layers | None:
    """The 8-bit form just made; if it does not agree it is removed, so that no later start tries it again."""
    layers = open_eight_bit(file, example, outputs)
    if layers is None:
        for suffix in (".xml", ".bin"):
            eight_bit(file).with_suffix(suffix).unlink(missing_ok=True)
    return layers


def _quantise(file: Path, samples: Iterable[Arrays]) -> None:
    """Keep the layers in 8 bits too; where that fails, the log says so."""
    try:
        with tempfile.TemporaryDirectory(prefix=".converting-", dir=file.parent, ignore_cleanup_errors=True) as folder:
            given, made = Path(folder) / "samples.npz", Path(folder) / eight_bit(file).name
            named: dict[str, Any] = {f"{n}-{at}": a for n, sample in enumerate(samples) for at, a in enumerate(sample)}
            np.savez(given, **named)
            # -P: what happens to lie in the working directory is not to be imported.
            command = [sys.executable, "-P", "-m", "index.models.quantisation", str(file), str(given), str(made)]
            environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
            run = subprocess.run(  # noqa: S603  # our own module
                command, capture_output=True, text=True, errors="replace", env=environment, check=False
            )
            if run.returncode:
                raise RuntimeError((run.stderr.strip().splitlines() or ["it ended without a word"])[-1])
            for suffix in (".bin", ".xml"):
                made.with_suffix(suffix).replace(eight_bit(file).with_suffix(suffix))
    except (OSError, RuntimeError) as error:
        _warn_once(
            f"The model could not be brought to 8 bits ({error}), so it runs in bfloat16 or float32, slower. To try "
            f"again, remove {file.parent}."
        )


@contextmanager
def _not_kept_told(folder: Path) -> Iterator[None]:
    try:
        yield
    except Exception as error:  # noqa: BLE001  # OpenVINO and the tokenizer raise what they like
        _warn_once(f"The converted model could not be kept in {folder}, so it is made anew each time: {error}")


@contextmanager
def _logging_as_it_was() -> Iterator[None]:
    """The converter turns the root logger down and, when it fails, leaves it so."""
    root = logging.getLogger()
    level, handlers, filters = root.level, list(root.handlers), list(root.filters)
    try:
        yield
    finally:
        root.setLevel(level)
        root.handlers, root.filters = handlers, filters


@functools.cache
def _warn_once(message: str) -> None:
    logger.warning(message)
