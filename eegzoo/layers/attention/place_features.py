"""Sines and cosines that tell a transformer the place of a channel on the head."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

_TIME_STEP = 0.1  # of a patch, on the scale of the positions
_MARGIN = 0.4  # a period of the lowest frequency is one metre and two margins
_EPS = 1e-8


def fourier_features(places: Tensor, n_frequencies: int, features: int) -> Tensor:
    """Return cosines and sines of positions in space and time, at combinations of frequencies.

    Parameters
    ----------
    places : Tensor, shape (..., 4)
        Positions in metres along three axes, and number of the patch.
    n_frequencies : int
        Number of frequencies along each axis, from zero.
    features : int
        Number of features, even. Of all combinations of frequencies, the first are used.

    Returns
    -------
    Tensor, shape (..., features)
        Cosines, then sines.

    Examples
    --------
    >>> fourier_features(torch.tensor([[0.0, 0.0, 0.0, 1.0]]), 2, 4).round(decimals=3)
    tensor([[ 1.0000, -0.1740,  0.0000,  0.9850]])
    """
    *space, time = places.unbind(-1)
    step = 2 * math.pi / (1 + 2 * _MARGIN)
    steps = step * torch.arange(n_frequencies, dtype=places.dtype, device=places.device)
    angles = torch.zeros((), dtype=places.dtype, device=places.device)
    for axis in (*space, _TIME_STEP * time):
        # The frequencies of each axis vary faster than those of the axis before.
        angles = angles.unsqueeze(-1) + (axis.unsqueeze(-1) + _MARGIN).mul(steps).unsqueeze(-2)
        angles = angles.flatten(-2)
    angles = angles[..., : features // 2]
    return torch.cat([angles.cos(), angles.sin()], dim=-1)


def sines_of_places(positions: Tensor, features: int) -> Tensor:
    """Return sines and cosines of positions, scaled to the range that they have along each axis.

    Parameters
    ----------
    positions : Tensor, shape (n_chans, 3)
        Positions in any unit.
    features : int
        Number of features. Those that no whole frequency is left for are zero.

    Returns
    -------
    Tensor, shape (n_chans, features)
        For each power of two, the sine and cosine of each axis.

    Examples
    --------
    >>> sines_of_places(torch.tensor([[0.0, 1.0, 2.0], [0.0, 3.0, 2.0]]), 8).round(decimals=3)
    tensor([[0.0000, 1.0000, 0.0000, 1.0000, 0.0000, 1.0000, 0.0000, 0.0000],
            [0.0000, 1.0000, 0.8410, 0.5400, 0.0000, 1.0000, 0.0000, 0.0000]])
    """
    smallest, largest = positions.amin(dim=0), positions.amax(dim=0)
    scaled = (positions - smallest) / (largest - smallest + _EPS)
    n_frequencies = features // 6
    frequencies = 2.0 ** torch.arange(n_frequencies, dtype=scaled.dtype, device=scaled.device)
    angles = frequencies[:, None] * scaled[:, None, :]  # (n_chans, n_frequencies, 3)
    found = torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1)
    return F.pad(found, (0, features - 6 * n_frequencies))
