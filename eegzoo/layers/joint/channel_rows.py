"""Convolutions in time and over channels, computed with the maps of a channel as a row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from eegzoo.layers.constrained.convolution import ConstrainedConv2d
from eegzoo.layers.constrained.norm_constraint import NormConstraint
from eegzoo.layers.dropout import Dropout
from eegzoo.layers.fast_conv.dense_conv1d import dense_conv1d
from eegzoo.layers.fronts.norm_folding import is_foldable_norm, is_untouched, normalized_filters
from eegzoo.layers.joint.unpadded import padding_in_time, unpadded
from eegzoo.layers.padding import same_padding
from eegzoo.torch_internals import padding_of


class Shortcut(nn.Module):
    """Sum of a body and a shortcut; spatial filters of the body are added to every channel.

    Parameters
    ----------
    body : nn.Module
        Layers.
    shortcut : nn.Module | None
        Layers beside them. None: the input itself.

    Examples
    --------
    >>> Shortcut(nn.Conv2d(4, 4, (3, 1)))(torch.randn(2, 4, 3, 10)).shape
    torch.Size([2, 4, 3, 10])
    """

    def __init__(self, body: nn.Module, shortcut: nn.Module | None = None) -> None:
        super().__init__()
        self.body = body
        self.shortcut = nn.Identity() if shortcut is None else shortcut

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, maps, n_chans, n_times) to the sum."""
        out: Tensor = self.shortcut(x) + self.body(x)
        return out


