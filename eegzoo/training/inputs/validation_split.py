"""Split of the training windows into a training part and a validation part."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.model_selection import (
    GroupShuffleSplit,
    ShuffleSplit,
    StratifiedGroupKFold,
    StratifiedShuffleSplit,
)

from eegzoo.data.windows.estimator_inputs import Inputs
from eegzoo.data.windows.splits import GROUPS

Indices = npt.NDArray[np.int64]


def validation_groups(inputs: Inputs, groups: Any) -> npt.NDArray[Any] | None:
    """Return the group of each window, for a validation that splits no group.

    Parameters
    ----------
    inputs : Inputs
        Training windows.
    groups : array, shape (n,) | str | None
        Group of each window, or a column of the data set's metadata. None: the subjects; if there
        is only one, the sessions; if there is only one, the recordings.

    Returns
    -------
    array, shape (n,) | None
        Groups; None if there are no two known groups.

    Raises
    ------
    ValueError
        If the number of groups is not the number of windows, or the column is unknown.
    """
    n_windows, metadata = len(inputs.X), inputs.metadata
    if isinstance(groups, str):
        if groups not in metadata:
            raise ValueError(f"expected groups to be one of {sorted(metadata)}, got {groups!r}")
        return metadata[groups]
    if groups is not None:
        given = np.asarray(groups)
        if given.shape != (n_windows,):
            raise ValueError(f"expected groups of shape ({n_windows},), got {given.shape}")
        return given
    columns = [metadata[by] for by in GROUPS if by in metadata]
    return next((column for column in columns if len(np.unique(column)) > 1), None)


def hold_out(
    validation: Any,
    y: npt.NDArray[Any],
    groups: npt.NDArray[Any] | None,
    seed: int,
    stratify: bool,
) -> tuple[Indices, Indices] | None:
    """Return the indices of the windows for training and of those for validation.

    Parameters
    ----------
    validation : float | splitter
        As in `Recipe`.
    y : array, shape (n,)
        Labels. Without `stratify`, any array with one row for each window.
    groups : array, shape (n,) | None
        Group of each window. No group is on both sides.
    seed : int
        Seed of the split.
    stratify : bool
        Whether both sides get about the same shares of the labels.

    Returns
    -------
    train, valid : array | None
        Indices; None, instead of both, if `validation` is 0.

    Raises
    ------
    ValueError
        If there are too few groups, or a label is only in the validation part.

    Examples
    --------
    >>> groups = np.repeat(["S1", "S2", "S3", "S4"], 5)
    >>> train, valid = hold_out(0.25, np.tile([0, 1], 10), groups, seed=0, stratify=True)
    >>> set(groups[train].tolist()) & set(groups[valid].tolist())
    set()
    """
    splitter: Any = validation
    if not hasattr(validation, "get_n_splits"):
        if not validation:
            return None
        splitter = _splitter(float(validation), groups, seed, stratify)
    if not _uses_groups(splitter):
        groups = None
    train, valid = next(iter(splitter.split(np.zeros((len(y), 1)), y, groups)))
    if stratify:
        missing = np.setdiff1d(y, y[train])
        if missing.size:
            raise ValueError(
                f"expected every label in the training part, got {missing.tolist()} only in the "
                "validation part"
            )
    return np.asarray(train), np.asarray(valid)


def _splitter(share: float, groups: Any, seed: int, stratify: bool) -> Any:
    if groups is None:
        kind = StratifiedShuffleSplit if stratify else ShuffleSplit
        return kind(1, test_size=share, random_state=seed)
    n_groups = len(np.unique(groups))
    if n_groups < 2:
        raise ValueError(f"expected at least two groups for a validation, got {n_groups}")
    if not stratify:
        return GroupShuffleSplit(1, test_size=share, random_state=seed)
    n_splits = min(n_groups, max(2, round(1 / share)))
    return StratifiedGroupKFold(n_splits, shuffle=True, random_state=seed)


def _uses_groups(splitter: Any) -> bool:
    """Return whether a splitter uses groups; scikit-learn's others warn when they get some."""
    if not hasattr(splitter, "get_metadata_routing"):
        return True
    requests = splitter.get_metadata_routing().split.requests
    return bool(requests.get("groups"))
