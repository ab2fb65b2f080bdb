"""Which windows of a fit are kept for validation."""

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


def groups_of(inputs: Inputs, groups: Any) -> npt.NDArray[Any] | None:
    """Return the groups that validation keeps apart.

    Parameters
    ----------
    inputs : Inputs
        The windows of a fit.
    groups : array, shape (n,) | str | None
        Group of each window; or a column of the data set's metadata. None: the subjects, if there
        are several, else the sessions, else the recordings, as far as they are known.

    Raises
    ------
    ValueError
        If the groups do not fit, or the column is not known.
    """
    n_windows, known = len(inputs.X), inputs.metadata
    if isinstance(groups, str):
        if groups not in known:
            raise ValueError(f"expected groups to be one of {sorted(known)}, got {groups!r}")
        return known[groups]
    if groups is not None:
        given = np.asarray(groups)
        if given.shape != (n_windows,):
            raise ValueError(f"expected groups of shape ({n_windows},), got {given.shape}")
        return given
    several = (known[by] for by in GROUPS if by in known and len(np.unique(known[by])) > 1)
    return next(several, None)


def hold_out(
    validation: Any,
    y: npt.NDArray[Any],
    groups: npt.NDArray[Any] | None,
    seed: int,
    stratify: bool,
) -> tuple[Indices, Indices] | None:
    """Return the windows to train on and those to validate with.

    Parameters
    ----------
    validation : float | splitter
        As in `Recipe`.
    y : array, shape (n,)
        Labels, or anything of this length where it is not stratified.
    groups : array, shape (n,) | None
        What must not be on both sides.
    seed : int
        Of the choice.
    stratify : bool
        Whether both sides shall have the labels in the same shares.

    Returns
    -------
    tuple of array | None
        None: without validation.

    Raises
    ------
    ValueError
        If there are too few groups, or a label is missing in the training.

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
    if not _takes_groups(splitter):
        groups = None
    train, valid = next(iter(splitter.split(np.zeros((len(y), 1)), y, groups)))
    if stratify:
        missing = np.setdiff1d(y, y[train])
        if missing.size:
            raise ValueError(
                f"expected every label in the training, got {missing.tolist()} in the validation "
                "alone"
            )
    return np.asarray(train), np.asarray(valid)


def _splitter(share: float, groups: Any, seed: int, stratify: bool) -> Any:
    if groups is None:
        made = StratifiedShuffleSplit if stratify else ShuffleSplit
        return made(1, test_size=share, random_state=seed)
    n_groups = len(np.unique(groups))
    if n_groups < 2:
        raise ValueError(f"expected at least two groups for a validation, got {n_groups}")
    if not stratify:
        return GroupShuffleSplit(1, test_size=share, random_state=seed)
    n_splits = min(n_groups, max(2, round(1 / share)))
    return StratifiedGroupKFold(n_splits, shuffle=True, random_state=seed)


def _takes_groups(splitter: Any) -> bool:
    """Tell whether a splitter uses groups; those of scikit-learn that do not, warn of them."""
    if not hasattr(splitter, "get_metadata_routing"):
        return True
    requests = splitter.get_metadata_routing().split.requests
    return bool(requests.get("groups"))
