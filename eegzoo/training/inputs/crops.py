"""Batches of windows, whole or cropped at random places, and evenly spaced crops."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from eegzoo.data.tasks.read_ahead import in_chunks
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
    n_done : int
        Number of batches that the next pass leaves out, because they were learnt before an
        interruption. They are drawn, so that the others are the same, and not read.

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
        self.process, self.n_done = process, 0
        self.generator = torch.Generator()

    def __len__(self) -> int:
        return count_batches(len(self.data), self.batch_size)

    def __iter__(self) -> Iterator[Batch]:
        starts = self._starts()
        order = torch.randperm(len(self.data), generator=self.generator)
        for whole in order.tensor_split(len(self))[self._take_done() :]:
            yield self._of(whole, starts)

    def _starts(self) -> Tensor:
        """Draw where the crop of each window begins."""
        n_starts = self.data.X.shape[-1] - self.crop_length + 1
        return torch.randint(n_starts, (len(self.data),), generator=self.generator)

    def _take_done(self) -> int:
        n_done, self.n_done = self.n_done, 0
        return n_done

    def _of(self, whole: Tensor, starts: Tensor, read: Any = None) -> Batch:
        """Return this process's share of a batch of windows, some of which may be read already."""
        data, share = self.data, share_of(self.process, whole)
        return Batch(
            self._crop(share, starts[share], read),
            data.y[share],
            data.weight[share],
            None if data.lengths is None else data.lengths[share],
            float(data.weight[whole].sum()),
        )

    def _crop(self, indices: Tensor, starts: Tensor, read: Any = None) -> Tensor:
        windows, rows = self._windows(indices, read)
        if windows.ndim == 4:
            return windows[rows]
        crops = windows.unfold(2, self.crop_length, 1)  # (windows, n_chans, starts, crop_length)
        return crops[rows, :, starts]

    def _windows(self, indices: Tensor, read: Any) -> tuple[Tensor, Tensor]:
        """Return windows in memory, and which of them have the given indices."""
        windows = self.data.X
        if isinstance(windows, Tensor):
            return windows, indices
        return torch.from_numpy(windows[indices.numpy()]), torch.arange(len(indices))


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
        for number, x in enumerate(in_chunks(data.X, self.batch_size)):
            part = slice(number * self.batch_size, (number + 1) * self.batch_size)
            lengths = None if data.lengths is None else data.lengths[part]
            weight = data.weight[part]
            yield Batch(torch.as_tensor(x), data.y[part], weight, lengths, float(weight.sum()))


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
