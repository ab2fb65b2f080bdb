"""Logarithm of the variance of signals in segments of a window."""

from __future__ import annotations

import torch
from torch import Tensor

SMALLEST, LARGEST = 1e-6, 1e6
"""Limits of the variances."""


def log_variances(x: Tensor, n_segments: int) -> Tensor:
    """Return the logarithms of the variances of signals in adjacent segments of a window.

    Variances are clipped to [1e-6, 1e6], as in FBCNet.

    Parameters
    ----------
    x : Tensor, shape (..., n_times)
        Signals.
    n_segments : int
        Number of segments, each of ``n_times // n_segments`` samples, at least two. Samples that do
        not fill a segment at the end are ignored.

    Returns
    -------
    Tensor, shape (..., n_segments)
        Logarithms in at least float32.

    References
    ----------
    Mane et al. (2021), FBCNet: a multi-view convolutional neural network for brain-computer
    interface. https://doi.org/10.48550/arXiv.2104.01233

    Examples
    --------
    >>> log_variances(torch.tensor([1.0, 3.0, -4.0, 4.0]), 2)
    tensor([0.6931, 3.4657])
    """
    n_each = x.shape[-1] // n_segments
    segments = torch.unflatten(x[..., : n_segments * n_each], -1, (n_segments, n_each))
    precise = segments.to(torch.promote_types(segments.dtype, torch.float32))  # holds 1e6
    if precise.numel() == 0:  # torch warns of the variance of nothing
        return precise.new_empty(precise.shape[:-1])
    # torch's own variance takes several times as long on CPUs.
    deviations = precise - precise.mean(-1, keepdim=True)
    variances = deviations.square().sum(-1) / (n_each - 1)
    return variances.clamp(SMALLEST, LARGEST).log()
