"""Layers compiled by OpenVINO: the same states as PyTorch, whatever the shapes and from any thread;
PyTorch where OpenVINO cannot. Left out: how fast they are (`benchmarks/`)."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from index.models import compiled
from index.models.compiled import compile_layers

pytest.importorskip("openvino", reason="OpenVINO has no wheel for this machine")


class Doubled(nn.Module):
    """Two outputs of different shapes, as the reader has."""

    def __init__(self, factor: float = 1.0) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.linear, self.factor = nn.Linear(8, 4), factor

    def forward(self, states: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        out = self.linear(states) * mask[:, :, None]
        return out, out[:, 0].sum(dim=1) * self.factor


def inputs(rows: int, tokens: int) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(rows * 100 + tokens)
    return torch.randn(rows, tokens, 8, generator=generator), torch.ones(rows, tokens, dtype=torch.int64)


@pytest.mark.parametrize(("rows", "tokens"), [(1, 1), (1, 7), (5, 3), (2, 40)])
def test_any_shape_gives_what_pytorch_gives(tmp_path: Path, rows: int, tokens: int) -> None:
    module = Doubled().eval()
    layers = compile_layers(module, inputs(2, 4), tmp_path / "doubled.xml")
    given = inputs(rows, tokens)
    made = layers(*given)
    with torch.inference_mode():
        wanted = module(*given)
    assert isinstance(layers, compiled._Compiled) and len(made) == 2
    for a, b in zip(made, wanted, strict=True):
        assert a.dtype == torch.float32 and a.shape == b.shape
        torch.testing.assert_close(a, b, atol=0.05, rtol=0.02)


def test_the_converted_form_is_kept_and_used_again(tmp_path: Path) -> None:
    file = tmp_path / "deep" / "doubled.xml"
    compile_layers(Doubled().eval(), inputs(2, 4), file)
    made = file.stat().st_mtime_ns
    assert sorted(path.name for path in file.parent.iterdir()) == ["doubled.bin", "doubled.xml"]
    compile_layers(Doubled().eval(), inputs(2, 4), file)
    assert file.stat().st_mtime_ns == made


@pytest.mark.parametrize("content", [b"", b"<net", b"\x00\xff"])
def test_a_damaged_converted_form_is_made_anew(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "doubled.xml"
    file.write_bytes(content)
    layers = compile_layers(Doubled().eval(), inputs(2, 4), file)
    assert isinstance(layers, compiled._Compiled) and file.stat().st_size > 100
    file.with_suffix(".bin").unlink()
    assert isinstance(compile_layers(Doubled().eval(), inputs(2, 4), file), compiled._Compiled)


def test_another_model_than_the_one_converted_is_noticed(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Also when only the second output differs."""
    file = tmp_path / "doubled.xml"
    for factor in (1.0, -1.0, -3.0):
        other = Doubled(factor).eval()
        with caplog.at_level(logging.WARNING):
            layers = compile_layers(other, inputs(2, 4), file)
        for a, b in zip(layers(*inputs(3, 3)), other(*inputs(3, 3)), strict=True):
            torch.testing.assert_close(a, b, atol=0.05, rtol=0.02)
        assert ("agreement" in caplog.text) == (factor != 1.0)


def test_what_openvino_cannot_do_is_left_to_pytorch(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    class Odd(nn.Module):
        def forward(self, states: Tensor, mask: Tensor) -> Tensor:
            made: Tensor = torch.linalg.matrix_exp(states @ states.transpose(1, 2) * 0.01)
            return made

    compiled._warn_once.cache_clear()
    before = (logging.getLogger().level, list(logging.getLogger().handlers))
    with caplog.at_level(logging.WARNING):
        layers = compile_layers(Odd(), inputs(2, 4), tmp_path / "odd.xml")
        assert (logging.getLogger().level, list(logging.getLogger().handlers))[1] == before[1]
    assert isinstance(layers, compiled._Plain) and "PyTorch does" in caplog.text
    assert layers(*inputs(1, 3))[0].shape == (1, 3, 3)


def test_a_cache_that_cannot_be_written_slows_nothing_but_the_start(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "taken").write_text("a file where the folder should be")
    with caplog.at_level(logging.WARNING):
        layers = compile_layers(Doubled().eval(), inputs(2, 4), tmp_path / "taken" / "doubled.xml")
    assert isinstance(layers, compiled._Compiled) and "could not be kept" in caplog.text


def test_without_openvino_pytorch_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(sys.modules, "openvino", None)
    module = Doubled().eval()
    compiled._warn_once.cache_clear()
    with caplog.at_level(logging.WARNING):
        layers = compile_layers(module, inputs(2, 4), tmp_path / "doubled.xml")
    torch.testing.assert_close(layers(*inputs(1, 5))[1], module(*inputs(1, 5))[1])
    assert "so PyTorch does: slower" in caplog.text


def test_threads_do_not_write_over_each_other(tmp_path: Path) -> None:
    layers = compile_layers(Doubled().eval(), inputs(2, 4), tmp_path / "doubled.xml")
    wanted = {rows: layers(*inputs(rows, 30))[0] for rows in range(1, 9)}
    wrong: list[int] = []

    def run(rows: int) -> None:
        wrong.extend(rows for _ in range(50) if not torch.equal(layers(*inputs(rows, 30))[0], wanted[rows]))

    threads = [threading.Thread(target=run, args=(rows,)) for rows in wanted]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_openvino_tells_its_makers_nothing(tmp_path: Path) -> None:
    """Its package of usage reports is never imported; a fresh process, since imports last."""
    code = (
        "import sys, torch\nfrom pathlib import Path\nfrom index.models.compiled import compile_layers, _Compiled\n"
        f"file = Path({str(tmp_path / 'linear.xml')!r})\n"
        "layers = compile_layers(torch.nn.Linear(3, 2), (torch.ones(1, 2, 3),), file)\n"
        "assert isinstance(layers, _Compiled)\n"
        "print([name for name in sys.modules if name.startswith('openvino_telemetry') and sys.modules[name]])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=Path(__file__).parent.parent)
    assert (run.returncode, run.stdout.strip()) == (0, "[]"), run.stderr
