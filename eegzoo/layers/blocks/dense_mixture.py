"""Dense layers on parts of the features, whose probabilities are averaged."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from eegzoo.arguments import positive_int
from eegzoo.layers.constrained.dense import ConstrainedDense

# More features than windows leave directions that no window reaches, where weights stay as drawn.
_SPREAD_AT_START = 1e-3


class DenseMixture(nn.Module):
    """Constrained dense layers, each on its own part of the features; their probabilities are averaged.

    A part with many or reliable features does not outvote another, as it can in one dense layer on
    all, and the maximum norm of each layer regularises it by itself. Weights begin near zero.

    Parameters
    ----------
    in_features : sequence of int
        Number of features of each part, in their order.
    out_features : int
        Number of classes, at least 2.
    max_norms : sequence of float | None
        Maximum norm of the weights of a class, for each part. None: no limit.

    Raises
    ------
    ValueError, TypeError
        If an argument is invalid. The message names the argument.

    Examples
    --------
    >>> head = DenseMixture([6, 4], 2, max_norms=[1.0, 0.5])
    >>> log_probabilities = head(torch.randn(8, 10))
    >>> torch.allclose(log_probabilities.exp().sum(1), torch.ones(8))
    True
    """

    def __init__(
        self, in_features: Sequence[int], out_features: int, max_norms: Sequence[float | None]
    ) -> None:
        super().__init__()
        self.in_features = [positive_int("in_features", size) for size in in_features]
        self.out_features = positive_int("out_features", out_features)
        if self.out_features < 2:  # one class has the probability 1 whatever the features are
            raise ValueError(f"expected out_features to be at least 2, got {out_features!r}")
        if len(max_norms) != len(self.in_features):
            raise ValueError(
                f"expected max_norms to hold {len(self.in_features)} norms, as many as there are "
                f"parts, got {list(max_norms)}"
            )
        self.layers = nn.ModuleList(
            ConstrainedDense(size, self.out_features, max_norm=max_norm)
            for size, max_norm in zip(self.in_features, max_norms, strict=True)
        )
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw weights near zero; biases are zero."""
        for layer in self.layers:
            nn.init.normal_(layer.weight, std=_SPREAD_AT_START)
            nn.init.zeros_(layer.bias)

    def forward(self, x: Tensor) -> Tensor:
        """Map features (..., sum of in_features) to logarithms of probabilities (..., classes)."""
        parts = x.split(self.in_features, dim=-1)
        each = [layer(part) for layer, part in zip(self.layers, parts, strict=True)]
        mean = torch.stack(each).log_softmax(-1).logsumexp(0) - math.log(len(each))
        return mean
