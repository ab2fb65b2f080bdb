"""Random numbers that depend on the seed and the epoch alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from skorch.callbacks import Callback

from eegzoo.training.inputs.crops import RandomCrops
from eegzoo.training.inputs.nights import NightBatches


def seed_epoch(batches: RandomCrops | NightBatches, epoch: int, seed: int, rank: int = 0) -> None:
    """Seed the generators for an epoch.

    Processes that train together draw the same batches, and different dropout.

    Parameters
    ----------
    batches : RandomCrops | NightBatches
        Batches whose own generator is seeded.
    epoch : int
        Number of the epoch.
    seed : int
        Seed of the training.
    rank : int
        Rank of this process.
    """
    shared, own = np.random.SeedSequence([seed, epoch]), np.random.SeedSequence([seed, epoch, rank])
    batches.generator.manual_seed(int(shared.generate_state(1)[0]))
    torch.manual_seed(int(own.generate_state(2)[1]))


class SeedEpochs(Callback):
    """Callback that seeds the generators before each epoch.

    An epoch can thus be repeated alone, which is how an interrupted training resumes.

    Parameters
    ----------
    batches : RandomCrops | NightBatches
        Batches of the training.
    seed : int
        Seed of the training.
    rank : int
        Rank of this process.
    first : int
        Number of the first epoch, if others were made before.
    """

    def __init__(
        self, batches: RandomCrops | NightBatches, seed: int, rank: int = 0, first: int = 0
    ) -> None:
        self.batches, self.seed, self.rank, self.first = batches, seed, rank, first

    def on_epoch_begin(self, net: Any, **_: Any) -> None:
        """Seed the generators."""
        epoch = self.first + len(net.history) - 1
        seed_epoch(self.batches, epoch, self.seed, self.rank)
