"""Squeeze-and-excitation: gates for channels that follow from their means."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class SqueezeExcitation(nn.Module):
    """Factor between 0 and 1 for each channel or group of channels, computed from all means.

    Parameters
    ----------
    channels : int
        Number of channels.
    reduction : int
        Number of channels for each hidden unit.
    n_groups : int | None
        Number of adjacent groups of channels. Each has one factor, computed from its own means.
        None: each channel has its own factor, computed from the means of all.

    References
    ----------
    Hu, Shen, Sun (2018). Squeeze-and-excitation networks. CVPR.
    https://doi.org/10.1109/CVPR.2018.00745

    Examples
    --------
    >>> SqueezeExcitation(16, reduction=4)(torch.randn(2, 16, 62)).shape
    torch.Size([2, 16, 62])
    """

    def __init__(self, channels: int, reduction: int, n_groups: int | None = None) -> None:
        super().__init__()
        groups = 1 if n_groups is None else n_groups
        self.n_gates = channels if n_groups is None else n_groups
        hidden = channels // reduction
        self.gates = nn.Sequential(
            nn.Conv1d(channels, hidden, 1, groups=groups, bias=False),
            nn.ReLU(),
            nn.Conv1d(hidden, self.n_gates, 1, groups=groups, bias=False),
            nn.Sigmoid(),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Scale signals (batch, channels, n_times)."""
        gates = self.gates(x.mean(dim=2, keepdim=True))  # (batch, n_gates, 1)
        groups = torch.unflatten(x, 1, (self.n_gates, -1))
        out: Tensor = (groups * gates.unsqueeze(2)).flatten(1, 2)
        return out
