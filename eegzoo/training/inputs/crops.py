"""Batches of windows, whole or cropped at random places, and evenly spaced crops."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import torch
from torch import Tensor

from eegzoo.training.inputs.training_set import Batch, TrainingSet
from eegzoo.training.parallel.data_parallel import share_of
from eegzoo.training.parallel.processes import ProcessInfo


class RandomCrops:
    """Batches of windows in random order, each window cropped at a random place.

    The sizes of the batches differ by one window at most, because a small last batch would give
    poor statistics for batch normalisation. Sequences of windows are not cropped.

    Parameters
    ----------
    data : TrainingSet
        Windows. If they are not in memory, each batch is read when needed.
    batch_size : int
        Approximate number of windows in a batch.
    crop_length : int
        Length of a crop in samples.
    process : ProcessInfo
        Process whose share of each batch is returned.

    Attributes
    ----------
    generator : torch.Generator
        Generator that draws order and crops. It is separate from torch's default generator, so
        that processes that share batches can draw the same ones.

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
        process: ProcessInfo = ProcessInfo(),  # noqa: B008
    ) -> None:
        self.data, self.batch_size, self.crop_length = data, batch_size, crop_length
        self.process = process
        self.generator = torch.Generator()

    def __len__(self) -> int:
        return count_batches(len(self.data), self.batch_size)

    def __iter__(self) -> Iterator[Batch]:
        data, n = self.data, len(self.data)
        n_starts = data.X.shape[-1] - self.crop_length + 1
        starts = torch.randint(n_starts, (n,), generator=self.generator)
        order = torch.randperm(n, generator=self.generator)
        for whole in order.tensor_split(len(self)):
            share = share_of(self.process, whole)
            yield Batch(
                self._crop(share, starts[share]),
                data.y[share],
                data.weight[share],
                None if data.lengths is None else data.lengths[share],
                float(data.weight[whole].sum()),
            )

    def _crop(self, indices: Tensor, starts: Tensor) -> Tensor:
        windows = self.data.X
        if not isinstance(windows, Tensor):
            windows = torch.from_numpy(windows[indices.numpy()])
            indices = torch.arange(len(indices))
        if windows.ndim == 4:
            return windows[indices]
        crops = windows.unfold(2, self.crop_length, 1)  # (windows, n_chans, starts, crop_length)
        return crops[indices, :, starts]


@dataclasses.dataclass(frozen=True)
class WholeWindows:
    """Batches of whole windows in their order.

    Parameters
    ----------
    data : TrainingSet
        Windows, or sequences of windows.
    batch_size : int
        Number of windows in a batch; the last batch may have fewer.
    """

    data: TrainingSet
    batch_size: int = 64

    def __iter__(self) -> Iterator[Batch]:
        data = self.data
        for start in range(0, len(data), self.batch_size):
            part = slice(start, start + self.batch_size)
            lengths = None if data.lengths is None else data.lengths[part]
            weight = data.weight[part]
            x = torch.as_tensor(data.X[part])
            yield Batch(x, data.y[part], weight, lengths, float(weight.sum()))


def count_batches(n_windows: int, batch_size: int) -> int:
    """Return the number of batches of about `batch_size` windows, at least 1.

    Examples
    --------
    >>> count_batches(36, 16), count_batches(10, 64)
    (2, 1)
    """
    return max(1, round(n_windows / batch_size))


def even_crops(X: Tensor, crop_length: int, n_crops: int) -> Tensor:
    """Return evenly spaced crops of each window, the first at its start and the last at its end.

    Parameters
    ----------
    X : Tensor, shape (n_windows, n_chans, n_times)
        Windows.
    crop_length : int
        Length of a crop in samples.
    n_crops : int
        Number of crops of each window. If there are fewer different ones, each is returned once.

    Returns
    -------
    Tensor, shape (n_windows, n_crops, n_chans, crop_length)
        Crops.

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
