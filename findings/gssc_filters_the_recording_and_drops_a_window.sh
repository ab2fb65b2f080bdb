#!/usr/bin/env bash
# GSSC stages one window less than a recording has, and leaves the recording filtered.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
# gssc 0.0.9 reads its networks with pickle, which torch 2.6 and later refuse.
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check gssc==0.0.9 torch==2.5.1 mne==1.13.2 numpy==2.4.6 scipy==1.17.1 pandas==3.1.1 importlib-resources==7.1.0
cd "$folder"
"$folder/venv/bin/python" -W ignore - <<'PY'
import contextlib
import io
from importlib.metadata import version

import mne
import numpy as np
from gssc.infer import EEGInfer

mne.set_log_level("ERROR")
print(f"gssc {version('gssc')}: EEGInfer.mne_infer on 20 windows of 30 s, white noise of 30 microvolts")
info = mne.create_info(["C3", "EOG L"], 256.0, ["eeg", "eog"])
raw = mne.io.RawArray(3e-5 * np.random.default_rng(0).standard_normal((2, 20 * 30 * 256)), info)


def microvolts():
    return 1e6 * raw.get_data("C3").std()


before = microvolts()
with contextlib.redirect_stdout(io.StringIO()):
    stages, times = EEGInfer(use_cuda=False).mne_infer(raw, eeg=["C3"], eog=["EOG L"])
print(f"  stages: {len(stages)}; the recording had {before:.1f} microvolts and has {microvolts():.1f} now")
print("expected: 20 stages, and 30.0 microvolts")
if len(stages) != 19 or microvolts() > 0.6 * before:
    raise SystemExit("the behaviour has changed")
PY
