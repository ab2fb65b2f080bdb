"""Processes find out their ranks from the environment, and connect to each other."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import eegzoo
from eegzoo.training.parallel.processes import (
    ProcessInfo,
    is_launched,
    join_processes,
    leave_processes,
    threads_per_process,
)

ROOT = Path(eegzoo.__file__).parents[1]
RENDEZVOUS = ("RANK", "LOCAL_RANK", "WORLD_SIZE", "LOCAL_WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")
SET_BY_LAUNCHERS = (*RENDEZVOUS, "OMP_NUM_THREADS")


def test_a_process_trains_alone_by_default(monkeypatch):
    for name in RENDEZVOUS:
        monkeypatch.delenv(name, raising=False)
    assert join_processes() == ProcessInfo(0, 1)
    monkeypatch.setenv("WORLD_SIZE", "1")
    assert join_processes() == ProcessInfo(0, 1)
    assert not is_launched()
    assert ProcessInfo().is_main
    leave_processes()


@pytest.mark.slow
def test_nothing_is_imported_or_changed_for_a_single_process():
    code = """
import os, sys, torch
from eegzoo.training.parallel.processes import join_processes
before = dict(os.environ), torch.get_num_threads()
process = join_processes("cpu")
print(process.n_processes, "accelerate" in sys.modules)
print((dict(os.environ), torch.get_num_threads()) == before, torch.distributed.is_initialized())
"""
    environment = {key: value for key, value in os.environ.items() if key not in SET_BY_LAUNCHERS}
    environment["PYTHONPATH"] = str(ROOT)
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=environment, capture_output=True, text=True, check=True, timeout=100,
    )  # fmt: skip
    assert done.stdout.split() == ["1", "False", "True", "False"]


@pytest.mark.parametrize("missing", ["RANK", "LOCAL_RANK", "MASTER_ADDR", "MASTER_PORT"])
def test_an_incomplete_environment_raises(monkeypatch, missing):
    for name in RENDEZVOUS:
        monkeypatch.setenv(name, "2")
    monkeypatch.delenv(missing)
    with pytest.raises(
        ValueError, match=f"expected {missing} in the environment along with WORLD_"
    ):
        join_processes()


@pytest.mark.parametrize("device", ["mps", "cuda:1"])
def test_unsupported_devices_raise(monkeypatch, device):
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(ValueError, match="expected device to be one of 'auto', 'cpu', 'cuda'"):
        join_processes(device)


def test_without_accelerate_the_error_names_the_extra(monkeypatch):
    for name in RENDEZVOUS:
        monkeypatch.setenv(name, "2")
    monkeypatch.setitem(sys.modules, "accelerate", None)
    with pytest.raises(ImportError, match=r"pip install 'eegzoo\[parallel\]'"):
        join_processes()


def test_threads_are_divided_among_processes():
    cores = threads_per_process(1)
    assert cores >= 1
    assert threads_per_process(cores) == 1
    assert threads_per_process(10 * cores) == 1
