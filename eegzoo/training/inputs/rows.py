"""Selection of rows from X, in any form that estimators take."""

from __future__ import annotations

from typing import Any

import mne
import numpy as np
import numpy.typing as npt
from torch.utils.data import Dataset, Subset

from eegzoo.data.windows.epochs_dataset import EpochsDataset
from eegzoo.data.windows.torch_datasets import dataset_of


def as_rows(X: Any) -> Any:
    """Return `X` in a form that `select_rows` takes.

    Parameters
    ----------
    X : mne.Epochs | list of mne.Epochs | Dataset | DataLoader | array
        Windows, as in `EEGEstimator.fit`.
    """
    X = dataset_of(X)
    if isinstance(X, list) and X and isinstance(X[0], mne.BaseEpochs):
        return EpochsDataset.concatenate([EpochsDataset.from_epochs(part, "ignore") for part in X])
    return X if isinstance(X, (mne.BaseEpochs, Dataset)) else np.asarray(X)


def select_rows(X: Any, indices: npt.NDArray[np.int64]) -> Any:
    """Return the windows, or sequences of windows, with the given indices.

    Examples
    --------
    >>> select_rows(np.zeros((10, 3, 100)), np.array([0, 4])).shape
    (2, 3, 100)
    """
    if isinstance(X, EpochsDataset):
        return X.subset(indices)
    if isinstance(X, Dataset):
        return Subset(X, indices.tolist())
    return X[indices]


def selected(values: Any, indices: npt.NDArray[np.int64]) -> Any:
    """Return the values of some rows; None, and the name of a column, stay as they are.

    Examples
    --------
    >>> selected([1, 2, 3], np.array([2, 0])).tolist(), selected(None, np.array([0]))
    ([3, 1], None)
    """
    return values if values is None or isinstance(values, str) else np.asarray(values)[indices]
