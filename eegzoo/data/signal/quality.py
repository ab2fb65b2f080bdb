"""Checks of a recording for common faults and for its fit to a model."""

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

_FLAT_SHARE = 0.5  # largest share of flat seconds in a channel
_CLIPPED_SHARE = 1e-3  # largest share of a channel's samples in runs at an extreme value
_CLIPPED_RUN = 3  # length in samples of the shortest run
_MAINS_SHARE = 0.5  # largest share of the power above 1 Hz within 1 Hz of the mains frequency
_MAINS = (50.0, 60.0)  # mains frequencies in Hz


@dataclasses.dataclass(frozen=True)
class Finding:
    """Fault of a recording, or mismatch with a model.

    Parameters
    ----------
    kind : str
        "nan", "unit", "flat", "clipped", "duplicated", "mains", "channels", "sfreq" or "length".
    channels : tuple of str
        Affected channels. Empty: the whole recording.
    message : str
        Description of the fault, with a remedy if there is one.
    fatal : bool
        Whether a model would reject or misinterpret the recording.
    """

    kind: str
    channels: tuple[str, ...]
    message: str
    fatal: bool


def check_recording(raw: mne.io.BaseRaw) -> list[Finding]:
    """Check a recording for common faults.

    The faults are NaN and infinity, a unit other than volts, and channels that are flat, clipped,
    copies of one another or dominated by mains interference.

    Parameters
    ----------
    raw : mne.io.Raw
        Recording. All EEG channels are checked, including bad ones.

    Returns
    -------
    list of Finding
        Faults. Empty: the recording has none.

    Raises
    ------
    ValueError
        If there are no EEG channels.

    Examples
    --------
    >>> raw = eegzoo.data.simulate_motor_imagery(n_trials=4, random_state=0)
    >>> for finding in check_recording(raw.pick(["C3", "C4"])):
    ...     print(finding.kind, finding.channels, finding.message)
    mains ('C4',) more 50 Hz mains than EEG: add the step Notch([50])
    """
    names = eeg_channels(raw)
    data = raw.get_data(picks=names, verbose="ERROR") * MICROVOLTS_PER_VOLT
    return list(_findings(data, names, raw.info["sfreq"]))


def check_against(raw: mne.io.BaseRaw, info: SignalInfo, sfreq: float) -> list[Finding]:
    """Check a recording for mismatches with the input of a model.

    Parameters
    ----------
    raw : mne.io.Raw
        Recording.
    info : SignalInfo
        Signal that the model expects.
    sfreq : float
        Sampling rate in Hz of the recording after the model's preprocessing.

    Returns
    -------
    list of Finding
        Mismatches. Empty: the model can use the recording.

    Examples
    --------
    >>> raw = eegzoo.data.simulate_motor_imagery(n_trials=4, random_state=0)
    >>> info = SignalInfo(["C3", "Cz", "A1"], sfreq=128.0, n_times=256)
    >>> for finding in check_against(raw, info, sfreq=raw.info["sfreq"]):
    ...     print(finding.message)
    channels that the model expects are missing: they can be interpolated
    """
    return list(_mismatches(raw, info, sfreq))


def _mismatches(raw: mne.io.BaseRaw, info: SignalInfo, sfreq: float) -> Iterator[Finding]:
    try:
        places = places_by_key(raw.ch_names)
    except ValueError as error:
        yield Finding("channels", (), str(error), fatal=True)
        return
    missing = tuple(name for name in info.ch_names if channel_key(name) not in places)
    if missing:
        message = "channels that the model expects are missing: they can be interpolated"
        yield Finding("channels", missing, message, fatal=True)
    if abs(sfreq - info.sfreq) > 1e-6 * info.sfreq:
        message = (
            f"expected {info.sfreq:g} Hz for the model, got {sfreq:g} Hz: resample the recording"
        )
        yield Finding("sfreq", (), message, fatal=True)
    seconds = info.n_times / info.sfreq
    if raw.n_times / raw.info["sfreq"] < seconds:
        message = f"expected at least one window of {seconds:g} s, got {raw.times[-1]:g} s"
        yield Finding("length", (), message, fatal=True)


def _findings(data: Array, names: Sequence[str], sfreq: float) -> Iterator[Finding]:
    finite = np.isfinite(data).all(axis=1)
    if not finite.all():
        message = "NaN or infinity: interpolate these channels or cut out these samples"
        yield Finding("nan", _where(~finite, names), message, fatal=True)
    data, names = data[finite], _where(finite, names)
    if not names:
        return
    seconds = _seconds(data, sfreq)
    factor = unit_factor(robust_amplitude(seconds.transpose(1, 0, 2)))
    if factor != 1.0:
        message = f"the unit is not volts: multiply by {factor:g} with the step Scale({factor:g})"
        yield Finding("unit", (), message, fatal=True)
    flat = (np.ptp(seconds, axis=2) <= 1e-9).mean(axis=1) > _FLAT_SHARE
    if flat.any():
        yield Finding("flat", _where(flat, names), "flat: no signal", fatal=False)
    moving, names = data[~flat], _where(~flat, names)
    clipped = np.array([_clipped_share(channel) > _CLIPPED_SHARE for channel in moving], bool)
    if clipped.any():
        message = "clipped: runs of samples at the largest or smallest value"
        yield Finding("clipped", _where(clipped, names), message, fatal=False)
    for first, second in _copies(moving):
        message = "the same signal in two channels"
        yield Finding("duplicated", (names[first], names[second]), message, fatal=False)
    for mains in _MAINS:
        loud = _mains_share(moving, sfreq, mains) > _MAINS_SHARE
        if loud.any():
            message = f"more {mains:g} Hz mains than EEG: add the step Notch([{mains:g}])"
            yield Finding("mains", _where(loud, names), message, fatal=False)


def _where(mask: Any, names: Sequence[str]) -> tuple[str, ...]:
    return tuple(itertools.compress(names, mask))


def _seconds(data: Array, sfreq: float) -> Array:
    """Split (n_chans, n_times) into whole seconds (n_chans, n_seconds, n_samples)."""
    length = min(data.shape[1], max(2, round(sfreq)))
    n_seconds = data.shape[1] // length
    return data[:, : n_seconds * length].reshape(len(data), n_seconds, length)


def _clipped_share(channel: Array) -> float:
    """Return the share of a channel's samples in runs at its largest or smallest value."""
    n_clipped = 0
    for end in (channel.max(), channel.min()):
        edges = np.flatnonzero(np.diff(np.concatenate([[False], channel == end, [False]])))
        runs = edges[1::2] - edges[::2]
        n_clipped += runs[runs >= _CLIPPED_RUN].sum()
    return float(n_clipped / len(channel))


def _copies(data: Array) -> Iterator[tuple[int, int]]:
    """Yield pairs of channels that are equal up to an offset and a positive factor."""
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
