"""Training data as tensors: all windows of a training, and one batch of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.utils.data import Dataset

from eegzoo.data.windows.lazy_windows import SelectedWindows, Windows


@dataclasses.dataclass(frozen=True)
class TrainingSet(Dataset[Any]):
    """Normalised windows, or sequences of windows, with their targets.

    Parameters
    ----------
    X : Tensor | Windows, shape (n, n_chans, n_times) or (n, n_windows, n_chans, n_times)
        Windows in memory, or windows that are read when needed.
    y : Tensor, shape (n, ...)
        Targets, encoded by `Targets.encode`.
    weight : Tensor, shape (n,) or (n, n_windows)
        Weight of each window in the loss.
    lengths : Tensor of int, shape (n,) | None
        Number of windows in each sequence, without padding. None: all.
    people : Tensor of int, shape (n,) | None
        Number of the person of each window; None if it is not known.
    runs : tuple of Tensor of int | None
        Indices of the windows of each recording without a gap, in the order of time, for a
        `NightSampler`. None: windows, or sequences, are independent.
    """

    X: Tensor | Windows
    y: Tensor
    weight: Tensor
    lengths: Tensor | None = None
    people: Tensor | None = None
    runs: tuple[Tensor, ...] | None = None

    def __len__(self) -> int:
        return len(self.y)

    def subset(self, indices: npt.NDArray[np.int64]) -> TrainingSet:
        """Return the windows, or sequences, with the given indices."""
        chosen = torch.from_numpy(indices)
        X = self.X[chosen] if isinstance(self.X, Tensor) else SelectedWindows(self.X, indices)
        lengths = None if self.lengths is None else self.lengths[chosen]
        people = None if self.people is None else self.people[chosen]
        return TrainingSet(X, self.y[chosen], self.weight[chosen], lengths, people)


@dataclasses.dataclass(frozen=True)
class Batch:
    """Windows of one training step, with their targets.

    Parameters
    ----------
    x : Tensor, shape (batch, n_chans, crop_length) or (batch, n_windows, n_chans, n_times)
        Crops of windows, or sequences of windows.
    y, weight, lengths
        As in `TrainingSet`.
    total : float
        Sum of the weights. If several processes share the batch, sum over all of them.
    carried : Tensor of int, shape (batch,) | None
        Place of each sequence in the batch before, whose state it continues. None: sequences start
        a recording.
    """

    x: Tensor
    y: Tensor
    weight: Tensor
    lengths: Tensor | None
    total: float
    carried: Tensor | None = None

    def __len__(self) -> int:
        return len(self.x)

    def __iter__(self) -> Iterator[Tensor]:
        """Yield windows and targets, the two parts that skorch's callbacks expect."""
        return iter((self.x, self.y))

    def to(self, device: str, dtype: torch.dtype) -> Self:
        """Return a copy of the batch on a device, with windows of the given type."""
        moved: dict[str, Any] = {
            field.name: value.to(device, non_blocking=True)
            for field in dataclasses.fields(self)
            if isinstance(value := getattr(self, field.name), Tensor)
        }
        return dataclasses.replace(self, **{**moved, "x": moved["x"].to(dtype)})
