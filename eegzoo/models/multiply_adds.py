"""Count of a module's multiply-adds."""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode


def count_macs(model: nn.Module, x: Tensor) -> int:
    """Return the number of multiply-adds in the forward pass of a module.

    Convolutions and matrix products count, including those of attention and recurrent layers;
    Fourier transforms and elementwise operations do not.

    Parameters
    ----------
    model : nn.Module
        Module to run.
    x : Tensor
        Input of the module.

    Examples
    --------
    >>> count_macs(torch.nn.Linear(8, 2), torch.zeros(1, 8))
    16
    """
    # torch counts no operations in its fused attention on the CPU, nor in the recurrent layers of
    # cuDNN, nor in those of oneDNN, which has none in float64.
    unfused, plain = sdpa_kernel(SDPBackend.MATH), torch.backends.cudnn.flags(enabled=False)
    precise = copy.deepcopy(model).double()
    with torch.no_grad(), unfused, plain, FlopCounterMode(display=False) as counter:
        precise(x.double())
    total: int = counter.get_total_flops()
    return total // 2
