"""Compute means of covariances and whitening matrices with pyRiemann 0.12 (BSD-3-Clause).

pip install pyriemann==0.12 numpy==2.4.6; python make_covariance_means.py
"""

from pathlib import Path

import numpy as np
from pyriemann.geometry.mean import mean_euclid, mean_riemann
from pyriemann.preprocessing import Whitening

# Windows of microvolts: (name, number of windows, channels, samples, spread of log-amplitudes).
CASES = (("few", 3, 2, 64, 0.3), ("usual", 20, 6, 128, 0.5), ("dispersed", 8, 4, 32, 2.0))

stored = {}
for seed, (name, n_windows, n_chans, n_times, spread) in enumerate(CASES):
    rng = np.random.default_rng(seed)
    sources = rng.normal(size=(n_windows, n_chans, n_times))
    sources *= np.exp(rng.normal(0, spread, (n_windows, n_chans, 1)))
    x = 10 * rng.normal(size=(n_chans, n_chans)) @ sources
    x -= x.mean(axis=(0, 2), keepdims=True)
    covariances = x @ x.transpose(0, 2, 1) / n_times
    stored[f"{name}_windows"] = x
    stored[f"{name}_euclid"] = mean_euclid(covariances)
    stored[f"{name}_riemann"] = mean_riemann(covariances, tol=1e-13, maxiter=500)
    for metric in ("euclid", "riemann"):
        whitening = Whitening(metric=metric).fit(covariances)
        stored[f"{name}_whitening_{metric}"] = whitening.filters_.T
np.savez_compressed(Path(__file__).parent / "covariance_means.npz", **stored)
