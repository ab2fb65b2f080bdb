#!/usr/bin/env bash
# One loose electrode makes all channels of an exported EDF coarse.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check mne==1.13.2 numpy==2.4.6 scipy==1.17.1 edfio==0.4.18
cd "$folder"
"$folder/venv/bin/python" -W ignore - <<'PY'
import mne
import numpy as np

mne.set_log_level("ERROR")
print(f"mne {mne.__version__}: EEG of 10 microvolts beside a channel that drifts by 100 mV, exported and read")
data = 1e-5 * np.random.default_rng(0).standard_normal((2, 6000))
data[1] += 0.1 * np.sin(2 * np.pi * np.arange(6000) / 6000)
raw = mne.io.RawArray(data, mne.create_info(["C3", "loose"], 100, "eeg"))
error = {}
for physical_range in ("auto", "channelwise"):
    mne.export.export_raw("x.edf", raw, physical_range=physical_range, overwrite=True)
    found = mne.io.read_raw_edf("x.edf").get_data("C3")[0]
    error[physical_range] = 1e6 * np.sqrt(((found - data[0]) ** 2).mean())
    levels = len(np.unique(found.round(10)))
    print(f"  physical_range={physical_range!r}: C3 has {levels} levels, error {error[physical_range]:.4f} microvolts")
print("expected: the range of C3 is that of C3 by default")
if error["auto"] < 0.5 or error["channelwise"] > 0.01:
    raise SystemExit("the behaviour has changed")
PY
