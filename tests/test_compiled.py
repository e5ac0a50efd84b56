"""Layers compiled by OpenVINO: the same states as PyTorch, whatever the shapes and from any thread;
PyTorch where OpenVINO cannot. Left out: how fast they are (`benchmarks/`)."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from index.models import conversion
from index.models.compiled import Arrays, Compiled, _agreement, eight_bit, open_layers
from index.models.conversion import convert_layers

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


def inputs(rows: int, tokens: int) -> Arrays:
    chance = np.random.default_rng(rows * 100 + tokens)
    return chance.normal(size=(rows, tokens, 8)).astype(np.float32), np.ones((rows, tokens), np.int64)


def plain(module: nn.Module, given: Arrays) -> Arrays:
    return conversion._Plain(module)(*given)


def same(made: Arrays, wanted: Arrays) -> None:
    assert len(made) == len(wanted)
    for a, b in zip(made, wanted, strict=True):
        assert a.dtype == np.float32 and a.shape == b.shape
        np.testing.assert_allclose(a, b, atol=0.05, rtol=0.02)


@pytest.mark.parametrize(("rows", "tokens"), [(1, 1), (1, 7), (5, 3), (2, 40)])
def test_any_shape_gives_what_pytorch_gives(tmp_path: Path, rows: int, tokens: int) -> None:
    module = Doubled().eval()
    layers = convert_layers(module, inputs(2, 4), tmp_path / "doubled.xml")
    given = inputs(rows, tokens)
    assert isinstance(layers, Compiled)
    same(layers(*given), plain(module, given))
    kept = open_layers(tmp_path / "doubled.xml")
    assert kept is not None
    same(kept(*given), layers(*given))


def test_in_8_bits_it_gives_nearly_the_same_and_is_preferred(tmp_path: Path) -> None:
    file, module = tmp_path / "doubled.xml", Doubled().eval()
    layers = convert_layers(module, inputs(2, 4), file, lambda: [inputs(1, n) for n in range(3, 40)])
    assert isinstance(layers, Compiled) and eight_bit(file).is_file()
    given = inputs(3, 20)
    wanted = plain(module, given)
    for made in (layers, open_layers(file)):
        assert made is not None
        assert _agreement(made(*given), wanted) > 0.995
    file.with_suffix(".bin").unlink()  # what is not in 8 bits is not needed
    kept = open_layers(file)
    assert kept is not None and (kept(*given)[0] == layers(*given)[0]).all()


def test_8_bits_that_do_not_agree_are_not_used(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = tmp_path / "doubled.xml"
    convert_layers(Doubled().eval(), inputs(2, 4), file, lambda: [inputs(1, n) for n in range(3, 40)])
    convert_layers(
        Doubled(-1.0).eval(), inputs(2, 4), tmp_path / "other.xml", lambda: [inputs(1, n) for n in range(3, 40)]
    )
    for suffix in (".xml", ".bin"):
        eight_bit(tmp_path / "other.xml").with_suffix(suffix).replace(eight_bit(file).with_suffix(suffix))
    with caplog.at_level(logging.WARNING):
        kept = open_layers(file)
    assert kept is not None and "agreement" in caplog.text
    same(kept(*inputs(3, 3)), plain(Doubled().eval(), inputs(3, 3)))


def test_8_bits_of_samples_that_mislead_are_removed(tmp_path: Path) -> None:
    """Ranges far too small cut the states off; no later start tries the form again."""
    file, module = tmp_path / "doubled.xml", Doubled().eval()
    small = (np.full((1, 9, 8), 1e-4, np.float32), np.ones((1, 9), np.int64))
    layers = convert_layers(module, inputs(2, 4), file, lambda: [small])
    same(layers(*inputs(3, 3)), plain(module, inputs(3, 3)))
    assert not eight_bit(file).exists() and open_layers(file) is not None


def test_where_8_bits_cannot_be_made_the_log_says_so(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    conversion._warn_once.cache_clear()
    wrong = (np.zeros((1, 4, 5), np.float32), np.ones((1, 4), np.int64))
    with caplog.at_level(logging.WARNING):
        layers = convert_layers(Doubled().eval(), inputs(2, 4), tmp_path / "doubled.xml", lambda: [wrong])
    assert isinstance(layers, Compiled) and "could not be brought to 8 bits" in caplog.text
    same(layers(*inputs(3, 3)), plain(Doubled().eval(), inputs(3, 3)))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["doubled.bin", "doubled.npz", "doubled.xml"]


def test_nothing_is_kept_yet(tmp_path: Path) -> None:
    assert open_layers(tmp_path / "doubled.xml") is None


def test_what_is_kept_is_whole_or_not_there(tmp_path: Path) -> None:
    file = tmp_path / "deep" / "doubled.xml"
    convert_layers(Doubled().eval(), inputs(2, 4), file)
    assert sorted(path.name for path in file.parent.iterdir()) == ["doubled.bin", "doubled.npz", "doubled.xml"]


@pytest.mark.parametrize("suffix", [".xml", ".bin", ".npz"])
@pytest.mark.parametrize("content", [None, b"", b"<net", b"\x00\xff"])
def test_a_damaged_converted_form_is_not_used(tmp_path: Path, suffix: str, content: bytes | None) -> None:
    file = tmp_path / "doubled.xml"
    convert_layers(Doubled().eval(), inputs(2, 4), file)
    file.with_suffix(suffix).unlink()
    if content is not None:
        file.with_suffix(suffix).write_bytes(content)
    assert open_layers(file) is None
    convert_layers(Doubled().eval(), inputs(2, 4), file)
    assert isinstance(open_layers(file), Compiled)


@pytest.mark.parametrize("factor", [-1.0, -3.0])
def test_weights_that_are_not_those_of_the_examples_are_noticed(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, factor: float
) -> None:
    """Also when only the second output differs."""
    file = tmp_path / "doubled.xml"
    convert_layers(Doubled().eval(), inputs(2, 4), file)
    convert_layers(Doubled(factor).eval(), inputs(2, 4), tmp_path / "other.xml")
    for suffix in (".xml", ".bin"):
        (tmp_path / "other.xml").with_suffix(suffix).replace(file.with_suffix(suffix))
    with caplog.at_level(logging.WARNING):
        assert open_layers(file) is None
    assert "agreement" in caplog.text


def test_what_openvino_cannot_do_is_left_to_pytorch(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    class Odd(nn.Module):
        def forward(self, states: Tensor, mask: Tensor) -> Tensor:
            made: Tensor = torch.linalg.matrix_exp(states @ states.transpose(1, 2) * 0.01)
            return made

    conversion._warn_once.cache_clear()
    with caplog.at_level(logging.WARNING):
        before = (logging.getLogger().level, list(logging.getLogger().handlers))
        layers = convert_layers(Odd(), inputs(2, 4), tmp_path / "odd.xml")
        assert (logging.getLogger().level, list(logging.getLogger().handlers)) == before
    assert isinstance(layers, conversion._Plain) and "PyTorch does" in caplog.text
    assert layers(*inputs(1, 3))[0].shape == (1, 3, 3)


def test_a_cache_that_cannot_be_written_slows_nothing_but_the_start(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "taken").write_text("a file where the folder should be")
    with caplog.at_level(logging.WARNING):
        layers = convert_layers(Doubled().eval(), inputs(2, 4), tmp_path / "taken" / "doubled.xml")
    assert isinstance(layers, Compiled) and "could not be kept" in caplog.text


def test_without_openvino_pytorch_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(sys.modules, "openvino", None)
    module = Doubled().eval()
    conversion._warn_once.cache_clear()
    with caplog.at_level(logging.WARNING):
        layers = convert_layers(module, inputs(2, 4), tmp_path / "doubled.xml")
    same(layers(*inputs(1, 5)), plain(module, inputs(1, 5)))
    assert open_layers(tmp_path / "doubled.xml") is None
    assert "so PyTorch does: slower" in caplog.text


def test_threads_do_not_write_over_each_other(tmp_path: Path) -> None:
    layers = convert_layers(Doubled().eval(), inputs(2, 4), tmp_path / "doubled.xml")
    wanted = {rows: layers(*inputs(rows, 30))[0] for rows in range(1, 9)}
    wrong: list[int] = []

    def run(rows: int) -> None:
        wrong.extend(rows for _ in range(50) if (layers(*inputs(rows, 30))[0] != wanted[rows]).any())

    threads = [threading.Thread(target=run, args=(rows,)) for rows in wanted]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_openvino_tells_its_makers_nothing(tmp_path: Path) -> None:
    """Its package of usage reports is never imported; a fresh process, since imports last."""
    code = (
        "import sys, torch, numpy\nfrom pathlib import Path\nfrom index.models.conversion import convert_layers\n"
        "from index.models.compiled import Compiled\n"
        f"file = Path({str(tmp_path / 'linear.xml')!r})\n"
        "layers = convert_layers(torch.nn.Linear(3, 2), (numpy.ones((1, 2, 3), 'f'),), file)\n"
        "assert isinstance(layers, Compiled)\n"
        "print([name for name in sys.modules if name.startswith('openvino_telemetry') and sys.modules[name]])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=Path(__file__).parent.parent)
    assert (run.returncode, run.stdout.strip()) == (0, "[]"), run.stderr
