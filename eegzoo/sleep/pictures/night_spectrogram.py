"""Multitaper spectrogram of a night, one spectrum for each window."""

from __future__ import annotations

import itertools

import mne
import numpy as np
import numpy.typing as npt

from eegzoo.data.signal.amplitude import MICROVOLTS_PER_VOLT
from eegzoo.data.signal.filtering.polyphase import resample
from eegzoo.sleep.inputs.unscored import WindowGrid

Array = npt.NDArray[np.float64]

BAND = (0.5, 30.0)  # Hz
_BANDWIDTH = 0.5  # Hz
_STEP = 0.2  # Hz between the frequencies that are returned
_SFREQ = 100.0
_CHUNK = 64  # windows that are computed at once: the tapers multiply the memory


def night_spectrogram(
    x: npt.ArrayLike, sfreq: float, window_seconds: float = 30.0
) -> tuple[Array, Array]:
    """Compute the spectrum of each whole window of a signal by the multitaper method.

    Parameters
    ----------
    x : array-like of float, shape (n_times,)
        Signal in volts.
    sfreq : float
        Sampling rate in Hz.
    window_seconds : float
        Duration of a window.

    Returns
    -------
    frequencies : array of float, shape (n_frequencies,)
        Frequencies in Hz, from 0.5 to 30 or to half the sampling rate.
    decibels : array of float, shape (n_windows, n_frequencies)
        Power spectral density in dB with respect to 1 µV²/Hz; NaN in windows with samples that are
        not finite.

    Examples
    --------
    >>> x = 1e-5 * np.sin(2 * np.pi * 10 * np.arange(6000) / 100)
    >>> frequencies, decibels = night_spectrogram(x, 100.0)
    >>> decibels.shape[0], bool(abs(frequencies[decibels[0].argmax()] - 10) < 0.6)
    (2, True)
    """
    signal = np.asarray(x, np.float64) * MICROVOLTS_PER_VOLT
    grid = WindowGrid(len(signal), sfreq, window_seconds)
    finite = np.isfinite(signal)
    usable = [finite[start:stop].all() for start, stop in itertools.pairwise(grid.edges)]
    signal[~finite] = 0.0
    if sfreq > _SFREQ:
        signal = resample(signal, sfreq, _SFREQ)
        grid = WindowGrid(len(signal), _SFREQ, window_seconds)
    length = int(window_seconds * grid.sfreq)
    windows = np.array([signal[start : start + length] for start in grid.edges[:-1]])
    powers = []
    for start in range(0, len(windows), _CHUNK):
        power, found = mne.time_frequency.psd_array_multitaper(
            windows[start : start + _CHUNK], grid.sfreq, *BAND, _BANDWIDTH,
            normalization="full", remove_dc=True, verbose="ERROR",
        )  # fmt: skip
        powers.append(power)
    bins = np.rint(found / _STEP).astype(int)
    kept = np.unique(bins)
    power = np.concatenate(powers)
    decibels = 10 * np.log10(
        np.stack([power[:, bins == place].mean(axis=1) for place in kept], axis=1) + 1e-12
    )
    decibels[~np.array(usable[: len(decibels)])] = np.nan
    return kept * _STEP, decibels
