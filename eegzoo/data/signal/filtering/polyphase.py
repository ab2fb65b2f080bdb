"""Resampling of arrays that moves no sample in time."""

from __future__ import annotations

import fractions
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import signal as scipy_signal

# In new samples. The ratio of two rates is approximated by a fraction that moves no sample more.
_LARGEST_SHIFT = 0.01
_LARGEST_RATIO = 10_000


def resample(data: npt.NDArray[Any], sfreq: float, new_sfreq: float) -> npt.NDArray[Any]:
    """Resample signals, with sample ``k`` of the result at exactly ``k / new_sfreq`` seconds.

    The anti-aliasing filter is a zero-phase FIR filter (Kaiser window, beta 5) that passes
    frequencies up to 0.84 of the lower Nyquist frequency, where it halves the amplitude. Signals
    are mirrored at their ends.

    MNE 1.13.2 does not do this: both methods of `mne.filter.resample` take the ratio of the
    rounded lengths for the ratio of the rates, which stretches the signal, and "fft" also rounds
    the length of its padding, which moves it by up to half a new sample.

    Parameters
    ----------
    data : array, shape (..., n_times)
        Signals.
    sfreq, new_sfreq : float
        Sampling rates in Hz before and after.

    Returns
    -------
    array, shape (..., n_times_new)
        Resampled signals. Their length is rounded, as by `mne.filter.resample`.

    Raises
    ------
    ValueError
        If one rate is more than 10,000 times the other.

    Examples
    --------
    >>> times = np.arange(500) / 250
    >>> slower = resample(np.sin(2 * np.pi * 3 * times), 250, 128)
    >>> slower.shape, bool(abs(slower[100] - np.sin(2 * np.pi * 3 * 100 / 128)) < 1e-3)
    ((256,), True)
    """
    if not 1 / _LARGEST_RATIO <= new_sfreq / sfreq <= _LARGEST_RATIO:
        raise ValueError(
            f"expected new_sfreq within a factor of {_LARGEST_RATIO} of {sfreq:g} Hz, got "
            f"{new_sfreq:g} Hz"
        )
    ratio = _ratio(sfreq, new_sfreq, data.shape[-1])
    n_times = max(round(data.shape[-1] * new_sfreq / sfreq), 1)
    resampled: npt.NDArray[np.float64] = scipy_signal.resample_poly(
        np.asarray(data, np.float64), ratio.numerator, ratio.denominator, axis=-1, padtype="reflect"
    )
    return resampled[..., :n_times]


def _ratio(sfreq: float, new_sfreq: float, n_times: int) -> fractions.Fraction:
    """Return the simplest fraction that moves no sample by more than `_LARGEST_SHIFT`."""
    exact = fractions.Fraction(new_sfreq) / fractions.Fraction(sfreq)
    largest = 1000
    while abs((ratio := exact.limit_denominator(largest)) - exact) * n_times > _LARGEST_SHIFT:
        largest *= 10
    return ratio
