"""Mean and covariance of channels, computed without loading all windows at once."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from eegzoo.data.tasks.read_ahead import in_chunks

_CHUNK = 64  # windows in memory at the same time


def moments(X: Any) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the mean and covariance of channels over windows and samples, in float64.

    Parameters
    ----------
    X : array or Windows, shape (n_windows, n_chans, n_times)
        Windows, read once in chunks.

    Returns
    -------
    mean : array, shape (n_chans,)
        Mean of each channel.
    covariance : array, shape (n_chans, n_chans)
        Covariance of the channels, divided by the number of samples.

    Raises
    ------
    ValueError
        If a channel is constant.

    Examples
    --------
    >>> mean, covariance = moments(np.array([[[1.0, 3.0], [0.0, 4.0]]]))
    >>> mean, covariance
    (array([2., 2.]), array([[1., 2.],
           [2., 4.]]))
    """
    n_windows, n_chans, n_times = X.shape
    total, products = np.zeros(n_chans), np.zeros((n_chans, n_chans))
    shift = None
    for chunk in in_chunks(X, _CHUNK):
        if shift is None:  # close to the mean, to avoid cancellation
            shift = chunk.mean(axis=(0, 2), dtype=np.float64)
        for window in chunk:
            centred = window.astype(np.float64) - shift[:, None]
            total += centred.sum(axis=1)
            products += centred @ centred.T
    n_samples = n_windows * n_times
    mean = total / n_samples
    covariance = products / n_samples - np.outer(mean, mean)
    variance = np.diag(covariance)
    # Filtering a dead channel leaves rounding errors of 1e-15 microvolts.
    flat = np.flatnonzero(variance <= 1e-12 * variance.max()).tolist()
    if flat:
        raise ValueError(f"expected channels that vary, got constant channels {flat}")
    return shift + mean, covariance
