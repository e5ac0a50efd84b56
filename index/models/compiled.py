"""Layers compiled by OpenVINO, from the forms kept in the cache: in 8 bits, or else in bfloat16 where the processor
has it, checked against what PyTorch gave in float32 before use. Loads no PyTorch. Left out: making those forms,
and running where OpenVINO cannot (`conversion.py`).
"""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

LEAST_AGREEMENT: Final = 0.995
"""With PyTorch in float32, see `_agreement`; below it a precision is not used."""

logger = logging.getLogger(__name__)

Arrays = tuple[NDArray[Any], ...]
Layers = Callable[..., Arrays]
"""A function of arrays (n, tokens, …) that gives float32 ones; safe to call from several threads."""


def open_layers(file: Path) -> Layers | None:
    """The converted layers kept at `file` (`.xml`), in the fastest precision that agrees with the examples
    kept beside it. None where nothing is kept, it is damaged or does not agree, or OpenVINO is missing; the
    log says why."""
    examples = _read_examples(file)
    return examples and (
        open_eight_bit(file, *examples) or fastest(lambda core: core.read_model(file), *examples, "OpenVINO")
    )


def open_eight_bit(file: Path, inputs: Arrays, outputs: Arrays) -> Layers | None:
    """The same layers as kept in 8 bits; None if they are not, or do not agree."""
    small = eight_bit(file)
    if not small.is_file():
        return None
    return fastest(lambda core: core.read_model(small), inputs, outputs, "OpenVINO's 8-bit form")


def eight_bit(file: Path) -> Path:
    """Where the same layers are kept in 8 bits."""
    return file.with_name(f"{file.stem}-8bit.xml")


def keep_examples(file: Path, inputs: Sequence[NDArray[Any]], outputs: Sequence[NDArray[Any]]) -> None:
    """What PyTorch gave for these inputs, beside the converted form."""
    named: dict[str, Any] = {f"input{at}": value for at, value in enumerate(inputs)}
    named |= {f"output{at}": value for at, value in enumerate(outputs)}
    np.savez(file.with_suffix(".npz"), **named)


def _read_examples(file: Path) -> tuple[Arrays, Arrays] | None:
    try:
        with np.load(file.with_suffix(".npz")) as kept:
            names = sorted(kept.files)
            inputs, outputs = (tuple(kept[n] for n in names if n.startswith(kind)) for kind in ("input", "output"))
    except (OSError, ValueError, EOFError, BadZipFile) as error:
        logger.info("No converted layers at %s: %s", file, error)
        return None
    return inputs, outputs


def fastest(load: Callable[[Any], Any], inputs: Arrays, outputs: Arrays, called: str) -> Layers | None:
    """The loaded model in the fastest precision that agrees; None if there is none, and the log says why.
    `called` is what it calls the model."""
    try:
        # Without this, importing OpenVINO reports the import to its makers; nothing leaves the machine here.
        sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
        import openvino

        core = openvino.Core()
        model = load(core)
        offered = core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    except Exception as error:  # noqa: BLE001  # converters raise what they like; PyTorch is always there
        logger.info("%s: %s", called, error)
        return None
    for precision in ("bf16", "f32") if "BF16" in offered else ("f32",):
        try:
            layers = Compiled(core, model, precision)
            agreement = _agreement(layers(*inputs), outputs)
        except Exception as error:  # noqa: BLE001  # the next precision may do
            logger.info("%s in %s: %s", called, precision, error)
            continue
        if agreement >= LEAST_AGREEMENT:
            return layers
        logger.warning(
            "%s in %s is not used: agreement with PyTorch %.4f, at least %.3f is asked for.",
            called, precision, agreement, LEAST_AGREEMENT,
        )  # fmt: skip
    return None


class Compiled:
    """OpenVINO, one request for each thread."""

    def __init__(self, core: Any, model: Any, precision: str) -> None:
        # "Latency" splits one batch over the cores; "throughput" was half as fast for passages.
        hints = {"INFERENCE_PRECISION_HINT": precision, "PERFORMANCE_HINT": "LATENCY"}
        self._model = core.compile_model(model, "CPU", hints)
        self._local = threading.local()

    def __call__(self, *inputs: NDArray[Any]) -> Arrays:
        request = getattr(self._local, "request", None)
        if request is None:
            request = self._local.request = self._model.create_infer_request()
        return tuple(request.infer(list(inputs)).values())  # copies, by its documentation


def _agreement(outputs: Arrays, reference: Arrays) -> float:
    """1 less half the square of the relative distance, of the output that agrees least: the cosine,
    where lengths are the same, and less where they are not."""
    shares = []
    for made, wanted in zip(outputs, reference, strict=True):
        distance = float(np.linalg.norm(made - wanted))
        shares.append(1 - 0.5 * (distance / max(float(np.linalg.norm(wanted)), 1e-9)) ** 2)
    return float(np.min(shares))
