#!/usr/bin/env bash
# WFDB reads the faster channels of an EDF of mixed rates as means of digital values, and calls them microvolts.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check wfdb==4.3.1 numpy==2.4.6 pandas==3.1.1 edfio==0.4.18
cd "$folder"
"$folder/venv/bin/python" -W ignore - <<'PY'
import warnings
from importlib.metadata import version

import edfio
import numpy as np
import wfdb
from wfdb.io.convert.edf import read_edf

warnings.simplefilter("ignore")
print(f"wfdb {version('wfdb')}: read_edf of C3, a sine of 30 µV at 5 Hz and 100 Hz, beside a slower channel")
sine = 30 * np.sin(2 * np.pi * 5 * np.arange(6000) / 100)
found = {}
for sfreq in (100, 50, 1):
    fast = edfio.EdfSignal(sine, 100, label="C3", physical_dimension="uV", physical_range=(-200, 200))
    slow = edfio.EdfSignal(np.zeros(60 * sfreq), sfreq, label="EMG", physical_dimension="uV", physical_range=(-200, 200))
    edfio.Edf([fast, slow]).write("mixed.edf")
    record = read_edf("mixed.edf")
    found[sfreq] = record.p_signal[:, 0].std()
    print(f"  beside {sfreq:3} Hz: {record.fs} Hz, standard deviation {found[sfreq]:,.2f} {record.units[0]}")
print("expected: 100 Hz and 21.21 µV beside any channel")
gain = 65535 / 400  # digital values for each microvolt
means = sine.reshape(-1, 2).mean(axis=1).std() * gain
if abs(found[100] - 21.21) > 0.01 or abs(found[50] / means - 1) > 0.01 or found[1] > 1:
    raise SystemExit("the behaviour has changed")

print("WFDB's own format: rdsamp of the same channels, written with 100 samples and 1 a second")
wfdb.wrsamp("night", 1, ["uV", "%"], ["C3", "SpO2"], e_p_signal=[sine, np.linspace(90, 99, 60)], samps_per_frame=[100, 1], fmt=["16", "16"])
signals, fields = wfdb.rdsamp("night")
print(f"  {fields['fs']:g} Hz, standard deviation of C3 {signals[:, 0].std():.2f} µV; with smooth_frames=False 100 Hz")
frames = wfdb.rdrecord("night", smooth_frames=False).e_p_signal[0]
if fields["fs"] != 1 or signals[:, 0].std() > 1 or abs(frames.std() - 21.21) > 0.01:
    raise SystemExit("the behaviour has changed")
PY
