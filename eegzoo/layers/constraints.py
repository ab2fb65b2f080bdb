"""Norm constraints: one pure function for the mathematics, one mixin for the state."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

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


class NormConstraint(nn.Module):
    """Mixin: a layer that computes with a weight whose norm is within limits.

    It stands before a torch layer with a parameter ``weight``; the layer's ``forward`` computes
    with `constrained_weight` where it computed with ``weight``.

    In training the stored weight is projected, then used: an optimizer that steps from there makes
    the trajectory of Keras, which projects after each step. "In training" means that the layer is
    in training mode, gradients are being recorded and the weight asks for one; otherwise (in
    evaluation, under ``torch.no_grad``, for a frozen weight, for tensors that
    ``torch.func.functional_call`` lent to the layer) the weight is projected on its way into the
    computation and what is stored stays as it is.

    A rate below one moves the norm that fraction of the way, once for each update of the weight:
    an update is recognised by its values, whoever wrote them (loading a state dict is one, too).
    Evaluation then uses the stored weight as it is.

    Two layers that share a weight and have different limits each compute with a weight within
    their own limits; the stored one satisfies the layer that ran last in training.

    Tensors that ``functional_call`` lends are never written to, and with a rate below one each
    call counts as an update of them. A ``Parameter`` cannot be told from the layer's own: lent
    in training, it is projected in place, as ``functional_call`` updates buffers of BatchNorm.
    Detach it to keep it.

    Examples
    --------
    A layer of one's own:

    >>> class ConstrainedBilinear(NormConstraint, torch.nn.Bilinear):
    ...     def __init__(self, *args, max_norm=1.0, **kwargs):
    ...         super().__init__(*args, **kwargs)
    ...         self.set_constraint(max_norm, None, (1, 2), 1.0)
    ...     def forward(self, x, y):
    ...         weight = self.constrained_weight()
    ...         return torch.nn.functional.bilinear(x, y, weight, self.bias)
    >>> layer = ConstrainedBilinear(8, 8, 4, max_norm=0.5)
    >>> _ = layer(torch.randn(3, 8), torch.randn(3, 8))
    >>> bool((layer.weight.norm(dim=(1, 2)) <= 0.5 + 1e-6).all())
    True
    """

    weight: Tensor
    max_norm: float | None
    min_norm: float | None
    axis_norm: tuple[int, ...]
    minmax_rate: float
    _last_projection: Tensor  # None without a rate below one

    def set_constraint(
        self,
        max_norm: float | None,
        min_norm: float | None,
        axis_norm: AxisNorm,
        minmax_rate: float,
        prefix: str = "",
    ) -> None:
        """Check the limits and keep them, in place of those that the layer had.

        Parameters
        ----------
        max_norm, min_norm : float | None
            Largest and smallest norm. ``max_norm=None``: no constraint.
        axis_norm : int | tuple of int
            Axes of the weight that the norm is taken over.
        minmax_rate : float
            How far a norm moves towards its limit at each update, with both limits.
        prefix : str
            What stands before these names in errors and warnings.

        Raises
        ------
        ValueError, TypeError
            A limit or an axis makes no sense; the message names it.
        """
        # The warning points at the caller of the layer's constructor.
        limits = check_limits(max_norm, min_norm, minmax_rate, prefix, stacklevel=4)
        self.axis_norm = check_axes(axis_norm, self.weight.ndim)
        self.max_norm, self.min_norm, self.minmax_rate = limits
        # NaN equals nothing, so that the first weight counts as an update.
        slow = self.minmax_rate < 1.0
        last = torch.full_like(self.weight.detach(), torch.nan) if slow else None
        self.register_buffer("_last_projection", last, persistent=False)

    def constrained_weight(self) -> Tensor:
        """Return the weight to compute with; in training, store it too."""
        weight = self.weight
        if self.max_norm is None or (self.minmax_rate < 1.0 and not self.training):
            return weight
        # The gradient of a copy is the identity, and what happens to a detached tensor is hidden
        # from autograd: the gradient at the projected weight goes to the stored one unchanged.
        # The copy also survives for backward when a second forward writes to the stored weight.
        own = isinstance(weight, nn.Parameter)
        if own and self.training and weight.requires_grad and torch.is_grad_enabled():
            self.scale_norm(eps=0.0)
            return weight.clone()
        projected = weight.clone()
        values = projected.detach()
        values.div_(self._divisor(values, self.max_norm, own))
        return projected

    def scale_norm(self, eps: float = 1e-9) -> None:
        """Project the stored weight in place, as a forward in training does.

        Parameters
        ----------
        eps : float
            A filter whose norm is at most `eps` counts as zero and stays as it is.
        """
        if self.max_norm is None:
            return
        values = self.weight.detach()
        values.div_(self._divisor(values, self.max_norm, True, eps))
        if self.minmax_rate < 1.0:
            self._last_projection.copy_(values)

    def _divisor(self, weight: Tensor, max_norm: float, own: bool, eps: float = 0.0) -> Tensor:
        """Return what each filter is divided by now; `own` for the stored weight."""
        rate = self.minmax_rate
        divisor = _divisor(weight, max_norm, self.min_norm, self.axis_norm, rate, eps)
        if rate == 1.0 or not own:
            return divisor
        # Compared on the device and by value: no way of writing to a weight slips through,
        # nothing waits for the device, and a compiled graph does not break.
        updated = torch.ne(weight, self._last_projection).any()
        return torch.where(updated, divisor, 1.0)

    def extra_repr(self) -> str:
        """Show the constraint after the layer's own arguments."""
        shown: dict[str, Any] = {"max_norm": self.max_norm}
        if self.min_norm is not None:
            shown["min_norm"] = self.min_norm
        if self.max_norm is not None:
            shown["axis_norm"] = self.axis_norm
        if self.minmax_rate < 1.0:
            shown["minmax_rate"] = self.minmax_rate
        constraint = ", ".join(f"{name}={value!r}" for name, value in shown.items())
        return f"{super().extra_repr()}, {constraint}"
