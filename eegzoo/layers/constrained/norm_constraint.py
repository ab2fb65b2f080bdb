"""Mixin that adds a norm constraint to a torch layer."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from eegzoo.layers.constrained.norms import (
    AxisNorm,
    check_axes,
    check_limits,
    divisor_for,
    norms_over,
)


class NormConstraint(nn.Module):
    """Mixin for layers that compute with a weight whose norms are within limits.

    It comes before a torch layer with a parameter ``weight`` in the list of bases. The layer's
    ``forward`` uses `constrained_weight` in place of ``weight``, and its constructor calls
    `set_constraint`. A subclass that constrains other norms than L2 norms over `axis_norm`
    overrides `filter_norms`.

    In training the stored weight is projected before it is used. With an optimizer this gives the
    same trajectory as Keras, which projects after each step. "In training" means that the layer is
    in training mode, gradients are recorded and the weight requires one. In all other cases
    (evaluation, ``torch.no_grad``, a frozen weight, tensors passed to
    ``torch.func.functional_call``) the layer computes with a projected copy and the stored weight
    does not change.

    With `minmax_rate` below one, a norm moves that fraction of the way to its limit once for each
    update of the weight. An update is detected by a change of the values, so that loading a state
    dict is an update too. In evaluation the layer then uses the stored weight unchanged.

    Two layers that share a weight but have different limits each compute with a weight within their
    own limits. The stored weight is within the limits of the layer that was called last in
    training.

    Tensors passed to ``functional_call`` are never modified, and with a rate below one each call
    counts as an update of them. The exception is a ``Parameter``, which cannot be distinguished
    from the layer's own: in training it is projected in place, just as ``functional_call`` updates
    the buffers of BatchNorm. Detach it to keep it unchanged.

    Examples
    --------
    A constrained layer of your own:

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
        """Check and set the limits, replacing earlier ones.

        Parameters
        ----------
        max_norm, min_norm : float | None
            Largest and smallest norm of a filter. ``max_norm=None``: no constraint.
        axis_norm : int | tuple of int
            Axes of the weight over which the norm is taken.
        minmax_rate : float
            Fraction of the way to its limit that a norm moves at each update of the weight. Used
            with both limits only.
        prefix : str
            Prefix of the arguments' names in errors and warnings.

        Raises
        ------
        ValueError, TypeError
            If a limit or an axis is invalid. The message names the argument.

        Warns
        -----
        UserWarning
            If `min_norm` is given without `max_norm`, or `minmax_rate` without both: it is ignored.
        """
        # The warning points at the caller of the layer's constructor.
        limits = check_limits(max_norm, min_norm, minmax_rate, prefix, stacklevel=4)
        self.axis_norm = check_axes(axis_norm, self.weight.ndim)
        self.max_norm, self.min_norm, self.minmax_rate = limits
        # NaN equals nothing, so that the first weight counts as an update.
        slow = self.minmax_rate < 1.0
        last = torch.full_like(self.weight.detach(), torch.nan) if slow else None
        self.register_buffer("_last_projection", last, persistent=False)

    def filter_norms(self, weight: Tensor | None = None) -> Tensor:
        """Return the norms that the limits apply to.

        All other methods, `constraint_report`, `bake` and exported models use this method. If it is
        overridden, a filter times 0.5 must have half the norm, and a norm that several filters
        share must be repeated for each of them.

        Parameters
        ----------
        weight : Tensor, shape of the layer's weight | None
            Weight of which the norms are taken. None: the stored weight.

        Returns
        -------
        Tensor, as many axes as the weight
            Norms in float64 (float32 on an Apple GPU). The axes over which a norm is taken have
            length one, so that the norms broadcast against the weight.

        Examples
        --------
        >>> layer = eegzoo.layers.ConstrainedDense(64, 4, max_norm=0.25)
        >>> layer.filter_norms().shape
        torch.Size([4, 1])
        >>> bool((layer.filter_norms(layer.constrained_weight()) <= 0.25 + 1e-6).all())
        True
        """
        return norms_over(self.weight if weight is None else weight, self.axis_norm)

    def constrained_weight(self) -> Tensor:
        """Return the weight to compute with; in training, store it as well."""
        weight = self.weight
        if self.max_norm is None or (self.minmax_rate < 1.0 and not self.training):
            return weight
        # Autograd records the copy, whose gradient is the identity, and does not see changes of a
        # detached tensor: the gradient at the projected weight reaches the stored weight unchanged.
        # The copy also keeps its values for backward when a second forward projects again.
        own = isinstance(weight, nn.Parameter)
        if own and self.training and weight.requires_grad and torch.is_grad_enabled():
            self._project_(weight.detach(), self.max_norm)
            return weight.clone()
        projected = weight.clone()
        values = projected.detach()
        values.div_(self._divisor(values, self.max_norm, own))
        return projected

    def scale_norm(self, eps: float = 1e-9) -> None:
        """Project the stored weight in place, as the forward pass does in training.

        Parameters
        ----------
        eps : float
            Largest norm of a filter that counts as zero. Such a filter is unchanged.
        """
        if self.max_norm is not None:
            self._project_(self.weight.detach(), self.max_norm, eps)

    def _project_(self, values: Tensor, max_norm: float, eps: float = 0.0) -> None:
        """Project the detached stored weight in place."""
        values.div_(self._divisor(values, max_norm, True, eps))
        if self.minmax_rate < 1.0:
            self._last_projection.copy_(values)

    def _divisor(self, weight: Tensor, max_norm: float, own: bool, eps: float = 0.0) -> Tensor:
        """Return the divisor of each filter of the stored weight (`own`) or of another one."""
        rate = self.minmax_rate
        divisor = divisor_for(self.filter_norms(weight), max_norm, self.min_norm, rate, eps)
        if rate == 1.0 or not own:
            return divisor
        # Compared by value, so that no way of writing to a weight is missed, and on the device, so
        # that nothing waits for it and a compiled graph does not break.
        updated = torch.ne(weight, self._last_projection).any()
        return torch.where(updated, divisor, 1.0)

    def extra_repr(self) -> str:
        """Return the layer's own arguments, followed by the constraint."""
        shown: dict[str, Any] = {"max_norm": self.max_norm}
        if self.min_norm is not None:
            shown["min_norm"] = self.min_norm
        if self.max_norm is not None:
            shown["axis_norm"] = self.axis_norm
        if self.minmax_rate < 1.0:
            shown["minmax_rate"] = self.minmax_rate
        constraint = ", ".join(f"{name}={value!r}" for name, value in shown.items())
        return f"{super().extra_repr()}, {constraint}"
