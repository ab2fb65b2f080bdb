"""Sequence of layers that is fast for time-major maps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrize import is_parametrized

from eegzoo.layers.constrained.convolution import ConstrainedConv1d
from eegzoo.layers.fronts.depthwise import depthwise_conv1d
from eegzoo.layers.norm_elu_pool import exp_is_faster, norm_elu_pool, scaled_elu_pool
from eegzoo.layers.running_statistics import update_running_statistics
from eegzoo.layers.time_major import is_time_major
from eegzoo.torch_internals import has_hooks, has_patched_forward, padding_of

ACTIVATIONS_OF_VALUES = frozenset({
    nn.ELU, nn.ReLU, nn.GELU, nn.SiLU, nn.Tanh, nn.Sigmoid, nn.LeakyReLU, nn.SELU, nn.CELU, nn.Mish,
    nn.Softplus, nn.Hardtanh, nn.ReLU6, nn.Hardswish,
})  # fmt: skip
"""Activations that act on each value alone."""


class MapsSequential(nn.Sequential):
    """`torch.nn.Sequential` that is faster for time-major maps (`eegzoo.layers.time_major`).

    Outputs, gradients, running statistics and the state dict are the same. Torch normalises
    time-major maps twice as fast as others, but only as rows of maps, and a convolution of one tap
    is a product with these rows. A normalisation, ELU and an average pool are one step of autograd
    (`norm_elu_pool`). Layers with hooks or of other classes are called as usual.

    Parameters
    ----------
    *layers : nn.Module
        Layers.

    Examples
    --------
    >>> layers = MapsSequential(nn.BatchNorm1d(16), nn.ELU(), nn.AvgPool1d(4))
    >>> x = torch.randn(8, 100, 16).mT  # time-major
    >>> plain = torch.nn.Sequential(*layers)
    >>> torch.testing.assert_close(layers(x), plain(x))
    """

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, maps, n_times) as the layers one after the other do."""
        if not is_time_major(x):
            for layer in self:
                x = layer(x)
            return x
        layers = list(self)
        while layers:
            layer = layers.pop(0)
            if not (is_time_major(x) and _is_plain(layer)):
                x = layer(x)
            elif _is_norm_elu_pool(layer, layers[:2], x):
                x = _normalized_and_pooled(layer, layers[1], x)
                del layers[:2]
            elif isinstance(layer, ConstrainedConv1d) and _is_depthwise(layer):
                kernels = layer.shared_weight().squeeze(1)
                before, after = padding_of(layer)
                x = depthwise_conv1d(x, kernels, layer.bias, (before, after))
            elif type(layer) is nn.BatchNorm1d:
                rows = layer(x.mT.flatten(0, 1))  # (batch * n_times, maps)
                follower = layers[0] if layers else None
                if isinstance(follower, nn.ELU) and _is_plain(follower):
                    # Nothing else needs the normalised values.
                    rows = F.elu_(rows, follower.alpha)
                    layers.pop(0)
                x = rows.unflatten(0, (len(x), -1)).mT
            elif isinstance(layer, nn.Conv1d) and _is_pointwise(layer):
                x = F.linear(x.mT, layer.weight.squeeze(2), layer.bias).mT
            else:
                x = layer(x)
        return x


def _is_plain(layer: nn.Module) -> bool:
    return not (has_hooks(layer) or has_patched_forward(layer) or is_parametrized(layer))


def _is_norm_elu_pool(layer: nn.Module, followers: Sequence[nn.Module], x: Tensor) -> bool:
    """Return whether layers are what `norm_elu_pool` computes in training."""
    if (
        type(layer) is not nn.BatchNorm1d
        or len(followers) < 2
        or not all(map(_is_plain, followers))
    ):
        return False
    activation, pool = followers
    return (
        layer.affine
        and layer.weight.dtype == x.dtype
        and (layer.training or (layer.running_mean is not None and exp_is_faster()))
        and len(x) * x.shape[2] > 1
        and type(activation) is nn.ELU
        and activation.alpha == 1.0
        and type(pool) is nn.AvgPool1d
        and pool.stride == pool.kernel_size
        and pool.padding == (0,)
        and not pool.ceil_mode
        and pool.kernel_size[0] <= x.shape[2]  # type: ignore[index]
        and not torch.is_autocast_enabled("cpu")
    )


def _normalized_and_pooled(norm: Any, pool: Any, x: Tensor) -> Tensor:
    (length,) = pool.kernel_size
    if not norm.training:
        scale = norm.weight * torch.rsqrt(norm.running_var + norm.eps)
        return scaled_elu_pool(x, scale, norm.bias - scale * norm.running_mean, length)
    pooled, mean, variance = norm_elu_pool(x, norm.weight, norm.bias, norm.eps, length)
    update_running_statistics(norm, mean, variance, len(x) * x.shape[2])
    return pooled


def _is_depthwise(layer: ConstrainedConv1d) -> bool:
    return (
        type(layer) is ConstrainedConv1d
        and layer.groups == layer.in_channels == layer.out_channels
        and layer.stride == layer.dilation == (1,)
        and layer.padding_mode == "zeros"
    )


def _is_pointwise(layer: nn.Conv1d) -> bool:
    return (
        type(layer) is nn.Conv1d
        and layer.kernel_size == layer.stride == (1,)
        and layer.groups == 1
        and layer.padding in ((0,), 0, "same", "valid")
    )
