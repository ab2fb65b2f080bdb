#!/usr/bin/env bash
# A NaN hides an artefact from MNE's peak-to-peak rejection: the window is kept.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check mne==1.13.2 numpy==2.4.6 scipy==1.17.1
"$folder/venv/bin/python" - <<'PY'
import warnings

import mne
import numpy as np

warnings.simplefilter("ignore")  # NumPy's, about NaN
print(f"mne {mne.__version__}: mne.Epochs(reject=dict(eeg=100e-6)) on windows with a jump of 1 mV")
info = mne.create_info(["Cz"], 100.0, "eeg")
data = 1e-5 * np.random.default_rng(0).standard_normal((1, 1000))
data[0, 250] = data[0, 650] = 1e-3  # a jump in the windows at 2 and 6 s
data[0, 660] = np.nan  # and a NaN in the second of them
raw = mne.io.RawArray(data, info, verbose=False)
events = np.array([[200, 0, 1], [400, 0, 1], [600, 0, 1]])
epochs = mne.Epochs(
    raw, events, tmin=0, tmax=0.99, baseline=None, reject={"eeg": 1e-4}, preload=True, verbose=False
)
kept = [round(event / 100) for event in epochs.events[:, 0].tolist()]
print(f"  jumps at 2.5 and 6.5 s, NaN at 6.6 s; windows kept: {kept} (onsets in s)")
print("expected: 4, since the others hold a jump")
if kept != [4, 6]:
    raise SystemExit("the behaviour has changed")
PY
