"""Recurrent layers with a norm constraint on the weights of each unit."""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from torch import nn

from eegzoo.layers.constrained.norm_constraint import NormConstraint
from eegzoo.layers.constrained.norms import AxisNorm
from eegzoo.torch_modules import RecurrentBase, call_recurrent


class _ConstrainedRecurrent(NormConstraint, RecurrentBase):
    """Base class of the constrained recurrent layers."""

    _plain: ClassVar[type[RecurrentBase]]

    @property
    def weight_names(self) -> tuple[str, ...]:
        """Names of the matrices of all layers and directions; biases are not constrained."""
        names = (name for name, _ in self.named_parameters(recurse=False))
        return tuple(name for name in names if name.startswith("weight_"))

    def forward(self, x: Any, hx: Any = None) -> Any:
        """Compute as the layer of torch does, with the constrained weights."""
        weights = {name: self.constrained_weight(name) for name in self.weight_names}
        return call_recurrent(self, self._plain, weights, x, hx)


class ConstrainedLSTM(_ConstrainedRecurrent, nn.LSTM):
    """`torch.nn.LSTM` with a norm constraint on the weights of each unit.

    The constraint holds for the input weights, the recurrent weights and the projections of all
    layers and directions, each on its own.

    Parameters
    ----------
    input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, proj_size
        Arguments of `torch.nn.LSTM`.
    device, dtype
        Device and dtype of the parameters.
    max_norm : float | None
        Largest norm of the weights of a gate's unit. None: no constraint.
    min_norm : float | None
        Smallest norm of these weights. Used with `max_norm` only.
    axis_norm : int | tuple of int
        Axes of the weights over which the norm is taken. The input weights have the shape
        (4 * hidden_size, input_size), the recurrent ones (4 * hidden_size, hidden_size). The
        default is what Keras's axis 0 is for its transposed kernels.
    minmax_rate : float
        Fraction of the way to its limit that a norm moves at each update of the weight. Used with
        both limits only.

    See Also
    --------
    NormConstraint : The behaviour in training and in evaluation.

    Examples
    --------
    >>> layer = ConstrainedLSTM(8, 16, batch_first=True, max_norm=0.5)
    >>> output, (hidden, cell) = layer(torch.randn(2, 20, 8))
    >>> output.shape, hidden.shape
    (torch.Size([2, 20, 16]), torch.Size([1, 2, 16]))
    >>> bool((layer.weight_hh_l0.norm(dim=1) <= 0.5 + 1e-6).all())
    True
    """

    _plain = nn.LSTM

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
        max_norm: float | None = 2.0,
        min_norm: float | None = None,
        axis_norm: AxisNorm = 1,
        minmax_rate: float = 1.0,
    ) -> None:
        super().__init__(
            input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional,
            proj_size, device, dtype,
        )  # fmt: skip
        self.set_constraint(max_norm, min_norm, axis_norm, minmax_rate)


class ConstrainedGRU(_ConstrainedRecurrent, nn.GRU):
    """`torch.nn.GRU` with a norm constraint on the weights of each unit.

    The constraint holds for the input weights and the recurrent weights of all layers and
    directions, each on its own.

    Parameters
    ----------
    input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional
        Arguments of `torch.nn.GRU`.
    device, dtype
        Device and dtype of the parameters.
    max_norm : float | None
        Largest norm of the weights of a gate's unit. None: no constraint.
    min_norm : float | None
        Smallest norm of these weights. Used with `max_norm` only.
    axis_norm : int | tuple of int
        Axes of the weights over which the norm is taken. The input weights have the shape
        (3 * hidden_size, input_size), the recurrent ones (3 * hidden_size, hidden_size). The
        default is what Keras's axis 0 is for its transposed kernels.
    minmax_rate : float
        Fraction of the way to its limit that a norm moves at each update of the weight. Used with
        both limits only.

    See Also
    --------
    NormConstraint : The behaviour in training and in evaluation.

    Examples
    --------
    >>> layer = ConstrainedGRU(8, 16, batch_first=True, bidirectional=True, max_norm=0.5)
    >>> layer(torch.randn(2, 20, 8))[0].shape
    torch.Size([2, 20, 32])
    """

    _plain = nn.GRU

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
        max_norm: float | None = 2.0,
        min_norm: float | None = None,
        axis_norm: AxisNorm = 1,
        minmax_rate: float = 1.0,
    ) -> None:
        super().__init__(
            input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional,
            device=device, dtype=dtype,
        )  # fmt: skip
        self.set_constraint(max_norm, min_norm, axis_norm, minmax_rate)
