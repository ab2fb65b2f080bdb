"""Norm constraints: one pure function for the mathematics, one mixin for the state."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from eegzoo.layers.constrained.norms import AxisNorm, _divisor, check_axes, check_limits


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
