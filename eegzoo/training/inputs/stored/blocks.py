"""Batches from files that are too slow, or too far, to read single windows at random."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from eegzoo.arguments import positive_int
from eegzoo.data.tasks.read_ahead import read_ahead
from eegzoo.data.windows.lazy_windows import Windows
from eegzoo.training.inputs.crops import RandomCrops
from eegzoo.training.inputs.training_set import Batch, TrainingSet
from eegzoo.training.parallel.data_parallel import share_of
from eegzoo.training.parallel.processes import ProcessInfo


@dataclasses.dataclass(frozen=True)
class BlockSampler:
    """How windows are drawn that are read in blocks of neighbours.

    In each pass the windows of every file are cut into blocks at other places. Blocks of all files,
    in random order, fill a buffer; batches are drawn at random from the buffer, and the next buffer
    is read meanwhile. Each window is drawn once in a pass. The order depends on the seed and the
    epoch alone: an interrupted training resumes in the middle of a pass without reading what came
    before, and processes that train together read different blocks of the same order.

    Parameters
    ----------
    block_length : int
        Most windows that are read at once.
    buffer_length : int
        Approximate number of windows from which batches are drawn. About two buffers are in memory,
        divided by the number of processes.
    n_lanes : int
        Number of parts of a buffer that each batch has equally many windows of. The number of
        processes that train together must divide it, as must that of a training that continues this
        one on other machines.

    See Also
    --------
    eegzoo.data.WindowStore : What is worth reading in blocks.

    Notes
    -----
    A block's windows may be alike, such as those of one sleep stage. `variance_inflation` says how
    much less even the batches are than those of a full shuffle.

    Examples
    --------
    >>> BlockSampler(block_length=16, buffer_length=2048)
    BlockSampler(block_length=16, buffer_length=2048, n_lanes=8)
    """

    block_length: int = 16
    buffer_length: int = 2048
    n_lanes: int = 8

    def __post_init__(self) -> None:
        for name in ("block_length", "buffer_length", "n_lanes"):
            object.__setattr__(self, name, positive_int(name, getattr(self, name)))
        if self.buffer_length <= max(self.n_lanes, self.block_length):
            raise ValueError(
                "expected a buffer_length above block_length and n_lanes, got "
                f"{self.buffer_length}, {self.block_length} and {self.n_lanes}"
            )

    def variance_inflation(self, batch_size: int, correlation: float = 1.0) -> float:
        """Return the variance of a batch's mean, divided by that of a full shuffle.

        Parameters
        ----------
        batch_size : int
            Number of windows in a batch.
        correlation : float
            Correlation of windows in a block, of whatever is averaged. 1: they are all alike.

        Returns
        -------
        float
            1 for batches as even as those of a full shuffle of very many windows.

        Examples
        --------
        >>> round(BlockSampler(16, 2048).variance_inflation(64), 2)
        1.41
        >>> round(BlockSampler(16, 2048).variance_inflation(64, correlation=0.3), 2)
        1.12
        """
        # Pairs of windows in a batch are of one lane, and then of one block, with these chances.
        other = batch_size - self.n_lanes
        share = (self.block_length - 1) / (self.buffer_length - self.n_lanes)
        return 1.0 + max(0, other) * share * correlation


class BlockBatches(RandomCrops):
    """Batches of a `BlockSampler`, each window cropped at a random place.

    Parameters
    ----------
    data : TrainingSet
        Windows.
    batch_size : int
        Approximate number of windows in a batch. Sizes differ by two times the lanes at most.
    crop_length : int
        Length of a crop in samples.
    sampler : BlockSampler
        Settings.
    process : ProcessInfo
        Process whose share of each batch is returned, and read.

    Raises
    ------
    ValueError
        If a batch has fewer windows than there are lanes, or processes do not divide the lanes.

    Examples
    --------
    >>> data = TrainingSet(torch.randn(100, 3, 50), torch.arange(100), torch.ones(100))
    >>> batches = BlockBatches(data, 16, 50, BlockSampler(4, 32))
    >>> [len(batch) for batch in batches]
    [16, 16, 16, 16, 16, 20]
    """

    def __init__(
        self,
        data: TrainingSet,
        batch_size: int,
        crop_length: int,
        sampler: BlockSampler,
        process: ProcessInfo = ProcessInfo(),  # noqa: B008
    ) -> None:
        super().__init__(data, batch_size, crop_length, process)
        self.sampler = sampler
        if batch_size < sampler.n_lanes:
            raise ValueError(
                f"expected a batch_size of at least {sampler.n_lanes}, the lanes of the sampler, "
                f"got {batch_size}"
            )
        if sampler.n_lanes % process.n_processes:
            raise ValueError(
                f"expected n_lanes of the sampler that {process.n_processes} processes divide, "
                f"got {sampler.n_lanes}"
            )
        if isinstance(data.X, Windows):
            files, places = data.X.locations()
        else:
            files, places = np.zeros(len(data), np.int64), np.arange(len(data))
        in_files = np.lexsort((places, files))
        self.rank = torch.from_numpy(np.argsort(in_files))  # place of each window in file order
        self.in_files = torch.from_numpy(in_files)
        self.files, self.places = torch.from_numpy(files), torch.from_numpy(places)

    def __iter__(self) -> Iterator[Batch]:
        starts = self._starts()
        buffers = self._filled_buffers(self._take_done())
        for batches, read in read_ahead(lambda drawn: (drawn, self._read(drawn)), buffers):
            for whole in batches:
                yield self._of(whole, starts, read)

    def _filled_buffers(self, n_done: int) -> Iterator[list[Tensor]]:
        """Yield the batches of a pass, buffer by buffer, without the first `n_done`."""
        order, n_lanes = self._block_order(), self.sampler.n_lanes
        edges = batch_edges(len(order), len(self), n_lanes)
        n_buffers = min(len(self), max(1, round(len(order) / self.sampler.buffer_length)))
        for chosen in torch.arange(len(self)).tensor_split(n_buffers):
            first, last = int(chosen[0]), int(chosen[-1]) + 1
            start = edges[first]
            mixed = mixed_lanes(order[start : edges[last]], n_lanes, self.generator)
            left = range(max(first, n_done), last)
            if left:
                yield [mixed[edges[k] - start : edges[k + 1] - start] for k in left]

    def _block_order(self) -> Tensor:
        """Return the windows block by block, the blocks in random order."""
        files, places = self.files[self.in_files], self.places[self.in_files]
        length = self.sampler.block_length
        phases = torch.randint(length, (int(files.max()) + 1,), generator=self.generator)
        within = (places + phases[files]) // length
        begins = (within.diff() != 0) | (files.diff() != 0)
        block = torch.cat([begins.new_zeros(1), begins]).cumsum(0)
        chance = torch.randperm(int(block[-1]) + 1, generator=self.generator)
        return self.in_files[chance[block].argsort(stable=True)]

    def _read(self, batches: list[Tensor]) -> _Read | None:
        """Read this process's windows of some batches, neighbours together."""
        if not isinstance(self.data.X, Windows):
            return None
        mine = torch.cat([share_of(self.process, whole) for whole in batches])
        ranks = self.rank[mine].sort().values
        return _Read(ranks, torch.from_numpy(self.data.X[self.in_files[ranks].numpy()]))

    def _windows(self, share: Tensor, read: Any) -> tuple[Tensor, Tensor]:
        if read is None:
            return super()._windows(share, read)
        return read.windows, torch.searchsorted(read.ranks, self.rank[share])


