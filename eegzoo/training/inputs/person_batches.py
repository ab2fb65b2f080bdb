"""Batches that hold windows of a few people, the same number of each."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from eegzoo.arguments import positive_int
from eegzoo.training.inputs.crops import RandomCrops, WholeWindows
from eegzoo.training.inputs.training_set import Batch, TrainingSet


class PersonBatches(RandomCrops):
    """Batches of a few people, with the same number of windows of each, one person after another.

    In a pass each person has about as many windows as there are of them, in random order. A window
    is drawn again only when all of its person's have been drawn; it can be left out of a pass.

    Parameters
    ----------
    data : TrainingSet
        Windows with their people.
    batch_size : int
        Approximate number of windows in a batch.
    crop_length : int
        Length of a crop in samples.
    people_per_batch : int
        Number of people in a batch.

    Raises
    ------
    ValueError
        If there are fewer people, or the batch has no two windows of each.

    Examples
    --------
    >>> people = torch.tensor([0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2])
    >>> X = people[:, None, None] * torch.ones(12, 1, 5)
    >>> data = TrainingSet(X, people, torch.ones(12), people=people)
    >>> [len(batch.y.unique()) for batch in PersonBatches(data, 8, 5, people_per_batch=2)]
    [2, 2]
    """

    def __init__(
        self, data: TrainingSet, batch_size: int, crop_length: int, people_per_batch: int
    ) -> None:
        super().__init__(data, batch_size, crop_length)
        if data.people is None:
            raise ValueError("expected the person of each window, got none")
        self.members = [
            torch.nonzero(data.people == person).flatten() for person in torch.unique(data.people)
        ]
        self.people_per_batch = positive_int("people_per_batch", people_per_batch)
        if self.people_per_batch > len(self.members):
            raise ValueError(
                f"expected people_per_batch of at most {len(self.members)}, the number of people "
                f"in the training, got {people_per_batch}"
            )
        self.n_each = batch_size // self.people_per_batch
        if self.n_each < 2:
            raise ValueError(
                "expected a batch_size of at least two windows for each of the "
                f"{people_per_batch} people in a batch, got {batch_size}"
            )

    def __len__(self) -> int:
        return max(1, round(len(self.data) / (self.people_per_batch * self.n_each)))

    def __iter__(self) -> Iterator[Batch]:
        starts, n_done = self._starts(), self._take_done()
        streams = [self._stream(mine) for mine in self.members]
        # Parts of a batch that are left for each person; those with the most come first.
        left = torch.tensor([len(mine) for mine in self.members]) / self.n_each
        for number in range(len(self)):
            chance = torch.rand(len(left), generator=self.generator)
            drawn = (left + 1e-3 * chance).topk(self.people_per_batch).indices
            left[drawn] -= 1
            rows = torch.cat([next(streams[person]) for person in drawn.tolist()])
            if number >= n_done:
                yield self._of(rows, starts)

    def _stream(self, mine: Tensor) -> Iterator[Tensor]:
        """Yield as many windows of a person as a batch has, without end."""
        waiting = mine[:0]
        while True:
            while len(waiting) < self.n_each:
                order = torch.randperm(len(mine), generator=self.generator)
                waiting = torch.cat([waiting, mine[order]])
            yield waiting[: self.n_each]
            waiting = waiting[self.n_each :]


class WholePeople(WholeWindows):
    """Batches of whole windows, each with all windows of one person."""

    def __iter__(self) -> Iterator[Batch]:
        data = self.data
        if data.people is None:
            raise ValueError("expected the person of each window, got none")
        for person in torch.unique(data.people):
            part = data.subset(torch.nonzero(data.people == person).flatten().numpy())
            yield from WholeWindows(part, max(1, len(part)))
