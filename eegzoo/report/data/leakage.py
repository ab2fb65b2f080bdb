"""Whether windows of the training leak into the test, fold by fold."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from eegzoo.data.windows.epochs_dataset import EpochsDataset
from eegzoo.data.windows.splits import check_leakage

Array = npt.NDArray[Any]


@dataclasses.dataclass(frozen=True)
class FoldLeakage:
    """What training and test of a fold share.

    Parameters
    ----------
    n_training, n_test : int
        Numbers of windows.
    n_shared : dict of str to int
        Number of subjects, sessions and recordings that are in both, of those that are known.
    problem : str | None
        What leaks. None: no test window overlaps a training window, shares its block or is its
        copy.
    """

    n_training: int
    n_test: int
    n_shared: dict[str, int]
    problem: str | None


def leakage_of_folds(
    dataset: EpochsDataset, folds: Sequence[tuple[Array, Array]]
) -> list[FoldLeakage]:
    """Return what training and test of each fold share.

    Parameters
    ----------
    dataset : EpochsDataset
        Windows, with "recording" and "onset" in their metadata.
    folds : sequence of tuple
        Training and test windows of each fold.

    Examples
    --------
    >>> raw = eegzoo.data.simulate_motor_imagery(n_trials=6, random_state=0)
    >>> recordings = [eegzoo.data.Recording(raw, subject="S1")]
    >>> preprocessing = eegzoo.data.Preprocessing([eegzoo.data.Epoch(0, 3)])
    >>> dataset = eegzoo.data.EpochsDataset.from_recordings(recordings, preprocessing)
    >>> leakage_of_folds(dataset, [([0, 1, 2], [3, 4, 5])])
    [FoldLeakage(n_training=3, n_test=3,
     n_shared={'subject': 1, 'session': 1, 'recording': 1}, problem=None)]
    """
    found = []
    for training, test in folds:
        problem = None
        try:
            check_leakage(dataset, training, test, apart=None)
        except ValueError as error:
            problem = str(error)
        shared: dict[str, int] = {
            by: len(np.intersect1d(dataset.metadata[by][training], dataset.metadata[by][test]))
            for by in ("subject", "session", "recording")
            if by in dataset.metadata
        }
        found.append(FoldLeakage(len(training), len(test), shared, problem))
    return found
