"""Autocast on devices that have it, and on those that do not."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import Tensor


def computed_dtype(x: Tensor) -> torch.dtype:
    """Return the dtype in which a convolution of `x` is computed: that of autocast, or its own.

    Examples
    --------
    >>> with torch.autocast("cpu", torch.bfloat16):
    ...     computed_dtype(torch.zeros(2))
    torch.bfloat16
    >>> computed_dtype(torch.zeros(2, device="meta"))
    torch.float32
    """
    kind = x.device.type
    if torch.amp.is_autocast_available(kind) and torch.is_autocast_enabled(kind):
        return torch.get_autocast_dtype(kind)
    return x.dtype


def without_autocast(x: Tensor) -> AbstractContextManager[Any]:
    """Return a context without autocast on the device of `x`, where it has autocast.

    Examples
    --------
    >>> x = torch.ones(2, 2)
    >>> with torch.autocast("cpu"), without_autocast(x):
    ...     print((x @ x).dtype)
    torch.float32
    """
    kind = x.device.type
    if not torch.amp.is_autocast_available(kind):  # the meta device
        return nullcontext()
    return torch.autocast(kind, enabled=False)
