"""Mean and covariance of channels, over windows that need not fit into memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
_CHUNK = 64  # windows that are in memory at once


def moments(X: Any) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the channels' mean and covariance in float64.

    Parameters
    ----------
    X : array or Windows, shape (n_windows, n_chans, n_times)
        Windows, read once, some at a time.

    Returns
    -------
    mean : array, shape (n_chans,)
        Over windows and samples.
    covariance : array, shape (n_chans, n_chans)
        The same; divided by their number.

    Raises
    ------
    ValueError
        If a channel is constant.
    """
    n_windows, n_chans, n_times = X.shape
    total, products = np.zeros(n_chans), np.zeros((n_chans, n_chans))
    shift = None
    for chunk in _chunks(X):
        if shift is None:  # near the mean, so that the products do not cancel
            shift = chunk.mean(axis=(0, 2), dtype=np.float64)
        for window in chunk:
            centred = window.astype(np.float64) - shift[:, None]
            total += centred.sum(axis=1)
            products += centred @ centred.T
    n_samples = n_windows * n_times
    mean = total / n_samples
    covariance = products / n_samples - np.outer(mean, mean)
    variance = np.diag(covariance)
    # A filter leaves 1e-15 microvolts of rounding in a dead channel.
    flat = np.flatnonzero(variance <= 1e-12 * variance.max()).tolist()
    if flat:
        raise ValueError(f"expected channels that vary, got constant channels {flat}")
    return shift + mean, covariance


def _chunks(X: Any) -> Iterator[Array]:
    for start in range(0, len(X), _CHUNK):
        yield X[start : start + _CHUNK]
