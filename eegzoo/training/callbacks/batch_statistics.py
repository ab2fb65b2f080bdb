"""Batch normalisation's running statistics, recomputed from the final weights."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Iterable, Iterator
from typing import Any

import torch
from skorch.callbacks import Callback
from torch import Tensor, nn

from eegzoo.torch_internals import BatchNormBase
from eegzoo.training.callbacks.seeding import seed_epoch
from eegzoo.training.inputs.crops import RandomCrops
from eegzoo.training.inputs.nights import NightBatches

# Passes over the windows, and largest number of batches, that the final statistics are taken over.
N_PASSES, N_BATCHES = 5, 500
_AT_THE_END = 2**32 - 1  # in place of an epoch's number, for the seed


@torch.no_grad()
def renew_statistics(module: nn.Module, batches: Iterable[tuple[Tensor | None, ...]]) -> None:
    """Recompute the running statistics of batch normalisation as averages over batches.

    As `torch.optim.swa_utils.update_bn`, except that the statistics of frozen parts stay.

    Parameters
    ----------
    module : nn.Module
        Module whose statistics are replaced. Its mode is restored.
    batches : iterable of tuple
        Arguments of the module. Nothing is drawn if it has no statistics.
    """
    was_training = module.training
    module.train()
    momenta = {
        layer: layer.momentum
        for layer in module.modules()
        if isinstance(layer, BatchNormBase) and layer.training
    }
    if momenta:
        for layer in momenta:
            layer.reset_running_stats()
            layer.momentum = None  # the average over all batches
        for batch in batches:
            module(*batch)
        for layer, momentum in momenta.items():
            layer.momentum = momentum
    module.train(was_training)


def model_inputs(
    batches: RandomCrops | NightBatches, model: nn.Module
) -> Iterator[tuple[Tensor | None, ...]]:
    """Yield the arguments that a model is called with for each batch."""
    weight = next(model.parameters())
    for batch in batches:
        x, lengths = batch.x.to(weight.device, weight.dtype), batch.lengths
        yield (x,) if lengths is None else (x, None, lengths.to(weight.device))


class RenewStatistics(Callback):
    """Callback that recomputes batch normalisation's statistics at the end of a training.

    Running statistics lag behind the weights in a short training.

    Parameters
    ----------
    batches : RandomCrops | NightBatches
        Whole batches, also where several processes share them.
    seed : int
        Seed of the training.
    """

    def __init__(self, batches: RandomCrops | NightBatches, seed: int) -> None:
        self.batches, self.seed = batches, seed

    def on_train_end(self, net: Any, **_: Any) -> None:
        """Recompute the statistics."""
        seed_epoch(self.batches, _AT_THE_END, self.seed)
        passes = itertools.chain.from_iterable(
            model_inputs(self.batches, net.trained) for _ in range(N_PASSES)
        )
        plain = copy.deepcopy(net.trained)  # a copy does not pool statistics over processes
        renew_statistics(plain, itertools.islice(passes, N_BATCHES))
        net.trained.load_state_dict(plain.state_dict())
