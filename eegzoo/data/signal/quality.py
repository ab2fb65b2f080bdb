"""What is wrong with a recording, channel by channel."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import mne
import numpy as np
import numpy.typing as npt
from scipy import signal as scipy_signal

from eegzoo.data.signal.amplitude import MICROVOLTS_PER_VOLT, robust_amplitude, unit_factor
from eegzoo.data.signal.channel_names import channel_key, places_by_key
from eegzoo.data.signal.signal_info import SignalInfo

Array = npt.NDArray[np.float64]

_FLAT_SHARE = 0.5  # of the seconds of a channel that stand still
_CLIPPED_SHARE = 1e-3  # of the samples that stick to an end of the range
_CLIPPED_RUN = 3  # samples in a row at an end are no chance
_MAINS_SHARE = 0.5  # of the power above 1 Hz that is within 1 Hz of the mains
_MAINS = (50.0, 60.0)


@dataclasses.dataclass(frozen=True)
class Finding:
    """Something about a recording that a user should know.

    Parameters
    ----------
    kind : str
        "nan", "unit", "flat", "clipped", "duplicated", "mains", "channels", "sfreq", "length".
    channels : tuple of str
        Where; empty if everywhere.
    message : str
        In words, with what to do about it.
    fatal : bool
        Whether a model could not take the recording, or would take it for something else.
    """

    kind: str
    channels: tuple[str, ...]
    message: str
    fatal: bool


def check_recording(raw: mne.io.BaseRaw) -> list[Finding]:
    """Look for what makes nonsense of a recording.

    Looked for are NaN and infinity, a unit that is not volts, channels that stand still, that are
    clipped, that are copies of one another, or that hold more mains than EEG.

    Parameters
    ----------
    raw : mne.io.Raw
        Its EEG channels are looked at, "bad" ones too.

    Returns
    -------
    list of Finding
        None if all is well.

    Raises
    ------
    ValueError
        If there are no EEG channels.

    Examples
    --------
    >>> raw = eegzoo.data.simulate_motor_imagery(n_trials=4, random_state=0)
    >>> for finding in check_recording(raw.pick(["C3", "C4"])):
    ...     print(finding.kind, finding.channels, finding.message)
    mains ('C4',) more of 50 Hz than of EEG: add the step Notch([50])
    """
    names = [
        name
        for name, kind in zip(raw.ch_names, raw.get_channel_types(), strict=True)
        if kind == "eeg"
    ]
    if not names:
        types = sorted(set(raw.get_channel_types()))
        raise ValueError(f"expected EEG channels, got channels of type {types}")
    data = raw.get_data(picks=names, verbose="ERROR") * MICROVOLTS_PER_VOLT
    return list(_findings(data, names, raw.info["sfreq"]))


def check_against(raw: mne.io.BaseRaw, info: SignalInfo, sfreq: float) -> list[Finding]:
    """Look for what a model could not take of a recording.

    Parameters
    ----------
    raw : mne.io.Raw
        The recording.
    info : SignalInfo
        What the model takes.
    sfreq : float
        Sampling rate in Hz that its preprocessing makes of the recording's.

    Returns
    -------
    list of Finding
        None if it can be taken.

    Examples
    --------
    >>> raw = eegzoo.data.simulate_motor_imagery(n_trials=4, random_state=0)
    >>> info = SignalInfo(["C3", "Cz", "A1"], sfreq=128.0, n_times=256)
    >>> for finding in check_against(raw, info, sfreq=raw.info["sfreq"]):
    ...     print(finding.message)
    the model's channels are missing: they can be interpolated
    """
    return list(_mismatches(raw, info, sfreq))


def _mismatches(raw: mne.io.BaseRaw, info: SignalInfo, sfreq: float) -> Iterator[Finding]:
    try:
        there = places_by_key(raw.ch_names)
    except ValueError as error:
        yield Finding("channels", (), str(error), fatal=True)
        return
    missing = tuple(name for name in info.ch_names if channel_key(name) not in there)
    if missing:
        message = "the model's channels are missing: they can be interpolated"
        yield Finding("channels", missing, message, fatal=True)
    if abs(sfreq - info.sfreq) > 1e-6 * info.sfreq:
        message = f"the model takes {info.sfreq:g} Hz, the recording has {sfreq:g}: resample it"
        yield Finding("sfreq", (), message, fatal=True)
    seconds = info.n_times / info.sfreq
    if raw.n_times / raw.info["sfreq"] < seconds:
        message = f"the model's windows are {seconds:g} s long, the recording {raw.times[-1]:g} s"
        yield Finding("length", (), message, fatal=True)


def _findings(data: Array, names: Sequence[str], sfreq: float) -> Iterator[Finding]:
    finite = np.isfinite(data).all(axis=1)
    if not finite.all():
        message = "NaN or infinity: interpolate these channels, or cut the samples out"
        yield Finding("nan", _where(~finite, names), message, fatal=True)
    data, names = data[finite], _where(finite, names)
    if not names:
        return
    seconds = _seconds(data, sfreq)
    factor = unit_factor(robust_amplitude(seconds.transpose(1, 0, 2)))
    if factor != 1.0:
        message = f"the unit is not volts: multiply by {factor:g}, with the step Scale({factor:g})"
        yield Finding("unit", (), message, fatal=True)
    flat = (np.ptp(seconds, axis=2) <= 1e-9).mean(axis=1) > _FLAT_SHARE
    if flat.any():
        yield Finding("flat", _where(flat, names), "nothing is recorded", fatal=False)
    moving, names = data[~flat], _where(~flat, names)
    clipped = np.array([_clipped_share(channel) > _CLIPPED_SHARE for channel in moving], bool)
    if clipped.any():
        message = "clipped: samples stick to the largest or smallest value"
        yield Finding("clipped", _where(clipped, names), message, fatal=False)
    for first, second in _copies(moving):
        message = "the same signal twice"
        yield Finding("duplicated", (names[first], names[second]), message, fatal=False)
    for mains in _MAINS:
        loud = _mains_share(moving, sfreq, mains) > _MAINS_SHARE
        if loud.any():
            message = f"more of {mains:g} Hz than of EEG: add the step Notch([{mains:g}])"
            yield Finding("mains", _where(loud, names), message, fatal=False)


def _where(mask: Any, names: Sequence[str]) -> tuple[str, ...]:
    return tuple(itertools.compress(names, mask))


def _seconds(data: Array, sfreq: float) -> Array:
    """Cut (n_chans, n_times) into whole seconds (n_chans, n_seconds, samples)."""
    length = min(data.shape[1], max(2, round(sfreq)))
    n_seconds = data.shape[1] // length
    return data[:, : n_seconds * length].reshape(len(data), n_seconds, length)


def _clipped_share(channel: Array) -> float:
    """Return the share of samples in runs at the channel's largest or smallest value."""
    n_stuck = 0
    for end in (channel.max(), channel.min()):
        edges = np.flatnonzero(np.diff(np.concatenate([[False], channel == end, [False]])))
        runs = edges[1::2] - edges[::2]
        n_stuck += runs[runs >= _CLIPPED_RUN].sum()
    return float(n_stuck / len(channel))


def _copies(data: Array) -> Iterator[tuple[int, int]]:
    """Yield pairs of channels that are equal but for an offset and a factor above 0."""
    if len(data) < 2:
        return
    correlation = np.corrcoef(data)
    yield from zip(*np.nonzero(np.triu(correlation > 1 - 1e-9, k=1)), strict=True)


def _mains_share(data: Array, sfreq: float, mains: float) -> Array:
    """Return the share of each channel's power above 1 Hz that is within 1 Hz of the mains."""
    if len(data) == 0 or mains + 1 >= sfreq / 2:
        return np.zeros(len(data))
    frequencies, power = scipy_signal.welch(
        data, sfreq, nperseg=min(data.shape[1], round(4 * sfreq))
    )
    above = power[:, frequencies >= 1].sum(axis=1)
    share: Array = power[:, np.abs(frequencies - mains) <= 1].sum(axis=1) / above
    return share
