"""Whether a split keeps training and test apart."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from eegzoo.arguments import one_of
from eegzoo.data.windows.epochs_dataset import EpochsDataset
from eegzoo.data.windows.lazy_windows import positions

Indices = npt.NDArray[np.int64]
GROUPS = ("subject", "session", "recording")
_CHUNK = 64


def official_split(dataset: EpochsDataset) -> tuple[Indices, Indices]:
    """Return the windows that those who made the data set are training and testing with.

    Parameters
    ----------
    dataset : EpochsDataset
        With "split" in its metadata.

    Returns
    -------
    train, test : array of int
        Places of the windows.

    Raises
    ------
    ValueError
        If the data set has no official split.

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
    """Raise if what is tested on was seen in training.

    Looked for are windows on both sides, windows that overlap in time, windows with equal numbers
    (data sets with copied sessions exist), and groups on both sides.

    Parameters
    ----------
    dataset : EpochsDataset
        With "recording" and "onset" of each window, as `EpochsDataset.from_recordings` has them.
    train, test : array of int or bool
        The windows on either side.
    apart : {"subject", "session", "recording"} | None
        What may not be on both sides. None: a recording may, but none of its seconds.

    Raises
    ------
    ValueError
        With the windows or groups that are on both sides.

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
    ValueError: expected no recording in training and test, got [S1/1/1] in both
    """
    train, test = (np.unique(positions(side, len(dataset))) for side in (train, test))
    for name, side in {"train": train, "test": test}.items():
        if len(side) == 0:
            raise ValueError(f"expected windows in {name}, got none")
    shared = np.intersect1d(train, test)
    if shared.size:
        raise ValueError(f"expected no window in training and test, got {_some(shared)} in both")
    if apart is not None:
        groups = dataset.groups(one_of("apart", apart, GROUPS))
        both = np.intersect1d(groups[train], groups[test])
        if both.size:
            raise ValueError(f"expected no {apart} in training and test, got {_some(both)} in both")
    pairs = list(_overlapping(dataset, train, test))
    if pairs:
        raise ValueError(f"expected windows that do not overlap, got {_some(pairs)} that do")
    pairs = list(_equal(dataset, train, test))
    if pairs:
        raise ValueError(f"expected windows that differ, got {_some(pairs)} that are equal")


def _overlapping(
    dataset: EpochsDataset, train: Indices, test: Indices
) -> Iterator[tuple[int, int]]:
    """Yield pairs of a training and a test window that share samples, at least one a recording."""
    recordings, onset = dataset.groups("recording"), dataset.groups("onset")
    duration = (dataset.info.n_times - 0.5) / dataset.info.sfreq
    in_test = np.zeros(len(dataset), bool)
    in_test[test] = True
    chosen = np.union1d(train, test)
    for recording in np.unique(recordings[chosen]):
        mine = chosen[recordings[chosen] == recording]
        mine = mine[np.argsort(onset[mine], kind="stable")]
        # Of all pairs from both sides, the nearest ones are neighbours.
        near = np.diff(onset[mine]) < duration
        for place in np.flatnonzero(near & (in_test[mine[1:]] != in_test[mine[:-1]])):
            pair = mine[place : place + 2].tolist()
            yield tuple(sorted(pair, key=lambda window: bool(in_test[window])))


def _equal(dataset: EpochsDataset, train: Indices, test: Indices) -> Iterator[tuple[int, int]]:
    """Yield pairs of a training and a test window with the same numbers."""
    seen = dict(zip(_digests(dataset, train), train.tolist(), strict=True))
    for window, digest in zip(test.tolist(), _digests(dataset, test), strict=True):
        if digest in seen:
            yield seen[digest], window


def _digests(dataset: EpochsDataset, indices: Indices) -> Iterator[bytes]:
    for start in range(0, len(indices), _CHUNK):
        for window in dataset.X[indices[start : start + _CHUNK]]:
            yield hashlib.sha256(window.tobytes()).digest()


def _some(found: Sequence[Any] | npt.NDArray[Any], most: int = 5) -> str:
    shown = ", ".join(str(item) for item in found[:most])
    return f"[{shown}{', ...' if len(found) > most else ''}]"
