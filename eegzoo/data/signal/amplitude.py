"""Checks that amplitudes are finite and plausible for EEG in microvolts."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from eegzoo.arguments import one_of
from eegzoo.data.signal.channel_amplitude import (
    channel_amplitudes,
    describe,
    median_deviations,
    thousands,
    wrong_units,
)
from eegzoo.data.signal.signal_info import SignalWarning

HOW = ("raise", "warn", "ignore")
MICROVOLTS_PER_VOLT = 1e6

# Range of the robust amplitude of EEG, from filtered gamma in adults to seizures in infants.
SMALLEST, LARGEST = 0.1, 1000.0
# Largest plausible ratio between the amplitude and that of the training data.
FACTOR_FROM_TRAINING = 30.0
_N_WINDOWS = 64
_UNITS = {2: "volts", 1: "millivolts"}  # by the power of 1000 that converts them


def check_finite(data: Any, ch_names: Sequence[str]) -> None:
    """Raise ValueError if data, shape (..., n_chans, n_times), contain NaN or infinity.

    Examples
    --------
    >>> check_finite(np.array([[1.0, 2.0], [np.nan, 3.0]]), ["C3", "C4"])
    Traceback (most recent call last):
        ...
    ValueError: expected finite numbers, got NaN or infinity in channels ['C4']
    """
    finite = np.isfinite(data).all(axis=-1).reshape(-1, len(ch_names)).all(axis=0)
    if not finite.all():
        bad = [name for name, good in zip(ch_names, finite, strict=True) if not good]
        raise ValueError(f"expected finite numbers, got NaN or infinity in channels {bad}")


def robust_amplitude(X: Any) -> float:
    """Return a robust estimate of the standard deviation of windows.

    It is the median over windows and channels of the scaled median absolute deviation along time.
    Offsets, artefacts and broken channels hardly affect it. At most 64 windows, evenly spaced,
    are used.

    Parameters
    ----------
    X : array, shape (n_windows, n_chans, n_times)
        Windows in any unit. Flat channels are ignored.

    Returns
    -------
    float
        Amplitude in the unit of `X`. NaN: there is no window or all channels are flat.

    Examples
    --------
    >>> X = np.random.default_rng(0).normal(5000.0, 20.0, (10, 3, 500))
    >>> round(robust_amplitude(X))
    20
    """
    return _typical(median_deviations(_some(X)))


def unit_factor(amplitude: float) -> float:
    """Return the factor that converts a robust amplitude to plausible microvolts of EEG.

    Returns
    -------
    float
        1.0 if the amplitude is plausible, else a power of 1000.

    Examples
    --------
    >>> unit_factor(20.0), unit_factor(2e-5), unit_factor(20e3)
    (1.0, 1000000.0, 0.001)
    """
    if math.isnan(amplitude) or SMALLEST <= amplitude <= LARGEST:
        return 1.0
    return float(f"1e{3 * thousands(amplitude)}")


def check_amplitude(
    X: Any,
    trained: float | None = None,
    how: str = "raise",
    ch_names: Sequence[str] | None = None,
    sfreq: float | None = None,
) -> float | None:
    """Check that amplitudes are plausible for EEG in microvolts and for the training data.

    Parameters
    ----------
    X : array, shape (n_windows, n_chans, n_times)
        Windows that should be in microvolts.
    trained : float | None
        `robust_amplitude` of the training windows. None: unknown.
    how : {"raise", "warn", "ignore"}
        Reaction to implausible amplitudes.
    ch_names : sequence of str | None
        Names of the channels, for messages about single channels. None: they are numbered.
    sfreq : float | None
        Sampling rate in Hz, with which drift and mains are told from a wrong unit.

    Returns
    -------
    float | None
        Robust amplitude. None: there is no window or all channels are flat.

    Raises
    ------
    ValueError
        If amplitudes are implausible and `how` is "raise". If the unit is wrong, the message
        states the factor that converts it.

    Warns
    -----
    SignalWarning
        If amplitudes are implausible and `how` is "warn".

    Examples
    --------
    >>> check_amplitude(np.random.default_rng(0).normal(0, 2e-5, (10, 3, 500)))
    Traceback (most recent call last):
        ...
    ValueError: expected amplitudes of EEG in microvolts, got about 2e-05, which looks like ...
    """
    one_of("check_signal", how, HOW)
    windows = _some(X)
    deviations = median_deviations(windows)
    amplitude = _typical(deviations)
    fault = ""
    if how != "ignore" and not math.isnan(amplitude):
        each = channel_amplitudes(windows, sfreq, deviations)
        fault = _fault(each, amplitude, trained, ch_names)
    if fault and how == "raise":
        raise ValueError(f"{fault} (check_signal='ignore' skips this check)")
    if fault:
        warnings.warn(fault, SignalWarning, stacklevel=3)
    return None if math.isnan(amplitude) else amplitude


def _fault(
    each: Any, amplitude: float, trained: float | None, ch_names: Sequence[str] | None
) -> str:
    """Return why the amplitudes of channels are implausible, or an empty string."""
    single = wrong_units(each)
    if single:
        names = ch_names or [str(place) for place in range(len(each))]
        return f"expected amplitudes of EEG in microvolts, but {describe(single, names)}"
    typical = float(np.median(each[each > 0])) if (each > 0).any() else amplitude
    factor = unit_factor(typical)
    if factor != 1.0:
        power = thousands(typical)
        if power in _UNITS:
            reason = f"looks like {_UNITS[power]}"
        else:
            size = "small" if power > 0 else "large"
            reason = f"is too {size} by a factor of about {10.0 ** abs(3 * power):g}"
        return (
            f"expected amplitudes of EEG in microvolts, got about {typical:.2g}, which {reason}: "
            f"multiply by {factor:g}"
        )
    if trained is None:
        return ""
    ratio = amplitude / trained
    if 1 / FACTOR_FROM_TRAINING <= ratio <= FACTOR_FROM_TRAINING:
        return ""
    return (
        f"expected amplitudes of about {trained:.2g} microvolts, as in the training data, got "
        f"about {amplitude:.2g}: check the unit and the preprocessing"
    )


def _typical(deviations: Any) -> float:
    """Return the median of the deviations that are not those of flat channels; NaN without any."""
    moving = deviations[deviations > 0]
    return float(np.median(moving)) if moving.size else math.nan


def _some(X: Any) -> Any:
    """Return at most 64 windows, evenly spaced."""
    chosen = np.linspace(0, len(X) - 1, min(len(X), _N_WINDOWS)).astype(int)
    return np.asarray(X[chosen], np.float64)
