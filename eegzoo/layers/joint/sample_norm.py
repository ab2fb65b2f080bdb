"""Normalisation of each sample of a window, alone and between two convolutions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from eegzoo.layers.constrained.convolution import ConstrainedConv2d
from eegzoo.layers.constrained.separable import DepthwiseConv2d
from eegzoo.layers.fast_conv.dense_conv1d import (
    DIRECT,
    FRAMES,
    dense_conv1d,
    is_worth_choosing,
    size_class,
)
from eegzoo.layers.fast_conv.measured_choice import choose
from eegzoo.layers.fronts.norm_folding import is_untouched
from eegzoo.layers.fronts.plain_modules import weight_of
from eegzoo.layers.joint.mix_conv import mix_conv, mix_conv_plainly
from eegzoo.layers.joint.sample_norm_mix import conv_sample_norm_mix
from eegzoo.layers.joint.unpadded import unpadded
from eegzoo.layers.padding import same_padding
from eegzoo.layers.running_statistics import update_running_statistics

# Number of windows with which algorithms are compared.
_WINDOWS = 4


class NormOfSamples(nn.BatchNorm2d):
    """Batch normalisation of each sample of the window over maps and channels.

    Parameters
    ----------
    n_times : int
        Number of samples in a window.
    eps, momentum : float
        Arguments of `torch.nn.BatchNorm2d`. The defaults are Keras's.

    Examples
    --------
    >>> norm = NormOfSamples(100)
    >>> norm(torch.randn(2, 8, 22, 100)).mean((0, 1, 2)).abs().max() < 1e-5
    tensor(True)
    """

    def __init__(self, n_times: int, eps: float = 1e-3, momentum: float = 0.01) -> None:
        super().__init__(n_times, eps=eps, momentum=momentum)

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, maps, n_chans, n_times) to the same shape."""
        # As rows of samples, which need no transposition.
        rows = x.flatten(0, 2)[..., None, None]
        return super().forward(rows).view(x.shape)


def mixed_samples(temporal: Any, spatial: Any, x: Tensor) -> Tensor | None:
    """Return ``spatial[0](temporal(x.unsqueeze(1)))``, computed jointly where this is faster.

    There is no non-linearity between the second temporal convolution and the spatial filters, and
    the normalisation between them has the same scale for all maps and channels of a sample. In
    evaluation the channels are mixed first. In training the statistics need all channels; they are
    filtered a few windows at a time, in one step of autograd.

    Parameters
    ----------
    temporal : nn.Sequential
        Convolution of one map, `NormOfSamples`, ELU, convolution of all maps, `NormOfSamples`.
    spatial : nn.Sequential
        Layers of which the first has spatial filters for each map.
    x : Tensor, shape (batch, n_chans, n_times)
        Windows.

    Returns
    -------
    Tensor, shape (batch, maps * D, 1, n_times) | None
        Mixed maps. None if the layers are of another kind, have hooks, or are as fast one after the
        other.

    Examples
    --------
    >>> model = eegzoo.create_model("eegnex", n_chans=22, n_times=300, n_outputs=4, sfreq=250)
    >>> x = torch.randn(4, 22, 300)
    >>> mixed_samples(model.temporal, model.spatial, x).shape
    torch.Size([4, 64, 1, 300])
    """
    if torch.compiler.is_compiling() or not _are_known(temporal, spatial, x):
        return None
    first, norm_1, _, second, norm_2 = map(unpadded, temporal)
    batch, n_chans, n_times = x.shape
    kernels = second.out_channels, second.in_channels, second.kernel_size[1]
    rows = x.reshape(-1, 1, n_times)
    if not is_worth_choosing(rows.expand(-1, kernels[1], -1), kernels):
        return None
    in_training = norm_2.training or norm_2.running_mean is None
    if not in_training and not _mixing_is_faster(x, kernels, spatial[0].out_channels):
        return None
    pads = same_padding(n_times, first.kernel_size[1])
    maps = dense_conv1d(F.pad(rows, pads), weight_of(first)[:, :, 0])
    maps = F.elu_(
        norm_1(torch.unflatten(maps, 0, (batch, n_chans)))
    )  # (batch, n_chans, 8, n_times)
    weight, mixing = weight_of(second)[:, :, 0], weight_of(spatial[0])[:, 0, :, 0]
    if in_training:
        padded = F.pad(maps, same_padding(n_times, kernels[2]))
        mixed, mean, variance = conv_sample_norm_mix(
            padded, weight, norm_2.weight, norm_2.bias, mixing, norm_2.eps
        )
        update_running_statistics(norm_2, mean, variance, batch * n_chans * kernels[0])
    else:
        scale = norm_2.weight * torch.rsqrt(norm_2.running_var + norm_2.eps)
        shift = norm_2.bias - scale * norm_2.running_mean
        shifts = shift * mixing.sum(1, keepdim=True)
        mixed = torch.addcmul(shifts, mix_conv(maps, weight, mixing), scale)
    return mixed.unsqueeze(2)


