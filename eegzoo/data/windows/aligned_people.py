"""Windows of several people, each aligned by the person's own statistics."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from eegzoo.data.preprocessing.by_person.fitted_alignment import FittedAlignment
from eegzoo.data.preprocessing.by_person.person_alignment import PersonAlignment, as_alignment
from eegzoo.data.preprocessing.by_person.running_alignment import (
    LATEST_WINDOWS,
    RunningAlignment,
)
from eegzoo.data.windows.epochs_dataset import EpochsDataset
from eegzoo.data.windows.estimator_inputs import Inputs
from eegzoo.data.windows.lazy_windows import Array, Indices, Windows
from eegzoo.data.windows.splits import group_names

# Windows at the start of a recording that are aligned by the same statistics.
_CAUSAL_START = 5


class AlignedWindows(Windows):
    """Windows that are aligned when they are read.

    Parameters
    ----------
    windows : Windows
        Windows before the alignment.
    owner : array of int, shape (n_windows,)
        Number of the person of each window.
    alignments : sequence of FittedAlignment
        Alignment of each person.
    """

    def __init__(
        self, windows: Windows, owner: Indices, alignments: Sequence[FittedAlignment]
    ) -> None:
        self.windows, self.owner, self.alignments = windows, owner, list(alignments)
        self.shape = windows.shape

    def read(self, indices: Indices) -> Array:
        """Return the windows at `indices`, in that order, aligned."""
        return _aligned(self.windows.read(indices), self.owner[indices], self.alignments)

    def locations(self) -> tuple[Indices, Indices]:
        """Return the number of each window's file, and the window's place in it."""
        return self.windows.locations()


def align_people(
    dataset: EpochsDataset, align: str | PersonAlignment = "euclid", by: str | None = "subject"
) -> EpochsDataset:
    """Return a data set in which the windows of each person are aligned by their own statistics.

    `EEGClassifier` aligns windows itself; use this function for other classifiers.

    Parameters
    ----------
    dataset : EpochsDataset
        Windows.
    align : {"zscore", "euclid", "riemann"} | PersonAlignment
        Alignment.
    by : str | None
        Metadata column with the person of each window, or another group that is aligned apart, such
        as "session". None: all windows are of one person.

    Returns
    -------
    EpochsDataset
        Aligned windows, without a unit.

    Raises
    ------
    ValueError
        If there is no such column, or the windows of a person cannot be aligned
        (`PersonAlignment.fit`).

    Examples
    --------
    >>> raws = [eegzoo.data.simulate_motor_imagery(8, random_state=seed) for seed in (0, 1)]
    >>> people = [eegzoo.data.Recording(raw, subject=f"S{i}") for i, raw in enumerate(raws)]
    >>> preprocessing = eegzoo.data.Preprocessing([eegzoo.data.Epoch(0, 3)])
    >>> dataset = eegzoo.data.EpochsDataset.from_recordings(people, preprocessing)
    >>> align_people(dataset, "zscore")[:8].X.std(axis=(0, 2)).round(3)[:4]
    array([1., 1., 1., 1.], dtype=float32)
    """
    alignment = as_alignment(align)
    if alignment is None:
        raise ValueError("expected align to be a method or a PersonAlignment, got None")
    people = None if by is None else group_names(dataset.metadata, by)
    info = dataclasses.replace(dataset.info, unit="normalized")
    aligned = aligned_inputs(Inputs(dataset.X, info=info), alignment, people)
    return EpochsDataset(aligned.X, dataset.y, dataset.classes, info, dataset.metadata, "ignore")


def aligned_inputs(
    inputs: Inputs,
    alignment: PersonAlignment,
    people: npt.NDArray[Any] | None,
    mask: npt.NDArray[np.bool_] | None = None,
    sfreq: float | None = None,
) -> Inputs:
    """Return inputs in which the windows of each person are aligned by their own statistics.

    Parameters
    ----------
    inputs : Inputs
        Windows, or sequences of windows. `Windows` are read once for the statistics, one person
        after another, and again when they are used.
    alignment : PersonAlignment
        Alignment.
    people : array, shape (n,) | None
        Person of each row of the inputs. None: all are of one person.
    mask : array of bool, shape (n, n_windows) | None
        Windows of sequences that count; the others do not enter the statistics.
    sfreq : float | None
        Sampling rate in Hz of arrays, for bands. Data sets have their own.

    Raises
    ------
    ValueError
        As `PersonAlignment.fit`; the message names the person.

    Examples
    --------
    >>> X = np.random.default_rng(0).normal(0.0, [[[3.0]]] * 5 + [[[50.0]]] * 5, (10, 2, 200))
    >>> people = np.repeat(["S1", "S2"], 5)
    >>> aligned = aligned_inputs(Inputs(X), PersonAlignment("zscore"), people).X
    >>> aligned[:5].std().round(3), aligned[5:].std().round(3)
    (np.float64(1.0), np.float64(1.0))
    """
    if len(inputs.X) == 0:
        return inputs
    people = np.zeros(len(inputs.X), np.int64) if people is None else people
    names, owner = np.unique(people, return_inverse=True)
    sfreq = sfreq if inputs.info is None else inputs.info.sfreq
    alignments = []
    for number, name in enumerate(names):
        rows = np.flatnonzero(owner == number)
        windows = inputs if len(names) == 1 else inputs.subset(rows)
        counts = None if mask is None else mask[rows]
        try:
            alignments.append(alignment.fit(windows.windows(counts), sfreq))
        except ValueError as error:
            if len(names) == 1:
                raise
            raise ValueError(f"the windows of {name} cannot be aligned: {error}") from error
    return apply_alignments(inputs, alignments, owner)


def causally_aligned(
    inputs: Inputs,
    alignment: PersonAlignment,
    sfreq: float | None = None,
    people: npt.NDArray[Any] | None = None,
) -> Inputs:
    """Return windows, each aligned by the windows of its person up to and including its own.

    The first windows of a person, up to the fifth, are aligned by the first five together. As in a
    stream, the latest hundred windows count, and a window that overlaps one of them does not.

    Parameters
    ----------
    inputs : Inputs
        Windows. Those of one recording may be in any order if their onsets are known.
    alignment, sfreq
        As in `aligned_inputs`. With `first`, the statistics end with these windows.
    people : array, shape (n,) | None
        Person of each window. None: all are of one person.

    Raises
    ------
    ValueError
        As `PersonAlignment.fit`; or if the windows are in sequences.

    Examples
    --------
    >>> X = np.random.default_rng(0).normal(0.0, 20.0, (10, 2, 200))
    >>> aligned = causally_aligned(Inputs(X), PersonAlignment()).X
    >>> np.array_equal(aligned[6], PersonAlignment().fit(X[:7]).transform(X[6:7])[0])
    True
    """
    if inputs.is_sequences:
        raise ValueError("expected single windows to align causally, got sequences")
    sfreq = sfreq if inputs.info is None else inputs.info.sfreq
    people = np.zeros(len(inputs.X), np.int64) if people is None else np.asarray(people)
    alignments: list[FittedAlignment] = []
    owner = np.zeros(len(inputs.X), np.int64)
    for name in dict.fromkeys(people.tolist()):
        rows = in_time(inputs, np.flatnonzero(people == name))
        found, places = _causal_alignments(inputs, rows, alignment, sfreq)
        owner[rows] = places + len(alignments)
        alignments.extend(found)
    return apply_alignments(inputs, alignments, owner)


def _causal_alignments(
    inputs: Inputs, rows: Indices, alignment: PersonAlignment, sfreq: float | None
) -> tuple[list[FittedAlignment], Indices]:
    """Return alignments along the windows of a person, and the place of that of each window."""
    chosen = np.flatnonzero(~_overlapping(inputs, rows))
    if alignment.first is not None:
        chosen = chosen[: alignment.first]
    running = RunningAlignment(dataclasses.replace(alignment, first=None), sfreq, LATEST_WINDOWS)
    running.update(inputs.X[rows[chosen[:_CAUSAL_START]]])
    alignments = [running.fitted]
    for row in rows[chosen[_CAUSAL_START:]]:
        running.update(inputs.X[row : row + 1])
        alignments.append(running.fitted)
    # Number of windows in the statistics up to each window.
    known = np.searchsorted(chosen, np.arange(len(rows)), side="right")
    return alignments, np.clip(known - min(_CAUSAL_START, len(chosen)), 0, len(alignments) - 1)


def in_time(inputs: Inputs, rows: Indices) -> Indices:
    """Return rows in the order of time, one recording after the other, if onsets are known.

    Recordings stay in the order in which they were given.

    Examples
    --------
    >>> known = {"onset": np.array([4.0, 0.0, 2.0]), "recording": np.array(["b", "a", "b"])}
    >>> in_time(Inputs(np.zeros((3, 2, 8)), metadata=known), np.arange(3)).tolist()
    [2, 0, 1]
    """
    onsets = inputs.metadata.get("onset")
    is_known = onsets is not None and onsets.dtype.kind in "fiu"
    if onsets is None or not is_known or not np.isfinite(onsets[rows]).all():
        return rows
    recordings = inputs.metadata.get("recording", np.zeros(len(onsets)))[rows].tolist()
    first = {name: place for place, name in reversed(list(enumerate(recordings)))}
    return rows[np.lexsort((onsets[rows], [first[name] for name in recordings]))]


def _overlapping(inputs: Inputs, rows: Indices) -> npt.NDArray[np.bool_]:
    """Return which of the windows in time overlap one that is used before, if onsets are known."""
    found = np.zeros(len(rows), bool)
    onsets = inputs.metadata.get("onset")
    if onsets is None or inputs.info is None:
        return found
    recordings = inputs.metadata.get("recording", np.zeros(len(onsets)))
    seconds = inputs.info.n_times / inputs.info.sfreq
    last: tuple[Any, float] | None = None
    for place, row in enumerate(rows):
        onset = float(onsets[row])
        # Half a sample, for the rounding of onsets.
        end = -np.inf if last is None or last[0] != recordings[row] else last[1] + seconds
        found[place] = onset < end - 0.5 / inputs.info.sfreq
        if not found[place]:
            last = (recordings[row], onset)
    return found


def apply_alignments(
    inputs: Inputs, alignments: Sequence[FittedAlignment], owner: Indices | None = None
) -> Inputs:
    """Return inputs with fitted alignments applied.

    Parameters
    ----------
    inputs : Inputs
        Windows, or sequences of windows.
    alignments : sequence of FittedAlignment
        Alignments.
    owner : array of int, shape (n,) | None
        Number of the alignment of each row. None: the first for all.
    """
    owner = np.zeros(len(inputs.X), np.int64) if owner is None else owner
    if isinstance(inputs.X, Windows):
        return dataclasses.replace(inputs, X=AlignedWindows(inputs.X, owner, alignments))
    per_row = inputs.X.shape[1] if inputs.is_sequences else 1
    windows = np.asarray(inputs.windows())
    aligned = _aligned(windows, np.repeat(owner, per_row), alignments)
    return dataclasses.replace(inputs, X=aligned.reshape(inputs.X.shape))


def _aligned(X: Array, owner: Indices, alignments: Sequence[FittedAlignment]) -> Array:
    aligned = np.empty_like(X)
    for number in np.unique(owner):
        chosen = owner == number
        aligned[chosen] = alignments[number].transform(X[chosen])
    return aligned
