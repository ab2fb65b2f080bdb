"""Constrain the layers of any network, and turn them back into plain ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

import torch
from torch import nn

from eegzoo.layers.constrained.convolution import ConstrainedConv1d, ConstrainedConv2d
from eegzoo.layers.constrained.dense import ConstrainedDense
from eegzoo.layers.constrained.norm_constraint import NormConstraint
from eegzoo.layers.constrained.norms import check_axes, check_limits

Rule = str | type[nn.Module]
Limits = dict[str, Any]

_CONSTRAINED: dict[type[nn.Module], type[NormConstraint]] = {
    nn.Linear: ConstrainedDense,
    nn.Conv1d: ConstrainedConv1d,
    nn.Conv2d: ConstrainedConv2d,
}


def constrain(
    module: nn.Module, rules: Mapping[Rule, Mapping[str, Any]]
) -> dict[str, NormConstraint]:
    """Turn linear and convolutional layers of a network into constrained ones, in place.

    The layers, their parameters, hooks, device, dtype and training flag stay the same objects: an
    optimizer made before keeps working. Either all rules are applied or, with an error, none.

    Parameters
    ----------
    module : nn.Module
        A network, or a single layer.
    rules : mapping of str | type to mapping
        Which layers get which limits. A key is a pattern for names as `module.named_modules` gives
        them, with ``*`` and ``?`` as in file names (a ``*`` spans dots too, and ``"*.spatial"``
        also matches a ``"spatial"`` at the top), or a class, such as ``nn.Linear``. A value has
        ``max_norm`` and may have ``min_norm``, ``axis_norm`` (all axes but the first, if left out)
        and ``minmax_rate``, as in `ConstrainedConv2d`. Containers and layers without parameters
        are passed over by any rule. A layer that has limits already gets the new ones.

    Returns
    -------
    dict of str to NormConstraint
        Name and layer of each that was changed.

    Raises
    ------
    ValueError
        A rule matches no layer, or two rules want different limits for one layer, or a limit makes
        no sense.
    TypeError
        A rule matches a layer that cannot hold a constraint: of another kind, a subclass (it may
        use its weight in its own way, as ``nn.MultiheadAttention`` does with that of its
        ``out_proj``), with a ``forward`` of its own, with a weight that is computed rather than
        stored, or read past the layer, as ``nn.TransformerEncoderLayer`` does in evaluation.

    See Also
    --------
    bake : The inverse.

    Examples
    --------
    >>> net = torch.nn.Sequential(torch.nn.Conv1d(8, 4, 5), torch.nn.Flatten(),
    ...                           torch.nn.Linear(240, 2))
    >>> constrain(net, {"0": {"max_norm": 1.0}, torch.nn.Linear: {"max_norm": 0.25}})
    {'0': ConstrainedConv1d(8, 4, kernel_size=(5,), stride=(1,), max_norm=1.0, axis_norm=(1, 2)),
     '2': ConstrainedDense(in_features=240, out_features=2, bias=True, max_norm=0.25,
                           axis_norm=(1,))}
    """
    plan = _plan(module, rules)
    for layer, limits in plan.values():
        # Another class for the same object: nothing else that refers to it can notice.
        layer.__class__ = _CONSTRAINED.get(type(layer), type(layer))
        layer.set_constraint(**limits)
    return {name: layer for name, (layer, _) in plan.items()}


def _plan(
    module: nn.Module, rules: Mapping[Rule, Mapping[str, Any]]
) -> dict[str, tuple[Any, Limits]]:
    """Return name, layer and limits of all layers to change, or raise before any is."""
    if not isinstance(rules, Mapping) or not rules:
        raise ValueError(f"expected rules to map name patterns or layer types, got {rules!r}")
    bypassed = {
        id(layer)
        for parent in module.modules()
        if isinstance(parent, nn.TransformerEncoderLayer)
        for layer in (parent.linear1, parent.linear2)
    }
    plan: dict[int, tuple[str, nn.Module, Limits, Rule]] = {}
    for rule, limits in rules.items():
        found = list(_matching(module, rule))
        if not found:
            able = [name for name, layer in module.named_modules() if type(layer) in _CONSTRAINED]
            raise ValueError(
                f"expected rule {rule!r} to match a layer, got none; "
                f"layers that a rule may name: {', '.join(map(repr, able)) or 'none'}"
            )
        for name, layer in found:
            _check_can_hold(name, layer, id(layer) in bypassed)
            checked = _check(rule, limits, layer)
            _, _, others, by = plan.setdefault(id(layer), (name, layer, checked, rule))
            if others != checked:
                raise ValueError(
                    f"expected one set of limits for layer {name!r}, "
                    f"got {others} by rule {by!r} and {checked} by rule {rule!r}"
                )
    return {name: (layer, limits) for name, layer, limits, _ in plan.values()}


def _matching(module: nn.Module, rule: Rule) -> Iterator[tuple[str, nn.Module]]:
    if not (isinstance(rule, str) or (isinstance(rule, type) and issubclass(rule, nn.Module))):
        raise TypeError(f"expected a rule to be a name pattern or a layer type, got {rule!r}")
    # A layer that stands in two places answers to both names.
    for name, layer in module.named_modules(remove_duplicate=False):
        if isinstance(rule, str):
            matches = fnmatchcase(name, rule) or fnmatchcase(f".{name}", rule)
        else:
            matches = isinstance(layer, rule)
        # Containers and activations have nothing to constrain; computed weights do.
        if matches and (
            layer._parameters or isinstance(getattr(layer, "weight", None), torch.Tensor)
        ):
            yield name, layer


def _check_can_hold(name: str, layer: nn.Module, bypassed: bool) -> None:
    kind = type(layer)
    if kind not in _CONSTRAINED and not isinstance(layer, NormConstraint):
        reason = "is none of nn.Linear, nn.Conv1d and nn.Conv2d itself"
    elif "forward" in vars(layer) or "_conv_forward" in vars(layer):
        reason = "has a forward of its own"
    elif not isinstance(layer._parameters.get("weight"), nn.Parameter):
        reason = "computes its weight (by a parametrization, or pruning)"
    elif bypassed:
        reason = "belongs to nn.TransformerEncoderLayer, which in evaluation reads its weight alone"
    else:
        return
    raise TypeError(
        f"expected a layer that can hold a constraint, got {name!r}: this {kind.__name__} {reason}"
    )


def _check(rule: Rule, limits: Mapping[str, Any], layer: nn.Module) -> Limits:
    names = ("max_norm", "min_norm", "axis_norm", "minmax_rate")
    if not isinstance(limits, Mapping) or "max_norm" not in limits or set(limits) - set(names):
        raise ValueError(
            f"expected rule {rule!r} to give max_norm and no more than {', '.join(names)}, "
            f"got {limits!r}"
        )
    max_norm, min_norm, minmax_rate = check_limits(
        limits["max_norm"], limits.get("min_norm"), limits.get("minmax_rate", 1.0), stacklevel=5
    )
    n_axes = layer.get_parameter("weight").ndim
    axis_norm = check_axes(limits.get("axis_norm", range(1, n_axes)), n_axes)
    return {
        "max_norm": max_norm,
        "min_norm": min_norm,
        "axis_norm": axis_norm,
        "minmax_rate": minmax_rate,
    }
