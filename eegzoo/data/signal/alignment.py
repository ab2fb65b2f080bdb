"""Conversion of windows to the channels, sampling rate and window of another signal."""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Sequence
from typing import Any

import mne
import numpy as np
import numpy.typing as npt

from eegzoo.arguments import one_of
from eegzoo.data.signal.channel_names import channel_key, different_references
from eegzoo.data.signal.filtering.polyphase import resample
from eegzoo.data.signal.montage import named_montage
from eegzoo.data.signal.signal_info import SignalInfo, SignalWarning, same_rate

MISSING = ("raise", "interpolate", "zero")


@dataclasses.dataclass(frozen=True)
class Alignment:
    """Conversion of windows of one signal to windows of another, created by `align`.

    Attributes
    ----------
    channels : array of int, shape (n_chans,) | array of float, shape (n_chans, n_chans_before)
        Indices of the channels, or a matrix that computes them.
    sfreq, new_sfreq : float
        Sampling rates in Hz before and after the conversion.
    start, n_times : int
        First sample and number of samples to keep after resampling.
    """

    channels: npt.NDArray[Any]
    sfreq: float
    new_sfreq: float
    start: int
    n_times: int

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-serialisable dict of all that the conversion depends on."""
        return {**vars(self), "channels": self.channels.tolist()}

    def __call__(self, X: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
        """Convert windows of shape (n_windows, n_chans, n_times)."""
        if self.channels.ndim == 1:
            X = X[:, self.channels]
        else:
            X = np.matmul(self.channels.astype(np.float32), X)
        if self.new_sfreq != self.sfreq:
            X = resample(X, self.sfreq, self.new_sfreq)
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
    """Return a callable that converts windows of one signal to windows of another.

    Channels are matched by name and reordered. Channels that `target` does not have are left out
    with a `SignalWarning`. Another `SignalWarning` names channels whose reference differs from the
    target's, where both names state one.

    Parameters
    ----------
    info : SignalInfo
        Signal of the windows to convert.
    target : SignalInfo
        Signal of the converted windows.
    missing : {"raise", "interpolate", "zero"}
        Treatment of missing channels. "raise" raises an error; "interpolate" computes them from
        the others by spherical splines with the electrode positions of the 10-05 system; "zero"
        sets them to 0.
    resample : bool
        Whether to resample windows with another sampling rate. If possible, resample the whole
        recording instead.
    crop : bool
        Whether to crop longer windows that contain the target's window.

    Returns
    -------
    Alignment
        Conversion. Call it with windows.

    Raises
    ------
    ValueError
        If channels, sampling rate or window differ from the target's in a way that the arguments
        do not allow.

    Examples
    --------
    >>> mine = SignalInfo(["EEG C4", "EEG C3"], sfreq=256.0, n_times=1024)
    >>> trained = SignalInfo(["C3", "C4"], sfreq=128.0, n_times=256, tmin=0.5)
    >>> align(mine, trained, resample=True, crop=True)(np.zeros((10, 2, 1024))).shape
    (10, 2, 256)
    """
    channels = _channels(info.ch_names, target, missing)
    if set(info.types) != set(target.types):
        target.check_window(info)  # raises
    changed = dataclasses.replace(info, ch_names=target.ch_names, ch_types=target.ch_types)
    if same_rate(info.sfreq, target.sfreq):
        changed = dataclasses.replace(changed, sfreq=target.sfreq)
    elif resample:
        n_times = round(info.n_times * target.sfreq / info.sfreq)
        changed = dataclasses.replace(changed, sfreq=target.sfreq, n_times=n_times)
    start = 0
    if crop:
        start = round((target.tmin - changed.tmin) * changed.sfreq)
        inside = start >= 0 and start + target.n_times <= changed.n_times
        if inside and changed.sfreq == target.sfreq:
            changed = dataclasses.replace(changed, n_times=target.n_times, tmin=target.tmin)
    target.check_window(changed)
    before = changed.sfreq if same_rate(info.sfreq, changed.sfreq) else info.sfreq
    return Alignment(channels, before, changed.sfreq, start, target.n_times)


def channel_matrix(
    ch_names: Sequence[str], target: SignalInfo, missing: str = "raise"
) -> npt.NDArray[np.float64]:
    """Return the matrix that computes a signal's channels from the available channels.

    Parameters
    ----------
    ch_names : sequence of str
        Names of the available channels.
    target : SignalInfo
        Signal with the channels to compute.
    missing : {"raise", "interpolate", "zero"}
        Treatment of missing channels, as in `align`.

    Returns
    -------
    array, shape (n_chans_target, n_chans)
        Matrix, to be applied as ``matrix @ window``.

    Examples
    --------
    >>> channel_matrix(["EEG C4", "C3"], SignalInfo(["C3", "C4"], 128.0, 256))
    array([[0., 1.],
           [1., 0.]])
    """
    channels = _channels(ch_names, target, missing)
    matrix: npt.NDArray[np.float64] = (
        np.eye(len(ch_names))[channels] if channels.ndim == 1 else channels
    )
    return matrix


def _channels(ch_names: Sequence[str], target: SignalInfo, missing: str) -> npt.NDArray[Any]:
    one_of("missing", missing, MISSING)
    places = target.places(ch_names)
    wanted = set(target.keys())
    complete = wanted <= places.keys()
    order = target.order_of(ch_names) if complete or missing == "raise" else []
    other = different_references(target.ch_names, ch_names) if not target.ch_types else []
    if other:
        pairs = ", ".join(f"{got!r} for {expected!r}" for expected, got in other)
        warnings.warn(
            f"channels with another reference than the target's are used: {pairs}",
            SignalWarning,
            stacklevel=4,
        )
    extra = [ch_names[place] for key, place in places.items() if key not in wanted]
    if extra:
        warnings.warn(
            f"channels {extra} are left out: they are not among {list(target.ch_names)}",
            SignalWarning,
            stacklevel=4,
        )
    if complete:
        return np.array(order)
    matrix = np.zeros((len(target.ch_names), len(ch_names)))
    for row, (key, name) in enumerate(zip(target.keys(), target.ch_names, strict=True)):
        if key in places:
            matrix[row, places[key]] = 1.0
        elif missing == "interpolate":
            matrix[row] = interpolation(ch_names, name)
    return matrix


def interpolation(ch_names: Sequence[str], wanted: str) -> npt.NDArray[np.float64]:
    """Return the weights that interpolate a missing channel from the others.

    Parameters
    ----------
    ch_names : sequence of str
        Names of the available channels. Channels outside the 10-05 system have weight 0.
    wanted : str
        Name of the missing channel.

    Returns
    -------
    array, shape (n_chans,)
        Weights of MNE's spherical splines.

    Raises
    ------
    ValueError
        If `wanted` is not in the 10-05 system, or fewer than four of the other channels are.

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
    # Interpolation is linear, so interpolating unit vectors, one per sample, yields its weights.
    unit = mne.EvokedArray(np.eye(len(known) + 1, len(known)), info, verbose="ERROR")
    unit.set_montage(named_montage(), verbose="ERROR")
    unit.info["bads"] = [info.ch_names[-1]]
    weights = np.zeros(len(ch_names))
    weights[known] = unit.interpolate_bads(verbose="ERROR").data[-1]
    return weights
