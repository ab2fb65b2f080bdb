"""Comparison of tensors by value."""

from __future__ import annotations

import torch
from torch import Tensor


def has_same_values(a: Tensor, b: Tensor) -> bool:
    """Return whether two tensors on one device have the same dtype, shape and values.

    Examples
    --------
    >>> x = torch.ones(3)
    >>> has_same_values(x, x.clone()), has_same_values(x, x.double()), has_same_values(x, 2 * x)
    (True, False, False)
    """
    if a.dtype is not b.dtype or a.shape != b.shape:
        return False
    # NumPy compares large arrays five times as fast as torch does, and small ones more slowly.
    if a.numel() >= 8192 and a.is_cpu and b.is_cpu and a.dtype in (torch.float32, torch.float64):
        return bool((a.numpy(force=True) == b.numpy(force=True)).all())
    return torch.equal(a, b)
