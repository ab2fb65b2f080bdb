"""Causal Butterworth filter of recordings, which starts without a transient of their offset."""

from __future__ import annotations

from typing import Any

import mne
import numpy as np
import numpy.typing as npt
from scipy import signal

ORDER = 4


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
