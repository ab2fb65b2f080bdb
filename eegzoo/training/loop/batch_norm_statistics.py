"""Batch normalisation's statistics, taken anew from weights that are final."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from eegzoo.torch_internals import BatchNormBase


@torch.no_grad()
def renew_statistics(module: nn.Module, batches: Iterable[tuple[Tensor | None, ...]]) -> None:
    """Take the statistics of batch normalisation anew, as averages over batches.

    As `torch.optim.swa_utils.update_bn`, but those of frozen parts stay as they are.

    Parameters
    ----------
    module : nn.Module
        It is changed in place, and its mode comes back.
    batches : iterable of tuple
        What it takes; only asked for where there are statistics.
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
            layer.momentum = None  # the average of all
        for batch in batches:
            module(*batch)
        for layer, momentum in momenta.items():
            layer.momentum = momentum
    module.train(was_training)
