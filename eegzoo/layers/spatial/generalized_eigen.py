"""Spatial filters by generalised eigendecomposition."""

from __future__ import annotations

import torch
from torch import Tensor

from eegzoo.layers.spatial.covariance import FLOOR
from eegzoo.layers.spatial.symmetric_eigen import symmetric_eigen
from eegzoo.layers.spatial.symmetric_functions import inverse_sqrt


def signal_filters(signal: Tensor, noise: Tensor, n_filters: int, shrinkage: float) -> Tensor:
    """Return the spatial filters with the largest ratio of signal to noise.

    Parameters
    ----------
    signal, noise : Tensor, shape (..., n_chans, n_chans)
        Covariances or cross-spectra in square microvolts.
    n_filters : int
        Number of filters.
    shrinkage : float
        Share of the mean variance on the diagonal of the noise.

    Returns
    -------
    Tensor, shape (..., n_filters, n_chans)
        Filters w in descending order of ``w'Sw``, with ``w'Nw = 1`` and positive sums of ``S w``.

    Examples
    --------
    >>> signal = torch.tensor([[1.0, 0.0], [0.0, 4.0]])
    >>> signal_filters(signal, torch.eye(2), 1, shrinkage=0.0)
    tensor([[0.0000, 1.0000]])
    """
    one = torch.eye(noise.shape[-1], dtype=noise.dtype, device=noise.device)
    level = (noise * one).sum((-2, -1), keepdim=True) / noise.shape[-1]
    whitening = inverse_sqrt((1 - shrinkage) * noise + (shrinkage * level + FLOOR) * one)
    filters = leading_vectors(whitening @ signal @ whitening, n_filters).mT @ whitening
    with torch.no_grad():  # the sign of an eigenvector is arbitrary
        pattern = (filters @ signal).sum(-1, keepdim=True)
        sign = torch.where(pattern < 0, -1.0, 1.0).to(filters.dtype)
    return filters * sign


def leading_vectors(matrices: Tensor, n_vectors: int) -> Tensor:
    """Return the eigenvectors with the largest eigenvalues, in descending order, as columns.

    The derivative is that of these vectors alone: equal eigenvalues among the others, as matrices
    of low rank have, do no harm. Between equal eigenvalues, where there is none, it is zero. It
    cannot be differentiated again.

    Parameters
    ----------
    matrices : Tensor, shape (..., n, n)
        Symmetric matrices.
    n_vectors : int
        Number of eigenvectors.

    Returns
    -------
    Tensor, shape (..., n, n_vectors)

    Examples
    --------
    >>> leading_vectors(torch.diag(torch.tensor([1.0, 1.0, 5.0])), 1).abs().flatten()
    tensor([0., 0., 1.])
    """
    with torch.no_grad():
        values, vectors = symmetric_eigen(matrices)
        top = values.argsort(-1, descending=True)[..., :n_vectors]
        top_values = values.gather(-1, top)
        top_vectors = vectors.gather(-1, top.unsqueeze(-2).expand(*vectors.shape[:-1], -1))
        gaps = top_values.unsqueeze(-2) - values.unsqueeze(-1)
        tiny = torch.finfo(values.dtype).eps * 8 * values.abs().amax(-1)[..., None, None]
        inverse = torch.where(gaps.abs() > tiny, 1 / gaps, torch.zeros_like(gaps))
    # Zero, with the first-order change of the matrices as derivative.
    change = vectors.mT @ (matrices - matrices.detach()) @ top_vectors
    return top_vectors + vectors @ (change * inverse)
