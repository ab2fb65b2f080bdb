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

from eegzoo.data.signal.amplitude import unit_factor
from eegzoo.data.signal.bad_stretches import bad_spans, within
from eegzoo.data.signal.channel_amplitude import MAINS, channel_amplitudes, wrong_units
from eegzoo.data.signal.choice.channel_choice import choose_channels
from eegzoo.data.signal.running_statistics import (
    RunningStatistics,
    blocks,
    second_length,
    some_segments,
)
from eegzoo.data.signal.signal_info import SignalInfo, same_rate, shown_apart

Array = npt.NDArray[np.float64]

_FLAT_SHARE = 0.5  # largest share of flat seconds in a channel
_CLIPPED_SHARE = 1e-3  # largest share of a channel's samples in runs at an extreme value
_MAINS_SHARE = 0.5  # largest share of the power above 1 Hz within 1 Hz of the mains frequency
_SEGMENT = 4.0  # seconds of the segments in which amplitudes and mains are measured
_N_SEGMENTS = 64


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
    factor : float | None
        Factor that converts the channels of a finding "unit" to the right unit.
    """

    kind: str
    channels: tuple[str, ...]
    message: str
    fatal: bool
    factor: float | None = None


def check_recording(
    raw: mne.io.BaseRaw, names: Sequence[str] | None = None, factor: float = 1.0
) -> list[Finding]:
    """Check a recording for common faults.

    The faults are NaN and infinity, a unit other than volts, and channels that are flat, clipped,
    copies of one another or dominated by mains interference. The unit is judged for each channel,
    without offset, drift and mains. The recording is read in blocks, so that long ones fit in
    memory.

    Parameters
    ----------
    raw : mne.io.Raw
        Recording. All channels that `choose_channels` takes for EEG are checked, including bad
        ones. NaN within stretches that are marked bad is no fault.
    names : sequence of str | None
        Names of the channels to check. None: the EEG channels.
    factor : float
        Factor by which amplitudes are multiplied before they are judged.

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
    chosen = list(choose_channels(raw).names) if names is None else list(names)
    return list(_findings(raw, chosen, factor))


