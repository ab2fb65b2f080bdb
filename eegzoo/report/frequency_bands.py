"""Frequency bands: their names and edges, and the parts of windows that are within them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Bands = Mapping[str, tuple[float, float]]

BANDS: Bands = {
    "delta": (0.0, 4.0),
    "theta": (4.0, 8.0),
    "alpha": (8.0, 13.0),
    "beta": (13.0, 30.0),
    "gamma": (30.0, np.inf),
}


def check_bands(bands: Bands | None, n_times: int, sfreq: float) -> dict[str, tuple[float, float]]:
    """Return bands, those of `BANDS` by default, as far as a window has frequencies in them.

    Parameters
    ----------
    bands : mapping of str to tuple of float | None
        Lower edge, which is included, and upper edge of each band in Hz. None: `BANDS`.
    n_times : int
        Number of samples in a window.
    sfreq : float
        Sampling rate in Hz.

    Raises
    ------
    ValueError
        If a given band is no pair of rising edges, or contains no frequency of a window.

    Examples
    --------
    >>> check_bands({"mu": (8, 13)}, n_times=100, sfreq=100.0)
    {'mu': (8.0, 13.0)}
    >>> list(check_bands(None, n_times=50, sfreq=50.0))
    ['delta', 'theta', 'alpha', 'beta']
    """
    known = {}
    for name, edges in (BANDS if bands is None else bands).items():
        try:
            low, high = map(float, edges)
        except (TypeError, ValueError):
            low, high = 0.0, -1.0
        if not 0 <= low < high:
            raise ValueError(f"expected bands[{name!r}] to be (low, high) in Hz, got {edges!r}")
        if band_bins((low, high), n_times, sfreq).any():
            known[str(name)] = (low, high)
        elif bands is not None:
            raise ValueError(
                f"expected bands[{name!r}] to contain a frequency of windows of "
                f"{n_times / sfreq:g} s at {sfreq:g} Hz, got {edges!r}"
            )
    return known


def band_bins(band: tuple[float, float], n_times: int, sfreq: float) -> npt.NDArray[np.bool_]:
    """Return which Fourier coefficients of a window are in a band; 0 Hz, its mean, never is.

    Examples
    --------
    >>> band_bins((1.0, 3.0), n_times=8, sfreq=8.0)
    array([False,  True,  True, False, False])
    """
    frequencies = np.fft.rfftfreq(n_times, 1 / sfreq)
    inside: npt.NDArray[np.bool_] = (band[0] <= frequencies) & (frequencies < band[1])
    inside[0] = False
    return inside


def within_band(x: Array, band: tuple[float, float], sfreq: float) -> Array:
    """Return the part of windows that is in a band, by their Fourier coefficients.

    The parts in bands that follow one another add up to the window without its mean.

    Parameters
    ----------
    x : array, shape (..., n_times)
        Windows.
    band : tuple of float
        Lower and upper edge in Hz.
    sfreq : float
        Sampling rate in Hz.

    Returns
    -------
    array, shape (..., n_times)
        Part of the windows, in their type.

    Examples
    --------
    >>> t = np.arange(100) / 100
    >>> x = np.sin(2 * np.pi * 10 * t) + np.sin(2 * np.pi * 20 * t)
    >>> np.allclose(within_band(x, (8.0, 13.0), 100.0), np.sin(2 * np.pi * 10 * t))
    True
    """
    n_times = x.shape[-1]
    coefficients = np.fft.rfft(x) * band_bins(band, n_times, sfreq)
    return np.fft.irfft(coefficients, n_times).astype(x.dtype)


def band_text(name: str, edges: tuple[float, float]) -> str:
    """Return a band's name and edges.

    Examples
    --------
    >>> band_text("mu", (8.0, 13.0)), band_text("gamma", (30.0, np.inf))
    ('mu, 8–13 Hz', 'gamma, from 30 Hz')
    """
    low, high = edges
    return f"{name}, from {low:g} Hz" if np.isinf(high) else f"{name}, {low:g}–{high:g} Hz"
