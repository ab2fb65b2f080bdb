"""Official splits of data sets, and a check of splits for leakage."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from eegzoo.arguments import one_of
from eegzoo.data.windows.copies import copied_windows
from eegzoo.data.windows.epochs_dataset import EpochsDataset, check_columns
from eegzoo.data.windows.lazy_windows import positions
from eegzoo.data.windows.timeline import Timeline, block_numbers, timeline_of

Indices = npt.NDArray[np.int64]
GROUPS = ("subject", "session", "recording")
# Groups by which data sets are split. A run is a recording; see `group_names`.
CHOICES = (*GROUPS, "run", "block", "trial")
LEAKS = ("overlap", "block", "copy")


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


def group_names(metadata: Mapping[str, npt.NDArray[Any]], by: str) -> npt.NDArray[Any]:
    """Return the group of each window, such that groups of different recordings differ.

    Parameters
    ----------
    metadata : mapping of str to array, shape (n,)
        Metadata columns.
    by : str
        Column. "run" is the recording; "block" and "trial" are numbered anew in each recording, and
        without a column "trial" each block or, without blocks, each window is a trial.

    Raises
    ------
    ValueError
        If there is no such column.

    Examples
    --------
    >>> columns = {"recording": np.array(["a", "a", "b"]), "block": np.array([1, 2, 1])}
    >>> group_names(columns, "block").tolist()
    ['a/1', 'a/2', 'b/1']
    """
    n_windows = len(next(iter(metadata.values()))) if metadata else 0
    wanted = "recording" if by == "run" and "run" not in metadata else by
    if by == "trial" and "trial" not in metadata:
        if "block" not in metadata:
            return np.arange(n_windows)
        wanted = "block"
    if wanted not in metadata:
        raise ValueError(f"expected groups to be one of {sorted(metadata)}, got {by!r}")
    column = metadata[wanted]
    if wanted not in ("block", "trial", "run") or "recording" not in metadata:
        return column
    names = np.char.add(np.char.add(metadata["recording"].astype(str), "/"), column.astype(str))
    if wanted != "block":
        return names
    # Windows that were not cut from a block are no block together.
    alone = np.bincount(numbers := block_numbers(metadata, n_windows))[numbers] == 1
    places = np.arange(n_windows).astype(str)
    return np.where(alone & np.isin(column.astype(str), ("", "None", "nan")),
                    np.char.add(np.char.add(names, "#"), places), names)  # fmt: skip


def check_leakage(
    dataset: EpochsDataset,
    train: Any,
    test: Any,
    apart: str | None = "recording",
    allow: Collection[str] = (),
) -> None:
    """Raise an error if training windows leak into the test.

    The check finds windows and groups that are in both, test windows that overlap a training window
    in time or were cut from the same block, and test windows that are copies of a training window,
    since some public data sets contain the same session twice. A copy is found up to scale, sign
    and rounding: without offsets and trends, the two correlate by more than .9999 or less than
    -.9999.

    Parameters
    ----------
    dataset : EpochsDataset
        Data set with "recording", "onset" and the groups `apart` in its metadata, as
        `EpochsDataset.from_recordings` adds them. Windows whose onset is NaN overlap no other.
    train, test : array of int or bool
        Indices or masks of the training and test windows.
    apart : {"subject", "session", "recording"} | None
        Groups that must not be in both. None: windows of one recording may be in both, if they do
        not overlap.
    allow : collection of {"overlap", "block", "copy"}
        Kinds of leakage that are allowed.

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
    allow = check_leaks(allow)
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
    check_times(timeline_of(dataset), train, test, allow)
    pairs = [] if "copy" in allow else copied_windows(dataset.X, train, test)
    if pairs:
        raise ValueError(
            "expected no window in test to be a copy of one in train, got the pairs (train, test) "
            f"{_some(pairs)}"
        )


def check_leaks(allow: Collection[str]) -> tuple[str, ...]:
    """Return kinds of leakage that are allowed, or raise an error if there is no such kind."""
    if isinstance(allow, str):
        raise TypeError(f"expected allow to be a collection such as ({allow!r},), got {allow!r}")
    return tuple(one_of("allow", kind, LEAKS) for kind in allow)


def check_times(
    timeline: Timeline, train: Indices, test: Indices, allow: Collection[str] = ()
) -> None:
    """Raise an error if test windows overlap training windows or are of their blocks.

    Parameters
    ----------
    timeline : Timeline
        The windows.
    train, test : array of int
        Indices of the two sides.
    allow : collection of {"overlap", "block", "copy"}
        Kinds of leakage that are allowed.

    Raises
    ------
    ValueError
        If there are such windows; the message names them.
    """
    partner = timeline.overlaps(train, test)
    pairs = [(int(a), int(b)) for a, b in zip(train, partner, strict=True) if b >= 0]
    if pairs and "overlap" not in allow:
        raise ValueError(
            "expected no window in test to overlap one in train, got the pairs (train, test) "
            f"{_some(pairs)}"
        )
    block_of = timeline.block
    both = np.intersect1d(block_of[train], block_of[test])
    if both.size and "block" not in allow:
        found = [
            (int(train[block_of[train] == block][0]), int(test[block_of[test] == block][0]))
            for block in both[:6]
        ]
        raise ValueError(
            f"expected train and test to share no block, got {len(both)} in both, such as those of "
            f"the windows (train, test) {_some(found)}"
        )


def _some(found: Sequence[Any] | npt.NDArray[Any], most: int = 5) -> str:
    """Return the first few items as text."""
    shown = ", ".join(str(item) for item in found[:most])
    return f"[{shown}{', ...' if len(found) > most else ''}]"
