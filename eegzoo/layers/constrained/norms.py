"""Norms of the filters of a weight, and how they are brought within limits."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import torch
from torch import Tensor

from eegzoo.arguments import number_between

AxisNorm = int | Sequence[int]


def constrain_norm(
    weight: Tensor,
    max_norm: float | None = 2.0,
    min_norm: float | None = None,
    axis_norm: AxisNorm | None = None,
    minmax_rate: float = 1.0,
    eps: float = 0.0,
) -> Tensor:
    """Scale each filter of a weight so that its L2 norm is within limits.

    Keras's three constraints are this one formula: ``max_norm`` alone is MaxNorm, both limits are
    MinMaxNorm, both equal to one are UnitNorm. A filter inside its limits is multiplied by exactly
    one, so it never drifts; a zero filter has no direction to grow in and stays zero.

    Parameters
    ----------
    weight : Tensor, any shape
        The weight of a layer.
    max_norm : float | None
        Largest norm that a filter may have. None: no constraint.
    min_norm : float | None
        Smallest norm that a filter may have.
    axis_norm : int | sequence of int | None
        Axes that the norm is taken over. None: all but the first, one norm for each filter of a
        torch layer.
    minmax_rate : float
        How far the norm moves towards its limit, from 0 (not at all) to 1 (all the way). It is
        MinMaxNorm's alone.
    eps : float
        A filter whose norm is at most `eps` counts as zero.

    Returns
    -------
    Tensor, shape of `weight`
        A new tensor; `weight` is not changed.

    Raises
    ------
    ValueError, TypeError
        A limit is not a positive number, or the limits are in the wrong order, or `axis_norm`
        names no axis of the weight.

    Warns
    -----
    UserWarning
        `min_norm` without `max_norm`, or `minmax_rate` without both, has no effect.

    References
    ----------
    Srivastava et al. (2014), Dropout: a simple way to prevent neural networks from overfitting,
    JMLR 15 (section 5.1). https://jmlr.org/papers/v15/srivastava14a.html

    Examples
    --------
    >>> weight = torch.tensor([[3.0, 4.0], [0.3, 0.4], [0.0, 0.0]])
    >>> constrain_norm(weight, max_norm=2.0, min_norm=1.0)
    tensor([[1.2000, 1.6000],
            [0.6000, 0.8000],
            [0.0000, 0.0000]])
    """
    max_norm, min_norm, minmax_rate = check_limits(max_norm, min_norm, minmax_rate)
    axes = check_axes(range(1, weight.ndim) if axis_norm is None else axis_norm, weight.ndim)
    if max_norm is None:
        return weight.clone()
    divisor = _divisor(weight, max_norm, min_norm, axes, minmax_rate, eps)
    scaled: Tensor = weight / divisor
    return scaled.to(weight.dtype)


def _divisor(
    weight: Tensor,
    max_norm: float,
    min_norm: float | None,
    axis_norm: tuple[int, ...],
    minmax_rate: float,
    eps: float,
) -> Tensor:
    """Return what each filter is divided by: n / lerp(n, clamp(n, min, max), rate)."""
    # Squares of float32 weights over- and underflow in float32, never in float64 (which Apple's
    # GPUs lack).
    dtype = torch.float32 if weight.device.type == "mps" else torch.float64
    norm: Tensor = torch.linalg.vector_norm(weight, 2, axis_norm, True, dtype=dtype)
    if min_norm is None:
        if norm.requires_grad:
            return (norm / max_norm).clamp_min(1.0)
        return norm.div_(max_norm).clamp_min_(1.0)  # saves a third of a small layer's projection
    # A zero filter has no direction to grow in: any norm within the limits lets it be.
    norm = norm.masked_fill(norm <= eps, max_norm)
    target = norm.clamp(min_norm, max_norm)
    if minmax_rate < 1.0:
        target = torch.lerp(norm, target, minmax_rate)
    return norm / target


def check_limits(
    max_norm: object, min_norm: object, minmax_rate: object, prefix: str = "", stacklevel: int = 3
) -> tuple[float | None, float | None, float]:
    """Return the limits as floats, without those that have no effect; warn of them.

    Errors name the arguments with `prefix` before them.
    """
    top = None if max_norm is None else number_between(f"{prefix}max_norm", max_norm, 0, above=True)
    low = None if min_norm is None else number_between(f"{prefix}min_norm", min_norm, 0)
    rate = number_between(f"{prefix}minmax_rate", minmax_rate, 0.0, 1.0)
    if low is not None and top is None:
        warnings.warn(
            f"{prefix}min_norm is ignored without {prefix}max_norm", stacklevel=stacklevel
        )
        low = None
    if low is not None and top is not None and low > top:
        raise ValueError(
            f"expected {prefix}min_norm to be at most {prefix}max_norm, got {low} > {top}"
        )
    if rate < 1.0 and (low is None or low == top == 1.0):
        warnings.warn(
            f"{prefix}minmax_rate is ignored without both {prefix}min_norm and {prefix}max_norm "
            "(MinMaxNorm); MaxNorm and UnitNorm project all the way",
            stacklevel=stacklevel,
        )
        rate = 1.0
    return top, low, rate


def check_axes(axis_norm: object, ndim: int) -> tuple[int, ...]:
    """Return `axis_norm` as a tuple of axes from 0 to ndim - 1, each once."""
    axes = tuple(axis_norm) if isinstance(axis_norm, (tuple, list, range)) else (axis_norm,)
    whole = all(isinstance(axis, int) and not isinstance(axis, bool) for axis in axes)
    if not whole or not axes or not all(-ndim <= axis < ndim for axis in axes):
        raise ValueError(
            f"expected axis_norm to name axes of a weight with {ndim} dimensions, got {axis_norm!r}"
        )
    counted = tuple(axis % ndim for axis in axes)
    if len(set(counted)) < len(counted):
        raise ValueError(f"expected axis_norm to name each axis once, got {axis_norm!r}")
    return counted
