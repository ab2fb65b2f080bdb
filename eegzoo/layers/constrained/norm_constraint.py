"""Mixin that adds a constraint to the weights of a torch layer."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from eegzoo.layers.constrained.norms import (
    AxisNorm,
    check_axes,
    check_flag,
    check_limits,
    divisor_for,
    norms_over,
)
from eegzoo.layers.constrained.weight_guard import GuardedWeight
from eegzoo.layers.eager import is_eager_on_cpu
from eegzoo.layers.latest_by_value import LatestByValue
from eegzoo.torch_modules import OwnStateDict, without_version
from eegzoo.torch_tracing import is_observed


class NormConstraint(GuardedWeight, OwnStateDict):
    """Mixin for layers that compute with a weight whose norms are within limits.

    It comes before a torch layer with a parameter ``weight`` in the list of bases. The layer's
    ``forward`` uses `constrained_weight` in place of ``weight``, and its constructor calls
    `set_constraint`. A subclass that constrains other norms than L2 norms over `axis_norm`
    overrides `filter_norms`; one with other weights than ``weight`` overrides `weight_names`.

    In training the stored weight is projected before it is used. With an optimizer this gives the
    same trajectory as Keras, which projects after each step. "In training" means that the layer is
    in training mode, gradients are recorded and the weight requires one. In all other cases
    (evaluation, ``torch.no_grad``, a frozen weight, tensors passed to
    ``torch.func.functional_call``) the layer computes with a projected copy and the stored weight
    does not change.

    With `minmax_rate` below one, a norm moves that fraction of the way to its limit once for each
    update of the weight. An update is detected by a change of the values. In all other cases an
    update that was not projected yet is moved once on its way into the computation, so that
    training and evaluation use the same weight. Loading a state dict is not an update: a state dict
    contains the weight that evaluation computes with, and a loaded weight is used as it is.

    The weight may be used elsewhere in the graph of a training step, as in a penalty or by a tied
    layer. An expression of ``weight`` that is computed before the layer's forward has its gradient
    at the projected weight wherever autograd reads the weight itself, as in the sum of its squares.
    Call `scale_norm` before it, or use `constrained_weight`, to compute its value with that weight.

    Two layers that share a weight but have different limits each compute with a weight within their
    own limits. The stored weight is within those of the layer that was called last in training.

    Tensors passed to ``functional_call`` are never modified. The exception is a ``Parameter``,
    which cannot be distinguished from the layer's own: in training it is projected in place, just
    as ``functional_call`` updates the buffers of BatchNorm. Detach it to keep it unchanged.

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

    max_norm: float | None
    min_norm: float | None
    axis_norm: tuple[int, ...]
    minmax_rate: float
    non_negative: bool

    @property
    def weight_names(self) -> tuple[str, ...]:
        """Names of the parameters that are constrained, which have one number of axes."""
        return ("weight",)

    def is_constrained(self) -> bool:
        """Return whether the layer has a limit, or negative values become zero."""
        return self.max_norm is not None or self.non_negative

    def set_constraint(
        self,
        max_norm: float | None,
        min_norm: float | None,
        axis_norm: AxisNorm,
        minmax_rate: float,
        prefix: str = "",
        non_negative: bool = False,
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
        non_negative : bool
            Whether negative values become zero, as Keras's NonNeg does, before norms are taken. It
            may be used without limits.

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
        weights = {name: self.get_parameter(name) for name in self.weight_names}
        self.axis_norm = check_axes(axis_norm, next(iter(weights.values())).ndim)
        self.max_norm, self.min_norm, self.minmax_rate = limits
        self.non_negative = check_flag(f"{prefix}non_negative", non_negative)
        for name, weight in weights.items():
            # NaN equals nothing, so that the first weight counts as an update.
            last = torch.full_like(weight.detach(), torch.nan) if self.minmax_rate < 1.0 else None
            self.register_buffer(_last(name), last, persistent=False)
        self._latest_weight = LatestByValue()

    def delete_constraint(self) -> None:
        """Delete the limits and everything else that a plain layer does not have."""
        for name in ("max_norm", "min_norm", "axis_norm", "minmax_rate", "non_negative"):
            delattr(self, name)
        for name in self.weight_names:
            delattr(self, _last(name))
        del self._latest_weight

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

    def constrained_weight(self, name: str = "weight") -> Tensor:
        """Return the weight to compute with; in training, store it as well.

        Parameters
        ----------
        name : str
            One of `weight_names`.

        Returns
        -------
        Tensor, shape of the weight
            Weight within the limits. Its gradient is that of the stored weight.
        """
        weight: Tensor = getattr(self, name)
        if not self.is_constrained():
            return weight
        # Autograd records the copy, whose gradient is the identity, and does not see changes of a
        # detached tensor: the gradient at the projected weight reaches the stored weight unchanged.
        # The copy also keeps its values for backward when a second forward projects again.
        own = isinstance(weight, nn.Parameter)
        if own and self.training and weight.requires_grad and torch.is_grad_enabled():
            self._store_projection(weight, name)
            return weight.clone()
        projected = weight.clone()
        self._project_(projected.detach(), name)
        return projected

    def shared_weight(self) -> Tensor:
        """Return ``constrained_weight()`` for a computation that does not change it in place.

        Where no gradients are recorded, it is the same tensor until the weight changes: to project
        a large weight takes longer than to compute one window with it.
        """
        if torch.is_grad_enabled() or not (self.is_constrained() and self._depends_on_values()):
            return self.constrained_weight()
        limits = (self.max_norm, self.min_norm, self.axis_norm, self.non_negative)
        with torch.inference_mode(False), torch.no_grad():
            return self._latest_weight.get([self.weight], limits, self.constrained_weight)  # type: ignore[no-any-return]

    def _depends_on_values(self) -> bool:
        """Return whether a parameter's values and the limits alone determine the projected copy."""
        weight = self.weight
        if not (isinstance(weight, nn.Parameter) and is_eager_on_cpu(weight)) or is_observed():
            return False
        kind, names = type(self), ("constrained_weight", "filter_norms")
        inherited = all(getattr(kind, name) is getattr(NormConstraint, name) for name in names)
        return self.minmax_rate == 1.0 and inherited and vars(self).keys().isdisjoint(names)

    def scale_norm(self, eps: float = 1e-9) -> None:
        """Project the stored weights in place, as the forward pass does in training.

        Parameters
        ----------
        eps : float
            Largest norm of a filter that counts as zero. Such a filter is unchanged.
        """
        for name in self.weight_names:
            self._store_projection(getattr(self, name), name, eps)

    def _store_projection(self, weight: Tensor, name: str, eps: float = 0.0) -> None:
        """Project a stored weight in place and remember it."""
        # Neither autograd nor its count of changes sees this one: a graph that contains the weight,
        # such as that of a penalty, stays valid.
        values = without_version(weight)
        self._project_(values, name, eps)
        if self.minmax_rate < 1.0:
            getattr(self, _last(name)).copy_(values)

    def _project_(self, values: Tensor, name: str, eps: float = 0.0) -> None:
        """Project detached values in place; a rate below one moves each update once."""
        updated = None
        if self.minmax_rate < 1.0:
            # Compared by value, so that no way of writing to a weight is missed, and on the device,
            # so that nothing waits for it and a compiled graph does not break.
            updated = torch.ne(values, getattr(self, _last(name))).any()
        if self.non_negative:
            values.clamp_min_(0.0)
        if self.max_norm is not None:
            norms = self.filter_norms(values)
            divisor = divisor_for(norms, self.max_norm, self.min_norm, self.minmax_rate, eps)
            values.div_(divisor if updated is None else torch.where(updated, divisor, 1.0))

    def saved_values(self) -> dict[str, Tensor]:
        """Return the weights that a state dict contains in place of the stored ones."""
        # With a rate of one, a loaded weight is projected as the stored one is.
        return dict(self._moved_weights()) if self.minmax_rate < 1.0 else {}

    def _moved_weights(self) -> Iterator[tuple[str, Tensor]]:
        for name in self.weight_names:
            stored = getattr(self, name).detach()
            if not stored.is_meta:
                moved = stored.clone()
                self._project_(moved, name)
                if not torch.equal(moved, stored):
                    yield name, moved

    def after_loading(self, names: set[str]) -> None:
        """Take loaded weights as projected ones."""
        if self.minmax_rate < 1.0:
            for name in names.intersection(self.weight_names):
                loaded, last = getattr(self, name).detach(), getattr(self, _last(name))
                if last.device == loaded.device and last.dtype == loaded.dtype:
                    last.copy_(loaded)
                else:  # assigned, not copied
                    setattr(self, _last(name), loaded.clone())

    def extra_repr(self) -> str:
        """Return the layer's own arguments, followed by the constraint."""
        return f"{super().extra_repr()}, {self.shown_constraint()}"

    def shown_constraint(self) -> str:
        """Return the constraint as it appears in the layer's ``repr``."""
        shown = {
            "max_norm": True,
            "min_norm": self.min_norm is not None,
            "axis_norm": self.max_norm is not None,
            "minmax_rate": self.minmax_rate < 1.0,
            "non_negative": self.non_negative,
        }
        return ", ".join(f"{name}={getattr(self, name)!r}" for name in shown if shown[name])


def _last(name: str) -> str:
    """Return the name of the buffer with the last projection of a weight."""
    return f"_last_{name}"
