"""Convolution and max pool along time with TensorFlow's "SAME" padding, also with a stride."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from eegzoo.arguments import positive_int
from eegzoo.layers.padding import same_padding


class SameConv1d(nn.Conv1d):
    """`torch.nn.Conv1d` with TensorFlow's "SAME" padding.

    It returns ``ceil(n_times / stride)`` samples. Without a stride this is the ``padding="same"``
    of `ConstrainedConv1d`. With a stride the number of zeros on either side depends on the number
    of samples.

    Parameters
    ----------
    in_channels, out_channels, kernel_size, stride, dilation, groups, bias
        Arguments of `torch.nn.Conv1d`.

    Examples
    --------
    >>> SameConv1d(1, 4, kernel_size=50, stride=6)(torch.randn(2, 1, 3000)).shape
    torch.Size([2, 4, 500])
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int,
        stride: int = 1,
        dilation: int = 1,
        groups: int = 1,
        bias: bool = True,
    ) -> None:
        super().__init__(
            in_channels, out_channels, positive_int("kernel_size", kernel_size),
            positive_int("stride", stride), dilation=dilation, groups=groups, bias=bias,
        )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        """Map (..., in_channels, n_times) to (..., out_channels, ceil(n_times / stride))."""
        pads = same_padding(x.shape[-1], self.kernel_size[0], self.stride[0], self.dilation[0])
        return super().forward(F.pad(x, pads))


class SameMaxPool1d(nn.Module):
    """Max pool with TensorFlow's "SAME" padding.

    It returns ``ceil(n_times / stride)`` samples.

    Parameters
    ----------
    length : int
        Length of the pool in samples. The padding is never the maximum.
    stride : int | None
        Number of samples from one maximum to the next. None: `length`.

    Examples
    --------
    >>> SameMaxPool1d(4)(torch.arange(6.0).reshape(1, 1, 6))
    tensor([[[2., 5.]]])
    """

    def __init__(self, length: int, stride: int | None = None) -> None:
        super().__init__()
        self.length = positive_int("length", length)
        self.stride = positive_int("stride", length if stride is None else stride)

    def forward(self, x: Tensor) -> Tensor:
        """Map (..., n_times) to (..., ceil(n_times / stride))."""
        pads = same_padding(x.shape[-1], self.length, self.stride)
        return F.max_pool1d(F.pad(x, pads, value=-float("inf")), self.length, self.stride)

    def extra_repr(self) -> str:
        """Return the length and the stride."""
        return f"{self.length}, stride={self.stride}"
