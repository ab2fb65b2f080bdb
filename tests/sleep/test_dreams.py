"""``eegzoo stage`` on nights that no network was trained on, from EDF files to tables."""

import csv
import datetime
import os
import subprocess
import sys

import edfio
import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score, f1_score

from eegzoo.sleep.stages import STAGES
from tests.shared_data import SHARED, needs

CACHE = SHARED / "weights"
DREAMS = SHARED / "data" / "dreams_spindles" / "dreams_excerpts.npz"
# DREAMS' stages in steps of 5 s, as indices of W, N1, N2, N3, R.
STAGE_OF = {5: 0, 3: 1, 2: 2, 1: 3, 0: 3, 4: 4}
NUMBERS = range(1, 9)


@needs(DREAMS)
@needs(CACHE)
@pytest.mark.slow
def test_command_line_meets_the_goals_on_dreams(tmp_path):
    truth, pure = [], []
    with np.load(DREAMS) as arrays:
        for number in NUMBERS:
            sfreq = int(arrays[f"fs_{number}"])
            data = float(arrays["scale_uv"]) * arrays[f"eeg_{number}"]
            signal = edfio.EdfSignal(
                data[: len(data) // sfreq * sfreq],
                sfreq,
                label=str(arrays[f"ch_{number}"]),
                physical_dimension="uV",
                physical_range=(-1638.4, 1638.35),
            )
            recording = edfio.Recording(startdate=datetime.date(2024, 3, number))
            edfio.Edf([signal], recording=recording).write(tmp_path / f"excerpt{number}.edf")
            steps = np.vectorize(STAGE_OF.get)(arrays[f"hyp5s_{number}"]).reshape(-1, 6)
            counts = np.array([np.bincount(row, minlength=5) for row in steps])
            truth += counts.argmax(axis=1).tolist()
            pure += (counts.max(axis=1) == 6).tolist()
    nights = [f"excerpt{number}.edf" for number in NUMBERS]
    done = subprocess.run(
        [sys.executable, "-m", "eegzoo", "stage", *nights, "--out", "hypnograms"],
        cwd=tmp_path,
        env={**os.environ, "EEGZOO_WEIGHTS": str(CACHE), "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    found = []
    for number in NUMBERS:
        with (tmp_path / "hypnograms" / f"excerpt{number}.csv").open(newline="") as file:
            found += [STAGES.index(row["stage"]) for row in csv.DictReader(file)]
    truth, found, pure = np.array(truth), np.array(found), np.array(pure)
    assert len(truth) == len(found) == 480
    right = truth == found
    assert right.mean() >= 0.765
    assert cohen_kappa_score(truth, found) >= 0.58
    assert f1_score(truth, found, average="macro", labels=range(5), zero_division=0) >= 0.565
    assert right[pure].mean() >= 0.86
    assert cohen_kappa_score(truth[pure], found[pure]) >= 0.74
