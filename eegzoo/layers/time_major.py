"""Time-major maps: all maps of one sample are neighbours in memory.

They have the shape (batch, maps, n_times) like others, with the strides of a transposed
(batch, n_times, maps). On CPUs, convolutions with few inputs for each output, batch normalisations
and pools are faster in this layout, which torch has for images only (`torch.channels_last`).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from eegzoo.layers.eager import is_eager_on_cpu

# Number of maps from which on time-major convolutions are faster, with AVX-512 and without.
_FEWEST_MAPS = 8
# Longest kernel for which torch's gradient of time-major convolutions is not many times slower.
_LONGEST_KERNEL = 32


def is_time_major(x: Tensor) -> bool:
    """Return whether maps (batch, maps, n_times) are time-major; in traced graphs, none are.

    Examples
    --------
    >>> x = torch.zeros(4, 16, 100)
    >>> is_time_major(x), is_time_major(x.mT.contiguous().mT)
    (False, True)
    """
    if x.ndim != 3 or not is_eager_on_cpu(x):
        return False
    _, maps, n_times = x.shape
    # Strides are compared first, because they are read many times for a single window.
    return x.stride()[1:] == (1, maps) and min(maps, n_times) > 1 and x.mT.is_contiguous()


def prefers_time_major(x: Tensor, n_maps: int) -> bool:
    """Return whether so many maps, computed from signals `x`, should be time-major.

    For a single window, what is gained is lost by the additional calls.

    Examples
    --------
    >>> x = torch.zeros(4, 22, 100)
    >>> prefers_time_major(x, 16), prefers_time_major(x.double(), 16)
    (True, False)
    """
    if not is_eager_on_cpu(x) or torch.is_autocast_enabled("cpu"):
        return False
    return len(x) > 1 and n_maps >= _FEWEST_MAPS and x.dtype is torch.float32


def pad_time(x: Tensor, padding: Sequence[int]) -> Tensor:
    """Pad maps (batch, maps, n_times) with zeros before and after; keep them time-major.

    Examples
    --------
    >>> pad_time(torch.ones(1, 1, 2), (0, 1))
    tensor([[[1., 1., 0.]]])
    """
    return F.pad(x.mT, (0, 0, *padding)).mT if is_time_major(x) else F.pad(x, list(padding))


def conv1d(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: int | tuple[int, ...] = 1,
    padding: int | tuple[int, ...] | list[int] = 0,
    dilation: int | tuple[int, ...] = 1,
    groups: int = 1,
) -> Tensor:
    """Convolve as `torch.nn.functional.conv1d` does; the output is time-major if `x` is.

    Examples
    --------
    >>> x, weight = torch.ones(1, 5, 2).mT, torch.ones(2, 2, 2)
    >>> out = conv1d(x, weight)
    >>> out, is_time_major(out)
    (tensor([[[4., 4., 4., 4.],
             [4., 4., 4., 4.]]]), True)
    """
    if not is_time_major(x) or weight.shape[2] > _LONGEST_KERNEL:
        return F.conv1d(x, weight, bias, stride, padding, dilation, groups)
    kernels = image_kernels(weight)
    image = x.unsqueeze(2)
    (step,), (pad,), (space,) = map(_single, (stride, padding, dilation))
    out = F.conv2d(image, kernels, bias, (1, step), (0, pad), (1, space), groups)
    return out.squeeze(2)


def image_kernels(weight: Tensor) -> Tensor:
    """Return kernels (maps, channels, taps) as those of images one sample high, channels last.

    The gradient has the strides of the kernels, which `DistributedDataParallel` asks for.

    Examples
    --------
    >>> image_kernels(torch.zeros(8, 4, 3)).shape
    torch.Size([8, 4, 1, 3])
    """
    maps, channels, taps = weight.shape
    kernels = weight.flatten(1).view(maps, channels, 1, taps)
    return kernels.contiguous(memory_format=torch.channels_last)


def _single(amount: int | tuple[int, ...] | list[int]) -> tuple[int, ...]:
    return (amount,) if isinstance(amount, int) else tuple(amount)
