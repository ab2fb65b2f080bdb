"""From windows to sequences of consecutive ones, and back."""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from eegzoo.arguments import number_between, positive_int
from eegzoo.data.signal.signal_info import SignalInfo, SignalWarning
from eegzoo.data.windows.epochs_dataset import EpochsDataset
from eegzoo.data.windows.lazy_windows import positions

Indices = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
# Onsets are rounded to samples: the difference of two is off by one at most, plus float error.
_TOLERANCE = 1.5


@dataclasses.dataclass(frozen=True, eq=False)
class Sequences:
    """Windows of a data set in sequences of consecutive ones, which sleep models learn from.

    `Sequences.of` makes them. With a slice, a mask or several indices they give some of the
    sequences.

    Training and test are best split before: each side's windows make sequences of their own. A
    split of the sequences is as safe if it is by `groups` of subject, session or recording, as no
    sequence holds two of them; ``check_leakage(dataset, sequences[train].windows,
    sequences[test].windows)`` tells.

    Attributes
    ----------
    X : array of float32, shape (n_sequences, n_windows, n_chans, n_times)
        Windows in microvolts, in memory; padding is zero.
    y : array of str, shape (n_sequences, n_windows)
        Name of each window's label; the first class where there is none to learn.
    mask : array of bool, shape (n_sequences, n_windows)
        Windows that count: neither padding nor unscored. Estimators are fitted with it.
    indices : array of int, shape (n_sequences, n_windows)
        Place of each window in the data set; -1 is padding.
    classes : tuple of str
        Labels of the data set, without those that do not count.
    info : SignalInfo
        Channels, sampling rate and window.
    metadata : mapping of str to array, shape (n_sequences,)
        What the data set knows of all windows of a sequence alike.

    Examples
    --------
    Two naps of a quarter of an hour, in sequences of 20 windows of 30 s:

    >>> from eegzoo.data import Epoch, EpochsDataset, Preprocessing, Recording
    >>> naps = [eegzoo.data.simulate_sleep(0.25, random_state=seed) for seed in (0, 1)]
    >>> recordings = [Recording(raw, f"S{number}") for number, raw in enumerate(naps)]
    >>> dataset = EpochsDataset.from_recordings(recordings, Preprocessing([Epoch(0, 29.99)]))
    >>> sequences = Sequences.of(dataset, n_windows=20)
    >>> sequences.X.shape, sequences.mask.sum(axis=1).tolist()
    ((4, 20, 2, 3000), [20, 10, 20, 10])
    >>> sequences.groups("subject").tolist()
    ['S0', 'S0', 'S1', 'S1']
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
        n_windows: int,
        *,
        unscored: Sequence[str] = (),
        step_seconds: float | None = None,
    ) -> Self:
        """Cut the windows of each recording, in the order of their onsets, into sequences.

        A sequence ends after `n_windows`, with its recording, or where the next window does not
        begin one step later, give or take a sample; what is left of it is padding. All windows are
        loaded into memory, also those on the disk.

        Parameters
        ----------
        dataset : EpochsDataset
            In any order, with "recording" and "onset" of each window in its metadata.
        n_windows : int
            Windows of a sequence.
        unscored : sequence of str
            Labels that do not count ("?", "MOVE"): their windows stay in the sequence, for those
            beside them, and are neither a class nor learnt. Labels that the data set has not are
            no error.
        step_seconds : float | None
            From one window's onset to the next one's. None: a window's length, or, where windows
            overlap, the shortest step.

        Returns
        -------
        Sequences
            By recording and onset. Each window is in one of them. A sequence of unscored windows
            alone, which no estimator takes, is left out by
            ``sequences[sequences.mask.any(axis=1)]``.

        Raises
        ------
        ValueError
            If metadata are missing or onsets are no finite numbers, if windows of a recording have
            the same onset or overlap by other than whole steps, or if there is no window or no
            label that counts.

        Warns
        -----
        SignalWarning
            If no window of a recording with several follows another.
        """
        if not isinstance(dataset, EpochsDataset):
            raise TypeError(f"expected an EpochsDataset, got {type(dataset).__name__}")
        n_windows = positive_int("n_windows", n_windows)
        classes = _scored(dataset, unscored)
        order, same, follows = _in_time(dataset, step_seconds)
        if n_windows > 1 and same.any() and not follows.any():
            text = "no window follows another: step_seconds is the time from onset to onset"
            warnings.warn(text, SignalWarning, stacklevel=2)
        row, column = _places(follows, n_windows)
        indices = np.full((row[-1] + 1, n_windows), -1, np.int64)
        indices[row, column] = order
        labels = dataset.labels[indices]
        mask = (indices >= 0) & np.isin(labels, classes)
        first = indices[:, 0]
        alike = {
            name: known[first]
            for name, known in dataset.metadata.items()
            if (known[first][row] == known[order]).all()
        }
        y = np.where(mask, labels, classes[0])
        return cls(_load(dataset, indices), y, mask, indices, classes, dataset.info, alike)

    @property
    def present(self) -> Mask:
        """Windows that are no padding, scored or not: the mask to predict with."""
        return self.indices >= 0

    @property
    def windows(self) -> Indices:
        """Places in the data set of the windows that the sequences hold, ascending."""
        return np.sort(self.indices[self.present])

    def groups(self, by: str) -> npt.NDArray[Any]:
        """Return the subject, session or recording of each sequence, for group splitters.

        Raises
        ------
        ValueError
            If it is not known, or is not the same for all windows of a sequence.
        """
        if by not in self.metadata:
            raise ValueError(
                f"expected metadata of whole sequences, {sorted(self.metadata)}, got {by!r}"
            )
        return self.metadata[by]

    def unroll(self, values: npt.ArrayLike) -> npt.NDArray[Any]:
        """Return what belongs to the windows of sequences in the order of the data set.

        Parameters
        ----------
        values : array, shape (n_sequences, n_windows, ...)
            Predictions, or probabilities of each class.

        Returns
        -------
        array, shape (n, ...)
            A row for each of `windows`: for each window of the data set, unless these are some of
            its sequences.

        Raises
        ------
        ValueError
            If there is not one value for each window of each sequence.
        """
        given = np.asarray(values)
        if given.shape[:2] != self.indices.shape:
            raise ValueError(
                f"expected values of shape {self.indices.shape} or more axes behind, "
                f"got {given.shape}"
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


def _scored(dataset: EpochsDataset, unscored: Sequence[str]) -> tuple[str, ...]:
    """Return the classes that count."""
    if isinstance(unscored, str):
        raise TypeError(f"expected unscored to be a sequence of labels, got {unscored!r}")
    if len(dataset) == 0:
        raise ValueError("expected at least one window, got none")
    left_out = {str(name) for name in unscored}
    classes = tuple(name for name in dataset.classes if name not in left_out)
    if not np.isin(dataset.labels, classes).any():
        raise ValueError(
            f"expected windows of labels that count, got only unscored {sorted(left_out)}"
        )
    return classes


def _in_time(dataset: EpochsDataset, step_seconds: float | None) -> tuple[Indices, Mask, Mask]:
    """Return windows in time, and if each is of the recording of the one before, and follows."""
    missing = [name for name in ("recording", "onset") if name not in dataset.metadata]
    if missing:
        raise ValueError(
            f"expected 'recording' and 'onset' of each window in the metadata, {missing} missing, "
            f"got {sorted(dataset.metadata)}"
        )
    onset = dataset.metadata["onset"]
    if onset.dtype.kind not in "fiu" or not np.isfinite(onset).all():
        raise ValueError("expected onset of finite numbers in seconds, got others")
    names, recording = np.unique(dataset.metadata["recording"], return_inverse=True)
    order = np.lexsort((onset, recording))
    same = np.diff(recording[order]) == 0
    delay = np.diff(onset[order].astype(np.float64))
    sfreq = dataset.info.sfreq
    twice = np.flatnonzero(same & (delay < 0.5 / sfreq))
    if twice.size:
        window = order[twice[0]]
        raise ValueError(
            f"expected windows at different onsets, got several at {onset[window]:g} s of "
            f"recording {names[recording[window]]}"
        )
    tolerance = _TOLERANCE / sfreq
    step = _step(delay[same], dataset.info.n_times / sfreq, tolerance, step_seconds)
    follows = np.concatenate([[False], same & (abs(delay - step) < tolerance)])
    return order, same, follows


def _step(
    delay: npt.NDArray[np.float64], length: float, tolerance: float, step_seconds: float | None
) -> float:
    """Return the time from a window to the next, given all from neighbour to neighbour."""
    overlapping = delay[delay < length - tolerance]
    if step_seconds is not None:
        step = number_between("step_seconds", step_seconds, 0.0, above=True)
    else:
        step = float(overlapping.min()) if overlapping.size else length
    # Where windows were left out, there are several steps from one to the next.
    whole = step * np.maximum(1, np.rint(overlapping / step))
    if (abs(overlapping - whole) >= tolerance).any():
        raise ValueError(
            f"expected windows that do not overlap, or one each {step:g} s, got onsets "
            f"{np.unique(overlapping.round(6))[:5].tolist()} s apart"
        )
    return step


def _places(follows: Mask, n_windows: int) -> tuple[Indices, Indices]:
    """Return the sequence of each window, and its place there."""
    numbers = np.arange(len(follows))
    in_run = numbers - np.maximum.accumulate(np.where(follows, 0, numbers))
    column = in_run % n_windows
    return np.cumsum(column == 0) - 1, column


def _load(dataset: EpochsDataset, indices: Indices) -> npt.NDArray[np.float32]:
    X = np.zeros((*indices.shape, *dataset.shape[1:]), np.float32)
    for sequence, places in zip(X, indices, strict=True):  # one by one, not all of them twice
        mine = places[places >= 0]
        sequence[: len(mine)] = dataset.X[mine]
    return X
