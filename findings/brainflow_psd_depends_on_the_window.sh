#!/usr/bin/env bash
# BrainFlow's power spectral density is not corrected for its window.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check brainflow==5.23.0 numpy==2.4.6 scipy==1.17.1 setuptools==80.9.0
cd "$folder"
"$folder/venv/bin/python" -W ignore - <<'PY'
import numpy as np
from brainflow.data_filter import DataFilter, WindowOperations
from scipy import signal

print("brainflow 5.23.0: power from 7 to 13 Hz of a sine of 10 µV at 10 Hz, which is 50 µV²")
sine = 10 * np.sin(2 * np.pi * 10 * np.arange(2048) / 256)
names = {"NO_WINDOW": "boxcar", "HANNING": "hann", "HAMMING": "hamming", "BLACKMAN_HARRIS": "blackmanharris"}
for name, of_scipy in names.items():
    window = WindowOperations[name]
    density, frequencies = DataFilter.get_psd_welch(sine, 512, 256, 256, window)
    found = DataFilter.get_band_power((density, frequencies), 7.0, 13.0)
    whole = DataFilter.get_band_power(DataFilter.get_psd(sine, 256, window), 7.0, 13.0)
    frequencies, density = signal.welch(sine, 256, of_scipy, 512, 256, detrend=False)
    right = density[(frequencies >= 7) & (frequencies <= 13)].sum() * frequencies[1]
    print(f"  {name:15}  get_psd_welch {found:5.2f}, get_psd {whole:5.2f}, SciPy {right:5.2f} µV²")
    lost = np.mean(signal.get_window(of_scipy, 512) ** 2)
    if abs(found - 50 * lost) > 0.2 or abs(whole - 50 * lost) > 0.2 or abs(right - 50) > 0.5:
        raise SystemExit("the behaviour has changed")
print("expected: 50 with each; the sum of the squared window is missing from the density")
PY
