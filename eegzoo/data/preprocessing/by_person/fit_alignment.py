"""Means and matrices of an alignment, from the moments of one person's windows."""

from __future__ import annotations

import warnings

import numpy as np
import numpy.typing as npt

from eegzoo.data.preprocessing.by_person.band_filters import Band
from eegzoo.data.preprocessing.by_person.covariance_means import (
    inverse_square_root,
    riemannian_mean,
    shrunk,
    signal_space,
)
from eegzoo.data.preprocessing.by_person.fitted_alignment import FittedAlignment
from eegzoo.data.preprocessing.by_person.good_windows import good_windows
from eegzoo.data.preprocessing.by_person.window_moments import WindowMoments

Matrices = npt.NDArray[np.float64]
MIN_WINDOWS = 2
_FEW_WINDOWS = 3
# Bound of the variance of rounding errors of float32, relative to the mean square of the signal.
_ROUNDING = 1e-13


class AlignmentWarning(UserWarning):
    """Warning about an alignment by too few windows."""


def fit_alignment(
    moments: WindowMoments,
    method: str,
    shrinkage: float,
    bands: tuple[Band, ...] | None = None,
    sfreq: float | None = None,
) -> FittedAlignment:
    """Return the alignment that is fitted to the moments of a person's windows.

    Parameters
    ----------
    moments : WindowMoments
        Moments of all windows.
    method, shrinkage, bands
        As in `PersonAlignment`.
    sfreq : float | None
        Sampling rate in Hz, with bands.

    Raises
    ------
    ValueError, AlignmentWarning
        As `PersonAlignment.fit`.
    """
    n_given = len(moments)
    if n_given < MIN_WINDOWS:
        raise ValueError(
            f"expected at least {MIN_WINDOWS} windows of a person to align, got {n_given}"
        )
    if not np.isfinite(moments.covariance).all():
        raise ValueError("expected finite numbers in the windows to align, got NaN or infinity")
    used = moments.subset(good_windows(moments.power(), moments.variance()))
    if len(used) < MIN_WINDOWS:
        raise ValueError(
            f"expected at least {MIN_WINDOWS} windows of a person that are neither flat nor "
            f"outliers, got {len(used)} of {n_given}"
        )
    if len(used) <= _FEW_WINDOWS:
        warnings.warn(
            f"a person is aligned by {len(used)} windows; with so few, the alignment removes "
            "differences between windows as well as between people",
            AlignmentWarning,
            stacklevel=3,
        )
    mean = used.mean.mean(axis=0)
    noise = _ROUNDING * float(used.level.max())
    covariances = used.about(mean)
    matrices = [
        _matrix(covariances[:, band], method, shrinkage, noise)
        for band in range(covariances.shape[1])
    ]
    return FittedAlignment(
        mean, np.stack(matrices) / np.sqrt(len(matrices)), len(used), n_given - len(used),
        bands, None if bands is None else sfreq,
    )  # fmt: skip


def _matrix(covariances: Matrices, method: str, shrinkage: float, noise: float) -> Matrices:
    """Return the matrix that aligns one band, whose covariances are (n_windows, n, n)."""
    mean = covariances.mean(axis=0)
    if method == "zscore":
        variance = np.diag(mean)
        alive = variance > max(1e-12 * variance.max(), noise)
        _check_signal(alive.any())
        return np.diag(np.where(alive, 1 / np.sqrt(np.where(alive, variance, 1.0)), 0.0))
    basis = signal_space(mean, noise)
    _check_signal(basis.shape[1] > 0)
    inside = shrunk(basis.T @ covariances @ basis, shrinkage)
    if method == "euclid":
        return basis @ inverse_square_root(inside.mean(axis=0)) @ basis.T
    lowest = np.linalg.eigvalsh(inside)[:, 0]
    traces = np.trace(inside, axis1=-2, axis2=-1)
    if not (lowest > 1e-12 * traces).all():
        raise ValueError(
            "expected shrinkage above 0 for method 'riemann', because the covariance of a window "
            "has fewer dimensions than that of all windows, got "
            f"{shrinkage:g}"
        )
    return basis @ inverse_square_root(riemannian_mean(inside)) @ basis.T


def _check_signal(has_signal: bool) -> None:
    if not has_signal:
        raise ValueError("expected windows that vary, got constant ones")
