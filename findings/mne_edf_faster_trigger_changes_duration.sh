#!/usr/bin/env bash
# An EDF whose trigger channel is faster than its EEG is four times as long in MNE as in the file.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check mne==1.13.2 numpy==2.4.6 scipy==1.17.1 edfio==0.4.18
cd "$folder"
"$folder/venv/bin/python" - <<'PY'
import warnings

import edfio
import mne
import numpy as np

warnings.simplefilter("ignore")
print(f"mne {mne.__version__}: EDF of 10 s with C3 at 64 Hz and a trigger channel at 256 Hz")
rng = np.random.default_rng(0)
c3 = edfio.EdfSignal(rng.standard_normal(640), 64, label="C3", physical_range=(-9, 9))
trigger = edfio.EdfSignal(np.zeros(2560), 256, label="TRIGGER", physical_range=(-9, 9))
edfio.Edf([c3, trigger]).write("trigger.edf")
raw = mne.io.read_raw_edf("trigger.edf", preload=True, verbose=False)
seconds = raw.n_times / raw.info["sfreq"]
print(f"  {raw.info['sfreq']:g} Hz, {seconds:g} s")
print("expected: 10 s")
if abs(seconds - 10) < 1:
    raise SystemExit("the behaviour has changed")
PY
