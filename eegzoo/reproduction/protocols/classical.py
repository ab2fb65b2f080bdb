"""Classical methods that networks are compared with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import mne
import numpy as np
import numpy.typing as npt
from scipy.signal import welch
from sklearn.base import ClassifierMixin
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

Array = npt.NDArray[Any]

BANDS = ((1.0, 4.0), (4.0, 8.0), (8.0, 13.0), (13.0, 30.0), (30.0, 45.0))
SLEEP_BANDS = ((0.5, 2.0), (2.0, 4.0), (4.0, 8.0), (8.0, 11.0), (11.0, 16.0), (16.0, 24.0))
FREQUENCIES = (13.0, 17.0, 21.0)


def csp_lda(X: Array, y: Array, train: Array, test: Array) -> Array:
    """Return the labels predicted by linear discriminant analysis of common spatial patterns."""
    patterns = mne.decoding.CSP(n_components=4, log=True)
    with mne.use_log_level("ERROR"):
        pipeline = make_pipeline(patterns, LinearDiscriminantAnalysis())
        pipeline.fit(X[train].astype(np.float64), y[train])
        predicted: Array = pipeline.predict(X[test].astype(np.float64))
    return predicted


def lda(features: Array, y: Array, train: Array, test: Array) -> Array:
    """Return the labels predicted by linear discriminant analysis with shrinkage."""
    return _fit_predict(LinearDiscriminantAnalysis("lsqr", "auto"), features, y, train, test)


def logistic(features: Array, y: Array, train: Array, test: Array) -> Array:
    """Return the labels predicted by logistic regression."""
    return _fit_predict(LogisticRegression(C=0.01, max_iter=1000), features, y, train, test)


def forest(features: Array, y: Array, train: Array, test: Array) -> Array:
    """Return the labels predicted by a random forest."""
    trees = RandomForestClassifier(300, min_samples_leaf=3, random_state=0)
    return _fit_predict(trees, features, y, train, test)


def _fit_predict(
    classifier: ClassifierMixin, features: Array, y: Array, train: Array, test: Array
) -> Array:
    pipeline = make_pipeline(StandardScaler(), classifier).fit(features[train], y[train])
    predicted: Array = pipeline.predict(features[test])
    return predicted


def log_power(X: Array, sfreq: float, bands: Sequence[tuple[float, float]]) -> Array:
    """Return the log power of each channel in each band, one row per window."""
    freqs, power = welch(X, sfreq, nperseg=min(X.shape[2], round(2 * sfreq)))
    inside = [(freqs >= low) & (freqs <= high) for low, high in bands]
    return np.concatenate([np.log(power[:, :, band].mean(axis=2)) for band in inside], axis=1)


def z_score(features: Array, subjects: Array) -> Array:
    """Return the features standardised within each subject, without using labels."""
    scored = np.empty_like(features)
    for subject in np.unique(subjects):
        own = features[subjects == subject]
        scored[subjects == subject] = (own - own.mean(axis=0)) / own.std(axis=0)
    return scored


def flicker_power(X: Array, sfreq: float) -> Array:
    """Return the log power around each flicker frequency and its second harmonic."""
    centres = [harmonic * freq for harmonic in (1, 2) for freq in FREQUENCIES]
    return log_power(X, sfreq, [(centre - 0.5, centre + 0.5) for centre in centres])


def canonical_correlations(X: Array, sfreq: float) -> Array:
    """Return the canonical correlation with each flicker frequency, one row per window.

    The references are sines and cosines at the frequency and its second harmonic. The largest
    canonical correlation is the largest singular value of the product of two orthonormal bases.
    """
    t = np.arange(X.shape[2]) / sfreq
    columns = []
    basis = np.linalg.qr((X - X.mean(axis=2, keepdims=True)).transpose(0, 2, 1))[0]
    for freq in FREQUENCIES:
        phases = 2 * np.pi * freq * np.outer(t, (1, 2))
        waves = np.linalg.qr(np.concatenate([np.sin(phases), np.cos(phases)], axis=1))[0]
        columns.append(np.linalg.svd(basis.transpose(0, 2, 1) @ waves)[1][:, 0])
    return np.stack(columns, axis=1)


def whiten(X: Array) -> Array:
    """Return windows whose channels, over all windows, are uncorrelated with unit variance."""
    covariance = np.einsum("nct,ndt->cd", X, X, dtype=np.float64) / (len(X) * X.shape[2])
    values, vectors = np.linalg.eigh(covariance)
    # An average reference leaves a direction with almost no signal, which must not be amplified.
    values = np.maximum(values, 1e-3 * values.mean())
    whitened: Array = np.matmul(((vectors / np.sqrt(values)) @ vectors.T).astype(np.float32), X)
    return whitened
