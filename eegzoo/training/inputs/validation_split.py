"""Split of the training windows into a training part and a validation part."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.model_selection import (
    ShuffleSplit,
    StratifiedShuffleSplit,
)

from eegzoo.data.windows.estimator_inputs import Inputs
from eegzoo.data.windows.splits import GROUPS, check_times, group_names
from eegzoo.data.windows.timeline import SplitWarning, Timeline, kept_together, purged
from eegzoo.training.inputs.group_values import check_groups

Indices = npt.NDArray[np.int64]
# Random orders of groups that are compared for the proportions of labels.
_N_ORDERS = 50


def validation_groups(inputs: Inputs, groups: Any) -> npt.NDArray[Any] | None:
    """Return the group of each window, for a validation that splits no group.

    Parameters
    ----------
    inputs : Inputs
        Training windows.
    groups : array, shape (n,) | str | None
        Group of each window, or a column of the data set's metadata, as in `group_names`. None: the
        subjects; if there is only one, the sessions; if there is only one, the recordings.

    Returns
    -------
    array, shape (n,) | None
        Groups; None if there are no two known groups.

    Raises
    ------
    ValueError
        If the number of groups is not the number of windows, groups are missing, or the column is
        unknown.
    """
    n_windows, metadata = len(inputs.X), inputs.metadata
    if isinstance(groups, str):
        return group_names(metadata, groups)
    if groups is not None:
        return check_groups(groups, n_windows)
    columns = [metadata[by] for by in GROUPS if by in metadata]
    return next((column for column in columns if len(np.unique(column)) > 1), None)


def hold_out(
    validation: Any,
    y: npt.NDArray[Any],
    groups: npt.NDArray[Any] | None,
    seed: int,
    stratify: bool,
    timeline: Timeline | None = None,
) -> tuple[Indices, Indices] | None:
    """Return the indices of the windows for training and of those for validation.

    No training window overlaps a validation window or was cut from the same block. If `validation`
    is a fraction, windows that would are left out of the training, with a warning; if it is a
    splitter, they raise an error, unless `AllowLeakage` allows them.

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
    timeline : Timeline | None
        Times and blocks of the windows. None: no two windows overlap.

    Returns
    -------
    train, valid : array | None
        Indices; None, instead of both, if `validation` is 0.

    Raises
    ------
    ValueError
        If there are too few groups, a label is only in the validation part, nothing is left to
        train on, or a splitter separates windows that overlap or are of one block.

    Warns
    -----
    SplitWarning
        If windows are left out of the training.

    Examples
    --------
    >>> groups = np.repeat(["S1", "S2", "S3", "S4"], 5)
    >>> train, valid = hold_out(0.25, np.tile([0, 1], 10), groups, seed=0, stratify=True)
    >>> set(groups[train].tolist()) & set(groups[valid].tolist())
    set()
    """
    if hasattr(validation, "get_n_splits"):
        used = groups if _uses_groups(validation) else None
        train, valid = map(np.asarray, next(iter(validation.split(np.zeros((len(y), 1)), y, used))))
        if timeline is not None:
            check_times(timeline, train, valid, getattr(validation, "allowed_leakage", ()))
    elif not validation:
        return None
    elif len(y) < 2:
        raise ValueError(
            f"expected at least two windows, or sequences, for a validation, got {len(y)}: train "
            "with validation=0"
        )
    else:
        share, labels = float(validation), y if stratify else None
        if groups is None and timeline is not None:
            together = kept_together(timeline, max(2, round(1 / min(share, 1 - share))))
            groups = together if len(np.unique(together)) < len(y) else None
        if groups is not None:
            train, valid = _whole_groups(share, labels, groups, seed)
        else:
            if stratify:
                _check_counts(y)
            kind = StratifiedShuffleSplit if stratify else ShuffleSplit
            splitter = kind(1, test_size=share, random_state=seed)
            train, valid = next(splitter.split(np.zeros((len(y), 1)), y))
        if timeline is not None:
            train = _apart(timeline, train, valid)
    if stratify:
        missing = np.setdiff1d(y, y[train])
        if missing.size:
            raise ValueError(
                f"expected every label in the training part, got {missing.tolist()} only in the "
                "validation part"
            )
    return np.asarray(train), np.asarray(valid)


def _apart(timeline: Timeline, train: Indices, valid: Indices) -> Indices:
    """Return the training windows that are apart from validation, with a warning if not all are."""
    kept = purged(timeline, train, valid)
    if len(kept) == 0:
        raise ValueError(
            "expected training windows that neither overlap the windows for validation nor are of "
            f"their blocks, got none of {len(train)}: these windows cannot be split, because each "
            "is linked to the others"
        )
    if len(kept) < len(train):
        warnings.warn(
            f"{len(train) - len(kept)} of {len(train)} training windows are left out, because they "
            f"overlap one of the {len(valid)} windows for validation or are of the same block",
            SplitWarning,
            stacklevel=4,
        )
    return kept


def _check_counts(y: npt.NDArray[Any]) -> None:
    """Raise an error unless there are two windows of each label."""
    labels, counts = np.unique(y, return_counts=True)
    single = labels[counts < 2].tolist()
    if single:
        raise ValueError(
            f"expected at least two windows of each label for validation, got one of {single}: "
            "leave these windows out, or train with validation=0"
        )


def _whole_groups(
    share: float, labels: npt.NDArray[Any] | None, groups: npt.NDArray[Any], seed: int
) -> tuple[Indices, Indices]:
    """Return a split by whole groups, in which validation has the share of windows asked for.

    Groups are taken in random order as long as this brings the number of windows closer to the
    share. Of several orders, one is chosen that leaves all labels in the training part and has the
    labels in the most similar proportions on both sides.
    """
    names, group = np.unique(groups, return_inverse=True)
    if len(names) < 2:
        raise ValueError(f"expected at least two groups for a validation, got {len(names)}")
    _, label = np.unique(np.zeros(len(group)) if labels is None else labels, return_inverse=True)
    counts = np.zeros((len(names), label.max() + 1))
    np.add.at(counts, (group, label), 1)
    total, sizes = counts.sum(axis=0), counts.sum(axis=1)
    wanted = share * sizes.sum()
    generator = np.random.default_rng(seed)
    best, chosen = (np.inf, np.inf), np.zeros(len(names), bool)
    for _ in range(1 if labels is None else _N_ORDERS):
        order = generator.permutation(len(names))[:-1]  # one group at least is trained on
        n_taken = 1 + int(np.abs(np.cumsum(sizes[order]) - wanted).argmin())
        taken = order[:n_taken]
        held = counts[taken].sum(axis=0)
        lost = float(((total > 0) & (held == total)).sum())
        rating = lost, float(np.abs(held / held.sum() - total / total.sum()).sum())
        if rating < best:
            best, chosen = rating, np.isin(np.arange(len(names)), taken)
    return np.flatnonzero(~chosen[group]), np.flatnonzero(chosen[group])


def _uses_groups(splitter: Any) -> bool:
    """Return whether a splitter uses groups; scikit-learn's others warn when they get some."""
    splitter = getattr(splitter, "splitter", splitter)  # of AllowLeakage
    if not hasattr(splitter, "get_metadata_routing"):
        return True
    requests = splitter.get_metadata_routing().split.requests
    return bool(requests.get("groups"))
