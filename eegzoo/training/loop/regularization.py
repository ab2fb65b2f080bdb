"""L2 regularisation of the convolutions alone, as a term of the loss."""

from __future__ import annotations

import torch
from torch import Tensor, nn

# Convolutions of torch, which eegzoo's inherit from.
_KINDS = (
    nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d,
)  # fmt: skip


def half_squared_norm(model: nn.Module) -> Tensor:
    """Return half the sum of the squared kernels of all convolutions that are trained.

    As a term of the loss it is clipped and divided by Adam's second moments like the rest of the
    gradient, unlike AdamW's decoupled weight decay.

    Parameters
    ----------
    model : nn.Module
        Model. Biases and the weights of other layers do not count.

    Examples
    --------
    >>> model = torch.nn.Sequential(torch.nn.Conv1d(1, 1, 2), torch.nn.Linear(3, 3))
    >>> with torch.no_grad():
    ...     _ = model[0].weight.copy_(torch.tensor([[[3.0, 4.0]]]))
    >>> half_squared_norm(model).item()
    12.5
    """
    kernels = {
        id(layer.weight): layer.weight
        for layer in model.modules()
        if isinstance(layer, _KINDS) and layer.weight.requires_grad
    }
    if not kernels:
        return torch.zeros(())
    return 0.5 * torch.stack([kernel.square().sum() for kernel in kernels.values()]).sum()
