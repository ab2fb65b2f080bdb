"""Layers that convolve by the algorithm that is the fastest on this machine."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from eegzoo.layers.constrained.convolution import ConstrainedConv1d
from eegzoo.layers.fast_conv.dense_conv1d import dense_conv1d


def conv1d(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    stride: tuple[int, ...],
    padding: int | tuple[int, ...],
    dilation: tuple[int, ...],
    groups: int,
) -> Tensor:
    """Convolve as `torch.nn.functional.conv1d` does, by `dense_conv1d` where it can.

    Examples
    --------
    >>> x, weight = torch.randn(16, 22, 1000), torch.randn(40, 22, 25)
    >>> conv1d(x, weight, None, (1,), (12,), (1,), groups=1).shape
    torch.Size([16, 40, 1000])
    """
    if x.ndim != 3 or stride != (1,) or dilation != (1,) or groups != 1:
        return F.conv1d(x, weight, bias, stride, padding, dilation, groups)
    (both_sides,) = (padding,) if isinstance(padding, int) else padding
    return dense_conv1d(F.pad(x, (both_sides, both_sides)) if both_sides else x, weight, bias)


class FastConv1d(nn.Conv1d):
    """`torch.nn.Conv1d` that computes by `eegzoo.layers.dense_conv1d` where it can.

    Its outputs differ from those of `torch.nn.Conv1d` by rounding. The arguments are the same.

    Examples
    --------
    >>> layer = FastConv1d(50, 100, 10)
    >>> layer(torch.randn(32, 50, 107)).shape
    torch.Size([32, 100, 98])
    """

    def forward(self, x: Tensor) -> Tensor:
        """Convolve `x`, with or without a batch axis."""
        if self.padding_mode != "zeros" or isinstance(self.padding, str):
            return super().forward(x)
        return conv1d(
            x, self.weight, self.bias, self.stride, self.padding, self.dilation, self.groups
        )


class FastConstrainedConv1d(ConstrainedConv1d):
    """`ConstrainedConv1d` that computes by `eegzoo.layers.dense_conv1d` where it can.

    Examples
    --------
    >>> layer = FastConstrainedConv1d(50, 100, 10, padding="valid", max_norm=1.0)
    >>> layer(torch.randn(32, 50, 107)).shape
    torch.Size([32, 100, 98])
    """

    _convolve = staticmethod(conv1d)
