"""Windows of several people, each aligned by the person's own statistics."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from eegzoo.data.preprocessing.by_person.fitted_alignment import FittedAlignment
from eegzoo.data.preprocessing.by_person.person_alignment import PersonAlignment, as_alignment
from eegzoo.data.preprocessing.by_person.running_alignment import RunningAlignment
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
    inputs: Inputs, alignment: PersonAlignment, sfreq: float | None = None
) -> Inputs:
    """Return windows of one person, each aligned by the windows up to and including its own.

    The first windows, up to the fifth, are aligned by the first five together.

    Parameters
    ----------
    inputs : Inputs
        Windows of one recording, in the order of time.
    alignment, sfreq
        As in `aligned_inputs`. With `first`, the statistics end with these windows.

    Raises
    ------
    ValueError
        As `PersonAlignment.fit`.

    Examples
    --------
    >>> X = np.random.default_rng(0).normal(0.0, 20.0, (10, 2, 200))
    >>> aligned = causally_aligned(Inputs(X), PersonAlignment()).X
    >>> np.array_equal(aligned[6], PersonAlignment().fit(X[:7]).transform(X[6:7])[0])
    True
    """
    n_windows, sfreq = len(inputs.X), sfreq if inputs.info is None else inputs.info.sfreq
    running = RunningAlignment(dataclasses.replace(alignment, first=None), sfreq)
    last = n_windows if alignment.first is None else min(n_windows, alignment.first)
    start = min(_CAUSAL_START, last)
    running.update(inputs.X[:start])
    alignments = [running.fitted]
    for row in range(start, last):
        running.update(inputs.X[row : row + 1])
        alignments.append(running.fitted)
    owner = np.clip(np.arange(n_windows) - start + 1, 0, len(alignments) - 1)
    return apply_alignments(inputs, alignments, owner)


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
