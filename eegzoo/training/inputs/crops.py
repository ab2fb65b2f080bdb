"""Crops of windows: random ones to train on, evenly spaced ones to average over."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from eegzoo.data.windows.lazy_windows import SelectedWindows, Windows
from eegzoo.training.parallel.processes import World, share_of


@dataclasses.dataclass(frozen=True)
class TrainingSet:
    """Normalised windows, or sequences of windows, with their targets.

    Parameters
    ----------
    X : Tensor | Windows, shape (n, n_chans, n_times) or (n, n_windows, n_chans, n_times)
        In memory, or read when they are needed.
    y : Tensor, shape (n, ...)
        Targets, as `Targets.encode` returns them.
    weight : Tensor, shape (n,) or (n, n_windows)
        How much each window counts.
    lengths : Tensor of int, shape (n,) | None
        Windows of each sequence before its padding.
    """

    X: Tensor | Windows
    y: Tensor
    weight: Tensor
    lengths: Tensor | None = None

    def __len__(self) -> int:
        return len(self.y)

    def subset(self, indices: npt.NDArray[np.int64]) -> TrainingSet:
        """Return some of the windows."""
        chosen = torch.from_numpy(indices)
        X = self.X[chosen] if isinstance(self.X, Tensor) else SelectedWindows(self.X, indices)
        lengths = None if self.lengths is None else self.lengths[chosen]
        return TrainingSet(X, self.y[chosen], self.weight[chosen], lengths)


@dataclasses.dataclass(frozen=True)
class Batch:
    """What a step of a training takes.

    Parameters
    ----------
    x : Tensor, shape (batch, n_chans, crop_length) or (batch, n_windows, n_chans, n_times)
        Crops, or sequences.
    y, weight, lengths
        As in `TrainingSet`.
    total : float
        Sum of the weights; in a process of several, that of all processes.
    """

    x: Tensor
    y: Tensor
    weight: Tensor
    lengths: Tensor | None
    total: float

    def __len__(self) -> int:
        return len(self.x)


class RandomCrops:
    """Batches of windows in random order, each cut at a random place.

    A batch is gathered by one indexing operation. The batches differ by one window at most, since
    a last one of two or three windows makes poor statistics for batch normalisation. Sequences are
    not cut.

    Parameters
    ----------
    data : TrainingSet
        Of `Windows` a batch is read at a time.
    batch_size : int
        About how many windows a batch holds.
    crop_length : int
        Samples of a crop.
    world : World
        Which share of each batch this process takes.

    Attributes
    ----------
    generator : torch.Generator
        Of order and crops; apart from torch's own, so that processes that share batches can agree.

    Examples
    --------
    >>> data = TrainingSet(torch.randn(10, 3, 100), torch.arange(10), torch.ones(10))
    >>> [batch.x.shape for batch in RandomCrops(data, batch_size=4, crop_length=80)]
    [torch.Size([5, 3, 80]), torch.Size([5, 3, 80])]
    """

    def __init__(
        self,
        data: TrainingSet,
        batch_size: int,
        crop_length: int,
        world: World = World(),  # noqa: B008
    ) -> None:
        self.data, self.batch_size, self.crop_length = data, batch_size, crop_length
        self.world = world
        self.generator = torch.Generator()

    def __len__(self) -> int:
        return count_batches(len(self.data), self.batch_size)

    def __iter__(self) -> Iterator[Batch]:
        data, n = self.data, len(self.data)
        n_starts = data.X.shape[-1] - self.crop_length + 1
        starts = torch.randint(n_starts, (n,), generator=self.generator)
        order = torch.randperm(n, generator=self.generator)
        for whole in order.tensor_split(len(self)):
            mine = share_of(self.world, whole)
            yield Batch(
                self._cut(mine, starts[mine]),
                data.y[mine],
                data.weight[mine],
                None if data.lengths is None else data.lengths[mine],
                float(data.weight[whole].sum()),
            )

    def _cut(self, batch: Tensor, starts: Tensor) -> Tensor:
        windows = self.data.X
        if not isinstance(windows, Tensor):
            windows, batch = torch.from_numpy(windows[batch.numpy()]), torch.arange(len(batch))
        if windows.ndim == 4:
            return windows[batch]
        crops = windows.unfold(2, self.crop_length, 1)  # (windows, n_chans, starts, crop_length)
        return crops[batch, :, starts]


def count_batches(n_windows: int, batch_size: int) -> int:
    """Return how many batches of about `batch_size` windows there are.

    Examples
    --------
    >>> count_batches(36, 16), count_batches(10, 64)
    (2, 1)
    """
    return max(1, round(n_windows / batch_size))


def even_crops(X: Tensor, crop_length: int, n_crops: int) -> Tensor:
    """Cut each window `n_crops` times, from its start to its end.

    Parameters
    ----------
    X : Tensor, shape (n_windows, n_chans, n_times)
        Windows.
    crop_length : int
        Samples of a crop.
    n_crops : int
        Crops of a window; no more than there are different ones.

    Returns
    -------
    Tensor, shape (n_windows, n_crops, n_chans, crop_length)
        The crops.

    Examples
    --------
    >>> even_crops(torch.arange(10.0).reshape(1, 1, 10), 4, 3)[0, :, 0]
    tensor([[0., 1., 2., 3.],
            [3., 4., 5., 6.],
            [6., 7., 8., 9.]])
    """
    crops = X.unfold(2, crop_length, 1)
    last = crops.shape[2] - 1
    starts = torch.linspace(0, last, min(n_crops, last + 1)).round().long()
    return crops[:, :, starts].transpose(1, 2)
