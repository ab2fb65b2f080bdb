"""The two residual parts of a transformer layer."""

from __future__ import annotations

from torch import Tensor, nn


class ResidualParts(nn.Module):
    """Transformer layer: attention and a feed-forward part, each added to its input.

    Parameters
    ----------
    attend, expand : nn.Module
        The parts, with what comes before and after them: normalisation and dropout.

    Examples
    --------
    >>> layer = ResidualParts(nn.Identity(), nn.LayerNorm(4))
    >>> layer(torch.tensor([[0.0, 1.0, 0.0, 1.0]])).round(decimals=2).tolist()
    [[-1.0, 3.0, -1.0, 3.0]]
    """

    def __init__(self, attend: nn.Module, expand: nn.Module) -> None:
        super().__init__()
        self.attend = attend
        self.expand = expand

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, tokens, features) to the same shape."""
        x = x + self.attend(x)
        out: Tensor = x + self.expand(x)
        return out
