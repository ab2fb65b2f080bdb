"""Official splits of data sets, and a check of splits for leakage."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from eegzoo.arguments import one_of
from eegzoo.data.windows.epochs_dataset import EpochsDataset, check_columns
from eegzoo.data.windows.lazy_windows import positions

Indices = npt.NDArray[np.int64]
GROUPS = ("subject", "session", "recording")
_CHUNK = 64


def official_split(dataset: EpochsDataset) -> tuple[Indices, Indices]:
    """Return the training and test windows of a data set's official split.

    Parameters
    ----------
    dataset : EpochsDataset
        Data set with "split" in its metadata.

    Returns
    -------
    train, test : array of int
        Indices of the windows.

    Raises
    ------
    ValueError
        If "split" is not in the metadata.

    Examples
    --------
    >>> raws = [eegzoo.data.simulate_motor_imagery(4, random_state=seed) for seed in (0, 1)]
    >>> recordings = [
    ...     eegzoo.data.Recording(raw, subject="S1", session=split, split=split)
    ...     for raw, split in zip(raws, ("train", "test"))
    ... ]
    >>> preprocessing = eegzoo.data.Preprocessing([eegzoo.data.Epoch(0, 3)])
    >>> dataset = eegzoo.data.EpochsDataset.from_recordings(recordings, preprocessing)
    >>> official_split(dataset)
    (array([0, 1, 2, 3]), array([4, 5, 6, 7]))
    """
    sides = dataset.groups("split")
    return np.flatnonzero(sides == "train"), np.flatnonzero(sides == "test")


def check_leakage(
    dataset: EpochsDataset, train: Any, test: Any, apart: str | None = "recording"
) -> None:
    """Raise an error if training windows leak into the test.

    The check finds windows and groups that are in both, test windows that overlap a training window
    in time, and test windows that are copies of a training window, since some public data sets
    contain the same session twice.

    Parameters
    ----------
    dataset : EpochsDataset
        Data set with "recording", "onset" and the groups `apart` in its metadata, as
        `EpochsDataset.from_recordings` adds them.
    train, test : array of int or bool
        Indices or masks of the training and test windows.
    apart : {"subject", "session", "recording"} | None
        Groups that must not be in both. None: windows of one recording may be in both, if they do
        not overlap.

    Raises
    ------
    ValueError
        If there is leakage, `train` or `test` is empty, or metadata are missing. The message names
        the windows or groups that leak.

    Examples
    --------
    >>> raw = eegzoo.data.simulate_motor_imagery(n_trials=6, random_state=0)
    >>> recordings = [eegzoo.data.Recording(raw, subject="S1")]
    >>> preprocessing = eegzoo.data.Preprocessing([eegzoo.data.Epoch(0, 3)])
    >>> dataset = eegzoo.data.EpochsDataset.from_recordings(recordings, preprocessing)
    >>> check_leakage(dataset, [0, 1, 2], [3, 4, 5], apart=None)
    >>> check_leakage(dataset, [0, 1, 2], [3, 4, 5])
    Traceback (most recent call last):
        ...
    ValueError: expected train and test to share no recording, got [S1/1/1] in both
    """
    apart_by = set() if apart is None else {one_of("apart", apart, GROUPS)}
    check_columns(dataset, {"recording", "onset"} | apart_by)
    train, test = (np.unique(positions(side, len(dataset))) for side in (train, test))
    for name, side in {"train": train, "test": test}.items():
        if len(side) == 0:
            raise ValueError(f"expected {name} to have at least one window, got none")
    shared = np.intersect1d(train, test)
    if shared.size:
        raise ValueError(f"expected train and test to share no window, got {_some(shared)} in both")
    for by in apart_by:
        groups = dataset.groups(by)
        both = np.intersect1d(groups[train], groups[test])
        if both.size:
            raise ValueError(f"expected train and test to share no {by}, got {_some(both)} in both")
    pairs = list(_overlapping(dataset, train, test))
    if pairs:
        raise ValueError(
            "expected no window in test to overlap one in train, got the pairs (train, test) "
            f"{_some(pairs)}"
        )
    pairs = list(_copies(dataset, train, test))
    if pairs:
        raise ValueError(
            "expected no window in test to be a copy of one in train, got the pairs (train, test) "
            f"{_some(pairs)}"
        )


def _overlapping(
    dataset: EpochsDataset, train: Indices, test: Indices
) -> Iterator[tuple[int, int]]:
    """Yield overlapping pairs (train, test) of windows, at least one per recording with any."""
    recordings, onset = dataset.groups("recording"), dataset.groups("onset")
    duration = (dataset.info.n_times - 0.5) / dataset.info.sfreq
    in_test = np.zeros(len(dataset), bool)
    in_test[test] = True
    chosen = np.union1d(train, test)
    for recording in np.unique(recordings[chosen]):
        mine = chosen[recordings[chosen] == recording]
        mine = mine[np.argsort(onset[mine], kind="stable")]
        # If windows of both sides overlap, so do two neighbours, one of each side.
        near = np.diff(onset[mine]) < duration
        for place in np.flatnonzero(near & (in_test[mine[1:]] != in_test[mine[:-1]])):
            pair = mine[place : place + 2].tolist()
            yield tuple(sorted(pair, key=lambda window: bool(in_test[window])))


def _copies(dataset: EpochsDataset, train: Indices, test: Indices) -> Iterator[tuple[int, int]]:
    """Yield pairs of a training and a test window with equal samples."""
    seen = dict(zip(_digests(dataset, train), train.tolist(), strict=True))
    for window, digest in zip(test.tolist(), _digests(dataset, test), strict=True):
        if digest in seen:
            yield seen[digest], window


def _digests(dataset: EpochsDataset, indices: Indices) -> Iterator[bytes]:
    """Yield the hash of each window."""
    for start in range(0, len(indices), _CHUNK):
        for window in dataset.X[indices[start : start + _CHUNK]]:
            yield hashlib.sha256(window.tobytes()).digest()


def _some(found: Sequence[Any] | npt.NDArray[Any], most: int = 5) -> str:
    """Return the first few items as text."""
    shown = ", ".join(str(item) for item in found[:most])
    return f"[{shown}{', ...' if len(found) > most else ''}]"
