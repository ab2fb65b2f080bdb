#!/usr/bin/env bash
# pyRiemann's mean_logdet and mean_thompson of covariances in V² are not those in µV², without a warning.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check pyriemann==0.12 numpy==2.4.6 scipy==1.17.1 scikit-learn==1.9.1
cd "$folder"
"$folder/venv/bin/python" - <<'PY'
import warnings

import numpy as np
from pyriemann.geometry import mean

print("pyriemann 0.12: means of the covariances of 30 windows of EEG-like noise, in microvolts and in volts")
rng = np.random.default_rng(0)
mixing = rng.normal(size=(8, 8))
sources = rng.normal(size=(30, 8, 512)) * np.exp(rng.normal(0, 0.5, (30, 8, 1)))
windows = 20 * np.exp(rng.normal(0, 0.7, (30, 1, 1))) * (mixing @ sources)
covariances = windows @ windows.transpose(0, 2, 1) / 512


def mean_of(name, unit):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        found = getattr(mean, name)(covariances * unit) / unit
    return np.trace(found) / 8, len(caught)


off = {}
for name in ("mean_euclid", "mean_riemann", "mean_logdet", "mean_thompson"):
    microvolts, _ = mean_of(name, 1.0)
    volts, n_warnings = mean_of(name, 1e-12)
    off[name] = volts / microvolts
    print(f"  {name:13}  mean variance in volts / in microvolts: {off[name]:.2f}, with {n_warnings} warnings in volts")
    if n_warnings:
        raise SystemExit("the behaviour has changed")
print("expected: 1.00 for all, because both are homogeneous; the iterations end by an absolute tolerance")
if off["mean_logdet"] < 1.5 or off["mean_thompson"] < 1.5 or abs(off["mean_riemann"] - 1) > 1e-6:
    raise SystemExit("the behaviour has changed")
PY
