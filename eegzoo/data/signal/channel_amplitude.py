"""Amplitude of each channel without drift and mains, and channels in a wrong unit."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.signal

Array = npt.NDArray[np.float64]

SLOWEST = 1.0  # Hz; slower signals are drift
MAINS = (50.0, 60.0)  # Hz
TYPICAL = 10.0  # microvolts
_SHORTEST = 1.0  # seconds; shorter windows cannot tell drift from EEG
_TOLERANCE = 0.7  # decades between a channel and the others in another unit
_ROUNDING = 1e-6
_SHARE = 0.2  # smallest share of plausible channels with which the others are compared


def channel_amplitudes(
    X: Any, sfreq: float | None = None, deviations: Array | None = None
) -> Array:
    """Return a robust amplitude of each channel, without offset, drift and mains.

    It is the median over windows of the scaled median absolute deviation along time.

    Parameters
    ----------
    X : array, shape (n_windows, n_chans, n_times)
        Windows in any unit.
    sfreq : float | None
        Sampling rate in Hz. None: drift and mains are not removed.
    deviations : array, shape (n_windows, n_chans) | None
        `median_deviations` of the windows, if they are known.

    Returns
    -------
    array, shape (n_chans,)
        Amplitudes in the unit of `X`; 0 for flat channels.

    Examples
    --------
    >>> times = np.arange(1000) / 250
    >>> eeg = np.random.default_rng(0).normal(0, 10, (8, 1, 1000))
    >>> mains = 2000 * np.sin(2 * np.pi * 50 * times)
    >>> bool(8 < channel_amplitudes(eeg + 5000 + 300 * times + mains, sfreq=250.0)[0] < 11)
    True
    """
    X = np.asarray(X, np.float64)
    if len(X) == 0:
        return np.zeros(X.shape[1])
    known = median_deviations(X) if deviations is None else deviations
    whole: Array = np.median(known, axis=0)
    if sfreq is None or X.shape[2] / sfreq < _SHORTEST:
        return whole
    filtered = np.median(median_deviations(_without_drift_and_mains(X, sfreq)), axis=0)
    # What is smaller than rounding errors of the drift is no signal.
    amplitude: Array = np.where(filtered > _ROUNDING * whole, filtered, 0.0)
    return amplitude


def median_deviations(X: Array) -> Array:
    """Return the scaled median absolute deviation along time of each channel in each window.

    Examples
    --------
    >>> median_deviations(np.array([[[1.0, 2.0, 4.0], [5.0, 5.0, 5.0]]]))
    array([[1.4826, 0.    ]])
    """
    deviations: Array = 1.4826 * np.median(
        np.abs(X - np.median(X, axis=-1, keepdims=True)), axis=-1
    )
    return deviations


def wrong_units(amplitudes: Any) -> dict[int, float]:
    """Return the channels whose unit differs from that of the others, with their factors.

    A channel is in another unit if it is near a power of 1000 larger or smaller than the channels
    with amplitudes that are plausible in microvolts.

    Parameters
    ----------
    amplitudes : array, shape (n_chans,)
        Amplitudes from `channel_amplitudes`, in microvolts.

    Returns
    -------
    dict of int to float
        Factor that converts each such channel, by its index.

    Examples
    --------
    >>> wrong_units([10.0, 15e3, 8.0, 400.0, 0.0])
    {1: 0.001}
    """
    amplitudes = np.asarray(amplitudes, np.float64)
    moving = np.flatnonzero(amplitudes > 0)
    usual = [place for place in moving if thousands(amplitudes[place]) == 0]
    if len(usual) < max(1, _SHARE * len(moving)):
        return {}
    decades = np.log10(amplitudes[moving] / np.median(amplitudes[usual]))
    found = {}
    for place, decade in zip(moving.tolist(), decades.tolist(), strict=True):
        power = round(decade / 3)
        if place not in usual and power and abs(decade - 3 * power) <= _TOLERANCE:
            found[place] = float(f"1e{-3 * power}")
    return found


def describe(factors: dict[int, float], ch_names: Sequence[str]) -> str:
    """Return which channels are in a wrong unit, for messages.

    Examples
    --------
    >>> describe({0: 0.001}, ["C3", "C4"])
    'channels C3 are too large by a factor of about 1000: multiply them by 0.001'
    """
    parts = []
    for factor in sorted(set(factors.values())):
        names = ", ".join(ch_names[place] for place in factors if factors[place] == factor)
        size = "large" if factor < 1 else "small"
        ratio = max(factor, 1 / factor)
        parts.append(
            f"channels {names} are too {size} by a factor of about {ratio:g}: multiply them by "
            f"{factor:g}"
        )
    return "; ".join(parts)


def thousands(amplitude: float) -> int:
    """Return the power of 1000 that brings an amplitude closest to a typical one."""
    return round(float(np.log10(TYPICAL / amplitude)) / 3)


def _without_drift_and_mains(X: Array, sfreq: float) -> Array:
    """Return the middle half of windows after a high-pass and a notch filter.

    A taper keeps strong mains and slopes from leaking into other frequencies; it is divided out
    again, which is why only the middle is returned.
    """
    n_times = X.shape[2]
    flat = np.ptp(X, axis=-1, keepdims=True) == 0
    taper = scipy.signal.windows.hann(n_times, sym=False)
    spectrum = np.fft.rfft(scipy.signal.detrend(X, axis=-1) * taper, axis=-1)
    frequencies = np.fft.rfftfreq(n_times, 1 / sfreq)
    width = max(1.5, 2.5 * sfreq / n_times)
    removed = frequencies < max(SLOWEST, 2.5 * sfreq / n_times)
    for mains, harmonic in itertools.product(MAINS, (1, 2, 3)):
        removed |= np.abs(frequencies - harmonic * mains) <= width
    spectrum[..., removed] = 0
    middle = slice(n_times // 4, max(n_times // 4 + 2, 3 * n_times // 4))
    filtered = np.fft.irfft(spectrum, n_times, axis=-1)[..., middle] / taper[middle]
    kept: Array = np.where(flat, 0.0, filtered)
    return kept
