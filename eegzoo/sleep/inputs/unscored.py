"""Windows that cannot be scored: missing, saturated or flat signal."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from eegzoo.data.signal.bad_stretches import within
from eegzoo.data.signal.running_statistics import CLIPPED_RUN

Array = npt.NDArray[Any]
Mask = npt.NDArray[np.bool_]

# A window is unscored if more than this share of it cannot be used.
MAX_SHARE = 0.1
REASONS = ("missing", "marked as bad", "saturated", "flat")
PARTIAL = "shorter than a window"
_PIECE = 0.5  # seconds of the pieces that are flat or not
# A piece is flat if its range is below a share of the usual one, and below 1 µV in any case.
_FLAT_SHARE, _FLAT_VOLTS = 0.01, 1e-6


@dataclasses.dataclass(frozen=True)
class WindowGrid:
    """Consecutive windows of a recording, as samples.

    Parameters
    ----------
    n_times : int
        Number of samples of the recording.
    sfreq : float
        Sampling rate in Hz.
    window_seconds : float
        Duration of a window.

    Examples
    --------
    >>> grid = WindowGrid(7000, 100.0, 30.0)
    >>> len(grid), grid.rest_seconds, grid.edges.tolist()
    (2, 10.0, [0, 3000, 6000])
    """

    n_times: int
    sfreq: float
    window_seconds: float

    def __len__(self) -> int:
        # A recording whose rate is not a whole number may lack a fraction of a sample.
        return int((self.n_times + 0.5) / (self.window_seconds * self.sfreq))

    @property
    def edges(self) -> npt.NDArray[np.int64]:
        """First sample of each window, and the sample after the last."""
        edges = np.arange(len(self) + 1) * self.window_seconds * self.sfreq
        firsts: npt.NDArray[np.int64] = np.minimum(np.rint(edges), self.n_times).astype(np.int64)
        return firsts

    @property
    def rest_seconds(self) -> float:
        """Seconds after the last whole window, of which there is at least a sample."""
        rest = self.n_times - int(self.edges[-1])
        return rest / self.sfreq if rest > 0 else 0.0


def unusable_samples(
    x: Array, sfreq: float, usual_range: float, spans: Sequence[tuple[float, float]] = ()
) -> dict[str, Mask]:
    """Return which samples of a channel cannot be used, by the reason.

    Parameters
    ----------
    x : array of float, shape (n_times,)
        Signal in volts.
    sfreq : float
        Sampling rate in Hz.
    usual_range : float
        Usual peak-to-peak amplitude of half a second, such as the largest `typical_range` of all
        channels: a piece of less than a hundredth of it, and of less than 1 µV, is flat.
    spans : sequence of tuple of float
        Start and end in seconds of the stretches that are marked as bad.

    Returns
    -------
    dict of str to array of bool, shape (n_times,)
        Masks of the samples that are "missing" (not finite), "marked as bad", "saturated" (in runs
        of at least three at the largest or smallest value of the channel) or "flat".

    Examples
    --------
    >>> x = np.r_[np.nan, np.zeros(4), 2e-5, 2e-5, 2e-5, 1e-5, -1e-5]
    >>> found = unusable_samples(x, sfreq=4.0, usual_range=3e-5)
    >>> {reason: np.flatnonzero(mask).tolist() for reason, mask in found.items() if mask.any()}
    {'missing': [0], 'saturated': [5, 6, 7], 'flat': [1, 2, 3]}
    """
    finite = np.isfinite(x)
    known = x[finite] if not finite.all() else x
    whole = x if known is x else np.where(finite, x, np.median(known) if len(known) else 0.0)
    ranges, length = _ranges(whole, sfreq)
    flat = np.repeat(ranges <= min(_FLAT_SHARE * usual_range, _FLAT_VOLTS), length)
    flat = np.concatenate([flat, np.full(len(x) - len(flat), flat[-1] if len(flat) else False)])
    saturated = np.zeros(len(x), bool)
    if ranges.any():
        for extreme in (known.max(), known.min()):
            saturated |= _in_runs(x == extreme, CLIPPED_RUN)
    return {
        "missing": ~finite,
        "marked as bad": within(spans, 0, len(x), sfreq) if spans else np.zeros(len(x), bool),
        "saturated": saturated,
        "flat": flat & finite & ~saturated,
    }


def typical_range(x: Array, sfreq: float) -> float:
    """Return the median peak-to-peak amplitude of the half seconds that are not constant.

    Examples
    --------
    >>> typical_range(np.r_[0.0, 0.0, 1.0, 3.0, 2.0, 5.0], sfreq=4.0)
    2.5
    """
    finite = np.isfinite(x)
    ranges, _ = _ranges(x if finite.all() else np.where(finite, x, 0.0), sfreq)
    moving = ranges[ranges > 0]
    return float(np.median(moving)) if moving.size else 0.0


def unusable_windows(masks: Mapping[str, Mask], grid: WindowGrid) -> npt.NDArray[np.object_]:
    """Return why each window cannot be used, or an empty string if it can.

    Parameters
    ----------
    masks : mapping of str to array of bool, shape (n_times,)
        Samples that cannot be used, by reason.
    grid : WindowGrid
        Windows.

    Returns
    -------
    array of str, shape (n_windows,)
        The reason that most of the unusable samples have, where they are more than a tenth of the
        window.

    Examples
    --------
    >>> masks = {"flat": np.arange(90) < 4, "missing": np.arange(90) >= 88}
    >>> unusable_windows(masks, WindowGrid(90, 1.0, 30.0)).tolist()
    ['flat', '', '']
    """
    edges = grid.edges
    whole = np.zeros(grid.n_times, bool)
    for mask in masks.values():
        whole |= mask
    reasons = list(masks)
    counts = np.array([_counts(masks[reason], edges) for reason in reasons])
    most = np.array(reasons, dtype=object)[counts.argmax(axis=0)]
    return np.where(_counts(whole, edges) > MAX_SHARE * np.diff(edges), most, "")


def filled(x: Array) -> Array:
    """Return a signal in which lines join the samples around those that are not finite.

    Examples
    --------
    >>> filled(np.array([1.0, np.nan, 3.0, np.inf])).tolist()
    [1.0, 2.0, 3.0, 3.0]
    """
    finite = np.isfinite(x)
    if finite.all():
        return x
    if not finite.any():
        return np.zeros_like(x)
    places = np.arange(len(x))
    return np.where(finite, x, np.interp(places, places[finite], x[finite]))


def _ranges(x: Array, sfreq: float) -> tuple[Array, int]:
    """Return the peak-to-peak amplitude of each half second, and its number of samples."""
    length = min(len(x), max(2, round(_PIECE * sfreq)))
    pieces = x[: len(x) // length * length].reshape(-1, length)
    return np.ptp(pieces, axis=1), length


def _in_runs(mask: Mask, shortest: int) -> Mask:
    """Return the samples of a mask that are in runs of at least `shortest`."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8)))
    found = np.zeros(len(mask), bool)
    for start, stop in edges.reshape(-1, 2):
        if stop - start >= shortest:
            found[start:stop] = True
    return found


def _counts(mask: Mask, edges: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return how many samples of a mask each window has."""
    if not mask.any():  # much faster, and so most nights are
        return np.zeros(len(edges) - 1, np.int64)
    counts: npt.NDArray[np.int64] = np.add.reduceat(mask[: edges[-1]], edges[:-1], dtype=np.int64)
    return counts
