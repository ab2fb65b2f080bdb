"""Windows of one signal as windows of another: channels, sampling rate, window."""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Sequence
from typing import Any

import mne
import numpy as np
import numpy.typing as npt

from eegzoo.arguments import one_of
from eegzoo.data.signal.channel_names import channel_key, places_by_key
from eegzoo.data.signal.montage import named_montage
from eegzoo.data.signal.signal_info import SignalInfo, SignalWarning

MISSING = ("raise", "interpolate", "zero")


@dataclasses.dataclass(frozen=True)
class Alignment:
    """What makes windows of one signal windows of another. `align` makes one.

    Attributes
    ----------
    channels : array of int, shape (n_chans,) | array of float, shape (n_chans, n_chans_before)
        Where each channel stands, or a matrix that makes them.
    sfreq, new_sfreq : float
        Sampling rates before and after.
    start, n_times : int
        First sample that is kept, after resampling, and how many.
    """

    channels: npt.NDArray[Any]
    sfreq: float
    new_sfreq: float
    start: int
    n_times: int

    def __call__(self, X: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
        """Map windows (n_windows, n_chans, n_times)."""
        if self.channels.ndim == 1:
            X = X[:, self.channels]
        else:
            X = np.matmul(self.channels.astype(np.float32), X)
        if self.new_sfreq != self.sfreq:
            up = self.new_sfreq / self.sfreq
            X = mne.filter.resample(X.astype(np.float64), up=up, axis=-1, verbose="ERROR")
        X = X[:, :, self.start : self.start + self.n_times]
        return np.ascontiguousarray(X, np.float32)


def align(
    info: SignalInfo,
    target: SignalInfo,
    *,
    missing: str = "raise",
    resample: bool = False,
    crop: bool = False,
) -> Alignment:
    """Return what makes windows of one signal windows of another.

    Channels are found by name, whatever their order; those that `target` has not are left out, with
    a `SignalWarning`.

    Parameters
    ----------
    info : SignalInfo
        What there is.
    target : SignalInfo
        What there shall be.
    missing : {"raise", "interpolate", "zero"}
        What becomes of channels that are not there. "interpolate" takes them from the others by
        spherical splines, with electrodes where the 10-05 system has them; "zero" sets them to 0.
    resample : bool
        Whether another sampling rate may be changed. It is better done to the whole recording.
    crop : bool
        Whether a longer window, that holds the shorter one, may be cut.

    Returns
    -------
    Alignment
        Call it with windows.

    Raises
    ------
    ValueError
        If channels, sampling rate or window are not the target's, and what was asked for does not
        make them so.

    Examples
    --------
    >>> mine = SignalInfo(["EEG C4", "EEG C3"], sfreq=256.0, n_times=1024)
    >>> trained = SignalInfo(["C3", "C4"], sfreq=128.0, n_times=256, tmin=0.5)
    >>> align(mine, trained, resample=True, crop=True)(np.zeros((10, 2, 1024))).shape
    (10, 2, 256)
    """
    one_of("missing", missing, MISSING)
    channels = _channels(info.ch_names, target, missing)
    changed = dataclasses.replace(info, ch_names=target.ch_names)
    if resample and info.sfreq != target.sfreq:
        n_times = round(info.n_times * target.sfreq / info.sfreq)
        changed = dataclasses.replace(changed, sfreq=target.sfreq, n_times=n_times)
    start = 0
    if crop:
        start = round((target.tmin - changed.tmin) * changed.sfreq)
        inside = start >= 0 and start + target.n_times <= changed.n_times
        if inside and changed.sfreq == target.sfreq:
            changed = dataclasses.replace(changed, n_times=target.n_times, tmin=target.tmin)
    target.check_window(changed)
    return Alignment(channels, info.sfreq, changed.sfreq, start, target.n_times)


def channel_matrix(
    ch_names: Sequence[str], target: SignalInfo, missing: str = "raise"
) -> npt.NDArray[np.float64]:
    """Return the matrix, shape (n_chans of the target, n_chans), that makes a target's channels.

    Examples
    --------
    >>> channel_matrix(["EEG C4", "C3"], SignalInfo(["C3", "C4"], 128.0, 256))
    array([[0., 1.],
           [1., 0.]])
    """
    channels = _channels(ch_names, target, one_of("missing", missing, MISSING))
    matrix: npt.NDArray[np.float64] = (
        np.eye(len(ch_names))[channels] if channels.ndim == 1 else channels
    )
    return matrix


def _channels(ch_names: Sequence[str], target: SignalInfo, missing: str) -> npt.NDArray[Any]:
    places = places_by_key(ch_names)
    wanted = {channel_key(name) for name in target.ch_names}
    whole = wanted <= places.keys()
    order = target.order_of(ch_names) if whole or missing == "raise" else []
    extra = [name for name in ch_names if channel_key(name) not in wanted]
    if extra:
        warnings.warn(
            f"channels {extra} are left out: they are not among {list(target.ch_names)}",
            SignalWarning,
            stacklevel=4,
        )
    if whole:
        return np.array(order)
    matrix = np.zeros((len(target.ch_names), len(ch_names)))
    for row, name in enumerate(target.ch_names):
        if channel_key(name) in places:
            matrix[row, places[channel_key(name)]] = 1.0
        elif missing == "interpolate":
            matrix[row] = interpolation(ch_names, name)
    return matrix


def interpolation(ch_names: Sequence[str], wanted: str) -> npt.NDArray[np.float64]:
    """Return the weights with which channels add up to one that is not among them.

    Parameters
    ----------
    ch_names : sequence of str
        Channels that are there; those that the 10-05 system does not know get no weight.
    wanted : str
        The channel to make.

    Returns
    -------
    array, shape (n_chans,)
        MNE's spherical splines.

    Raises
    ------
    ValueError
        If the 10-05 system does not know where `wanted` is, or fewer than four of the others.

    Examples
    --------
    >>> weights = interpolation(["F3", "Fz", "F4", "C3", "C4", "P3", "Pz", "P4"], "Cz")
    >>> bool(abs(weights.sum() - 1) < 1e-3)
    True
    """
    named = {channel_key(name): name for name in named_montage().ch_names}
    known = [place for place, name in enumerate(ch_names) if channel_key(name) in named]
    if channel_key(wanted) not in named or len(known) < 4:
        raise ValueError(
            f"expected {wanted!r} and at least four other channels in the 10-05 system to "
            f"interpolate it, got {list(ch_names)}"
        )
    names = [named[channel_key(ch_names[place])] for place in known]
    info = mne.create_info([*names, named[channel_key(wanted)]], 1.0, "eeg")
    # Interpolation is linear: unit vectors, one a sample, tell its weights.
    unit = mne.EvokedArray(np.eye(len(known) + 1, len(known)), info, verbose="ERROR")
    unit.set_montage(named_montage(), verbose="ERROR")
    unit.info["bads"] = [info.ch_names[-1]]
    weights = np.zeros(len(ch_names))
    weights[known] = unit.interpolate_bads(verbose="ERROR").data[-1]
    return weights
