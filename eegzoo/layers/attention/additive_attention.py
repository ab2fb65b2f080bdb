"""Additive attention that averages a sequence of vectors."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class AdditiveAttention(nn.Module):
    """Weighted mean of vectors, with weights from a small network and a softmax over the vectors.

    Parameters
    ----------
    features : int
        Number of features of a vector.
    hidden_size : int
        Number of hidden units of the network.

    References
    ----------
    Bahdanau, Cho, Bengio (2015). Neural machine translation by jointly learning to align and
    translate. ICLR. https://arxiv.org/abs/1409.0473

    Examples
    --------
    >>> AdditiveAttention(128, 32)(torch.randn(2, 28, 128)).shape
    torch.Size([2, 128])
    """

    def __init__(self, features: int, hidden_size: int) -> None:
        super().__init__()
        self.hidden = nn.Linear(features, hidden_size)
        self.score = nn.Linear(hidden_size, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Map (..., vectors, features) to the weighted means (..., features)."""
        weights = self.score(torch.tanh(self.hidden(x))).softmax(dim=-2)  # (..., vectors, 1)
        mean: Tensor = (weights.mT @ x).squeeze(-2)
        return mean
