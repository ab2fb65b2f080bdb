#!/usr/bin/env bash
# braindecode's exponential moving standardisation does not standardise a recording in MNE's volts.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check braindecode==1.8.1
cd "$folder"
"$folder/venv/bin/python" -W ignore - <<'PY'
import mne
import numpy as np
from braindecode.datasets import BaseConcatDataset, RawDataset
from braindecode.preprocessing import Preprocessor, exponential_moving_standardize, preprocess

mne.set_log_level("ERROR")
print("braindecode 1.8.1: exponential_moving_standardize of two MNE recordings of 10 and 40 microvolts")
noise = np.random.default_rng(0).standard_normal((3, 250 * 60))
found = {}
for unit, factor in (("volts, as MNE holds them", 1.0), ("microvolts", 1e6)):
    for microvolts in (10, 40):
        raw = mne.io.RawArray(microvolts * 1e-6 * noise, mne.create_info(3, 250, "eeg"))
        data = BaseConcatDataset([RawDataset(raw)])
        steps = [
            Preprocessor(lambda x, factor=factor: x * factor),
            Preprocessor(exponential_moving_standardize, factor_new=1e-3, init_block_size=1000),
        ]
        preprocess(data, steps)
        std = data.datasets[0].raw.get_data().std()
        found[unit, microvolts] = std
        print(f"  {microvolts} microvolts, in {unit}: standard deviation {std:.3f}")
print("expected: about 1 in all")
volts = [found["volts, as MNE holds them", size] for size in (10, 40)]
others = [found["microvolts", size] for size in (10, 40)]
if max(volts) > 0.5 or not 3.5 < volts[1] / volts[0] < 4.5 or min(others) < 0.9:
    raise SystemExit("the behaviour has changed")
PY
