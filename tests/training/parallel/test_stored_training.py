"""Two processes that train on a store learn what one does, and resume within an epoch."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import eegzoo
from eegzoo.data import WindowStore
from tests.data.store.store_processes import ONE_SECOND, make_recordings
from tests.training.parallel.test_data_parallel import NEEDS_BOTH, clean_environment, free_port

SCRIPT = Path(__file__).with_name("stored_training.py")
pytestmark = [*NEEDS_BOTH, pytest.mark.slow]


def test_processes_on_a_store_resume_within_an_epoch_and_learn_what_one_does(tmp_path):
    WindowStore.write(tmp_path / "store", make_recordings(5, first=6), ONE_SECOND, verbose=0)
    run = subprocess.run(
        [sys.executable, str(SCRIPT), str(tmp_path / "store"), str(tmp_path / "half"),
         str(free_port())],
        env=clean_environment(tmp_path) | {"OMP_NUM_THREADS": "1"},
        cwd=Path(eegzoo.__file__).parents[1], capture_output=True, text=True, timeout=400,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    rows = {row["rank"]: row for row in map(json.loads, run.stdout.splitlines())}
    for rank in (0, 1):
        assert rows[rank]["ended"] is None
        assert rows[rank]["resumed"] == rows[rank]["whole"]  # bit for bit, with random numbers
    assert rows[0]["whole"]["hash"] == rows[1]["whole"]["hash"]
    assert rows[0]["plain"]["sum"] == pytest.approx(rows[None]["plain"]["sum"], rel=1e-4)
    assert rows[0]["plain"]["history"] == pytest.approx(rows[None]["plain"]["history"], rel=1e-4)
