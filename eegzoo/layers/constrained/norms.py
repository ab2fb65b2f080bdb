"""The mathematics of the norm constraint, as functions of a weight."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import torch
from torch import Tensor

from eegzoo.arguments import number_between
from eegzoo.torch_internals import wide_dtype

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

    Keras's three constraints are special cases: ``max_norm`` alone is MaxNorm, both limits are
    MinMaxNorm, both limits equal to one are UnitNorm. A filter within the limits is multiplied by
    exactly one, so that it never drifts. A zero filter has no direction and stays zero.

    Parameters
    ----------
    weight : Tensor, any shape
        Weight of a layer.
    max_norm : float | None
        Largest norm of a filter. None: no constraint.
    min_norm : float | None
        Smallest norm of a filter.
    axis_norm : int | sequence of int | None
        Axes over which the norm is taken. None: all but the first, which gives each filter of a
        torch layer one norm.
    minmax_rate : float
        Fraction of the way to its limit that a norm moves, from 0 (unchanged) to 1 (all the way).
        Used by MinMaxNorm only.
    eps : float
        Largest norm of a filter that counts as zero.

    Returns
    -------
    Tensor, shape of `weight`
        A new tensor; `weight` is not changed.

    Raises
    ------
    ValueError, TypeError
        If a limit is not a positive number, `min_norm` is above `max_norm`, or `axis_norm` is not
        an axis of the weight.

    Warns
    -----
    UserWarning
        If `min_norm` is given without `max_norm`, or `minmax_rate` without both: it is ignored.

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
    divisor = divisor_for(norms_over(weight, axes), max_norm, min_norm, minmax_rate, eps)
    scaled: Tensor = weight / divisor
    return scaled.to(weight.dtype)


def norms_over(weight: Tensor, axes: tuple[int, ...]) -> Tensor:
    """Return the L2 norms of a weight over some axes, which stay as axes of length one.

    Examples
    --------
    >>> norms_over(torch.tensor([[3.0, 4.0], [0.0, 0.0]]), (1,))
    tensor([[5.],
            [0.]], dtype=torch.float64)
    """
    # Squares of float32 weights may overflow and underflow in float32, but not in float64.
    norms: Tensor = torch.linalg.vector_norm(weight, 2, axes, True, dtype=wide_dtype(weight))
    return norms


def divisor_for(
    norms: Tensor, max_norm: float, min_norm: float | None, minmax_rate: float, eps: float = 0.0
) -> Tensor:
    """Return the divisor of each filter: n / lerp(n, clamp(n, min, max), rate) for the norm n.

    Examples
    --------
    >>> divisor_for(torch.tensor([0.5, 1.0, 3.0]), 2.0, None, 1.0)
    tensor([1.0000, 1.0000, 1.5000])
    """
    if min_norm is None:
        return (norms / max_norm).clamp_min_(1.0)
    # A zero filter stays zero: any norm within the limits gives it a divisor of 1.
    norms = norms.masked_fill(norms <= eps, max_norm)
    target = norms.clamp(min_norm, max_norm)
    if minmax_rate < 1.0:
        target = torch.lerp(norms, target, minmax_rate)
    return norms / target


def check_limits(
    max_norm: object, min_norm: object, minmax_rate: object, prefix: str = "", stacklevel: int = 3
) -> tuple[float | None, float | None, float]:
    """Return the limits as floats; limits without an effect are dropped with a warning.

    Parameters
    ----------
    max_norm, min_norm, minmax_rate : object
        Limits, as in `constrain_norm`.
    prefix : str
        Prefix of the arguments' names in messages.
    stacklevel : int
        Stack level of the warnings, as `warnings.warn` counts it from here.

    Returns
    -------
    max_norm, min_norm : float | None
        Checked limits.
    minmax_rate : float
        Checked rate.
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
    """Return `axis_norm` as a tuple of different axes from 0 to ndim - 1."""
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


def check_flag(name: str, value: object) -> bool:
    """Return `value`, or raise an error unless it is True or False."""
    if not isinstance(value, bool):
        raise TypeError(f"expected {name} to be True or False, got {value!r}")
    return value