def check_against(
    raw: mne.io.BaseRaw, info: SignalInfo, sfreq: float, names: Sequence[str] | None = None
) -> list[Finding]:
    """Check a recording for mismatches with the input of a model.

    Parameters
    ----------
    raw : mne.io.Raw
        Recording.
    info : SignalInfo
        Signal that the model expects.
    sfreq : float
        Sampling rate in Hz of the recording after the model's preprocessing.
    names : sequence of str | None
        Names of the channels that are used. None: all.

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
    return list(_mismatches(raw, info, sfreq, raw.ch_names if names is None else names))


def _mismatches(
    raw: mne.io.BaseRaw, info: SignalInfo, sfreq: float, names: Sequence[str]
) -> Iterator[Finding]:
    try:
        places = info.places(names)
    except ValueError as error:
        yield Finding("channels", (), str(error), fatal=True)
        return
    keys = dict(zip(info.keys(), info.ch_names, strict=True))
    missing = tuple(name for key, name in keys.items() if key not in places)
    if missing:
        message = "channels that the model expects are missing: they can be interpolated"
        yield Finding("channels", missing, message, fatal=True)
    if not same_rate(sfreq, info.sfreq):
        expected, got = shown_apart(info.sfreq, sfreq)
        message = f"expected {expected} Hz for the model, got {got} Hz: resample the recording"
        yield Finding("sfreq", (), message, fatal=True)
    seconds = info.n_times / info.sfreq
    if raw.n_times / raw.info["sfreq"] < seconds:
        message = f"expected at least one window of {seconds:g} s, got {raw.times[-1]:g} s"
        yield Finding("length", (), message, fatal=True)


def _findings(raw: mne.io.BaseRaw, names: Sequence[str], scale: float) -> Iterator[Finding]:
    sfreq = raw.info["sfreq"]
    statistics = RunningStatistics(len(names), second_length(raw))
    spans = bad_spans(raw)
    for start, data in blocks(raw, names):
        statistics.update(data, within(spans, start, data.shape[1], sfreq))
    finite = statistics.finite
    if not finite.all():
        message = "NaN or infinity: interpolate these channels or cut out these samples"
        yield Finding("nan", _where(~finite, names), message, fatal=True)
    if not finite.any():
        return
    flat = finite & (statistics.flat_share > _FLAT_SHARE)
    amplitudes, shares = _measured(raw, names, finite)
    yield from _units(scale * amplitudes, names)
    if flat.any():
        yield Finding("flat", _where(flat, names), "flat: no signal", fatal=False)
    moving = finite & ~flat
    clipped = moving & (statistics.clipped_share > _CLIPPED_SHARE)
    if clipped.any():
        message = "clipped: runs of samples at the largest or smallest value"
        yield Finding("clipped", _where(clipped, names), message, fatal=False)
    copies = (statistics.correlation > 1 - 1e-9) & np.outer(moving, moving)
    for first, second in zip(*np.nonzero(np.triu(copies, k=1)), strict=True):
        message = "the same signal in two channels"
        yield Finding("duplicated", (names[first], names[second]), message, fatal=False)
    for mains in MAINS:
        loud = moving & (shares[mains] > _MAINS_SHARE)
        if loud.any():
            message = f"more {mains:g} Hz mains than EEG: add the step Notch([{mains:g}])"
            yield Finding("mains", _where(loud, names), message, fatal=False)


def _units(amplitudes: Array, names: Sequence[str]) -> Iterator[Finding]:
    """Yield the channels in a wrong unit, or the whole recording."""
    single = wrong_units(amplitudes)
    for factor in sorted(set(single.values())):
        wrong = tuple(names[place] for place, own in single.items() if own == factor)
        size = "large" if factor < 1 else "small"
        message = (
            f"too {size} by a factor of about {max(factor, 1 / factor):g}, unlike the other "
            f"channels: multiply them by {factor:g}, or leave them out"
        )
        yield Finding("unit", wrong, message, fatal=True, factor=factor)
    moving = amplitudes[amplitudes > 0]
    factor = 1.0 if single or not moving.size else unit_factor(float(np.median(moving)))
    if factor != 1.0:
        message = f"the unit is not volts: multiply by {factor:g} with the step Scale({factor:g})"
        yield Finding("unit", (), message, fatal=True, factor=factor)


def _where(mask: Any, names: Sequence[str]) -> tuple[str, ...]:
    return tuple(itertools.compress(names, mask))


def _measured(
    raw: mne.io.BaseRaw, names: Sequence[str], finite: npt.NDArray[np.bool_]
) -> tuple[Array, dict[float, Array]]:
    """Return the amplitude of each channel, and the share of mains in its power above 1 Hz.

    The mains are what is within 1 Hz of their frequency.
    """
    sfreq = raw.info["sfreq"]
    amplitudes, powers = [], []
    frequencies = np.zeros(1)
    for segment in some_segments(raw, names, _SEGMENT, _N_SEGMENTS):
        if not np.isfinite(segment[finite]).all():  # within a bad stretch
            continue
        segment[~finite] = 0.0
        amplitudes.append(channel_amplitudes(segment[None], sfreq))
        frequencies, power = scipy_signal.welch(segment, sfreq, nperseg=segment.shape[1])
        powers.append(power)
    if not amplitudes:
        return np.zeros(len(names)), dict.fromkeys(MAINS, np.zeros(len(names)))
    power = np.mean(powers, axis=0)
    above = power[:, frequencies >= 1].sum(axis=1)
    shares = {}
    for mains in MAINS:
        near = power[:, np.abs(frequencies - mains) <= 1].sum(axis=1)
        near *= mains + 1 < sfreq / 2
        shares[mains] = np.divide(near, above, out=np.zeros(len(names)), where=above > 0)
    return np.median(amplitudes, axis=0), shares
