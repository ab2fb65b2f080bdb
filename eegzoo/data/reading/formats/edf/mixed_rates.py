"""EDF, BDF and GDF files whose signals have different sampling rates.

MNE resamples every signal to the highest rate, so that an ECG sets the rate of the EEG. If it reads
such a file in parts, the samples of the resampled channels are those of other times.
"""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import mne
import numpy as np
import numpy.typing as npt
import scipy.signal

from eegzoo.data.signal.channel_names import channel_key

_logger = logging.getLogger(__name__)
_SITE = re.compile(r"(n|f|af|fp|ff|ft|fc|c|cp|t|tp|p|po|o|i|cb|a|m)([0-9]{1,2}h?|z)")
_SLOW = 10.0  # Hz; below, a signal contains states or means, which hold until the next one
_STIM = ("status", "trigger")  # MNE's names of stim channels

Array = npt.NDArray[np.float64]


def rate_of_eeg(labels: Sequence[str], n_samples: Sequence[int]) -> int:
    """Return the samples per record of most EEG channels, or of most channels if none is EEG.

    Examples
    --------
    >>> rate_of_eeg(["C3", "C4", "ECG", "Photo", "Flow"], [128, 128, 256, 512, 512])
    128
    """
    pairs = [(label, n) for label, n in zip(labels, n_samples, strict=True) if n > 0]
    counted = Counter(n for label, n in pairs if is_eeg_label(label))
    counted = counted or Counter(n for label, n in pairs if label.lower() not in _STIM)
    counted = counted or Counter(n for _, n in pairs)
    if not counted:
        raise ValueError("expected signals with samples, got none")
    return max(counted, key=lambda n: (counted[n], n))


def is_eeg_label(label: str) -> bool:
    """Return whether a label is that of an electrode on the scalp, or starts with "EEG".

    Examples
    --------
    >>> [is_eeg_label(name) for name in ("EEG Fpz-Cz", "POL C3", "T5-O1", "ECG", "EMG chin")]
    [True, True, True, False, False]
    """
    if re.match(r"eeg\b", label.strip(), re.IGNORECASE):
        return True
    key = re.sub(r"^pol[ _-]*", "", channel_key(label))
    return all(_SITE.fullmatch(part) for part in re.split(r"[-:_]", key)[:1])


def read_mixed_rates(
    read: Callable[..., mne.io.BaseRaw],
    path: Path,
    labels: Sequence[str],
    n_samples: Sequence[int],
    options: dict[str, Any],
) -> mne.io.BaseRaw:
    """Read a file whose signals have different rates, at the rate of its EEG.

    Parameters
    ----------
    read : callable
        MNE's reader of the format.
    path : Path
        File.
    labels : sequence of str
        Unique names of the signals, as MNE gives them.
    n_samples : sequence of int
        Number of samples of each signal in a record.
    options : dict
        Arguments of `read`.

    Returns
    -------
    mne.io.Raw
        Recording in memory. Channels at other rates are resampled with an anti-aliasing filter;
        those slower than 10 Hz hold each value, and stim channels keep the codes of all pulses.
    """
    rate = rate_of_eeg(labels, n_samples)
    groups: dict[int, list[str]] = {}
    for label, n in zip(labels, n_samples, strict=True):
        groups.setdefault(n, []).append(label)
    options = {**options, "preload": True}
    raw = read(path, include=groups[rate], **options)
    notes = []
    others = []
    for n, names in sorted(groups.items()):
        if n == 0:
            notes.append(f"{', '.join(names)} (no samples, left out)")
        if n in (0, rate):
            continue
        other = read(path, include=names, **options)
        kinds = other.get_channel_types()
        data = np.stack([
            resample_row(row, raw.n_times, Fraction(rate, n), other.info["sfreq"], kind == "stim")
            for row, kind in zip(other.get_data(verbose="ERROR"), kinds, strict=True)
        ])  # fmt: skip
        info = mne.create_info(other.ch_names, raw.info["sfreq"], "misc")
        with info._unlock():
            for new, old in zip(info["chs"], other.info["chs"], strict=True):
                new.update({key: old[key] for key in ("kind", "coil_type", "unit", "cal", "range")})
            info["meas_date"] = raw.info["meas_date"]
            for edge in ("highpass", "lowpass"):
                info[edge] = raw.info[edge]
        others.append(mne.io.RawArray(data, info, verbose="ERROR"))
        notes.append(f"{', '.join(names)} ({other.info['sfreq']:g} Hz)")
    if others:
        raw.add_channels(others, force_update_info=True)
    raw.reorder_channels([name for name in labels if name in raw.ch_names])
    _logger.info(
        "%s: the EEG has %g Hz; channels at other rates are resampled to it: %s",
        path, raw.info["sfreq"], "; ".join(notes),
    )  # fmt: skip
    return raw


def resample_row(
    row: Array, n_times: int, ratio: Fraction, sfreq: float, is_stim: bool = False
) -> Array:
    """Return a signal at another rate, with sample ``k`` at the same time as before.

    Parameters
    ----------
    row : array, shape (n_old,)
        Signal.
    n_times : int
        Number of samples to return.
    ratio : Fraction
        New rate divided by the old one.
    sfreq : float
        Old rate in Hz.
    is_stim : bool
        Whether the values are codes: pulses are kept, and no values in between appear.

    Returns
    -------
    array, shape (n_times,)
        Signal at the new rate.

    Examples
    --------
    >>> resample_row(np.array([0.0, 0, 0, 5, 0, 0, 0, 0]), 4, Fraction(1, 2), 256, is_stim=True)
    array([0., 5., 0., 0.])
    """
    starts = np.arange(n_times) * ratio.denominator // ratio.numerator
    if is_stim and ratio < 1:
        return np.maximum.reduceat(row, starts)
    if is_stim or (sfreq < _SLOW and ratio > 1):
        return row[starts]
    found = scipy.signal.resample_poly(row, ratio.numerator, ratio.denominator, padtype="line")
    return np.asarray(found[:n_times], dtype=np.float64)
