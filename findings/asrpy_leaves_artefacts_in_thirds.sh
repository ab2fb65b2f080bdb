#!/usr/bin/env bash
# asrpy's artefact subspace reconstruction leaves a stretch at the end of each third of a recording as it was.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
# asrpy 0.0.8 raises TypeError with NumPy 2.4.
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check asrpy==0.0.8 mne==1.13.2 numpy==2.2.6 scipy==1.15.3
cd "$folder"
"$folder/venv/bin/python" -W ignore - <<'PY'
from importlib.metadata import version

import asrpy
import mne
import numpy as np
from scipy.signal import butter, sosfiltfilt

mne.set_log_level("ERROR")
print(f"asrpy {version('asrpy')}: ASR of 90 s at 250 Hz with an artefact all along")
rng, sfreq, n_chans, n_times = np.random.default_rng(0), 250, 8, 250 * 90


def band(x, low, high):
    return sosfiltfilt(butter(2, [low, high], "band", fs=sfreq, output="sos"), x)


clean = 5e-6 * rng.standard_normal((n_chans, n_chans)) @ band(rng.standard_normal((n_chans, n_times)), 1, 40)
artefact = rng.standard_normal((n_chans, 1)) * 8e-4 * band(rng.standard_normal(n_times), 1, 8)
info = mne.create_info(n_chans, sfreq, "eeg")
asr = asrpy.ASR(sfreq=sfreq, cutoff=10)
asr.fit(mne.io.RawArray(clean, info))
noisy = clean + artefact
found = asr.transform(mne.io.RawArray(noisy, info)).get_data()
same = np.isclose(found, noisy, atol=1e-12).all(axis=0)
rms = [1e6 * np.sqrt((x**2).mean()) for x in (noisy, found[:, ~same], found[:, same])]
print(f"  root mean square in {rms[0]:.0f} microvolts, out {rms[1]:.0f}; where nothing was done {rms[2]:.0f}")
places = np.flatnonzero(same)
stretches = np.split(places, np.flatnonzero(np.diff(places) > 1) + 1)
for stretch in stretches:
    print(f"  unchanged: {len(stretch)} samples up to {(stretch[-1] + 1) / sfreq:.2f} s")
print("expected: none")
ends = [round((stretch[-1] + 1) / sfreq) for stretch in stretches]
if ends != [30, 60, 90] or min(map(len, stretches)) < 30:
    raise SystemExit("the behaviour has changed")
PY
