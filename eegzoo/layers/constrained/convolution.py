"""Convolutions with a norm constraint on each filter."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from eegzoo.arguments import one_of, positive_int, positive_ints
from eegzoo.layers.constrained.norm_constraint import NormConstraint
from eegzoo.layers.constrained.norms import AxisNorm
from eegzoo.layers.padding import causal_padding, is_lopsided
from eegzoo.layers.time_major import conv1d, pad_time
from eegzoo.torch_internals import ConvBase, padding_of, set_padding

Padding = str | int | tuple[int, ...]


class ConstrainedConv(NormConstraint, ConvBase):
    """Base class of the constrained convolutions. Time is the last axis."""

    _convolve: Callable[..., Tensor]
    _n_axes: ClassVar[int]

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | tuple[int, ...],
        stride: int | tuple[int, ...],
        padding: Padding,
        dilation: int | tuple[int, ...],
        groups: int,
        bias: bool,
        padding_mode: str,
        device: torch.device | str | None,
        dtype: torch.dtype | None,
    ) -> None:
        strides = positive_ints("stride", stride, self._n_axes)
        _check_padding(padding, padding_mode, strides)
        groups = positive_int("groups", groups)
        super().__init__(  # type: ignore[call-arg]
            _multiple_of(groups, "in_channels", in_channels),
            _multiple_of(groups, "out_channels", out_channels),
            positive_ints("kernel_size", kernel_size, self._n_axes),
            stride=strides,
            padding=0 if padding == "causal" else padding,  # type: ignore[arg-type]
            dilation=positive_ints("dilation", dilation, self._n_axes),
            groups=groups,
            bias=bias,
            padding_mode=padding_mode,  # type: ignore[arg-type]
            device=device,
            dtype=dtype,
        )
        if padding == "causal":
            self.padding = padding
            other_axes = [0] * (2 * self._n_axes - 2)
            in_time = causal_padding(self.kernel_size[-1], self.dilation[-1])
            set_padding(self, [*in_time, *other_axes])

    def forward(self, x: Tensor) -> Tensor:
        """Convolve `x`, with or without a batch axis, with the constrained weight."""
        weight, padding = self.shared_weight(), padding_of(self)
        both_sides: int | list[int] | tuple[int, ...] = 0
        if self.padding_mode != "zeros":
            x = F.pad(x, padding, self.padding_mode)
        elif not isinstance(self.padding, str):
            both_sides = self.padding
        elif is_lopsided(padding):
            # torch's own "same" warns and copies the input twice if one side has one zero more.
            x = F.pad(x, padding) if len(padding) > 2 else pad_time(x, padding)
        else:
            both_sides = padding[::-2]
        return self._convolve(
            x, weight, self.bias, self.stride, both_sides, self.dilation, self.groups
        )


def _multiple_of(groups: int, name: str, value: int) -> int:
    if positive_int(name, value) % groups:
        raise ValueError(f"expected {name} to be a multiple of groups={groups}, got {value}")
    return value


def _check_padding(padding: Padding, padding_mode: str, stride: tuple[int, ...]) -> None:
    one_of("padding_mode", padding_mode, ("zeros", "reflect", "replicate", "circular"))
    if isinstance(padding, str):
        one_of("padding", padding, ("same", "valid", "causal"))
    else:
        positive_ints("padding", padding, len(stride), at_least=0)
    if padding == "same" and set(stride) != {1}:
        raise ValueError(
            f'expected stride 1 with padding="same", got {stride}; '
            'use padding="causal", "valid" or a number'
        )
    if padding == "causal" and padding_mode in ("reflect", "circular"):
        raise ValueError(
            f'expected padding_mode "zeros" or "replicate" with padding="causal", '
            f"got {padding_mode!r}, which pads the past with the future"
        )


class ConstrainedConv1d(ConstrainedConv, nn.Conv1d):
    """`torch.nn.Conv1d` with a norm constraint on each filter.

    Parameters
    ----------
    in_channels, out_channels, kernel_size, stride, dilation, groups, bias, padding_mode
        Arguments of `torch.nn.Conv1d`.
    padding : int | tuple of int | {"same", "valid", "causal"}
        Padding along time. "same" keeps the number of samples and needs stride 1; with an even
        kernel the right side gets one zero more. "causal" pads on the left only, so that no output
        depends on a later input; there are ``ceil(n_times / stride)`` outputs. It needs
        `padding_mode` "zeros" or "replicate".
    device, dtype
        Device and dtype of the parameters.
    max_norm : float | None
        Largest norm of a filter. None: no constraint.
    min_norm : float | None
        Smallest norm of a filter. Used with `max_norm` only.
    axis_norm : int | tuple of int
        Axes of the weight over which the norm is taken. The weight has the shape
        (out_channels, in_channels / groups, kernel_size).
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
    >>> x = torch.randn(4, 8, 64)
    >>> layer = ConstrainedConv1d(8, 16, 15, max_norm=1.4, min_norm=0.3)
    >>> layer.weight = torch.nn.Parameter(layer.weight * 10)
    >>> out = layer(x)
    >>> out.shape, bool(out.isnan().any())
    (torch.Size([4, 16, 64]), False)
    >>> bool((torch.linalg.vector_norm(layer.weight, dim=(1, 2)) <= 1.4 + 1e-3).all())
    True
    """

    _convolve: Callable[..., Tensor] = staticmethod(conv1d)
    _n_axes = 1

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | tuple[int],
        stride: int | tuple[int] = 1,
        padding: Padding = "same",
        dilation: int | tuple[int] = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
        max_norm: float | None = 2.0,
        min_norm: float | None = None,
        axis_norm: AxisNorm = (1, 2),
        minmax_rate: float = 1.0,
    ) -> None:
        super().__init__(
            in_channels, out_channels, kernel_size, stride, padding, dilation,
            groups, bias, padding_mode, device, dtype,
        )  # fmt: skip
        self.set_constraint(max_norm, min_norm, axis_norm, minmax_rate)


class ConstrainedConv2d(ConstrainedConv, nn.Conv2d):
    """`torch.nn.Conv2d` with a norm constraint on each filter.

    Parameters
    ----------
    in_channels, out_channels, kernel_size, stride, dilation, groups, bias, padding_mode
        Arguments of `torch.nn.Conv2d`.
    padding : int | tuple of int | {"same", "valid", "causal"}
        Padding as in `ConstrainedConv1d`. "causal" pads along time, the last axis; the other axis
        is not padded.
    device, dtype
        Device and dtype of the parameters.
    max_norm : float | None
        Largest norm of a filter. None: no constraint.
    min_norm : float | None
        Smallest norm of a filter. Used with `max_norm` only.
    axis_norm : int | tuple of int
        Axes of the weight over which the norm is taken. The weight has the shape
        (out_channels, in_channels / groups, height, width).
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
    Spatial filters over 22 channels, two for each of 8 maps:

    >>> spatial = ConstrainedConv2d(8, 16, (22, 1), padding="valid", groups=8, max_norm=1.0)
    >>> spatial(torch.randn(4, 8, 22, 128)).shape
    torch.Size([4, 16, 1, 128])
    """

    _convolve = staticmethod(F.conv2d)
    _n_axes = 2

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | tuple[int, int],
        stride: int | tuple[int, int] = 1,
        padding: Padding = "same",
        dilation: int | tuple[int, int] = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
        max_norm: float | None = 2.0,
        min_norm: float | None = None,
        axis_norm: AxisNorm = (1, 2, 3),
        minmax_rate: float = 1.0,
    ) -> None:
        super().__init__(
            in_channels, out_channels, kernel_size, stride, padding, dilation,
            groups, bias, padding_mode, device, dtype,
        )  # fmt: skip
        self.set_constraint(max_norm, min_norm, axis_norm, minmax_rate)
