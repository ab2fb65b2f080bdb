"""Convolution over three axes with a norm constraint on each filter."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from eegzoo.layers.constrained.convolution import ConstrainedConv, Padding
from eegzoo.layers.constrained.norms import AxisNorm


class ConstrainedConv3d(ConstrainedConv, nn.Conv3d):
    """`torch.nn.Conv3d` with a norm constraint on each filter.

    Parameters
    ----------
    in_channels, out_channels, kernel_size, stride, dilation, groups, bias, padding_mode
        Arguments of `torch.nn.Conv3d`.
    padding : int | tuple of int | {"same", "valid", "causal"}
        Padding as in `ConstrainedConv1d`. "causal" pads along time, the last axis; the other axes
        are not padded.
    device, dtype
        Device and dtype of the parameters.
    max_norm : float | None
        Largest norm of a filter. None: no constraint.
    min_norm : float | None
        Smallest norm of a filter. Used with `max_norm` only.
    axis_norm : int | tuple of int
        Axes of the weight over which the norm is taken. The weight has the shape
        (out_channels, in_channels / groups, depth, height, width).
    minmax_rate : float
        Fraction of the way to its limit that a norm moves at each update of the weight. Used with
        both limits only.

    Raises
    ------
    ValueError, TypeError
        If an argument is invalid. The message names the argument.

    See Also
    --------
    NormConstraint : The behaviour in training and in evaluation.

    Examples
    --------
    Filters over a 9 x 9 map of the scalp and half a second:

    >>> layer = ConstrainedConv3d(1, 8, (3, 3, 64), padding="same", max_norm=1.0)
    >>> layer(torch.randn(2, 1, 9, 9, 128)).shape
    torch.Size([2, 8, 9, 9, 128])
    """

    _convolve = staticmethod(F.conv3d)
    _n_axes = 3

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | tuple[int, int, int],
        stride: int | tuple[int, int, int] = 1,
        padding: Padding = "same",
        dilation: int | tuple[int, int, int] = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
        max_norm: float | None = 2.0,
        min_norm: float | None = None,
        axis_norm: AxisNorm = (1, 2, 3, 4),
        minmax_rate: float = 1.0,
    ) -> None:
        super().__init__(
            in_channels, out_channels, kernel_size, stride, padding, dilation,
            groups, bias, padding_mode, device, dtype,
        )  # fmt: skip
        self.set_constraint(max_norm, min_norm, axis_norm, minmax_rate)
