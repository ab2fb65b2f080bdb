#!/usr/bin/env bash
# An EDF whose channels have different rates, opened lazily, gives other samples when it is read in parts.
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
print(f"mne {mne.__version__}: EDF with C3 (100 Hz) and ECG (256 Hz); C3 is a ramp, so that each sample tells its time")
seconds = 30
ramp = edfio.EdfSignal(np.arange(100 * seconds) / 100, 100, label="C3", physical_range=(-40, 40))
ecg = edfio.EdfSignal(np.zeros(256 * seconds), 256, label="ECG", physical_range=(-1, 1))
edfio.Edf([ramp, ecg]).write("mixed.edf")
whole = mne.io.read_raw_edf("mixed.edf", preload=True, verbose=False).get_data("C3")[0]
raw = mne.io.read_raw_edf("mixed.edf", preload=False, verbose=False)
first = round(10.5 * raw.info["sfreq"])
part = raw.get_data("C3", start=first, stop=first + 256)[0]
late = (part - whole[first : first + 256])[100:150].mean()
print(f"  from 10.5 s on, read in a part: samples of {abs(late):.2f} s {'later' if late > 0 else 'earlier'} than in the whole")
print("expected: the same samples")
if abs(late) < 0.1:
    raise SystemExit("the behaviour has changed")
PY
