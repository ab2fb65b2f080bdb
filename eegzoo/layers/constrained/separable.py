"""Depthwise and separable convolutions with a norm constraint on each filter."""

from __future__ import annotations

from collections import OrderedDict

import torch
from torch import nn

from eegzoo.arguments import positive_int
from eegzoo.layers.constrained.convolution import ConstrainedConv2d, Padding
from eegzoo.layers.constrained.norms import AxisNorm


class DepthwiseConv2d(ConstrainedConv2d):
    """Depthwise convolution with a norm constraint on each filter.

    It is a `ConstrainedConv2d` that convolves each input map with `depth_multiplier` filters of its
    own. The output maps of one input map are adjacent, as in Keras.

    Parameters
    ----------
    in_channels : int
        Number of input maps.
    depth_multiplier : int
        Number of filters for each input map.
    kernel_size, stride, padding, dilation, bias, padding_mode, device, dtype
        Arguments of `ConstrainedConv2d`.
    max_norm : float | None
        Largest norm of a filter. None: no constraint.
    min_norm : float | None
        Smallest norm of a filter. Used with `max_norm` only.
    axis_norm : int | tuple of int
        Axes of the weight over which the norm is taken. The weight has the shape
        (in_channels * depth_multiplier, 1, height, width).
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
    EEGNet's spatial filters, two for each of 8 temporal filters:

    >>> spatial = DepthwiseConv2d(8, 2, (22, 1), padding="valid", max_norm=1.0)
    >>> spatial(torch.randn(4, 8, 22, 128)).shape
    torch.Size([4, 16, 1, 128])
    """

    def __init__(
        self,
        in_channels: int,
        depth_multiplier: int,
        kernel_size: int | tuple[int, int],
        stride: int | tuple[int, int] = 1,
        padding: Padding = "same",
        dilation: int | tuple[int, int] = 1,
        bias: bool = False,
        padding_mode: str = "zeros",
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
        max_norm: float | None = 2.0,
        min_norm: float | None = None,
        axis_norm: AxisNorm = (1, 2, 3),
        minmax_rate: float = 1.0,
    ) -> None:
        in_channels = positive_int("in_channels", in_channels)
        out_channels = in_channels * positive_int("depth_multiplier", depth_multiplier)
        super().__init__(
            in_channels, out_channels, kernel_size, stride, padding, dilation, in_channels,
            bias, padding_mode, device, dtype, max_norm=None,
        )  # fmt: skip
        self.set_constraint(max_norm, min_norm, axis_norm, minmax_rate)


class SeparableConv2d(nn.Sequential):
    """Depthwise convolution followed by a pointwise convolution that mixes its maps.

    Parameters
    ----------
    in_channels, out_channels : int
        Number of input and output maps.
    kernel_size, stride, padding, dilation
        Arguments of the depthwise convolution, as in `ConstrainedConv2d`.
    bias : bool
        Whether the two convolutions have a bias.
    depth_multiplier : int
        Number of depthwise filters for each input map.
    depth_max_norm, depth_min_norm : float | None
        Largest and smallest norm of a depthwise filter. None: no constraint.
    depth_minmax_rate : float
        Fraction of the way to its limit that the norm of a depthwise filter moves at each update of
        the weight. Used with both limits only.
    point_max_norm, point_min_norm : float | None
        Largest and smallest norm of a pointwise filter. None: no constraint.
    point_minmax_rate : float
        The same fraction for the norm of a pointwise filter.
    axis_norm : int | tuple of int
        Axes of both weights over which the norm is taken.

    Raises
    ------
    ValueError, TypeError
        If an argument is invalid. The message names the argument.

    See Also
    --------
    NormConstraint : The behaviour in training and in evaluation.

    References
    ----------
    Chollet (2017), Xception: deep learning with depthwise separable convolutions, CVPR.
    https://doi.org/10.1109/CVPR.2017.195

    Examples
    --------
    >>> layer = SeparableConv2d(16, 16, (1, 16), depth_max_norm=1.0)
    >>> layer(torch.randn(4, 16, 1, 32)).shape
    torch.Size([4, 16, 1, 32])
    >>> list(layer.state_dict())
    ['depthwise.weight', 'pointwise.weight']
    """

    depthwise: DepthwiseConv2d
    pointwise: ConstrainedConv2d

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | tuple[int, int],
        stride: int | tuple[int, int] = 1,
        padding: Padding = "same",
        dilation: int | tuple[int, int] = 1,
        bias: bool = False,
        depth_multiplier: int = 1,
        depth_max_norm: float | None = None,
        depth_min_norm: float | None = None,
        depth_minmax_rate: float = 1.0,
        point_max_norm: float | None = None,
        point_min_norm: float | None = None,
        point_minmax_rate: float = 1.0,
        axis_norm: AxisNorm = (1, 2, 3),
    ) -> None:
        depthwise = DepthwiseConv2d(
            in_channels, depth_multiplier, kernel_size, stride, padding, dilation, bias,
            max_norm=None,
        )  # fmt: skip
        pointwise = ConstrainedConv2d(
            depthwise.out_channels, out_channels, 1, bias=bias, max_norm=None
        )
        # A plain Sequential of torch layers with these names has the same state dict.
        super().__init__(OrderedDict(depthwise=depthwise, pointwise=pointwise))
        depthwise.set_constraint(
            depth_max_norm, depth_min_norm, axis_norm, depth_minmax_rate, "depth_"
        )
        pointwise.set_constraint(
            point_max_norm, point_min_norm, axis_norm, point_minmax_rate, "point_"
        )
