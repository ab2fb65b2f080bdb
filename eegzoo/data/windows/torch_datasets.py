"""Windows of torch's data sets and data loaders, read when they are needed."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from torch.utils.data import (
    BatchSampler,
    DataLoader,
    Dataset,
    IterableDataset,
    RandomSampler,
    SequentialSampler,
    default_collate,
    default_convert,
)

from eegzoo.data.windows.lazy_windows import Indices, Windows

Array = npt.NDArray[Any]


class DatasetWindows(Windows):
    """Windows of a torch data set, whose items are windows or pairs of a window and its target.

    Parameters
    ----------
    dataset : torch.utils.data.Dataset
        Data set with a length. Windows (n_chans, n_times) are in microvolts.

    Raises
    ------
    ValueError
        If the data set has no length or no items, or its items are something else.

    Examples
    --------
    >>> pairs = torch.utils.data.TensorDataset(torch.randn(10, 3, 100), torch.arange(10))
    >>> windows = DatasetWindows(pairs)
    >>> windows.shape, windows[2:4].shape, windows.read_targets()[:3]
    ((10, 3, 100), (2, 3, 100), array([0, 1, 2]))
    """

    def __init__(self, dataset: Dataset[Any]) -> None:
        if isinstance(dataset, IterableDataset) or not hasattr(dataset, "__len__"):
            raise ValueError(
                "expected a data set with a length, whose windows can be read in any order, got "
                f"{type(dataset).__name__}"
            )
        self.dataset = dataset
        n_windows = len(dataset)
        if n_windows == 0:
            raise ValueError("expected a data set with at least one window, got an empty one")
        self.shape = (n_windows, *self._window(0).shape)
        if len(self.shape) not in (3, 4):
            raise ValueError(
                "expected items that are windows (n_chans, n_times) or sequences of windows, or "
                f"pairs of these and their target, got windows of shape {self.shape[1:]}"
            )

    def read(self, indices: Indices) -> npt.NDArray[np.float32]:
        """Return the windows at `indices`, in that order, in microvolts."""
        batch = np.empty((len(indices), *self.shape[1:]), np.float32)
        for place, index in enumerate(indices.tolist()):
            window = self._window(index)
            if window.shape != self.shape[1:]:
                raise ValueError(
                    f"expected windows of shape {self.shape[1:]}, got {window.shape} in item "
                    f"{index}"
                )
            batch[place] = window
        if not np.isfinite(batch).all():
            raise ValueError("expected finite numbers in X, got NaN or infinity")
        return batch

    def read_targets(self) -> Array | None:
        """Return the targets of all windows, for which all items are read; None without targets."""
        first = self.dataset[0]
        if not isinstance(first, (tuple, list)) or len(first) < 2:
            return None
        return np.stack([np.asarray(self.dataset[index][1]) for index in range(len(self))])

    def _window(self, index: int) -> Array:
        item: Any = self.dataset[index]
        window = np.asarray(item[0] if isinstance(item, (tuple, list)) and len(item) else item)
        if window.dtype.kind not in "fiu":
            raise ValueError(
                "expected items that are windows, or pairs of a window and its target, got "
                f"{type(item).__name__}"
            )
        return window


def dataset_of(X: Any) -> Any:
    """Return the data set of a data loader; anything else unchanged.

    Raises
    ------
    ValueError
        If the loader does not go through its windows once, or changes them in ``collate_fn``.
    """
    if not isinstance(X, DataLoader):
        return X
    if X.collate_fn not in (default_collate, default_convert):
        raise ValueError(
            "expected a DataLoader without collate_fn of its own, because windows are read from "
            "its dataset: pass a data set with the windows that the model gets"
        )
    sampler = X.sampler
    once = type(sampler) is SequentialSampler or (
        type(sampler) is RandomSampler
        and not sampler.replacement
        and sampler.num_samples == len(X.dataset)  # type: ignore[arg-type]
    )
    is_plain = X.batch_sampler is None or type(X.batch_sampler) is BatchSampler
    if not isinstance(X.dataset, IterableDataset) and not (once and is_plain):
        raise ValueError(
            "expected a DataLoader that goes through its data set once, got one with "
            f"{type(sampler).__name__}: pass a torch.utils.data.Subset of the windows, and "
            "sample_weight or class_weight in place of a weighted sampler"
        )
    return X.dataset


def check_in_order(X: Any) -> None:
    """Raise an error if a data loader gives its windows in another order, or leaves some out."""
    if not isinstance(X, DataLoader):
        return
    if isinstance(X.sampler, RandomSampler) or X.drop_last:
        fault = "drops the last batch" if X.drop_last else "shuffles"
        raise ValueError(
            f"expected a DataLoader that gives all windows in order, got one that {fault}, so that "
            "predictions could not be told apart: pass its dataset, or a loader with shuffle=False"
        )
