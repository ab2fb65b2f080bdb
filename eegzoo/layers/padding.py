"""Number of zeros on either side of a signal before a convolution or a pool."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import nn


def same_padding(
    n_times: int, kernel_size: int, stride: int = 1, dilation: int = 1
) -> tuple[int, int]:
    """Return the padding that TensorFlow calls "SAME".

    The output has ``ceil(n_times / stride)`` samples. If the number of zeros is odd, the right side
    has one more.

    Parameters
    ----------
    n_times : int
        Number of samples of the input.
    kernel_size, stride, dilation : int
        Length, stride and dilation of the convolution or pool in samples.

    Returns
    -------
    tuple of int
        Number of zeros on the left and on the right.

    Examples
    --------
    >>> same_padding(1000, 32)
    (15, 16)
    >>> same_padding(3000, 50, stride=6)
    (22, 22)
    """
    n_outputs = -(-n_times // stride)
    total = max(0, (n_outputs - 1) * stride + dilation * (kernel_size - 1) + 1 - n_times)
    return total // 2, total - total // 2


def causal_padding(kernel_size: int, dilation: int = 1) -> tuple[int, int]:
    """Return the padding with which no output depends on a later input.

    Examples
    --------
    >>> causal_padding(5, dilation=3)
    (12, 0)
    """
    return dilation * (kernel_size - 1), 0


def is_lopsided(padding: Sequence[int]) -> bool:
    """Return whether an axis has more zeros on one side than on the other.

    Examples
    --------
    >>> is_lopsided((2, 2, 15, 16))
    True
    """
    return padding[::2] != padding[1::2]


def padding_layer(padding: Sequence[int], padding_mode: str = "zeros") -> nn.Module:
    """Return a layer of torch that pads with zeros or with the outermost samples ("replicate").

    Parameters
    ----------
    padding : sequence of int
        Amounts before and after each axis, in the order of `torch.nn.functional.pad`.
    padding_mode : {"zeros", "replicate"}
        What to pad with.

    Examples
    --------
    >>> padding_layer([4, 0], "replicate")
    ReplicationPad1d((4, 0))
    """
    n_axes = len(padding) // 2
    amounts: Any = tuple(padding)
    if padding_mode == "replicate":
        replicate = (nn.ReplicationPad1d, nn.ReplicationPad2d, nn.ReplicationPad3d)[n_axes - 1]
        return replicate(amounts)
    constant = (nn.ConstantPad1d, nn.ConstantPad2d, nn.ConstantPad3d)[n_axes - 1]
    return constant(amounts, 0.0)
