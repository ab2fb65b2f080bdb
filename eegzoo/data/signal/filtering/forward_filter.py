"""Causal filters of recordings, which start without a transient of their offset."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import mne
import numpy as np
import numpy.typing as npt
from scipy import signal

ORDER = 4
# Frequency of a notch divided by its width.
NOTCH_QUALITY = 30.0


def filter_forward(
    raw: mne.io.BaseRaw, l_freq: float | None, h_freq: float | None
) -> mne.io.BaseRaw:
    """Filter a loaded recording in place with a Butterworth filter that runs forwards only.

    Each sample depends on the samples up to it alone. The recording is continued before its start
    by its first sample, so that the offset of an electrode causes no transient; MNE 1.13.2
    continues it by zeros.

    Parameters
    ----------
    raw : mne.io.Raw
        Recording, whose channels are all filtered.
    l_freq, h_freq : float | None
        Lower and upper edge in Hz, where the power is halved. None: no edge.

    Returns
    -------
    mne.io.Raw
        The same recording.

    Examples
    --------
    >>> raw = eegzoo.data.simulate_motor_imagery(n_trials=2, random_state=0)
    >>> filter_forward(raw, 4.0, 38.0).info["highpass"]
    4.0
    """
    sections = butterworth_sections(l_freq, h_freq, float(raw.info["sfreq"]))
    first = raw.get_data(stop=1, verbose="ERROR")
    raw.apply_function(lambda data: data - first, picks="all", channel_wise=False, verbose="ERROR")
    raw.filter(
        l_freq, h_freq, picks="all", method="iir", phase="forward", verbose="ERROR",
        iir_params={"sos": sections, "output": "sos"},
    )  # fmt: skip
    gain = float(np.prod(sections[:, :3].sum(axis=1) / sections[:, 3:].sum(axis=1)))
    return raw.apply_function(
        lambda data: data + gain * first, picks="all", channel_wise=False, verbose="ERROR"
    )


def notch_forward(raw: mne.io.BaseRaw, freqs: Sequence[float]) -> mne.io.BaseRaw:
    """Remove frequencies from a loaded recording in place, with filters that run forwards only.

    Parameters
    ----------
    raw : mne.io.Raw
        Recording, whose channels are all filtered.
    freqs : sequence of float
        Frequencies in Hz.

    Returns
    -------
    mne.io.Raw
        The same recording.

    Examples
    --------
    >>> raw = eegzoo.data.simulate_motor_imagery(n_trials=2, random_state=0)
    >>> power = lambda raw: raw.compute_psd(fmin=49, fmax=51, n_fft=512, verbose=False).get_data()
    >>> before = power(raw).max()
    >>> bool(power(notch_forward(raw, [50.0])).max() < 0.1 * before)
    True
    """
    sections = notch_sections(freqs, float(raw.info["sfreq"]))
    steady = signal.sosfilt_zi(sections)[:, None, :]

    def filtered(data: npt.NDArray[Any]) -> npt.NDArray[Any]:
        passed: npt.NDArray[Any] = signal.sosfilt(sections, data, zi=steady * data[None, :, :1])[0]
        return passed

    return raw.apply_function(filtered, picks="all", channel_wise=False, verbose="ERROR")


def butterworth_sections(
    l_freq: float | None, h_freq: float | None, sfreq: float
) -> npt.NDArray[Any]:
    """Return the second-order sections of the Butterworth filter of order four.

    Parameters
    ----------
    l_freq, h_freq : float | None
        Lower and upper edge in Hz. None: no edge.
    sfreq : float
        Sampling rate in Hz.

    Returns
    -------
    array, shape (n_sections, 6)
        Sections, as in SciPy.

    Examples
    --------
    >>> butterworth_sections(4.0, 38.0, 128.0).shape, butterworth_sections(4.0, None, 128.0).shape
    ((4, 6), (2, 6))
    """
    kind = "bandpass" if l_freq and h_freq else "highpass" if l_freq else "lowpass"
    edges = [edge for edge in (l_freq, h_freq) if edge]
    sections: npt.NDArray[Any] = signal.butter(
        ORDER, edges if len(edges) == 2 else edges[0], kind, fs=sfreq, output="sos"
    )
    return sections


def notch_sections(freqs: Sequence[float], sfreq: float) -> npt.NDArray[Any]:
    """Return the second-order sections of notch filters, one for each frequency.

    Parameters
    ----------
    freqs : sequence of float
        Frequencies in Hz. The width of a notch, at half the power, is a thirtieth of its frequency.
    sfreq : float
        Sampling rate in Hz.

    Returns
    -------
    array, shape (n_freqs, 6)
        Sections, as in SciPy.

    Examples
    --------
    >>> notch_sections([50.0, 100.0], 250.0).shape
    (2, 6)
    """
    pairs = [signal.iirnotch(freq, NOTCH_QUALITY, fs=sfreq) for freq in freqs]
    return np.array([np.concatenate(pair) for pair in pairs])
