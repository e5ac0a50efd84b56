"""PyTorch layers → the same compiled by OpenVINO: in bfloat16 where the processor has it, checked
against PyTorch in float32 before use, and PyTorch itself where that fails. The converted form is kept
in the cache. Left out: 8-bit weights.

Measured beside each other on two cores with AVX-512 (bfloat16, no AMX), 8 passages of 184 tokens:
36 passages a second, in float32 20, PyTorch 11; one question 7 ms, PyTorch 42.
"""

from __future__ import annotations

import logging
import sys
import threading
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor, nn

LEAST_COSINE: Final = 0.995
"""Mean cosine of the first output's rows to PyTorch's in float32; below it a precision is not used."""

logger = logging.getLogger(__name__)

Layers = Callable[..., tuple[Tensor, ...]]


def compile_layers(module: nn.Module, example: tuple[Tensor, ...], file: Path) -> Layers:
    """A function of the module's inputs that gives its outputs, float32, as a tuple; safe to call
    from several threads.

    `example` holds inputs to trace with, and to check with; `file` (`.xml`) is where the converted
    form is kept, and taken from when it is there. Never raises for want of OpenVINO: PyTorch then runs
    the module, and the log says so.
    """
    with torch.inference_mode():
        reference = _tuple(module(*example))[0].numpy()
    try:
        # Without this, importing OpenVINO reports the import to its makers; nothing leaves the machine here.
        sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
        import openvino

        core = openvino.Core()
        model = core.read_model(file) if file.is_file() else _convert(openvino, module, example, file)
        for precision in ("bf16", "f32"):
            if precision == "bf16" and "BF16" not in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES"):
                continue
            layers = _Compiled(core, model, precision)
            cosine = _mean_cosine(layers(*example)[0].numpy(), reference)
            if cosine >= LEAST_COSINE:
                return layers
            logger.warning("%s in %s is not used: mean cosine to float32 %.4f.", file.stem, precision, cosine)
    except (ImportError, RuntimeError, OSError) as error:
        logger.warning("OpenVINO cannot run %s, PyTorch does: slower, same answers. (%s)", file.stem, error)
    return _Plain(module)


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
        outputs = request.infer([value.numpy() for value in inputs])
        # The request owns its outputs and writes over them at the next call.
        return tuple(torch.from_numpy(np.array(value)) for value in outputs.values())


def _convert(openvino: Any, module: nn.Module, example: tuple[Tensor, ...], file: Path) -> Any:
    with warnings.catch_warnings(), torch.inference_mode():
        warnings.simplefilter("ignore")  # tracing warns of what does not vary here
        model = openvino.convert_model(module, example_input=example)
    for value in model.inputs:  # any number of rows and tokens
        value.get_node().set_partial_shape(openvino.PartialShape([-1, -1, *list(value.get_partial_shape())[2:]]))
    model.validate_nodes_and_infer_types()
    beside = file.with_suffix(f".{threading.get_native_id()}.xml")
    file.parent.mkdir(parents=True, exist_ok=True)
    openvino.save_model(model, beside, compress_to_fp16=True)
    beside.with_suffix(".bin").replace(file.with_suffix(".bin"))
    beside.replace(file)
    return openvino.Core().read_model(file)


def _tuple(outputs: Any) -> tuple[Tensor, ...]:
    return outputs if isinstance(outputs, tuple) else (outputs,)


def _mean_cosine(rows: Any, reference: Any) -> float:
    a, b = rows.reshape(-1, rows.shape[-1]), reference.reshape(-1, reference.shape[-1])
    return float(((a * b).sum(1) / np.maximum(np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1), 1e-9)).mean())
