"""Events in stim channels: every change to another code that is not zero."""

from __future__ import annotations

import warnings

import mne
import numpy as np
import numpy.typing as npt

from eegzoo.arguments import nearest
from eegzoo.data.reading.events.occurrences import Occurrences
from eegzoo.data.reading.events.status_bits import masked
from eegzoo.data.reading.events.stim_scale import check_scale

Codes = npt.NDArray[np.int64]


def code_changes(codes: Codes) -> tuple[Codes, Codes, Codes]:
    """Find each change to another code that is not zero.

    The first sample is no change. Codes need not return to zero in between.

    Parameters
    ----------
    codes : array of int, shape (n_times,)
        Code at each sample.

    Returns
    -------
    starts, values, lengths : arrays of int, shape (n_events,)
        First sample, code and number of samples of each event.

    Examples
    --------
    >>> starts, values, lengths = code_changes(np.array([0, 2, 2, 1, 0, 1]))
    >>> starts.tolist(), values.tolist(), lengths.tolist()
    ([1, 3, 5], [2, 1, 1], [2, 1, 1])
    """
    starts = np.flatnonzero(np.diff(codes)) + 1
    lengths = np.diff(np.append(starts, len(codes)))
    events = codes[starts] != 0
    return starts[events], codes[starts][events], lengths[events]


def in_stim_channels(
    raw: mne.io.BaseRaw, stim: str | None = None, stim_mask: int | None = None
) -> dict[str, Occurrences]:
    """Return the occurrences of each code of the stim channels.

    With several channels that hold events, the one that repeats the others' is read, such as
    MEGIN's STI101. If there is none and each channel has only one code, the channels are the
    events: trigger lines, or EGI's DIN channels.

    Parameters
    ----------
    raw : mne.io.Raw
        Recording.
    stim : str | None
        Channel to read. None: all stim channels.
    stim_mask : int | None
        Bits of the codes to use. None: the lowest eight of a channel named Status, which BioSemi's
        amplifiers use for triggers, and all bits of others.

    Returns
    -------
    dict of str to Occurrences
        Occurrences by code, or by channel for trigger lines.

    Raises
    ------
    ValueError
        If there is no channel `stim`, if codes are not whole numbers, or if channels with different
        codes hold events.
    """
    names = [
        name
        for name, kind in zip(raw.ch_names, raw.get_channel_types(), strict=True)
        if kind == "stim"
    ]
    if stim is not None:
        if stim not in raw.ch_names:
            raise ValueError(f"unknown stim channel {stim!r}{nearest(stim, raw.ch_names)}")
        names = [stim]
    channels = {}
    for name in names:
        codes = masked(_codes(raw, name), name, stim_mask)
        starts, values, lengths = code_changes(codes)
        if len(starts):
            channels[name] = (starts + raw.first_samp, values, lengths / raw.info["sfreq"])
    if not channels:
        return {}
    if len(channels) == 1:
        return _by_code(*next(iter(channels.values())))
    composite = _composite(channels)
    if composite is not None:
        return _by_code(*channels[composite])
    if all(len(np.unique(values)) == 1 for _, values, _ in channels.values()):
        return {
            name: Occurrences(samples, durations)
            for name, (samples, _, durations) in channels.items()
        }
    listed = "; ".join(
        f"{name}: {len(values)} events, codes {np.unique(values).tolist()[:8]}"
        for name, (_, values, _) in channels.items()
    )
    raise ValueError(
        f"expected one stim channel with events, got {len(channels)} ({listed}); choose one with "
        "--stim NAME, or the argument stim"
    )


def _by_code(
    samples: Codes, values: Codes, durations: npt.NDArray[np.float64]
) -> dict[str, Occurrences]:
    return {
        str(code): Occurrences(samples[values == code], durations[values == code])
        for code in np.unique(values).tolist()
    }


def _composite(channels: dict[str, tuple[Codes, Codes, npt.NDArray[np.float64]]]) -> str | None:
    """Return the channel that has an event within a sample of each event of the others, and codes.

    A line whose pulses merely coincide with another's is not a composite: it has one code.
    """
    for name, (samples, values, _) in channels.items():
        others = [other for key, (other, _, _) in channels.items() if key != name]
        near = np.concatenate([samples - 1, samples, samples + 1])
        if len(np.unique(values)) > 1 and all(np.isin(other, near).all() for other in others):
            return name
    return None


def _codes(raw: mne.io.BaseRaw, name: str) -> Codes:
    """Return the code at each sample of a channel."""
    values = raw.get_data(picks=[name], verbose="ERROR")[0]
    values = np.where(np.isfinite(values), values, 0.0)
    codes = np.round(values)
    if np.abs(values - codes).max(initial=0.0) > 1e-3:
        shown = ", ".join(f"{value:.6g}" for value in np.unique(values)[:8])
        raise ValueError(
            f"expected whole numbers in stim channel {name!r}, got {shown}: it was rescaled, or is "
            "an analogue line; choose another with --stim NAME, or the argument stim"
        )
    whole: Codes = codes.astype(np.int64)
    fault = check_scale(raw, name, whole)
    if fault:
        warnings.warn(fault, RuntimeWarning, stacklevel=2)
    return whole