class MultiScaleConv(nn.ModuleList):
    """Temporal filters of several lengths, whose outputs are concatenated.

    Parameters
    ----------
    convolutions : sequence of nn.Conv2d
        Convolutions of the same maps, with kernels of (1, kernel_length).

    Examples
    --------
    >>> conv = MultiScaleConv([nn.Conv2d(1, 8, (1, n), padding="same") for n in (5, 9)])
    >>> conv(torch.randn(2, 1, 3, 50)).shape
    torch.Size([2, 16, 3, 50])
    """

    def __init__(self, convolutions: Sequence[nn.Conv2d]) -> None:
        super().__init__(convolutions)
        self.out_channels = sum(conv.out_channels for conv in convolutions)

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, in_maps, n_chans, n_times) to (batch, out_channels, n_chans, n_times)."""
        return torch.cat([conv(x) for conv in self], dim=1)


def are_known(network: nn.Module, n_chans: int) -> bool:
    """Return whether `on_rows` computes what a network does.

    Parameters
    ----------
    network : nn.Module
        Network.
    n_chans : int
        Number of channels of its input.

    Examples
    --------
    >>> layers = nn.Sequential(nn.Conv2d(1, 8, (1, 5), padding="same"), nn.ELU())
    >>> are_known(layers, 3), are_known(layers.append(nn.Softmax(dim=1)), 3)
    (True, False)
    """
    parts = network.children() if unpadded(network) is network else ()
    return (
        is_untouched(network)
        and _is_known(unpadded(network), n_chans)
        and all(are_known(part, n_chans) for part in parts)
    )


def on_rows(network: nn.Module, x: Tensor) -> Tensor:
    """Return ``network(x)``, computed with the maps of a channel as a row.

    In this order in memory, spatial filters are matrix products and temporal filters of all lengths
    are one large convolution (`eegzoo.layers.dense_conv1d`). Outputs and gradients are the same up
    to rounding; dropout drops other values.

    Parameters
    ----------
    network : nn.Module
        Network of which `are_known` is true.
    x : Tensor, shape (batch, maps, n_chans, n_times)
        Maps.

    Returns
    -------
    Tensor, shape (batch, out_maps, out_chans, n_outputs)
        Maps.

    Examples
    --------
    >>> network = nn.Sequential(nn.Conv2d(1, 8, (1, 5), padding="same"), nn.Conv2d(8, 8, (3, 1)))
    >>> x = torch.randn(2, 1, 3, 50)
    >>> torch.testing.assert_close(on_rows(network, x), network(x), rtol=1e-4, atol=1e-5)
    """
    return _applied(network, x.transpose(1, 2)).transpose(1, 2)


def _is_known(layer: nn.Module, n_chans: int) -> bool:
    kind = type(layer)
    if kind is nn.AvgPool2d:
        pool: Any = layer
        plain = (pool.kernel_size, pool.padding, pool.ceil_mode) == ((1, 2), 0, False)
        return plain and pool.stride == (1, 2) and pool.divisor_override is None
    if kind in (nn.Conv2d, ConstrainedConv2d):
        conv: Any = layer
        if conv.stride != (1, 1) or conv.dilation != (1, 1) or conv.padding_mode != "zeros":
            return False
        if conv.kernel_size[0] == 1:
            return conv.groups == 1 and padding_of(conv)[:2] in (padding_in_time(conv), [0, 0])
        spatial = conv.kernel_size == (n_chans, 1) and not any(padding_of(conv))
        return spatial and conv.groups in (1, conv.in_channels)
    return kind in _KINDS


_KINDS = (
    nn.Sequential, Shortcut, MultiScaleConv, nn.BatchNorm2d, nn.ELU, Dropout, nn.Dropout,
    nn.Identity,
)  # fmt: skip


def _applied(layer: Any, x: Tensor) -> Tensor:
    """Apply a layer to rows (batch, n_chans, maps, n_times)."""
    layer = unpadded(layer)
    if isinstance(layer, nn.Sequential):
        return _apply_all(list(layer), x)
    if isinstance(layer, Shortcut):
        return _sum(_applied(layer.shortcut, x), _applied(layer.body, x), x)
    if isinstance(layer, nn.AvgPool2d):
        return _pooled(x)
    if isinstance(layer, (nn.Conv2d, MultiScaleConv)):
        return _convolved(layer, x, None)
    if isinstance(layer, nn.BatchNorm2d):
        return _normalized(layer, x).view(x.shape)
    applied: Tensor = layer(x)
    return applied


def _apply_all(layers: list[Any], x: Tensor) -> Tensor:
    while layers:
        layer = unpadded(layers.pop(0))
        follower = layers[0] if layers else None
        if isinstance(layer, (nn.Conv2d, MultiScaleConv)):
            norm = layers.pop(0) if _is_constant(follower) else None
            x = _convolved(layer, x, norm)
            while layers and type(layers[0]) is nn.Identity:
                layers.pop(0)
            if layers and _is_plain_elu(layers[0]):
                layers.pop(0)
                x = F.elu_(x) if not torch.is_grad_enabled() else F.elu(x)
        elif isinstance(layer, nn.BatchNorm2d) and _is_plain_elu(follower):
            layers.pop(0)
            # In place, because nothing else needs the normalised values.
            x = F.elu_(_normalized(layer, x)).view(x.shape)
        elif isinstance(layer, Shortcut) and isinstance(follower, nn.AvgPool2d):
            layers.pop(0)
            # The mean of a sum is the sum of the means, which have fewer values.
            x = _sum(_pooled(_applied(layer.shortcut, x)), _pooled(_applied(layer.body, x)), x)
        else:
            x = _applied(layer, x)
    return x


def _sum(shortcut: Tensor, body: Tensor, x: Tensor) -> Tensor:
    """Return the sum of what was computed from `x`, in place where nothing else needs the body."""
    own = body.untyped_storage().data_ptr() != x.untyped_storage().data_ptr()
    fits = all(n in (1, m) for n, m in zip(shortcut.shape, body.shape, strict=True))
    return body.add_(shortcut) if own and fits and not torch.is_grad_enabled() else shortcut + body


def _pooled(x: Tensor) -> Tensor:
    pooled: Tensor = _MeanOfPairs.apply(x)  # type: ignore[no-untyped-call]
    return pooled


def _normalized(norm: nn.Module, x: Tensor) -> Tensor:
    """Return normalised rows as images of one channel, (batch * n_chans, maps, 1, n_times)."""
    normalized: Tensor = norm(x.flatten(0, 1).unsqueeze(2))
    return normalized


def _is_constant(norm: Any) -> bool:
    """Return whether a layer is a normalisation that can be included in the filters before it."""
    return (
        isinstance(norm, nn.BatchNorm2d)
        and not norm.training
        and norm.affine
        and is_foldable_norm(norm)
    )


def _is_plain_elu(layer: Any) -> bool:
    return type(layer) is nn.ELU and layer.alpha == 1.0


def _filters(layer: Any) -> tuple[Tensor, Tensor | None]:
    """Return kernels (maps, in_maps, kernel_height, kernel_length) and the bias."""
    if not isinstance(layer, MultiScaleConv):
        constrained = isinstance(layer, NormConstraint)
        return (layer.shared_weight() if constrained else layer.weight), layer.bias
    # The centres of all kernels are at the same sample.
    found = [_filters(unpadded(conv)) for conv in layer]
    length = max(weight.shape[3] for weight, _ in found)
    before, after = same_padding(length, length)
    padded = []
    for weight, _ in found:
        own = same_padding(length, weight.shape[3])
        padded.append(F.pad(weight, (before - own[0], after - own[1])))
    biases = [weight.new_zeros(len(weight)) if bias is None else bias for weight, bias in found]
    return torch.cat(padded), torch.cat(biases)


def _convolved(layer: Any, x: Tensor, norm: Any) -> Tensor:
    weight, bias = _filters(layer)
    _, in_maps, height, length = weight.shape
    batch, n_chans, _, n_times = x.shape
    if norm is not None:
        kernels, bias = normalized_filters(weight.flatten(2), bias, norm)
        weight = kernels.view_as(weight)
    if height > 1 and in_maps < x.shape[2]:  # filters of each map: a weighted sum of channels
        mixed = (x * weight.flatten(1).T.unsqueeze(2)).sum(1)
        return (mixed if bias is None else mixed + bias[:, None]).unsqueeze(1)
    if height > 1:
        filters = weight.squeeze(3).transpose(1, 2).flatten(1)  # (maps, n_chans * in_maps)
        mixed = torch.bmm(filters.expand(batch, -1, -1), x.flatten(1, 2))
        return (mixed if bias is None else mixed + bias[:, None]).unsqueeze(1)
    rows = x.flatten(0, 1)
    if length == 1:
        # Not matmul, whose order of sums depends on whether gradients are recorded.
        out = torch.bmm(weight.flatten(1).expand(len(rows), -1, -1), rows)
        out = out if bias is None else out + bias[:, None]
    else:
        out = dense_conv1d(F.pad(rows, same_padding(n_times, length)), weight.squeeze(2), bias)
    return torch.unflatten(out, 0, (batch, n_chans))


class _MeanOfPairs(torch.autograd.Function):
    """Mean of the first and the second sample, the third and the fourth, and so on."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.n_times = x.shape[-1]
        end = 2 * (x.shape[-1] // 2)
        return torch.add(x[..., :end:2], x[..., 1:end:2]).mul_(0.5)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> Tensor:
        half: Tensor = 0.5 * grads[0]
        if torch.is_grad_enabled():  # create_graph
            spread = torch.stack((half, half), -1).flatten(-2)
            return F.pad(spread, (0, 1)) if ctx.n_times % 2 else spread
        to_x = half.new_empty(*half.shape[:-1], ctx.n_times)
        end = 2 * half.shape[-1]
        to_x[..., :end:2] = to_x[..., 1:end:2] = half
        to_x[..., end:] = 0.0
        return to_x
