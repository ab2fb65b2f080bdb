"""Convolution, batch normalisation, max pool and ELU, computed together where this is faster."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from eegzoo.layers.constrained.norm_constraint import NormConstraint
from eegzoo.layers.fast_conv.dense_conv1d import (
    CHANNELS_LAST,
    DIRECT,
    FRAMES,
    is_worth_choosing,
    representative_batch,
    size_class,
)
from eegzoo.layers.fast_conv.fast_layers import FastConstrainedConv1d, FastConv1d
from eegzoo.layers.fast_conv.measured_choice import choose
from eegzoo.layers.fast_conv.norm_max_pool import conv_max_pool, conv_norm_max_pool
from eegzoo.layers.fronts.folded_front import FoldedFront
from eegzoo.layers.fronts.norm_folding import is_foldable_norm, normalized_filters
from eegzoo.layers.fronts.temporal_spatial import TemporalSpatialConv
from eegzoo.layers.running_statistics import update_running_statistics
from eegzoo.layers.time_major import is_time_major
from eegzoo.torch_internals import has_hooks, has_patched_forward

_FRONTS = (TemporalSpatialConv, FoldedFront)
_CONVOLUTIONS = (FastConstrainedConv1d, FastConv1d)
# Signals in evaluation for which to fold a normalisation into kernels takes longer than to compute
# it, as it does for the kernels of DeepConvNet.
_FEW = 2


def conv_norm_pool(layer: Any, norm: Any, pool: Any, activation: Any, x: Tensor) -> Tensor:
    """Return ``activation(pool(norm(layer(x))))``.

    Where this is exact and faster, everything is one step of autograd in training, and the filtered
    signals are pooled in the memory layout in which they are computed. The algorithm is measured
    once per process, as that of `eegzoo.layers.dense_conv1d` is. Hooks on the modules, other
    classes of modules, and everything for which `eegzoo.layers.dense_conv1d` computes directly have
    the modules called one after the other.

    Parameters
    ----------
    layer : TemporalSpatialConv | FoldedFront | FastConstrainedConv1d | FastConv1d
        Convolution.
    norm : nn.BatchNorm1d | nn.Identity
        Normalisation of its outputs.
    pool : nn.MaxPool1d
        Max pool. Joint computation needs a stride that is its length.
    activation : nn.ELU
        Activation.
    x : Tensor, shape (batch, channels, n_times)
        Signals.

    Returns
    -------
    Tensor, shape (batch, maps, n_pools)
        Pooled maps, in any memory layout.

    Examples
    --------
    >>> layer, norm = FastConv1d(25, 50, 10), nn.BatchNorm1d(50)
    >>> pool, activation = nn.MaxPool1d(3), nn.ELU()
    >>> x = torch.randn(8, 25, 330)
    >>> found = conv_norm_pool(layer, norm, pool, activation, x)
    >>> torch.testing.assert_close(found, activation(pool(norm(layer(x)))), rtol=1e-4, atol=1e-5)
    """
    in_training = norm.training and not isinstance(norm, nn.Identity)
    # A compiler must not see the sizes of batches compared.
    is_few = not (in_training or torch.compiler.is_compiling()) and len(x) <= _FEW
    kernels = None if is_few else _kernels(layer, norm, pool, activation, x)
    if kernels is not None:
        length = pool.kernel_size
        if not in_training:
            algorithm = _fastest(x, kernels, length, training=False)
            kernel, bias = _filters(layer, x)
            weight, bias = normalized_filters(kernel, bias, norm)
            return conv_max_pool(x, weight, bias, length, algorithm)
        if bool((norm.weight.detach() != 0).all()):  # else all samples of a pool are the largest
            algorithm = _fastest(x, kernels, length, training=True)
            filters = _filters(layer, x)
            pooled, mean, variance = conv_norm_max_pool(
                x, *filters, norm.weight, norm.bias, norm.eps, length, algorithm
            )
            n_values = len(x) * (x.shape[2] - kernels[2] + 1)
            update_running_statistics(norm, mean, variance, n_values)
            return pooled
    plain: Tensor = activation(pool(norm(layer(x))))
    return plain


def _kernels(
    layer: Any, norm: Any, pool: Any, activation: Any, x: Tensor
) -> tuple[int, int, int] | None:
    """Return the shape of the kernels if the modules compute what is computed jointly, or None."""
    if torch.compiler.is_compiling():
        return None
    if any(
        has_hooks(part) or has_patched_forward(part) for part in (layer, norm, pool, activation)
    ):
        return None
    if type(activation) is not nn.ELU or activation.alpha != 1.0:
        return None
    length = pool.kernel_size if type(pool) is nn.MaxPool1d else None
    plain = (length, 0, 1, False, False)
    if length == 1 or plain != tuple(
        getattr(pool, name, None)
        for name in ("stride", "padding", "dilation", "ceil_mode", "return_indices")
    ):
        return None
    if type(norm) is nn.BatchNorm1d:
        if not (norm.affine and is_foldable_norm(norm) and norm.weight.dtype == x.dtype):
            return None
    elif type(norm) is not nn.Identity:
        return None
    kernels = _shape(layer, x)
    if kernels is None or not is_worth_choosing(x, kernels):
        return None
    return kernels if x.shape[2] - kernels[2] + 1 >= pool.kernel_size else None


def _shape(layer: Any, x: Tensor) -> tuple[int, int, int] | None:
    if type(layer) in _FRONTS:
        shape: tuple[int, int, int] | None = layer.kernel_shape(x)
        return shape
    if type(layer) not in _CONVOLUTIONS or layer.groups != 1 or layer.weight.dtype != x.dtype:
        return None
    if layer.padding not in ((0,), "valid") or layer.padding_mode != "zeros":
        return None
    unit_steps = layer.stride == layer.dilation == (1,)
    return tuple(layer.weight.shape) if unit_steps else None


def _filters(layer: Any, x: Tensor) -> tuple[Tensor, Tensor | None]:
    """Return kernels and bias; in training, project the stored weights."""
    if type(layer) in _FRONTS:
        filters: tuple[Tensor, Tensor | None] = layer.folded_filters(x)
        return filters
    weight = layer.shared_weight() if isinstance(layer, NormConstraint) else layer.weight
    return weight, layer.bias


def _fastest(x: Tensor, kernels: Sequence[int], length: int, training: bool) -> str:
    """Return the fastest algorithm for a class of sizes."""
    shape = (representative_batch(len(x)), *x.shape[1:])
    # The gradient to the windows themselves is needed by few, the one to maps in each training.
    to_x, in_time_order = training and x.requires_grad, is_time_major(x)

    def step_of(algorithm: str) -> Callable[[], object]:
        @torch.inference_mode(False)
        @torch.set_grad_enabled(training)
        def run() -> None:
            # No random numbers: a measurement must not change what comes next.
            weight = torch.ones(*kernels, requires_grad=training)
            signals = torch.ones(shape)
            if in_time_order:
                signals = signals.mT.contiguous().mT
            signals.requires_grad_(to_x)
            if not training:
                conv_max_pool(signals, weight, None, length, algorithm)
                return
            one, zero = torch.ones(kernels[0]), torch.zeros(kernels[0])
            settings = 1e-5, length, algorithm
            pooled, *_ = conv_norm_max_pool(signals, weight, None, one, zero, *settings)
            wanted = (signals, weight) if to_x else (weight,)
            torch.autograd.grad(pooled, wanted, torch.ones_like(pooled))

        return run

    key = (
        f"max pool {size_class(x, kernels)}, pool {length}, training {training}, to x {to_x}, "
        f"time-major {in_time_order}"
    )
    # The layout in which the next convolution takes the pooled maps comes first: it is the choice
    # where others are not clearly faster.
    return choose(key, (CHANNELS_LAST, FRAMES, DIRECT), step_of)
