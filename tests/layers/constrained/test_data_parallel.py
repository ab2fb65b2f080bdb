"""Data-parallel replicas stay identical. Line 10 of the contract."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

WORKER = Path(__file__).with_name("ddp_worker.py")
ROOT = WORKER.parents[2]


@pytest.mark.slow
def test_two_processes_end_with_the_same_weights(tmp_path):
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "GLOO_SOCKET_IFNAME": "lo"}
    workers = [
        subprocess.Popen(
            [sys.executable, WORKER, str(rank), str(tmp_path)],
            env=environment,
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in range(2)
    ]
    try:
        errors = [worker.communicate(timeout=120)[1] for worker in workers]
    finally:
        for worker in workers:
            worker.kill()
    assert [worker.returncode for worker in workers] == [0, 0], "\n".join(errors)
    first, second = (torch.load(tmp_path / f"{rank}.pt") for rank in range(2))
    assert list(first) == list(second)
    for name in first:
        assert torch.equal(first[name], second[name]), name
    norms = first["7.weight"].norm(dim=1)
    torch.testing.assert_close(norms, torch.full((2,), 0.25))
