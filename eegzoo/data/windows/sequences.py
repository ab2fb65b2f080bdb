"""Sequences of consecutive windows, for models of sleep stages."""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from eegzoo.arguments import positive_int
from eegzoo.data.signal.signal_info import SignalInfo, SignalWarning
from eegzoo.data.windows.consecutive import sort_by_onset
from eegzoo.data.windows.epochs_dataset import EpochsDataset
from eegzoo.data.windows.lazy_windows import positions

Indices = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


@dataclasses.dataclass(frozen=True, eq=False)
class Sequences:
    """Sequences of consecutive windows, the input of models such as TinySleepNet.

    `Sequences.of` makes sequences from a data set. Indexing them with a slice, a mask or several
    indices selects some of the sequences.

    For cross-validation, split the data set and make sequences of each part, or split the sequences
    by `groups` of subject, session or recording: no sequence spans two recordings.
    ``check_leakage(dataset, sequences[train].windows, sequences[test].windows)`` checks a split of
    the sequences.

    Attributes
    ----------
    X : array of float32, shape (n_sequences, n_windows, n_chans, n_times)
        Windows in microvolts. Padding is zero.
    y : array of str, shape (n_sequences, n_windows)
        Label of each window; the placeholder ``classes[0]`` where `mask` is False.
    mask : array of bool, shape (n_sequences, n_windows)
        Scored windows: neither padding nor unscored. Pass it to ``fit`` and ``score``.
    indices : array of int, shape (n_sequences, n_windows)
        Index of each window in the data set, -1 for padding.
    classes : tuple of str
        Classes of the data set, without the unscored labels.
    info : SignalInfo
        Channels, sampling rate, length and unit of the windows.
    metadata : mapping of str to array, shape (n_sequences,)
        Metadata columns of the data set that are constant within every sequence.

    Examples
    --------
    Cut two naps of 15 minutes into sequences of 20 windows of 30 s. The last sequence of each nap
    is padded:

    >>> from eegzoo.data import Epoch, EpochsDataset, Preprocessing, Recording
    >>> naps = [eegzoo.data.simulate_sleep(0.25, random_state=seed) for seed in (0, 1)]
    >>> recordings = [Recording(raw, f"S{number}") for number, raw in enumerate(naps)]
    >>> dataset = EpochsDataset.from_recordings(recordings, Preprocessing([Epoch(0, seconds=30)]))
    >>> sequences = Sequences.of(dataset, n_windows=20)
    >>> sequences.X.shape, sequences.mask.sum(axis=1).tolist()
    ((4, 20, 2, 3000), [20, 10, 20, 10])
    >>> sequences.groups("subject").tolist()
    ['S0', 'S0', 'S1', 'S1']

    `unroll` returns values of windows, such as predictions, in the order of the data set:

    >>> bool((sequences.unroll(sequences.y) == dataset.labels).all())
    True
    """

    X: npt.NDArray[np.float32]
    y: npt.NDArray[np.str_]
    mask: Mask
    indices: Indices
    classes: tuple[str, ...]
    info: SignalInfo
    metadata: Mapping[str, npt.NDArray[Any]]

    @classmethod
    def of(
        cls,
        dataset: EpochsDataset,
        n_windows: int | None,
        *,
        unscored: Sequence[str] = (),
        step_seconds: float | None = None,
    ) -> Self:
        """Cut the windows of each recording, sorted by onset, into sequences.

        A sequence ends after `n_windows` windows, at the end of its recording, or at a gap, where
        the next window does not start one step later (to within a sample). Shorter sequences are
        padded. All windows are loaded into memory, including those on disk.

        Parameters
        ----------
        dataset : EpochsDataset
            Windows in any order, with "recording" and "onset" in their metadata.
        n_windows : int | None
            Number of windows in a sequence. None: that of the longest stretch without a gap, so
            that each stretch is one sequence.
        unscored : sequence of str
            Labels to ignore in training and scoring, such as "?" or "MOVE". Their windows stay in
            the sequences as context. Labels that are not in the data set have no effect.
        step_seconds : float | None
            Time in seconds from one onset to the next. None: the length of a window or, if windows
            overlap, the shortest time between two onsets.

        Returns
        -------
        Sequences
            Sequences sorted by recording and onset. Each window is in exactly one of them.
            Estimators reject sequences without a scored window; leave them out with
            ``sequences[sequences.mask.any(axis=1)]``.

        Raises
        ------
        TypeError
            If `dataset` is not an EpochsDataset, or `unscored` is a single string.
        ValueError
            If "recording" or "onset" is missing in the metadata, an onset is not a finite number,
            two windows of a recording have the same onset, overlapping windows are not whole steps
            apart, or no window is scored.

        Warns
        -----
        SignalWarning
            If no window follows another, so that each sequence has a single window.
        """
        if not isinstance(dataset, EpochsDataset):
            kind = type(dataset).__name__
            raise TypeError(f"expected dataset to be an EpochsDataset, got {kind}")
        if n_windows is not None:
            n_windows = positive_int("n_windows", n_windows)
        classes = _scored_classes(dataset, unscored)
        order, same, follows = sort_by_onset(dataset, step_seconds)
        if n_windows is None:
            n_windows = int(np.diff(np.flatnonzero(np.append(~follows, True))).max())
        if n_windows > 1 and same.any() and not follows.any():
            length = dataset.info.n_times / dataset.info.sfreq
            text = (
                f"no window follows another (they are {length:g} s long), so each sequence has a "
                "single window; cut windows as long as the time from one onset to the next, as by "
                "Epoch(0, seconds=30), or set step_seconds to that time"
            )
            warnings.warn(text, SignalWarning, stacklevel=2)
        row, column = _sequence_and_place(follows, n_windows)
        indices = np.full((row[-1] + 1, n_windows), -1, np.int64)
        indices[row, column] = order
        labels = dataset.labels[indices]
        mask = (indices >= 0) & np.isin(labels, classes)
        first = indices[:, 0]
        constant = {
            name: known[first]
            for name, known in dataset.metadata.items()
            if (known[first][row] == known[order]).all()
        }
        y = np.where(mask, labels, classes[0])
        return cls(_load(dataset, indices), y, mask, indices, classes, dataset.info, constant)

    @property
    def present(self) -> Mask:
        """Windows that are not padding, scored or not. Pass it as ``mask`` to ``predict``."""
        return self.indices >= 0

    @property
    def windows(self) -> Indices:
        """Sorted indices in the data set of all windows in the sequences."""
        return np.sort(self.indices[self.present])

    def groups(self, by: str) -> npt.NDArray[Any]:
        """Return a metadata column with one value per sequence, for scikit-learn's group splitters.

        Raises
        ------
        ValueError
            If there is no such column, or if it varies within a sequence.
        """
        if by not in self.metadata:
            raise ValueError(
                "expected by to be one of the metadata columns that are constant within sequences, "
                f"{sorted(self.metadata)}, got {by!r}"
            )
        return self.metadata[by]

    def unroll(self, values: npt.ArrayLike) -> npt.NDArray[Any]:
        """Return values of windows, without padding, in the order of the data set.

        Parameters
        ----------
        values : array, shape (n_sequences, n_windows, ...)
            Values of each window, such as predicted labels or class probabilities.

        Returns
        -------
        array, shape (n, ...)
            Values of the windows with the indices `windows`. These are all windows of the data set,
            unless the sequences are a selection.

        Raises
        ------
        ValueError
            If the shape of `values` does not begin with (n_sequences, n_windows).
        """
        given = np.asarray(values)
        if given.shape[:2] != self.indices.shape:
            raise ValueError(
                f"expected values of shape ({len(self)}, {self.indices.shape[1]}, ...), got "
                f"{given.shape}"
            )
        rows: npt.NDArray[Any] = given[self.present]
        return rows[np.argsort(self.indices[self.present], kind="stable")]

    def __len__(self) -> int:
        return len(self.indices)

    def __getitem__(self, index: Any) -> Self:
        chosen = np.atleast_1d(positions(index, len(self)))
        return dataclasses.replace(
            self,
            X=self.X[chosen],
            y=self.y[chosen],
            mask=self.mask[chosen],
            indices=self.indices[chosen],
            metadata={name: known[chosen] for name, known in self.metadata.items()},
        )

    def __repr__(self) -> str:
        n_sequences, n_windows, n_chans, n_times = self.X.shape
        return (
            f"Sequences({n_sequences} of {n_windows} windows, {n_chans} channels, {n_times} "
            f"samples at {self.info.sfreq:g} Hz, classes {list(self.classes)})"
        )


