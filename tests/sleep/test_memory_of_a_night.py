"""``eegzoo stage`` on eight hours takes little memory."""

import os
import subprocess
import sys

import edfio
import numpy as np
import pytest

from tests.shared_data import SHARED, needs

CACHE = SHARED / "weights"
# Runs the command line, and prints its peak in kilobytes. Of `ru_maxrss`, Linux keeps what the
# process had before it became another program: the peak of the tests.
STAGE = """
import runpy, sys
try:
    runpy.run_module("eegzoo", run_name="__main__")
finally:
    (peak,) = [line for line in open("/proc/self/status") if line.startswith("VmHWM")]
    print(peak.split()[1], file=sys.stderr)
"""


@needs(CACHE)
@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_seven_networks_stage_eight_hours_in_600_megabytes(tmp_path):
    sfreq, rng = 256, np.random.default_rng(0)
    x = 1e-3 * rng.standard_normal(8 * 3600 * sfreq, np.float32).cumsum(dtype=np.float64)
    label = {"label": "EEG C4-M1", "physical_dimension": "uV"}
    edfio.Edf([edfio.EdfSignal(x, sfreq, **label)]).write(tmp_path / "night.edf")
    done = subprocess.run(
        [sys.executable, "-c", STAGE, "stage", "night.edf", "--out", "night.csv"],
        cwd=tmp_path,
        env={**os.environ, "EEGZOO_WEIGHTS": str(CACHE), "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stderr.split()[-1]) < 600_000
