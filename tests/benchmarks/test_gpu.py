"""The logic of the script for GPUs, on the CPU."""

import csv
import importlib
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.fixture
def gpu(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    module = importlib.import_module("gpu")
    # The stubs for other libraries would stay.
    monkeypatch.setattr(module, "stub_missing_packages", lambda: None)
    return module


def run(gpu, monkeypatch, *arguments):
    fixed = ["gpu.py", "--device", "cpu", "--models", "eegnet", "--rounds", "1"]
    monkeypatch.setattr(sys, "argv", [*fixed, *arguments])
    return gpu.main()


def test_checks_pass_and_say_what_the_device_lacks(gpu, monkeypatch, tmp_path, capsys):
    kinds = ["equal to the authors", "autocast", "resumed", "two streams", "CUDA graph"]
    path = tmp_path / "gpu.csv"
    assert run(gpu, monkeypatch, "--checks", *kinds, "--csv", str(path)) == 0
    with path.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    status = {row["kind"]: row["status"] for row in rows}
    assert [status[kind] for kind in kinds] == ["passed"] * 3 + ["not here"] * 2
    times = {row["kind"]: float(row["value"]) for row in rows if row["status"] == "measured"}
    assert set(times) == {"training", "inference"}
    assert min(times.values()) > 0
    assert "3 passed" in capsys.readouterr().out


def test_a_failed_check_is_the_exit_status_and_does_not_end_the_run(gpu, monkeypatch, capsys):
    def fail(name, device):
        raise RuntimeError("no kernel\nfor this")

    monkeypatch.setitem(gpu.CHECKS, "autocast", (fail, lambda: ["eegnet"]))
    monkeypatch.setattr(gpu, "CASES", {})
    assert run(gpu, monkeypatch, "--checks", "autocast", "equal to the authors") == 1
    shown = capsys.readouterr().out
    assert "RuntimeError: no kernel for this" in shown
    assert "1 failed, 1 passed" in shown


def test_what_there_is_no_time_for_is_reported(gpu, monkeypatch, capsys):
    assert run(gpu, monkeypatch, "--seconds", "0", "--checks", "autocast") == 0
    assert "3 not reached" in capsys.readouterr().out


def test_another_result_is_noticed(gpu):
    import gpu_checks
    import torch

    with pytest.raises(gpu_checks.DifferenceError, match=r"differs by 5\.0e-01"):
        gpu_checks.difference(torch.tensor([1.0, 2.0]), torch.tensor([1.0, 1.0]) * 2, 0.1)
    with pytest.raises(gpu_checks.DifferenceError, match="nan"):
        gpu_checks.difference(torch.tensor([torch.nan]), torch.tensor([1.0]), 0.1)
