"""Normalisation by the root mean square."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn


class RMSNorm(nn.RMSNorm):
    """Division by the root mean square over the last axis, and a learnt factor of each feature.

    Equal to `torch.nn.RMSNorm`, with the same state dict. In torch 2.13, that layer warns under
    autocast, where the features have half precision and the factors have not.

    Parameters
    ----------
    normalized_shape : int
        Number of features.
    eps : float
        Added to the mean square.

    References
    ----------
    Zhang, Sennrich (2019). Root mean square layer normalization. NeurIPS.
    https://doi.org/10.48550/arXiv.1910.07467

    Examples
    --------
    >>> RMSNorm(2)(torch.tensor([[3.0, 4.0]])).round(decimals=3)
    tensor([[0.8490, 1.1310]], grad_fn=<RoundBackward1>)
    """

    def __init__(self, normalized_shape: int, eps: float = 1e-6) -> None:
        super().__init__(normalized_shape, eps=eps)

    def forward(self, x: Tensor) -> Tensor:
        """Normalise (..., features)."""
        return F.rms_norm(x, self.normalized_shape, eps=self.eps) * self.weight
