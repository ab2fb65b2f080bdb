"""Sines and cosines that tell a transformer the position of a token."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from eegzoo.arguments import positive_int
from eegzoo.layers.fixed_tensors import FixedTensors


class SinusoidalPositions(FixedTensors):
    """Sine and cosine of every position at frequencies from 1 to 1/10,000, interleaved.

    The values are rounded to float32, as they were when published weights were trained.

    Parameters
    ----------
    n_positions : int
        Number of positions.
    features : int
        Number of features of a token, even.

    References
    ----------
    Vaswani et al. (2017). Attention is all you need. NeurIPS. https://arxiv.org/abs/1706.03762

    Examples
    --------
    >>> positions = SinusoidalPositions(3, 4)
    >>> positions(torch.zeros(()))
    tensor([[ 0.0000,  1.0000,  0.0000,  1.0000],
            [ 0.8415,  0.5403,  0.0100,  0.9999],
            [ 0.9093, -0.4161,  0.0200,  0.9998]])
    """

    def __init__(self, n_positions: int, features: int) -> None:
        super().__init__()
        self.n_positions = positive_int("n_positions", n_positions)
        self.n_features = positive_int("features", features)
        if features % 2:
            raise ValueError(f"expected features to be even, got {features}")

    def compute_tensors(self) -> tuple[Tensor, ...]:
        """Return the positions (n_positions, features)."""
        steps = torch.arange(0, self.n_features, 2, dtype=torch.float32)
        frequencies = torch.exp(steps * -(math.log(10000.0) / self.n_features))
        angles = torch.arange(self.n_positions, dtype=torch.float32)[:, None] * frequencies
        return (torch.stack([angles.sin(), angles.cos()], dim=2).flatten(1),)

    def forward(self, x: Tensor) -> Tensor:
        """Return the positions (n_positions, features) in the dtype and on the device of `x`."""
        return self.tensors(x.dtype, x.device)[0]

    def extra_repr(self) -> str:
        """Return the sizes."""
        return f"{self.n_positions}, {self.n_features}"


class PairRotation(FixedTensors):
    """Rotation of neighbouring features by angles that grow with the position of their token.

    The frequencies decrease from 1 to nearly 1/10,000. The values are rounded to float32, as they
    were when published weights were trained.

    Parameters
    ----------
    n_positions : int
        Number of tokens.
    features : int
        Number of features of a head, even.

    References
    ----------
    Su, Ahmed, Lu, Pan, Bo, Liu (2024). RoFormer: enhanced transformer with rotary position
    embedding. Neurocomputing 568, 127063. https://doi.org/10.1016/j.neucom.2023.127063

    Examples
    --------
    >>> PairRotation(2, 4)(torch.tensor([1.0, 0.0, 1.0, 0.0]).repeat(2, 1))
    tensor([[1.0000, 0.0000, 1.0000, 0.0000],
            [0.5403, 0.8415, 0.9999, 0.0100]])
    """

    def __init__(self, n_positions: int, features: int) -> None:
        super().__init__()
        self.n_positions = positive_int("n_positions", n_positions)
        self.n_features = positive_int("features", features)
        if features % 2:
            raise ValueError(f"expected features to be even, got {features}")

    def compute_tensors(self) -> tuple[Tensor, ...]:
        """Return cosines and sines (n_positions, features // 2)."""
        exponents = torch.arange(0, self.n_features, 2) / self.n_features
        angles = torch.outer(torch.arange(self.n_positions), 1.0 / (10000.0**exponents))
        return angles.cos(), angles.sin()

    def forward(self, x: Tensor) -> Tensor:
        """Rotate (..., n_positions, features)."""
        cosine, sine = self.tensors(x.dtype, x.device)
        real, imaginary = x.unflatten(-1, (-1, 2)).unbind(-1)  # type: ignore[no-untyped-call]
        pairs = (real * cosine - imaginary * sine, real * sine + imaginary * cosine)
        return torch.stack(pairs, dim=-1).flatten(-2)
