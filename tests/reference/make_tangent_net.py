"""Make tangent_net*_scipy.npz with SciPy and pyRiemann: ``python make_tangent_net.py``.

Requires ``scipy==1.17.1``, ``scikit-learn==1.9.1`` and ``pyriemann==0.12``. There are no authors of
the network; its parts are computed by these libraries, one after the other.
"""

import numpy as np
from dense_head import make, z_scores
from pyriemann.geometry.base import invsqrtm, logm
from pyriemann.geometry.tangentspace import upper
from scipy.signal import butter, sosfiltfilt, welch
from sklearn.covariance import shrunk_covariance

SFREQ, SHRINKAGE, FLOOR = 125.0, 0.05, 1e-6
BANDS = ((1, 4), (4, 8), (8, 13), (13, 30), (30, 45))
SHAPE = (12, 6, 500)


def covariances_of(x):
    """(windows, channels, samples) -> (bands, windows, channels, channels)."""
    found = []
    for band in BANDS:
        filtered = sosfiltfilt(butter(4, band, "bandpass", fs=SFREQ, output="sos"), x)
        plain = [np.cov(window, bias=True) for window in filtered]
        shrunk = [shrunk_covariance(matrix, SHRINKAGE) for matrix in plain]
        found.append(np.stack(shrunk) + FLOOR * np.eye(x.shape[1]))
    return np.stack(found)


def features_before_z_scores(x):
    columns = []
    for own in covariances_of(x):
        whitening = invsqrtm(own.mean(0))
        logs = logm(whitening @ own @ whitening)
        columns.append(upper(logs))
    for signals in (x, x - x.mean(1, keepdims=True)):
        freqs, power = welch(signals, SFREQ, nperseg=int(2 * SFREQ))
        for low in range(1, 45, 4):
            inside = (freqs >= low) & (freqs <= low + 4)
            columns.append(np.log(power[:, :, inside].mean(2) + FLOOR))
    return np.concatenate(columns, axis=1)


def statistics_of(x):
    means = covariances_of(x).mean(1)
    _, mean, variance = z_scores(features_before_z_scores(x))
    return {
        "whitening.running_mean": means, "whitening.whitening": invsqrtm(means),
        "norm.running_mean": mean, "norm.running_var": variance,
    }  # fmt: skip


if __name__ == "__main__":
    one = {"head": 5 * 21 + 22 * 6}
    two = {"head.layers.0": 5 * 21, "head.layers.1": 22 * 6}
    for name, heads in (("tangent_net", one), ("tangent_net_two_heads", two)):
        make(
            f"{name}_scipy.npz", lambda x: z_scores(features_before_z_scores(x))[0], statistics_of,
            heads=heads, n_outputs=3, meta={"source": "SciPy 1.17.1 and pyRiemann 0.12"},
            seed=3, gains={"head": 0.3}, shape_of_x=SHAPE, scale_of_x=20.0,
        )  # fmt: skip