def _scored_classes(dataset: EpochsDataset, unscored: Sequence[str]) -> tuple[str, ...]:
    """Return the classes without the unscored labels."""
    if isinstance(unscored, str):
        raise TypeError(
            f"expected unscored to be a sequence of labels such as [{unscored!r}], got {unscored!r}"
        )
    if len(dataset) == 0:
        raise ValueError("expected dataset to have at least one window, got none")
    classes = tuple(name for name in dataset.classes if name not in set(map(str, unscored)))
    if not np.isin(dataset.labels, classes).any():
        raise ValueError(
            "expected dataset to have windows with labels that are not in unscored, got only "
            f"{np.unique(dataset.labels).tolist()}"
        )
    return classes


def _sequence_and_place(follows: Mask, n_windows: int) -> tuple[Indices, Indices]:
    """Return the sequence of each sorted window, and its place in the sequence."""
    numbers = np.arange(len(follows))
    in_run = numbers - np.maximum.accumulate(np.where(follows, 0, numbers))
    column = in_run % n_windows
    return np.cumsum(column == 0) - 1, column


def _load(dataset: EpochsDataset, indices: Indices) -> npt.NDArray[np.float32]:
    X = np.zeros((*indices.shape, *dataset.shape[1:]), np.float32)
    for sequence, chosen in zip(X, indices, strict=True):  # without a second copy of all windows
        mine = chosen[chosen >= 0]
        sequence[: len(mine)] = dataset.X[mine]
    return X
