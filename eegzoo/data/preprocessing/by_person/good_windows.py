"""Choice of the windows that the statistics of a person are taken from."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

# A window is left out only if its power in a channel differs from the median by this factor ...
_FACTOR = 10.0
# ... and by more than this multiple of the spread of the majority of windows.
_SPREADS = 3.0
_QUANTILES = (0.2, 0.5, 0.8)
# Share of the largest variance below which it is left by the rounding of a constant signal's mean.
_CONSTANT = 1e-20


def good_windows(
    power: npt.NDArray[Any], variance: npt.NDArray[Any] | None = None
) -> npt.NDArray[np.bool_]:
    """Return which windows are neither flat nor outliers.

    A window is an outlier if the power of one of its channels is more than ten times (or less than
    a tenth of) the median of this channel over the windows, and if the logarithm of this ratio
    also exceeds three times the distance of the median from the 80th (or 20th) percentile. A state
    that a fifth of the windows are in, such as closed eyes or a stage of sleep, is therefore never
    left out, whatever its power. A window is flat if all of its channels are constant, or one that
    is not constant in most of the other windows. Channels that are, are not looked at.

    Parameters
    ----------
    power : array, shape (n_windows, n_chans)
        Power of each channel in each window, offsets of the windows included.
    variance : array, shape (n_windows, n_chans) | None
        Variance of each channel within each window. None: the power.

    Returns
    -------
    array of bool, shape (n_windows,)
        True for the windows to use.

    Examples
    --------
    >>> power = np.full((10, 3), 100.0)
    >>> power[2, 1] = 1e5                          # an electrode pops
    >>> power[7] = 0.0                             # the amplifier is off
    >>> np.flatnonzero(~good_windows(power))
    array([2, 7])
    """
    variance = power if variance is None else variance
    largest = variance.max(axis=1, initial=0.0)
    highest = largest.max(initial=0.0)
    good: npt.NDArray[np.bool_] = (largest > _CONSTANT * highest) | (highest == 0)
    good[good] = _like_most(power[good], variance[good])
    return good


def _like_most(power: npt.NDArray[Any], variance: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Return which windows are neither flat nor outliers, of those that are not wholly constant."""
    typical = np.median(variance, axis=0)
    alive = typical > 1e-12 * typical.max(initial=0.0)
    flat = variance[:, alive] <= 1e-12 * typical[alive]
    power = power[:, alive]
    median = np.median(power, axis=0)
    logs = np.log(np.maximum(power / median, 1e-12))
    low, middle, high = np.quantile(logs, _QUANTILES, axis=0)
    above = logs - middle > np.log(_FACTOR) + _SPREADS * (high - middle)
    below = middle - logs > np.log(_FACTOR) + _SPREADS * (middle - low)
    like_most: npt.NDArray[np.bool_] = ~(above | below | flat).any(axis=1)
    return like_most
