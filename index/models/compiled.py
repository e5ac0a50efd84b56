"""PyTorch layers → the same compiled by OpenVINO: in bfloat16 where the processor has it, checked
against PyTorch in float32 before use, and PyTorch itself where that fails. The converted form is kept
in the cache. Left out: 8-bit weights.

Measured beside each other on two cores with AVX-512 (bfloat16, no AMX), 8 passages of 184 tokens:
36 passages a second, in float32 20, PyTorch 11; one question 7 ms, PyTorch 42.
"""

from __future__ import annotations

import functools
import logging
import sys
import tempfile
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor, nn

LEAST_AGREEMENT: Final = 0.995
"""With PyTorch in float32, see `_agreement`; below it a precision is not used."""

logger = logging.getLogger(__name__)

Layers = Callable[..., tuple[Tensor, ...]]


def compile_layers(module: nn.Module, example: tuple[Tensor, ...], file: Path) -> Layers:
    """A function of the module's inputs that gives its outputs, float32, as a tuple; safe to call
    from several threads.

    `example` holds inputs to trace with, and to check with; `file` (`.xml`) is where the converted
    form is kept, and taken from when it is there and agrees. Where OpenVINO is missing or cannot do
    it, PyTorch runs the module, and the log says so.
    """
    with torch.inference_mode():
        reference = _tuple(module(*example))
    if file.is_file():
        kept = _fastest(lambda core: core.read_model(file), example, reference)
        if kept is not None:
            return kept
    made = _fastest(lambda core: _convert(module, example, file), example, reference)
    if made is not None:
        return made
    _warn_once("OpenVINO cannot run the model, so PyTorch does: slower, with nearly the same answers.")
    return _Plain(module)


def _fastest(
    load: Callable[[Any], Any], example: tuple[Tensor, ...], reference: tuple[Tensor, ...]
) -> _Compiled | None:
    """The loaded model in the fastest precision that agrees; None if there is none, and the log says why."""
    try:
        # Without this, importing OpenVINO reports the import to its makers; nothing leaves the machine here.
        sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
        import openvino

        core = openvino.Core()
        model = load(core)
        offered = core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    except Exception as error:  # noqa: BLE001  # converters raise what they like; PyTorch is always there
        logger.info("OpenVINO: %s", error)
        return None
    for precision in ("bf16", "f32") if "BF16" in offered else ("f32",):
        try:
            layers = _Compiled(core, model, precision)
            agreement = _agreement(layers(*example), reference)
        except Exception as error:  # noqa: BLE001  # the next precision may do
            logger.info("OpenVINO in %s: %s", precision, error)
            continue
        if agreement >= LEAST_AGREEMENT:
            return layers
        logger.warning("OpenVINO in %s is not used: agreement with PyTorch %.4f.", precision, agreement)
    return None


class _Plain:
    """PyTorch in float32."""

    def __init__(self, module: nn.Module) -> None:
        self._module = module

    def __call__(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        with torch.inference_mode():
            return _tuple(self._module(*inputs))


class _Compiled:
    """OpenVINO, one request for each thread."""

    def __init__(self, core: Any, model: Any, precision: str) -> None:
        # "Latency" splits one batch over the cores; "throughput" was half as fast for passages.
        hints = {"INFERENCE_PRECISION_HINT": precision, "PERFORMANCE_HINT": "LATENCY"}
        self._model = core.compile_model(model, "CPU", hints)
        self._local = threading.local()

    def __call__(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        request = getattr(self._local, "request", None)
        if request is None:
            request = self._local.request = self._model.create_infer_request()
        outputs = request.infer([value.numpy() for value in inputs])  # copies, by its documentation
        return tuple(torch.from_numpy(value) for value in outputs.values())


def _convert(module: nn.Module, example: tuple[Tensor, ...], file: Path) -> Any:
    import openvino

    with _logging_as_it_was(), warnings.catch_warnings(), torch.inference_mode():
        warnings.simplefilter("ignore")  # tracing warns of what does not vary here
        model = openvino.convert_model(module, example_input=example)
    for value in model.inputs:  # any number of rows and tokens
        value.get_node().set_partial_shape(openvino.PartialShape([-1, -1, *list(value.get_partial_shape())[2:]]))
    model.validate_nodes_and_infer_types()
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".converting-", dir=file.parent, ignore_cleanup_errors=True) as made:
            beside = Path(made) / file.name
            openvino.save_model(model, beside, compress_to_fp16=True)
            beside.with_suffix(".bin").replace(file.with_suffix(".bin"))
            beside.replace(file)
    except (OSError, RuntimeError) as error:
        _warn_once(f"The converted model could not be kept in {file.parent}, so it is made anew each time: {error}")
    return model


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


def _tuple(outputs: Any) -> tuple[Tensor, ...]:
    return outputs if isinstance(outputs, tuple) else (outputs,)


def _agreement(outputs: tuple[Tensor, ...], reference: tuple[Tensor, ...]) -> float:
    """1 less half the square of the relative distance, of the output that agrees least: the cosine,
    where lengths are the same, and less where they are not."""
    shares = []
    for made, wanted in zip(outputs, reference, strict=True):
        distance = float(torch.linalg.vector_norm(made.float() - wanted.float()))
        shares.append(1 - 0.5 * (distance / max(float(torch.linalg.vector_norm(wanted.float())), 1e-9)) ** 2)
    return float(np.min(shares))
