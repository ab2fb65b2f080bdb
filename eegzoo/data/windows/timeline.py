"""Time and block of each window, and which windows must not be separated by a split."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from eegzoo.data.windows.epochs_dataset import EpochsDataset

Indices = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Times = npt.NDArray[np.float64]
# Lengths of the stretches into which a chain of overlapping windows is cut, in windows: at every
# border up to one window's length is left out.
_SHORTEST, _LONGEST = 2.0, 10.0


class SplitWarning(UserWarning):
    """Warning that a split leaves out windows, to keep its two sides apart."""


@dataclasses.dataclass(frozen=True)
class Timeline:
    """Where each window was cut from.

    Parameters
    ----------
    recording : array of int, shape (n,)
        Number of the recording.
    start, stop : array of float, shape (n,)
        Start and end of the window in its recording, in any unit. NaN: not known.
    block : array of int, shape (n,)
        Number of the labelled block that the window was cut from. Windows that were not cut from a
        block have numbers of their own.

    Examples
    --------
    The first two windows of 2 s overlap:

    >>> timeline = Timeline.of({"onset": np.array([0.0, 1.0, 2.0])}, 3, n_times=200, sfreq=100.0)
    >>> timeline.touches([0], [1, 2]).tolist(), timeline.touches([0], [2]).tolist()
    ([True], [False])
    """

    recording: Indices
    start: Times
    stop: Times
    block: Indices

    @classmethod
    def of(
        cls, metadata: Mapping[str, npt.NDArray[Any]], n_windows: int, n_times: int, sfreq: float
    ) -> Self:
        """Return the timeline of windows from their metadata.

        Parameters
        ----------
        metadata : mapping of str to array, shape (n_windows,)
            Columns, of which "recording", "onset" and "block" are used. Windows without
            "recording" are taken to be of one recording, and those without "onset" to overlap no
            other window.
        n_windows : int
            Number of windows.
        n_times : int
            Samples in a window.
        sfreq : float
            Sampling rate in Hz.
        """
        recording = _numbered(metadata.get("recording", np.zeros(n_windows)))
        onset = np.full(n_windows, np.nan)
        if "onset" in metadata and metadata["onset"].dtype.kind in "fiu":
            onset = metadata["onset"].astype(np.float64)
        # Onsets are rounded to samples: windows that overlap share half a sample at least.
        stop = onset + (n_times - 0.5) / sfreq
        return cls(recording, onset, stop, block_numbers(metadata, n_windows))

    @property
    def has_blocks(self) -> bool:
        """Whether several windows were cut from one block."""
        return len(np.unique(self.block)) < len(self.block)

    def __len__(self) -> int:
        return len(self.recording)

    def n_independent(self) -> int:
        """Return the number of windows that neither overlap nor share a block."""
        order = np.lexsort((self.stop, self.recording))
        seen: set[int] = set()
        end, recording, count = -np.inf, -1, 0
        for window in order:
            if int(self.block[window]) in seen:
                continue
            if self.recording[window] != recording:
                end, recording = -np.inf, self.recording[window]
            if self.start[window] <= end:
                continue
            end = self.stop[window] if np.isfinite(self.stop[window]) else end
            seen.add(int(self.block[window]))
            count += 1
        return count

    def subset(self, chosen: Indices) -> Self:
        """Return the timeline of some of the windows."""
        columns = (self.recording, self.start, self.stop, self.block)
        return type(self)(*(column[chosen] for column in columns))  # type: ignore[arg-type]

    def overlaps(self, side: npt.ArrayLike, other: npt.ArrayLike) -> Indices:
        """Return, for each window of a side, a window of the other that it overlaps, or -1.

        Parameters
        ----------
        side, other : array of int
            Indices of windows.

        Returns
        -------
        array of int, shape (len(side),)
            Indices of windows of the other side; -1 where there is none.
        """
        side, other = (np.asarray(indices, np.int64) for indices in (side, other))
        found = np.full(len(side), -1, np.int64)
        for recording in np.intersect1d(self.recording[side], self.recording[other]):
            mine = np.flatnonzero(
                (self.recording[side] == recording) & np.isfinite(self.start[side])
            )
            theirs = other[(self.recording[other] == recording) & np.isfinite(self.start[other])]
            if not len(mine) or not len(theirs):
                continue
            theirs = theirs[np.argsort(self.start[theirs], kind="stable")]
            latest = _last_to_end(self.stop[theirs])
            # Of the windows that start before this one ends, the last to end decides.
            n_before = np.searchsorted(self.start[theirs], self.stop[side[mine]], side="left")
            mine, n_before = mine[n_before > 0], n_before[n_before > 0]
            candidate = theirs[latest[n_before - 1]]
            hit = self.stop[candidate] > self.start[side[mine]]
            found[mine[hit]] = candidate[hit]
        return found

    def touches(self, side: npt.ArrayLike, other: npt.ArrayLike) -> Mask:
        """Return which windows of a side overlap one of the other, or share its block."""
        side, other = (np.asarray(indices, np.int64) for indices in (side, other))
        return (self.overlaps(side, other) >= 0) | np.isin(self.block[side], self.block[other])

    def chains(self) -> Indices:
        """Return the number of each window's chain.

        Two windows are in one chain if they overlap or share a block, or if windows between them
        link them so.
        """
        order = np.lexsort((self.start, self.recording))  # NaN last
        order = order[np.isfinite(self.start[order])]
        links = [(self.block, np.arange(len(self)) + len(self))]
        for recording in np.unique(self.recording[order]):
            mine = order[self.recording[order] == recording]
            before = mine[_last_to_end(self.stop[mine])][:-1]
            near = self.start[mine[1:]] < self.stop[before]
            links.append((before[near] + len(self), mine[1:][near] + len(self)))
        rows, columns = (np.concatenate([link[side] for link in links]) for side in (0, 1))
        size = 2 * len(self)  # blocks, then windows
        graph = coo_array((np.ones(len(rows), bool), (rows, columns)), (size, size))
        _, labels = connected_components(graph, directed=False)
        return _numbered(labels[len(self) :])


def timeline_of(dataset: EpochsDataset) -> Timeline:
    """Return the timeline of the windows of a data set."""
    info = dataset.info
    return Timeline.of(dataset.metadata, len(dataset), info.n_times, info.sfreq)


def kept_together(timeline: Timeline, n_sides: int) -> Indices:
    """Return groups of windows that a split into sides of similar size keeps together.

    A group is a chain of windows that overlap or share a block. A chain that is too long for that,
    as of windows that slide along a whole recording, is cut into stretches; `purged` leaves out
    the windows across their borders. Blocks are never cut.

    Parameters
    ----------
    timeline : Timeline
        The windows.
    n_sides : int
        Number of sides, such as folds.

    Returns
    -------
    array of int, shape (n,)
        Number of each window's group.

    Examples
    --------
    >>> onset = np.array([0.0, 1.0, 10.0, 20.0, 21.0, 22.0])
    >>> timeline = Timeline.of({"onset": onset}, 6, n_times=200, sfreq=100.0)
    >>> kept_together(timeline, 2).tolist()
    [0, 0, 1, 2, 2, 2]
    """
    chains = timeline.chains()
    sizes = np.bincount(chains)
    long = np.flatnonzero(sizes > max(1, len(timeline) / (2 * n_sides)))
    members = [np.flatnonzero(chains == chain) for chain in long]
    # A chain of one block, or of windows whose times are not known, is not cut.
    members = [
        mine
        for mine in members
        if len(np.unique(timeline.block[mine])) > 1 and np.isfinite(timeline.start[mine]).all()
    ]
    if not members:
        return chains
    spans = [float(np.ptp(_middles(timeline, mine))) for mine in members]
    length = float(np.median(timeline.stop[members[0]] - timeline.start[members[0]]))
    stretch = min(_LONGEST * length, max(_SHORTEST * length, sum(spans) / (2 * n_sides)))
    groups = chains.astype(np.float64)
    for mine, span in zip(members, spans, strict=True):
        n_pieces = max(1, math.floor(span / stretch))
        place = _middles(timeline, mine)
        piece = np.floor((place - place.min()) / (span / n_pieces)) if span else np.zeros(len(mine))
        groups[mine] += np.minimum(piece, n_pieces - 1) / n_pieces
    return _numbered(groups)


def purged(timeline: Timeline, train: npt.ArrayLike, test: npt.ArrayLike) -> Indices:
    """Return the training windows that neither overlap a test window nor share its block."""
    train = np.asarray(train, np.int64)
    return train[~timeline.touches(train, test)]


def block_numbers(metadata: Mapping[str, npt.NDArray[Any]], n_windows: int) -> Indices:
    """Return a number for the block of each window; blocks are those of one recording.

    Windows whose block is missing ("", None or NaN), or that were not cut from blocks, have
    numbers of their own.
    """
    if "block" not in metadata:
        return np.arange(n_windows)
    named = metadata["block"]
    known = np.array([str(name) not in ("", "None", "nan") for name in named.tolist()], bool)
    recording = _numbered(metadata.get("recording", np.zeros(n_windows)))
    pairs = np.stack([recording, _numbered(named.astype(str))], axis=1)
    numbers = np.unique(pairs, axis=0, return_inverse=True)[1].reshape(-1)
    return _numbered(np.where(known, numbers, len(numbers) + np.arange(n_windows)))


def _middles(timeline: Timeline, chosen: Indices) -> Times:
    """Return the time of each window; windows of one block have the same."""
    _, block = np.unique(timeline.block[chosen], return_inverse=True)
    middle = (timeline.start[chosen] + timeline.stop[chosen]) / 2
    return np.asarray((np.bincount(block, middle) / np.bincount(block))[block])


def _last_to_end(stop: Times) -> Indices:
    """Return, for each window, which one of the windows up to it ends last."""
    latest = np.maximum.accumulate(stop)
    return np.maximum.accumulate(np.where(stop == latest, np.arange(len(stop)), 0))


def _numbered(values: npt.ArrayLike) -> Indices:
    """Return the number of each value among the sorted values."""
    return np.unique(np.asarray(values), return_inverse=True)[1].reshape(-1).astype(np.int64)
