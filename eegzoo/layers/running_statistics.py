"""Running statistics of a batch normalisation that is computed elsewhere."""

from __future__ import annotations

import torch
from torch import Tensor

from eegzoo.torch_internals import BatchNormBase


@torch.no_grad()
def update_running_statistics(
    norm: BatchNormBase, mean: Tensor, variance: Tensor, n_values: int
) -> None:
    """Update running statistics as torch's batch normalisations do.

    Parameters
    ----------
    norm : nn.BatchNorm1d | nn.BatchNorm2d
        Normalisation. Outside training, or without tracking, it does not change.
    mean, variance : Tensor, shape (num_features,)
        Mean and biased variance of a batch.
    n_values : int
        Number of values of each map.

    Examples
    --------
    >>> norm = torch.nn.BatchNorm1d(1, momentum=0.5)
    >>> update_running_statistics(norm, torch.tensor([4.0]), torch.tensor([2.0]), n_values=3)
    >>> norm.running_mean, norm.running_var
    (tensor([2.]), tensor([2.]))
    """
    if not (norm.training and norm.track_running_stats):
        return
    fraction: float | Tensor = 0.0 if norm.momentum is None else norm.momentum
    if norm.num_batches_tracked is not None:
        norm.num_batches_tracked.add_(1)
        if norm.momentum is None:
            fraction = 1.0 / norm.num_batches_tracked.to(mean.dtype)
    unbiased = variance * (n_values / (n_values - 1))
    for running, new in ((norm.running_mean, mean), (norm.running_var, unbiased)):
        if running is not None:
            running.add_((new - running) * fraction)
