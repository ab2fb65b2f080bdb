"""Features of windows as z-scores of one person."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from eegzoo.arguments import number_between
from eegzoo.layers.dropout import Dropout
from eegzoo.layers.person.batch_norm import PersonBatchNorm1d


class FeatureNorm(PersonBatchNorm1d):
    """z-scores of features by person: each feature has mean 0 and variance 1 in a person's windows.

    People differ more in their features than one person's states do. Referred to the person,
    features of people whom a head has never seen lie where it expects them.

    Parameters
    ----------
    n_features : int
        Number of features of a window.
    drop_prob : float
        Dropout of the z-scores in training.
    eps : float
        Number added to the variances.
    momentum : float | None
        Share of a batch in the running statistics, as in `torch.nn.BatchNorm1d`.

    Examples
    --------
    >>> norm = FeatureNorm(5)
    >>> norm(3 + 7 * torch.randn(40, 5)).std(0, correction=0)
    tensor([1.0000, 1.0000, 1.0000, 1.0000, 1.0000])
    """

    plain_class = None  # the last axis holds the features, unlike in torch's layer

    def __init__(
        self,
        n_features: int,
        drop_prob: float = 0.0,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        device: Any = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        eps = number_between("eps", eps, 0.0, above=True)
        super().__init__(n_features, eps, momentum, affine=False, device=device, dtype=dtype)
        self.drop_prob = number_between("drop_prob", drop_prob, 0.0, 1.0)
        self.dropout = Dropout(self.drop_prob)

    def forward(self, input: Tensor) -> Tensor:
        """Map (batch, n_features), or (batch, windows, n_features), to z-scores."""
        if input.ndim == 3:  # a sequence of windows has the statistics of all its windows
            scores = super().forward(input.transpose(1, 2)).transpose(1, 2)
        else:
            scores = super().forward(input)
        dropped: Tensor = self.dropout(scores)
        return dropped

    def sums(self, x: Tensor) -> tuple[Tensor, ...]:
        """Return the number of windows, and sums of features and of their squares."""
        return super().sums(x.transpose(1, 2) if x.ndim == 3 else x)

    def extra_repr(self) -> str:
        """Return the arguments."""
        return f"{self.num_features}, drop_prob={self.drop_prob:g}, eps={self.eps:g}"
