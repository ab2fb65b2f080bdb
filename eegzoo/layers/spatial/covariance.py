"""Covariances of windows, and symmetric matrices as vectors."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from eegzoo.layers.autocast import without_autocast
from eegzoo.torch_internals import wide_dtype

# Variance in square microvolts that every direction has at least, far below that of any amplifier's
# noise. It keeps the covariance of a flat window positive definite.
FLOOR = 1e-6


def window_covariance(x: Tensor, shrinkage: float) -> Tensor:
    """Return the covariance of the channels in each window, shrunk to its mean variance.

    Parameters
    ----------
    x : Tensor, shape (..., n_chans, n_times)
        Windows in microvolts. Each is centred.
    shrinkage : float
        Share of the mean variance on the diagonal, 0 to 1.

    Returns
    -------
    Tensor, shape (..., n_chans, n_chans)
        Covariances in `eegzoo.torch_internals.wide_dtype`, positive definite also for channels that
        are constant or copies of each other.

    Examples
    --------
    >>> x = torch.tensor([[[1.0, -1.0, 1.0, -1.0], [2.0, -2.0, -2.0, 2.0]]])
    >>> window_covariance(x, shrinkage=0.5).round(decimals=3)
    tensor([[[1.7500, 0.0000],
             [0.0000, 3.2500]]], dtype=torch.float64)
    """
    with without_autocast(x):
        exact = x.to(wide_dtype(x))
        exact = exact - exact.mean(-1, keepdim=True)
        covariance = exact @ exact.mT / x.shape[-1]
        one = torch.eye(x.shape[-2], dtype=covariance.dtype, device=x.device)
        level = (covariance * one).sum((-2, -1), keepdim=True) / x.shape[-2]
        return (1 - shrinkage) * covariance + (shrinkage * level + FLOOR) * one


def upper_triangle(matrices: Tensor) -> Tensor:
    """Return symmetric matrices as vectors with the same inner products.

    Parameters
    ----------
    matrices : Tensor, shape (..., n, n)
        Symmetric matrices.

    Returns
    -------
    Tensor, shape (..., n * (n + 1) / 2)
        Entries of the upper triangle, row after row, off the diagonal times the root of 2.

    Examples
    --------
    >>> upper_triangle(torch.tensor([[1.0, 2.0], [2.0, 3.0]]))
    tensor([1.0000, 2.8284, 3.0000])
    """
    n = matrices.shape[-1]
    row, column = torch.triu_indices(n, n, device=matrices.device)
    one = torch.ones((), dtype=matrices.dtype, device=matrices.device)
    return matrices.flatten(-2)[..., row * n + column] * torch.where(
        row == column, one, math.sqrt(2)
    )
