"""Parallel linear layers, one for each branch of a network."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from eegzoo.arguments import positive_int
from eegzoo.layers.blocks.initializers import keras_glorot_uniform_


class ParallelLinear(nn.Module):
    """Linear layers for the branches of a network, each with its own weights.

    Parameters
    ----------
    n_branches : int
        Number of branches.
    in_features, out_features : int
        Number of input and output features of a branch.

    Examples
    --------
    >>> layer = ParallelLinear(5, 32, 16)
    >>> layer(torch.randn(8, 5, 20, 32)).shape
    torch.Size([8, 5, 20, 16])
    """

    def __init__(self, n_branches: int, in_features: int, out_features: int) -> None:
        super().__init__()
        self.n_branches = positive_int("n_branches", n_branches)
        self.in_features = positive_int("in_features", in_features)
        self.out_features = positive_int("out_features", out_features)
        self.weight = nn.Parameter(torch.empty(n_branches, out_features, in_features))
        self.bias = nn.Parameter(torch.empty(n_branches, out_features))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Initialise each branch as Keras initialises a dense layer."""
        for weight in self.weight.unbind():
            keras_glorot_uniform_(weight)
        nn.init.zeros_(self.bias)

    def forward(self, x: Tensor) -> Tensor:
        """Map (..., n_branches, rows, in_features) to (..., n_branches, rows, out_features)."""
        return parallel_linear(x, self.weight, self.bias)

    def extra_repr(self) -> str:
        """Return the sizes."""
        return f"{self.n_branches}, {self.in_features}, {self.out_features}"


def parallel_linear(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Map features of each branch with its own weights.

    Parameters
    ----------
    x : Tensor, shape (..., n_branches, rows, in_features)
        Inputs.
    weight : Tensor, shape (n_branches, out_features, in_features)
        Weights.
    bias : Tensor, shape (n_branches, out_features)
        Biases.

    Returns
    -------
    Tensor, shape (..., n_branches, rows, out_features)
        Outputs.

    Examples
    --------
    >>> parallel_linear(torch.ones(1, 2, 1, 3), torch.ones(2, 1, 3), torch.tensor([[0.0], [1.0]]))
    tensor([[[[3.]],
    <BLANKLINE>
             [[4.]]]])
    """
    return torch.einsum("...nri,noi->...nro", x, weight) + bias.unsqueeze(1)
