"""Zero-phase band-pass filters of windows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import signal

from eegzoo.arguments import number_between

Array = npt.NDArray[Any]
Band = tuple[float, float]
_ORDER = 4


def check_bands(bands: Any) -> tuple[Band, ...]:
    """Return frequency bands as pairs of floats.

    Raises
    ------
    ValueError, TypeError
        If there is no band, or one is not a pair of rising numbers above 0 Hz.
    """
    found = []
    for band in bands:
        if not isinstance(band, Sequence) or isinstance(band, str) or len(band) != 2:
            raise ValueError(f"expected bands as pairs of frequencies in Hz, got {band!r}")
        low = number_between("the lower edge of a band", band[0], 0.0, above=True)
        high = number_between("the upper edge of a band", band[1], low, above=True)
        found.append((low, high))
    if not found:
        raise ValueError(f"expected at least one band, got {bands!r}")
    return tuple(found)


def band_passed(X: Array, band: Band, sfreq: float) -> npt.NDArray[np.float64]:
    """Return windows after a Butterworth band-pass of order 4, forwards and backwards.

    Parameters
    ----------
    X : array, shape (n_windows, n_chans, n_times)
        Windows.
    band : tuple of float
        Lower and upper edge in Hz.
    sfreq : float
        Sampling rate in Hz.

    Returns
    -------
    array, shape (n_windows, n_chans, n_times)
        Windows in the band, without a delay.

    Raises
    ------
    ValueError
        If the band does not end below half of `sfreq`, or the windows are too short.

    Examples
    --------
    >>> time = np.arange(512) / 128
    >>> X = np.stack([np.sin(2 * np.pi * hz * time) for hz in (10, 25)])[None]
    >>> band_passed(X, (8, 13), 128.0)[0, :, 128:384].std(axis=-1).round(2)
    array([0.71, 0.  ])
    """
    if band[1] >= sfreq / 2:
        raise ValueError(
            f"expected bands below half the sampling rate, {sfreq / 2:g} Hz, got {band}"
        )
    sections = signal.butter(_ORDER, band, "bandpass", output="sos", fs=sfreq)
    shortest = 6 * _ORDER + 4  # sosfiltfilt adds one sample less at either end
    if X.shape[-1] < shortest:
        raise ValueError(
            f"expected windows of at least {shortest} samples for bands, got {X.shape[-1]}"
        )
    filtered: npt.NDArray[np.float64] = signal.sosfiltfilt(sections, np.asarray(X, np.float64))
    return filtered
