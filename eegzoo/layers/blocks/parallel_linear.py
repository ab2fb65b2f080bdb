"""Linear maps side by side: one for each branch of a network, computed at once."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from eegzoo.arguments import positive_int
from eegzoo.layers.blocks.initializers import keras_glorot_uniform_


class ParallelLinear(nn.Module):
    """As many linear maps as there are branches, each applied to its own.

    Parameters
    ----------
    n_branches : int
        Branches.
    in_features, out_features : int
        Of each map.

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
        """Initialise each map as Keras does a dense layer."""
        for weight in self.weight.unbind():
            keras_glorot_uniform_(weight)
        nn.init.zeros_(self.bias)

    def forward(self, x: Tensor) -> Tensor:
        """Map (..., n_branches, rows, in_features) to (..., n_branches, rows, out_features)."""
        return torch.einsum("...nri,noi->...nro", x, self.weight) + self.bias.unsqueeze(1)

    def extra_repr(self) -> str:
        """Show the sizes."""
        return f"{self.n_branches}, {self.in_features}, {self.out_features}"
