"""Crops of windows: random ones to train on, evenly spaced ones to average over."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor


class RandomCrops:
    """Batches of windows in random order, each cut at a random place.

    A batch is gathered by one indexing operation. The batches differ by one window at most, since
    a last one of two or three windows makes poor statistics for batch normalisation. Randomness
    is torch's own generator.

    Parameters
    ----------
    dataset : object with X, shape (n_windows, n_chans, n_times), and y, shape (n_windows,)
        Tensors; or `Windows` as X, of which a batch is read at a time.
    batch_size : int
        About how many windows a batch holds.
    crop_length : int
        Samples of a crop.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> windows = SimpleNamespace(X=torch.randn(10, 3, 100), y=torch.arange(10))
    >>> [crops.shape for crops, labels in RandomCrops(windows, batch_size=4, crop_length=80)]
    [torch.Size([5, 3, 80]), torch.Size([5, 3, 80])]
    """

    def __init__(self, dataset: Any, batch_size: int, crop_length: int) -> None:
        self.X, self.y = dataset.X, dataset.y
        self.batch_size, self.crop_length = batch_size, crop_length

    def __len__(self) -> int:
        return count_batches(len(self.y), self.batch_size)

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        starts = torch.randint(self.X.shape[2] - self.crop_length + 1, (len(self.y),))
        order = torch.randperm(len(self.y))
        for batch in order.tensor_split(len(self)):
            yield self._cut(batch, starts[batch]), self.y[batch]

    def _cut(self, batch: Tensor, starts: Tensor) -> Tensor:
        if isinstance(self.X, Tensor):
            windows = self.X
        else:
            windows, batch = torch.from_numpy(self.X[batch.numpy()]), torch.arange(len(batch))
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
