#!/usr/bin/env bash
# Hjorth's mobility and complexity by mne-features depend on the offset of the signal.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check mne-features==0.3.2 mne==1.13.2 numpy==2.4.6 scipy==1.17.1 numba==0.68.1 antropy==0.2.3
cd "$folder"
"$folder/venv/bin/python" -W ignore - <<'PY'
from importlib.metadata import version

import antropy
import numpy as np
from mne_features.univariate import compute_hjorth_complexity, compute_hjorth_mobility

print(f"mne-features {version('mne-features')}: Hjorth's parameters of 2 s of EEG-like noise, 20 µV, and of the same with an offset")
rng = np.random.default_rng(0)
x = np.cumsum(rng.normal(size=512))
x = 20 * (x - x.mean()) / x.std()
mobility, complexity = [], []
for offset in (0, 100, 1000, 10_000):
    window = x + offset
    mobility += compute_hjorth_mobility(window[None]).tolist()
    complexity += compute_hjorth_complexity(window[None]).tolist()
    right = antropy.hjorth_params(window)
    print(
        f"  offset {offset:6,} µV: mobility {mobility[-1]:.3f}, complexity {complexity[-1]:5.2f};"
        f" by antropy {right[0]:.3f} and {right[1]:5.2f}"
    )
    if abs(right[0] - antropy.hjorth_params(x)[0]) > 1e-6:
        raise SystemExit("the behaviour has changed")
print("expected: the same in each row; a zero is put before the first sample, and the step from it counts")
if not (mobility[0] < 0.2 and mobility[-1] > 0.95 and complexity[0] > 8 and complexity[-1] < 2):
    raise SystemExit("the behaviour has changed")
PY
