"""Constrain the layers of any network, and turn them back into plain ones."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

import torch
from torch import nn

from eegzoo.layers.constrained import ConstrainedConv1d, ConstrainedConv2d, ConstrainedDense
from eegzoo.layers.constraints import NormConstraint, check_axes, check_limits
from eegzoo.layers.padding import is_lopsided
from eegzoo.layers.separable import DepthwiseConv2d, SeparableConv2d

Rule = str | type[nn.Module]
Limits = dict[str, Any]

_CONSTRAINED: dict[type[nn.Module], type[NormConstraint]] = {
    nn.Linear: ConstrainedDense,
    nn.Conv1d: ConstrainedConv1d,
    nn.Conv2d: ConstrainedConv2d,
}
_PLAIN: dict[type[nn.Module], type[nn.Module]] = {
    ConstrainedDense: nn.Linear,
    ConstrainedConv1d: nn.Conv1d,
    ConstrainedConv2d: nn.Conv2d,
    DepthwiseConv2d: nn.Conv2d,
    SeparableConv2d: nn.Sequential,
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


def bake(module: nn.Module) -> nn.Module:
    """Return a copy of a network with plain torch layers in place of the constrained ones.

    Their weights are those that evaluation computes with, so that outputs are equal. A file of the
    copy, by ``torch.save`` or an exporter, does not need eegzoo for these layers, and state-dict
    keys stay the same. Weights that two layers share stay shared where they are within both their
    limits.

    Parameters
    ----------
    module : nn.Module
        A network, or a single layer. It is not changed.

    Returns
    -------
    nn.Module
        The copy, as trainable as `module`, in the same mode, on the same device.

    Raises
    ------
    TypeError
        A layer is a subclass of a constrained one: its forward is not known to be torch's.

    See Also
    --------
    constrain : The inverse.

    Examples
    --------
    >>> layer = ConstrainedConv1d(8, 4, 5, padding="causal", max_norm=0.5)
    >>> bake(layer)
    Conv1d(8, 4, kernel_size=(5,), stride=(1,), padding_mode=constant)
    """
    for name, layer in module.named_modules():
        if isinstance(layer, (NormConstraint, SeparableConv2d)) and type(layer) not in _PLAIN:
            raise TypeError(
                f"expected constrained layers of this package, got {name!r}: a "
                f"{type(layer).__name__}, whose forward may be its own"
            )
    baked = copy.deepcopy(module)
    for layer in list(baked.modules()):
        if isinstance(layer, NormConstraint):
            _keep_projected_weight(layer)
            _forget_constraint(layer)
        if isinstance(layer, (ConstrainedConv1d, ConstrainedConv2d)):
            _pad_as_torch_does(layer)
        if type(layer) in _PLAIN:
            layer.__class__ = _PLAIN[type(layer)]
    return baked


def _keep_projected_weight(layer: NormConstraint) -> None:
    stored = layer.weight
    # With a rate below one evaluation uses the stored weight.
    if layer.minmax_rate < 1.0 or stored.is_meta:
        return
    with torch.no_grad():
        projected = layer.constrained_weight()
    if not torch.equal(projected, stored):
        layer.weight = nn.Parameter(projected, requires_grad=stored.requires_grad)


def _forget_constraint(layer: NormConstraint) -> None:
    for name in ("max_norm", "min_norm", "axis_norm", "minmax_rate", "_last_projection"):
        delattr(layer, name)


def _pad_as_torch_does(layer: ConstrainedConv1d | ConstrainedConv2d) -> None:
    """Give `layer` a padding that torch's own forward applies as ours does."""
    zeros = layer.padding_mode == "zeros"
    lopsided = is_lopsided(layer._reversed_padding_repeated_twice)
    if layer.padding == "causal" or (layer.padding == "same" and zeros and lopsided):
        # With any mode but "zeros" torch pads by the private list, which may be lopsided.
        layer.padding = (0,) * len(layer.kernel_size)
        if zeros:
            layer.padding_mode = "constant"  # type: ignore[assignment]
