"""Transposed convolutions with a norm constraint on each filter."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from eegzoo.layers.constrained.norm_constraint import NormConstraint
from eegzoo.layers.constrained.norms import AxisNorm, norms_over
from eegzoo.torch_modules import TransposedBase, output_padding_of

_Sizes = int | tuple[int, ...]


class _ConstrainedTransposed(NormConstraint, TransposedBase):
    """Base class of the constrained transposed convolutions."""

    _convolve: Callable[..., Tensor]

    def filter_norms(self, weight: Tensor | None = None) -> Tensor:
        """Return the norms that the limits apply to.

        A filter belongs to an output map. Its input maps are those of one group.
        """
        weight = self.weight if weight is None else weight
        if self.groups == 1 or 0 not in self.axis_norm:
            return norms_over(weight, self.axis_norm)
        by_group = weight.reshape(self.groups, -1, *weight.shape[1:])
        norms = norms_over(by_group, tuple(axis + 1 for axis in self.axis_norm))
        return norms.expand(-1, by_group.shape[1], *norms.shape[2:]).flatten(0, 1)

    def forward(self, x: Tensor, output_size: list[int] | None = None) -> Tensor:
        """Convolve `x`, with or without a batch axis, with the constrained weight."""
        output_padding = output_padding_of(self, x, output_size)
        return self._convolve(
            x, self.shared_weight(), self.bias, self.stride, self.padding, output_padding,
            self.groups, self.dilation,
        )  # fmt: skip


class ConstrainedConvTranspose1d(_ConstrainedTransposed, nn.ConvTranspose1d):
    """`torch.nn.ConvTranspose1d` with a norm constraint on each filter.

    Parameters
    ----------
    in_channels, out_channels, kernel_size, stride, padding, output_padding, groups, bias
        Arguments of `torch.nn.ConvTranspose1d`.
    dilation, padding_mode, device, dtype
        Arguments of `torch.nn.ConvTranspose1d`.
    max_norm : float | None
        Largest norm of a filter. None: no constraint.
    min_norm : float | None
        Smallest norm of a filter. Used with `max_norm` only.
    axis_norm : int | tuple of int
        Axes of the weight over which the norm is taken. The weight has the shape
        (in_channels, out_channels / groups, kernel_size), so that the default gives each output map
        one norm. Keras's kernel has the axes (kernel_size, out_channels, in_channels).
    minmax_rate : float
        Fraction of the way to its limit that a norm moves at each update of the weight. Used with
        both limits only.

    See Also
    --------
    NormConstraint : The behaviour in training and in evaluation.

    Examples
    --------
    >>> layer = ConstrainedConvTranspose1d(8, 4, 5, stride=2, max_norm=0.5)
    >>> layer(torch.randn(2, 8, 10)).shape
    torch.Size([2, 4, 23])
    >>> bool((layer.weight.norm(dim=(0, 2)) <= 0.5 + 1e-6).all())
    True
    """

    _convolve = staticmethod(F.conv_transpose1d)

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: _Sizes,
        stride: _Sizes = 1,
        padding: _Sizes = 0,
        output_padding: _Sizes = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: _Sizes = 1,
        padding_mode: str = "zeros",
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
        max_norm: float | None = 2.0,
        min_norm: float | None = None,
        axis_norm: AxisNorm = (0, 2),
        minmax_rate: float = 1.0,
    ) -> None:
        super().__init__(
            in_channels, out_channels, kernel_size, stride, padding, output_padding,  # type: ignore[arg-type]
            groups, bias, dilation, padding_mode, device, dtype,  # type: ignore[arg-type]
        )  # fmt: skip
        self.set_constraint(max_norm, min_norm, axis_norm, minmax_rate)


class ConstrainedConvTranspose2d(_ConstrainedTransposed, nn.ConvTranspose2d):
    """`torch.nn.ConvTranspose2d` with a norm constraint on each filter.

    Parameters
    ----------
    in_channels, out_channels, kernel_size, stride, padding, output_padding, groups, bias
        Arguments of `torch.nn.ConvTranspose2d`.
    dilation, padding_mode, device, dtype
        Arguments of `torch.nn.ConvTranspose2d`.
    max_norm : float | None
        Largest norm of a filter. None: no constraint.
    min_norm : float | None
        Smallest norm of a filter. Used with `max_norm` only.
    axis_norm : int | tuple of int
        Axes of the weight over which the norm is taken. The weight has the shape
        (in_channels, out_channels / groups, height, width), so that the default gives each output
        map one norm. Keras's kernel has the axes (height, width, out_channels, in_channels).
    minmax_rate : float
        Fraction of the way to its limit that a norm moves at each update of the weight. Used with
        both limits only.

    See Also
    --------
    NormConstraint : The behaviour in training and in evaluation.

    Examples
    --------
    >>> layer = ConstrainedConvTranspose2d(8, 4, (1, 5), stride=(1, 2), max_norm=0.5)
    >>> layer(torch.randn(2, 8, 3, 10)).shape
    torch.Size([2, 4, 3, 23])
    """

    _convolve = staticmethod(F.conv_transpose2d)

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: _Sizes,
        stride: _Sizes = 1,
        padding: _Sizes = 0,
        output_padding: _Sizes = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: _Sizes = 1,
        padding_mode: str = "zeros",
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
        max_norm: float | None = 2.0,
        min_norm: float | None = None,
        axis_norm: AxisNorm = (0, 2, 3),
        minmax_rate: float = 1.0,
    ) -> None:
        super().__init__(
            in_channels, out_channels, kernel_size, stride, padding, output_padding,  # type: ignore[arg-type]
            groups, bias, dilation, padding_mode, device, dtype,  # type: ignore[arg-type]
        )  # fmt: skip
        self.set_constraint(max_norm, min_norm, axis_norm, minmax_rate)