class _Read(NamedTuple):
    """Windows in memory, in the order of the files."""

    ranks: Tensor
    windows: Tensor


def batch_edges(n_windows: int, n_batches: int, n_lanes: int) -> list[int]:
    """Return where batches begin and end that are multiples of the lanes, except for the last.

    Examples
    --------
    >>> batch_edges(43, n_batches=3, n_lanes=4)
    [0, 16, 28, 43]
    """
    rows = torch.arange(max(n_batches, n_windows // n_lanes)).tensor_split(n_batches)
    inner = [n_lanes * int(part[0]) for part in rows]
    return [*inner, n_windows]


def mixed_lanes(windows: Tensor, n_lanes: int, generator: torch.Generator) -> Tensor:
    """Return windows in an order that takes turns among lanes, which are in random order each.

    Each lane holds neighbours of `windows`, so that a process that takes every `n`-th window needs
    the blocks of its own lanes alone.

    Examples
    --------
    >>> mixed_lanes(torch.arange(10), 2, torch.Generator().manual_seed(0))
    tensor([4, 8, 0, 9, 1, 5, 3, 6, 2, 7])
    """
    mixed = torch.empty_like(windows)
    for lane, part in enumerate(windows.tensor_split(n_lanes)):
        mixed[lane::n_lanes] = part[torch.randperm(len(part), generator=generator)]
    return mixed
