"""Linear layer with a norm constraint on each unit."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from eegzoo.arguments import positive_int
from eegzoo.layers.constrained.norm_constraint import NormConstraint
from eegzoo.layers.constrained.norms import AxisNorm


class ConstrainedDense(NormConstraint, nn.Linear):
    """`torch.nn.Linear` with a norm constraint on each unit.

    Parameters
    ----------
    in_features, out_features, bias, device, dtype
        Arguments of `torch.nn.Linear`.
    max_norm : float | None
        Largest norm of a unit's weights. None: no constraint.
    min_norm : float | None
        Smallest norm of a unit's weights. Used with `max_norm` only.
    axis_norm : int | tuple of int
        Axes of the weight over which the norm is taken. The weight has the shape (out_features,
        in_features).
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
    >>> head = ConstrainedDense(64, 4, max_norm=0.25)
    >>> head(torch.randn(8, 64)).shape
    torch.Size([8, 4])
    >>> bool((head.weight.norm(dim=1) <= 0.25 + 1e-6).all())
    True
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
        max_norm: float | None = 2.0,
        min_norm: float | None = None,
        axis_norm: AxisNorm = 1,
        minmax_rate: float = 1.0,
    ) -> None:
        in_features = positive_int("in_features", in_features)
        out_features = positive_int("out_features", out_features)
        super().__init__(in_features, out_features, bias, device, dtype)
        self.set_constraint(max_norm, min_norm, axis_norm, minmax_rate)

    def forward(self, x: Tensor) -> Tensor:
        """Map (..., in_features) to (..., out_features)."""
        return F.linear(x, self.shared_weight(), self.bias)
