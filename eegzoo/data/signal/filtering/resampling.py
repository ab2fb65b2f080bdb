"""Resampling of recordings and epochs that moves no sample in time."""

from __future__ import annotations

import copy
import math

import mne
import numpy as np
import numpy.typing as npt

from eegzoo.data.signal.filtering.kept_annotations import with_annotations_of
from eegzoo.data.signal.filtering.polyphase import resample
from eegzoo.data.signal.signal_info import same_rate


def resample_raw(raw: mne.io.BaseRaw, sfreq: float) -> mne.io.BaseRaw:
    """Return a resampled copy of a recording without stim channels, or the recording itself.

    Its annotations stay at their places in the signal. If the recording was cropped, the time of
    its first sample is rounded to a multiple of the new sampling interval.

    Parameters
    ----------
    raw : mne.io.Raw
        Recording.
    sfreq : float
        New sampling rate in Hz. The recording is returned as it is if it has this rate.

    Examples
    --------
    >>> raw = eegzoo.data.simulate_motor_imagery(n_trials=2, random_state=0)
    >>> slow = resample_raw(raw, 100.0)
    >>> int(raw.n_times), int(slow.n_times)
    (1536, 1200)
    """
    old = raw.info["sfreq"]
    if same_rate(old, sfreq):
        return raw
    first_samp = round(raw.first_samp * sfreq / old)
    data = resample(raw.get_data(verbose="ERROR"), old, sfreq)
    changed = mne.io.RawArray(data, _info_at(raw.info, sfreq), first_samp, verbose="ERROR")
    return with_annotations_of(changed, raw)


def resample_epochs(epochs: mne.BaseEpochs, sfreq: float) -> mne.BaseEpochs:
    """Return resampled copies of epochs, or the epochs themselves if they have this rate.

    Parameters
    ----------
    epochs : mne.Epochs
        Epochs. The time of their first sample stays the same.
    sfreq : float
        New sampling rate in Hz.

    Examples
    --------
    >>> raw = eegzoo.data.simulate_motor_imagery(n_trials=2, random_state=0)
    >>> epochs = mne.Epochs(raw, tmin=0.5, tmax=2.5, baseline=None, preload=True, verbose=False)
    >>> resample_epochs(epochs, 64.0).times[[0, -1]]
    array([0.5     , 2.484375])
    """
    old = epochs.info["sfreq"]
    if same_rate(old, sfreq):
        return epochs
    # MNE keeps the first time, also between two new samples; its samples are replaced.
    slow = epochs.copy().load_data().resample(sfreq, verbose="ERROR")
    slow.get_data(copy=False)[:] = resample(epochs.get_data(copy=False), old, sfreq)
    return slow


def resample_events(
    events: npt.NDArray[np.int64], raw: mne.io.BaseRaw, resampled: mne.io.BaseRaw
) -> npt.NDArray[np.int64]:
    """Return the events of a recording with their samples in the resampled recording.

    Each event is moved by at most half a new sample relative to the signal.

    Parameters
    ----------
    events : array of int, shape (n_events, 3)
        Events in MNE's format.
    raw, resampled : mne.io.Raw
        Recording before and after `resample_raw`.

    Examples
    --------
    >>> raw = eegzoo.data.simulate_motor_imagery(n_trials=2, random_state=0)
    >>> resample_events(np.array([[640, 0, 1]]), raw, resample_raw(raw, 100.0))
    array([[500,   0,   1]])
    """
    if resampled is raw:
        return events
    ratio = resampled.info["sfreq"] / raw.info["sfreq"]
    moved = events.copy()
    samples = np.round((events[:, 0] - raw.first_samp) * ratio).astype(np.int64)
    moved[:, 0] = np.minimum(samples, resampled.n_times - 1) + resampled.first_samp
    return moved


def _info_at(info: mne.Info, sfreq: float) -> mne.Info:
    """Return a recording's info at another sampling rate."""
    changed = copy.deepcopy(info)
    with changed._unlock():
        changed["sfreq"] = float(sfreq)
        changed["lowpass"] = min(info["lowpass"] or math.inf, sfreq / 2)
    return changed
