"""Make ssvep_front_scipy.npz with SciPy and scikit-learn: ``python make_ssvep_front.py``.

Requires ``scipy==1.17.1`` and ``scikit-learn==1.9.1``. There are no authors of the network; its
parts are computed by these libraries, one after the other.
"""

import numpy as np
from dense_head import make, z_scores
from scipy.linalg import eigh
from sklearn.cross_decomposition import CCA

SFREQ, SHRINKAGE, FLOOR = 128.0, 0.02, 1e-6
FREQS, NEIGHBORS = (13.0, 17.0, 21.0), (0.75, 1.0, 1.5)
SHAPE = (12, 8, 512)


def spectra_at(x, freq):
    """Return the real part of each window's cross-spectrum, (windows, channels, channels)."""
    t = np.arange(x.shape[2]) / SFREQ
    centred = x - x.mean(2, keepdims=True)
    found = []
    for window in centred:
        coefficient = window @ np.exp(-2j * np.pi * freq * t) / len(t)
        found.append(np.outer(coefficient, coefficient.conj()).real)
    return np.stack(found)


def filters_and_ratios(x):
    """Return spectra, filters and log(1 + ratio) for each harmonic of each stimulus."""
    spectra, filters, columns = [], [], []
    for freq in [order * freq for order in (1, 2) for freq in FREQS]:
        own = spectra_at(x, freq)
        around = [spectra_at(x, freq + sign * step) for step in NEIGHBORS for sign in (1, -1)]
        signal, noise = own.mean(0), np.mean(around, axis=(0, 1))
        one = np.eye(len(noise))
        regular = (1 - SHRINKAGE) * noise + (SHRINKAGE * np.trace(noise) / len(one) + FLOOR) * one
        vectors = eigh(signal, regular)[1][:, ::-1][:, :2].T
        vectors *= np.sign((vectors @ signal).sum(1, keepdims=True))
        spectra.append((signal, noise))
        filters.append(vectors)
        columns.append(np.log1p(np.einsum("fc,ncd,fd->nf", vectors, own, vectors)))
    return np.array(spectra).swapaxes(0, 1), np.stack(filters), np.concatenate(columns, axis=1)


def correlations(x):
    """Return the two largest canonical correlations with each stimulus and its harmonic."""
    t = np.arange(x.shape[2]) / SFREQ
    columns = []
    for freq in FREQS:
        phases = 2 * np.pi * freq * np.outer(t, (1, 2))
        waves = np.concatenate([np.sin(phases), np.cos(phases)], axis=1)
        rows = []
        for window in x:
            model = CCA(2, scale=False, max_iter=100_000, tol=1e-14).fit(window.T, waves)
            ours, theirs = model.transform(window.T, waves)
            rows.append([np.corrcoef(ours[:, k], theirs[:, k])[0, 1] for k in (0, 1)])
        columns.append(np.array(rows))
    return np.concatenate(columns, axis=1)


def features_before_z_scores(x):
    return np.concatenate([filters_and_ratios(x)[2], correlations(x)], axis=1)


def statistics_of(x):
    spectra, filters, _ = filters_and_ratios(x)
    _, mean, variance = z_scores(features_before_z_scores(x))
    return {
        "filters.running_spectra": spectra, "filters.filters": filters,
        "norm.running_mean": mean, "norm.running_var": variance,
    }  # fmt: skip


if __name__ == "__main__":
    make(
        "ssvep_front_scipy.npz", lambda x: z_scores(features_before_z_scores(x))[0], statistics_of,
        heads={"head": 18}, n_outputs=4, meta={"source": "SciPy 1.17.1 and scikit-learn 1.9.1"},
        seed=4, gains={"head": 0.5}, shape_of_x=SHAPE, scale_of_x=20.0,
    )  # fmt: skip
