"""Folds of training windows that hold out whole people."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.model_selection import GroupKFold, StratifiedKFold

from eegzoo.data.windows.shared_samples import timeline_of_rows
from eegzoo.data.windows.timeline import kept_together, purged
from eegzoo.training.inputs.fit_data import FitData
from eegzoo.training.inputs.validation_split import validation_groups

Array = npt.NDArray[Any]
Indices = npt.NDArray[np.int64]
N_FOLDS = 5


class CalibrationWarning(UserWarning):
    """Warning that probabilities are calibrated for one person, and not for new people."""


def held_out_folds(
    data: FitData, person: Array | None, seed: int
) -> tuple[list[tuple[Indices, Indices]], bool]:
    """Return folds of the rows, each with people that the other folds lack.

    Parameters
    ----------
    data : FitData
        Windows, with labels.
    person : array, shape (n,) | None
        Person of each row; None if it is not known.
    seed : int
        Seed of the folds.

    Returns
    -------
    folds : list of (train, test)
        Indices of the rows. Each row is in one test.
    of_people : bool
        Whether people are held out. With one person, parts of the recordings are.

    Raises
    ------
    ValueError
        If a fold has no training windows of a label.

    Warns
    -----
    CalibrationWarning
        If there is one person only, or nobody said whose the windows are.
    """
    of_people = person is not None and len(np.unique(person)) > 1
    timeline = timeline_of_rows(data.inputs)
    by = person if of_people else None
    if by is None:
        warnings.warn(
            "expected windows of several people for the calibration, got "
            f"{'windows without groups' if person is None else 'one person'}: other windows of the "
            "same person are held out, so the probabilities are not those of new people",
            CalibrationWarning,
            stacklevel=2,
        )
        by = validation_groups(data.inputs, None)
        if by is None and timeline is not None:
            by = kept_together(timeline, N_FOLDS)
    n_groups = len(data.y) if by is None else len(np.unique(by))
    n_folds = min(N_FOLDS, n_groups)
    if n_folds < 2:
        raise ValueError(
            "expected windows that can be held out for the calibration, got windows that all "
            "overlap or are of one block"
        )
    rows = np.zeros((len(data.y), 1))
    if by is None and data.y.ndim == 1:
        splitter = StratifiedKFold(n_folds, shuffle=True, random_state=seed)
        parts = splitter.split(rows, data.y)
    else:
        by = np.arange(len(data.y)) if by is None else by
        parts = GroupKFold(n_folds, shuffle=True, random_state=seed).split(rows, groups=by)
    folds = []
    for train, test in parts:
        if timeline is not None:
            train = purged(timeline, train, test)
        folds.append((np.asarray(train), np.asarray(test)))
        if data.y.ndim == data.weight.ndim:
            counts = data.weight > 0
            lacking = np.setdiff1d(data.y[counts], data.y[train][counts[train]])
            if lacking.size:
                raise ValueError(
                    f"expected every label among the people that are not held out, got "
                    f"{lacking.tolist()} only in one fold of the calibration"
                )
    return folds, of_people
