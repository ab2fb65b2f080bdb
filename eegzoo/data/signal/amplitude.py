"""Whether amplitudes can be microvolts of EEG."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np

from eegzoo.arguments import one_of
from eegzoo.data.signal.signal_info import SignalWarning

HOW = ("raise", "warn", "ignore")
MICROVOLTS_PER_VOLT = 1e6

# Robust amplitudes between which EEG is, whatever its filter: gamma of adults, seizures of infants.
SMALLEST, LARGEST = 0.1, 1000.0
TYPICAL = 10.0
# How many times the amplitude may differ from that of the training.
FACTOR_FROM_TRAINING = 30.0
_N_WINDOWS = 64
_LOOKS_LIKE = {2: "volts", 1: "millivolts"}


def robust_amplitude(X: Any) -> float:
    """Return the amplitude of windows in their unit: what a standard deviation would be.

    It is the median over windows and channels of the scaled median absolute deviation along time,
    so that neither offsets nor artefacts nor broken channels move it. At most 64 windows, evenly
    spaced, are looked at.

    Parameters
    ----------
    X : array, shape (n_windows, n_chans, n_times)
        Windows. Channels that stand still are passed over.

    Returns
    -------
    float
        NaN if there is nothing to judge by.

    Examples
    --------
    >>> X = np.random.default_rng(0).normal(5000.0, 20.0, (10, 3, 500))
    >>> round(robust_amplitude(X))
    20
    """
    chosen = np.linspace(0, len(X) - 1, min(len(X), _N_WINDOWS)).astype(int)
    windows = np.asarray(X[chosen], np.float64)
    windows = windows - np.median(windows, axis=-1, keepdims=True)
    deviations = 1.4826 * np.median(np.abs(windows), axis=-1)
    moving = deviations[deviations > 0]
    return float(np.median(moving)) if moving.size else math.nan


def unit_factor(amplitude: float) -> float:
    """Return by what to multiply numbers of an amplitude so that they can be microvolts of EEG.

    Returns
    -------
    float
        1.0 if they can be already, else a power of a thousand.

    Examples
    --------
    >>> unit_factor(20.0), unit_factor(2e-5), unit_factor(20e3)
    (1.0, 1000000.0, 0.001)
    """
    if math.isnan(amplitude) or SMALLEST <= amplitude <= LARGEST:
        return 1.0
    return float(f"1e{3 * _thousands(amplitude)}")


def check_amplitude(X: Any, trained: float | None = None, how: str = "raise") -> float | None:
    """Raise or warn if amplitudes cannot be microvolts of EEG, or those of a training.

    Parameters
    ----------
    X : array, shape (n_windows, n_chans, n_times)
        Windows that should be in microvolts.
    trained : float | None
        `robust_amplitude` of the windows that a model was trained on.
    how : {"raise", "warn", "ignore"}
        What to do about it.

    Returns
    -------
    float | None
        The robust amplitude. None: there is nothing to judge by.

    Raises
    ------
    ValueError
        With the factor that makes microvolts of them.

    Examples
    --------
    >>> check_amplitude(np.random.default_rng(0).normal(0, 2e-5, (10, 3, 500)))
    Traceback (most recent call last):
        ...
    ValueError: expected amplitudes of EEG in microvolts, got about 2e-05, which looks like ...
    """
    one_of("check_signal", how, HOW)
    amplitude = robust_amplitude(X)
    complaint = "" if how == "ignore" else _complaint(amplitude, trained)
    if complaint and how == "raise":
        raise ValueError(f"{complaint} (check_signal='ignore' takes them as they are)")
    if complaint:
        warnings.warn(complaint, SignalWarning, stacklevel=3)
    return None if math.isnan(amplitude) else amplitude


def _complaint(amplitude: float, trained: float | None) -> str:
    factor = unit_factor(amplitude)
    if factor != 1.0:
        thousands = _thousands(amplitude)
        looks = (
            f"looks like {_LOOKS_LIKE[thousands]}"
            if thousands in _LOOKS_LIKE
            else (
                f"is {'too small' if thousands > 0 else 'too large'} by a factor of about "
                f"{10.0 ** abs(3 * thousands):g}"
            )
        )
        return (
            f"expected amplitudes of EEG in microvolts, got about {amplitude:.2g}, which {looks}: "
            f"multiply by {factor:g}"
        )
    if trained is None or math.isnan(amplitude):
        return ""
    ratio = amplitude / trained
    if 1 / FACTOR_FROM_TRAINING <= ratio <= FACTOR_FROM_TRAINING:
        return ""
    return (
        f"expected amplitudes of about {trained:.2g} microvolts, as in the training, got about "
        f"{amplitude:.2g}: is the unit right, and the preprocessing that of the training?"
    )


def _thousands(amplitude: float) -> int:
    return round(math.log10(TYPICAL / amplitude) / 3)
