"""Mean power of the normalised outputs of a linear front."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from eegzoo.layers.fast_conv.block_power import (
    block_power,
    keeps_precision,
    normalized_block_power,
)
from eegzoo.layers.fast_conv.dense_conv1d import (
    DIRECT,
    FRAMES,
    dense_conv1d,
    is_worth_choosing,
    representative_batch,
    size_class,
    trial,
)
from eegzoo.layers.fast_conv.measured_choice import choose
from eegzoo.layers.fronts.folded_front import FoldedFront
from eegzoo.layers.fronts.norm_folding import is_foldable_norm, normalized_filters
from eegzoo.layers.fronts.temporal_spatial import TemporalSpatialConv
from eegzoo.layers.running_statistics import update_running_statistics
from eegzoo.torch_internals import has_hooks, has_patched_forward

_Filters = tuple[Tensor, Tensor | None]


def front_power(front: Any, norm: Any, pool: Any, x: Tensor) -> Tensor:
    """Return ``pool(norm(front(x)).square())``.

    Where this is exact and faster, the filtered signals are only computed in blocks of the pool's
    stride, and in training they are one step of autograd. Hooks on the modules, other classes of
    modules, and everything for which `eegzoo.layers.dense_conv1d` computes directly have the
    modules called one after the other.

    Parameters
    ----------
    front : TemporalSpatialConv | FoldedFront
        Linear front.
    norm : nn.BatchNorm1d | nn.Identity
        Normalisation of its outputs.
    pool : nn.AvgPool1d
        Average over time. Joint computation needs a length that is a multiple of its stride.
    x : Tensor, shape (batch, n_chans, n_times)
        Windows.

    Returns
    -------
    Tensor, shape (batch, maps, n_pools)
        Mean power.

    Examples
    --------
    >>> front = TemporalSpatialConv(
    ...     torch.nn.Conv2d(1, 40, (1, 25)), torch.nn.Conv2d(40, 40, (22, 1), bias=False))
    >>> norm, pool = torch.nn.BatchNorm1d(40), torch.nn.AvgPool1d(75, 15)
    >>> x = torch.randn(4, 22, 1000)
    >>> power, expected = front_power(front, norm, pool, x), pool(norm(front(x)).square())
    >>> torch.testing.assert_close(power, expected, rtol=1e-4, atol=1e-4)
    """
    kernels = _kernels(front, norm, pool, x)
    if kernels is not None:
        length, stride = pool.kernel_size[0], pool.stride[0]
        training = norm.training and isinstance(norm, nn.BatchNorm1d)
        exact = not training or keeps_precision(norm.weight, norm.bias)
        if exact and _is_faster(x, kernels, length, stride, training):
            filters = front.folded_filters(x)
            if training:
                sums = _in_training(filters, norm, x, stride)
            else:
                weight, bias = normalized_filters(filters[0], filters[1], norm)
                sums = block_power(x, weight, bias, stride)
            pooled: Tensor = _mean_of_neighbours(sums, length // stride) / stride
            return pooled
    power: Tensor = pool(norm(front(x)).square())
    return power


def _mean_of_neighbours(sums: Tensor, n_blocks: int) -> Tensor:
    """Return the mean of each `n_blocks` neighbours along the last axis."""
    n_all = sums.shape[-1]
    if n_all > 256:
        return F.avg_pool1d(sums, n_blocks, 1)
    # A matrix product: the gradient of torch's overlapping pools takes as long as a convolution's.
    matrix = sums.new_ones(n_all, n_all - n_blocks + 1).tril_().triu_(1 - n_blocks)
    return sums @ (matrix / n_blocks)


def _kernels(front: Any, norm: Any, pool: Any, x: Tensor) -> Any:
    """Return the shape of the kernels if the modules compute what is computed jointly, or None."""
    if torch.compiler.is_compiling():
        return None
    if any(has_hooks(part) or has_patched_forward(part) for part in (front, norm, pool)):
        return None
    if type(pool) is not nn.AvgPool1d or pool.ceil_mode or pool.padding != (0,):
        return None
    if type(norm) is nn.BatchNorm1d:
        if not (norm.affine and is_foldable_norm(norm) and norm.weight.dtype == x.dtype):
            return None
    elif type(norm) is not nn.Identity:
        return None
    shape = front.kernel_shape(x) if type(front) in (TemporalSpatialConv, FoldedFront) else None
    if shape is None or not is_worth_choosing(x, shape):
        return None
    length, stride = pool.kernel_size[0], pool.stride[0]  # type: ignore[index]
    return shape if length % stride == 0 and x.shape[2] - shape[2] + 1 >= length else None


def _is_faster(x: Tensor, kernels: Any, length: int, stride: int, training: bool) -> bool:
    """Return whether the joint computation is faster than one module after the other."""

    def plainly(x: Tensor, weight: Tensor, _: None) -> Tensor:
        y = dense_conv1d(x, weight)
        if training:
            y = F.batch_norm(y, None, None, y.new_ones(len(weight)), training=True)
        return F.avg_pool1d(y.square(), length, stride)

    def jointly(x: Tensor, weight: Tensor, _: None) -> Tensor:
        if not training:
            return block_power(x, weight, None, stride)
        one, zero = x.new_ones(len(weight)), x.new_zeros(len(weight))
        return normalized_block_power(x, weight, None, one, zero, 1e-5, stride)[0]

    # Frames come first, and are used unless the plain way is clearly faster: they gain more in
    # whole batches, whose filtered signals leave the caches, than in the few windows timed here.
    functions = {FRAMES: jointly, DIRECT: plainly}
    shape = (representative_batch(len(x)), *x.shape[1:])
    key = f"power {size_class(x, kernels)}, pool {length}/{stride}, training {training}"

    def step_of(name: str) -> Callable[[], object]:
        return trial(functions[name], shape, kernels, training)

    chosen = choose(key, list(functions), step_of)
    return chosen == FRAMES


def _in_training(filters: _Filters, norm: nn.BatchNorm1d, x: Tensor, length: int) -> Tensor:
    power, mean, variance = normalized_block_power(
        x, *filters, norm.weight, norm.bias, norm.eps, length
    )
    n_values = len(x) * (x.shape[2] - filters[0].shape[2] + 1)
    update_running_statistics(norm, mean, variance, n_values)
    return power
