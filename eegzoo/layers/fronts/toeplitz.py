"""Filters of a few windows as products of small matrices."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def toeplitz_blocks(kernels: Tensor, block: int) -> Tensor:
    """Return the matrices that filter a frame of samples to `block` outputs.

    A convolution library is slow for a single window with long depthwise filters. Frames that
    overlap by ``kernel_size - 1`` samples, times these matrices, are the same outputs.

    Parameters
    ----------
    kernels : Tensor, shape (maps, kernel_size)
        One filter for each map, applied as `torch.nn.functional.conv1d` applies it.
    block : int
        Number of outputs of a frame.

    Returns
    -------
    Tensor, shape (maps, block + kernel_size - 1, block)
        Matrix of each map.

    Examples
    --------
    >>> toeplitz_blocks(torch.tensor([[1.0, 2.0]]), 3)
    tensor([[[1., 0., 0.],
             [2., 1., 0.],
             [0., 2., 1.],
             [0., 0., 2.]]])
    """
    maps, n_taps = kernels.shape
    n_rows = block + n_taps - 1
    # Kernels followed by zeros, again and again: rows that are shorter by one each begin one later.
    rows = F.pad(kernels, (0, block)).repeat(1, block)[:, : block * n_rows]
    return rows.view(maps, block, n_rows).mT.contiguous()


def pool_matrix(n_times: int, length: int) -> Tensor:
    """Return the matrix that averages neighbouring samples, as an average pool does.

    Parameters
    ----------
    n_times : int
        Number of samples to pool. Samples that do not fill a last pool are dropped.
    length : int
        Number of samples of an average.

    Returns
    -------
    Tensor, shape (n_times, n_times // length)
        Matrix in float64.

    Examples
    --------
    >>> pool_matrix(5, 2).T
    tensor([[0.5000, 0.5000, 0.0000, 0.0000, 0.0000],
            [0.0000, 0.0000, 0.5000, 0.5000, 0.0000]], dtype=torch.float64)
    """
    n_pooled = n_times // length
    matrix = torch.zeros(n_times, n_pooled, dtype=torch.float64)
    sample = torch.arange(n_pooled * length)
    matrix[sample, sample // length] = 1 / length
    return matrix
