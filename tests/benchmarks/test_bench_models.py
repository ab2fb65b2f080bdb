"""The settings of the speed benchmark."""

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.fixture
def bench(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    module = importlib.import_module("bench_models")
    monkeypatch.setattr(module, "stub_missing_packages", lambda: None)
    return module


def test_each_allocator_runs_in_a_process_of_its_own(bench, monkeypatch, capsys):
    runs = []

    def run(command, env):
        runs.append((command, env))
        return subprocess.CompletedProcess(command, 3)

    monkeypatch.setattr(bench.subprocess, "run", run)
    monkeypatch.setattr(
        sys, "argv", ["bench_models.py", "--csv", "none/a.csv", "--allocators", "large pages"]
    )
    monkeypatch.delenv("GLIBC_TUNABLES", raising=False)
    with pytest.raises(SystemExit) as ended:
        bench.main()
    ((command, env),) = runs
    assert ended.value.code == 3
    assert env["GLIBC_TUNABLES"] == "glibc.malloc.hugetlb=1"
    assert command[-4:] == ["--allocators", "large pages", "--csv", "none/a.csv"]
    assert capsys.readouterr().out == ""


def test_the_machine_is_described(bench):
    assert "transparent_hugepage" in bench.machine()
    assert "cores" in bench.machine()