def _are_known(temporal: Any, spatial: Any, x: Tensor) -> bool:
    """Return whether the layers compute what their classes and weights imply."""
    layers = [temporal, *map(unpadded, temporal), spatial, *list(spatial)[:1]]
    if len(layers) != len(_KINDS) or not all(map(is_untouched, (*layers, *temporal))):
        return False
    if not all(type(layer) in kinds for layer, kinds in zip(layers, _KINDS, strict=True)):
        return False
    _, first, norm_1, activation, second, norm_2, *_ = layers
    convolutions = (first, second, spatial[0])
    return (
        x.ndim == 3
        and x.shape[0] * x.shape[1] * second.out_channels > 1
        and all(
            conv.stride == conv.dilation == (1, 1)
            and conv.bias is None
            and conv.padding_mode == "zeros"
            and conv.weight.dtype == x.dtype
            for conv in convolutions
        )
        and all(
            conv.groups == 1
            and conv.kernel_size[0] == 1
            and (conv.padding == "same" or conv is not layer)
            for conv, layer in zip((first, second), (temporal[0], temporal[3]), strict=True)
        )
        and all(norm.affine and norm.weight.dtype == x.dtype for norm in (norm_1, norm_2))
        and activation.alpha == 1.0
        and first.in_channels == 1
        and first.out_channels == second.in_channels
        and spatial[0].groups == spatial[0].in_channels == second.out_channels
        and spatial[0].kernel_size == (x.shape[1], 1)
        and spatial[0].padding in ("valid", (0, 0))
    )


_CONVOLUTIONS = (ConstrainedConv2d, nn.Conv2d)
_KINDS: list[tuple[type[nn.Module], ...]] = [
    (nn.Sequential,), _CONVOLUTIONS, (NormOfSamples,), (nn.ELU,), _CONVOLUTIONS, (NormOfSamples,),
    (nn.Sequential,), (DepthwiseConv2d, nn.Conv2d),
]  # fmt: skip


def _mixing_is_faster(x: Tensor, kernels: tuple[int, int, int], n_filters: int) -> bool:
    """Return whether channels that are mixed first take less time than channels mixed last."""
    batch, n_chans, n_times = x.shape
    maps, in_maps, _ = kernels
    functions = {DIRECT: mix_conv_plainly, FRAMES: mix_conv}

    def step_of(name: str) -> Callable[[], object]:
        @torch.inference_mode(False)
        @torch.no_grad()
        def run() -> None:
            # No random numbers: a measurement must not change what comes next.
            signals = torch.ones(min(batch, _WINDOWS), n_chans, in_maps, n_times)
            functions[name](signals, torch.ones(kernels), torch.ones(n_filters, n_chans))

        return run

    of_rows = size_class(x[:_WINDOWS], (maps, in_maps, kernels[2]))
    key = f"mixed {of_rows}, {n_filters} spatial filters"
    return choose(key, list(functions), step_of) == FRAMES
