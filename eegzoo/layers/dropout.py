"""Dropout whose random numbers are drawn eight at a time."""

from __future__ import annotations

import functools
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from eegzoo.layers.eager import is_eager_on_cpu

# Widths of the random integers that are compared with the probability, the narrowest first.
_DTYPES = {8: torch.uint8, 16: torch.int16, 32: torch.int32}


class Dropout(nn.Dropout):
    """`torch.nn.Dropout` that is many times faster in training on a CPU.

    On a CPU without Intel's generator, torch draws a number for each value, one after the other,
    which takes a third of a training step of EEGConformer. Here values are kept or dropped by
    random integers of 8, 16 or 32 bits, cut from numbers of 64 bits. They follow
    `torch.manual_seed`, but other values are dropped than by torch after the same seed. The
    probability is exact to one part in 10000.

    Torch computes wherever this is not supported: on other devices, in compiled and exported
    graphs, in place, and in ``torch.func`` transforms.

    Parameters
    ----------
    p : float
        Probability that a value is set to zero in training. The others are divided by ``1 - p``.
    inplace : bool
        Whether to change the input.
    torch_draws : bool
        Whether to drop the values that `torch.nn.Dropout` drops after the same seed.

    Examples
    --------
    >>> kept = Dropout(0.25)(torch.ones(4000, 10))
    >>> sorted(set(kept.flatten().tolist())), round(kept.mean().item(), 1)
    ([0.0, 1.3333333730697632], 1.0)

    To train a model with torch's draws:

    >>> model = eegzoo.create_model("eegnet", n_chans=8, n_times=256, n_outputs=4, sfreq=128)
    >>> for layer in model.modules():
    ...     if isinstance(layer, Dropout):
    ...         layer.torch_draws = True
    """

    def __init__(self, p: float = 0.5, inplace: bool = False, torch_draws: bool = False) -> None:
        super().__init__(p, inplace)
        self.torch_draws = torch_draws

    def forward(self, x: Tensor) -> Tensor:
        """Drop values of a tensor of any shape, in training."""
        if self.torch_draws or self.inplace:
            return F.dropout(x, self.p, self.training, self.inplace)
        return dropout(x, self.p, self.training)


def dropout(x: Tensor, p: float, training: bool = True) -> Tensor:
    """Set values to zero with the probability `p` and divide the others by ``1 - p``.

    Parameters
    ----------
    x : Tensor
        Values in any shape.
    p : float
        Probability.
    training : bool
        Whether to drop values at all.

    Examples
    --------
    >>> dropout(torch.ones(2, 3), 0.5, training=False)
    tensor([[1., 1., 1.],
            [1., 1., 1.]])
    """
    if not (training and 0 < p < 1 and x.is_floating_point() and is_eager_on_cpu(x)):
        return F.dropout(x, p, training)
    dropped: Tensor = _Dropout.apply(x, p)  # type: ignore[no-untyped-call]
    return dropped


class _Dropout(torch.autograd.Function):
    """Product with a random mask, of which one byte is kept for each value."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, p: float) -> Tensor:
        mask = _random_mask(x, p)
        ctx.save_for_backward(mask)
        ctx.scale = 1 / (1 - p)
        return _scaled(mask, ctx.scale, x)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None]:
        (mask,) = ctx.saved_tensors
        return _scaled(mask, ctx.scale, grads[0]), None


def _scaled(mask: Tensor, scale: float, values: Tensor) -> Tensor:
    # A product of bytes and floats would convert value by value, which is several times slower.
    return mask.to(values.dtype).mul_(scale).mul_(values)


def _random_mask(x: Tensor, p: float) -> Tensor:
    """Return bytes that are 0 with probability `p` and else 1, in the memory layout of `x`."""
    bits, threshold = _threshold(p)
    n_values, layout = x.numel(), torch.empty_like(x, dtype=torch.uint8)
    drawn = torch.empty(-(-n_values * bits // 64), dtype=torch.int64).random_(-(2**63), None)
    mask = drawn.view(_DTYPES[bits])[:n_values].ge_(threshold)
    return mask.to(torch.uint8).as_strided(layout.shape, layout.stride())


@functools.cache
def _threshold(p: float) -> tuple[int, int]:
    """Return the least bits of integers that are below a threshold with probability `p`."""
    for bits in _DTYPES:
        count = round(p * 2**bits)
        if abs(count / 2**bits - p) <= 1e-4 * min(p, 1 - p):
            break
    return bits, count if bits == 8 else count - 2 ** (bits - 1)
