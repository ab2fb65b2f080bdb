"""Norm constraints for the layers of an existing network."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

import torch
from torch import nn

from eegzoo.layers.constrained.convolution import ConstrainedConv1d, ConstrainedConv2d
from eegzoo.layers.constrained.convolution3d import ConstrainedConv3d
from eegzoo.layers.constrained.dense import ConstrainedDense
from eegzoo.layers.constrained.embedding import ConstrainedEmbedding
from eegzoo.layers.constrained.norm_constraint import NormConstraint
from eegzoo.layers.constrained.norms import check_axes, check_flag, check_limits
from eegzoo.layers.constrained.recurrent import ConstrainedGRU, ConstrainedLSTM
from eegzoo.layers.constrained.transposed import (
    ConstrainedConvTranspose1d,
    ConstrainedConvTranspose2d,
)
from eegzoo.torch_internals import bypassed_layers, has_patched_forward
from eegzoo.torch_modules import TransposedBase

Rule = str | type[nn.Module]
Limits = dict[str, Any]

CONSTRAINED: dict[type[nn.Module], type[NormConstraint]] = {
    nn.Linear: ConstrainedDense,
    nn.Conv1d: ConstrainedConv1d,
    nn.Conv2d: ConstrainedConv2d,
    nn.Conv3d: ConstrainedConv3d,
    nn.ConvTranspose1d: ConstrainedConvTranspose1d,
    nn.ConvTranspose2d: ConstrainedConvTranspose2d,
    nn.Embedding: ConstrainedEmbedding,
    nn.LSTM: ConstrainedLSTM,
    nn.GRU: ConstrainedGRU,
}
"""Classes of torch and the classes that constrain their weights."""


def constrain(
    module: nn.Module, rules: Mapping[Rule, Mapping[str, Any]]
) -> dict[str, NormConstraint]:
    """Constrain the weights of a network's layers, in place.

    The layers may be linear, convolutions, transposed convolutions, embeddings, LSTMs and GRUs.

    The layers and their parameters, hooks, device, dtype and mode are kept, so that an optimizer
    created earlier keeps working. If a rule raises an error, no layer is changed.

    Parameters
    ----------
    module : nn.Module
        Network, or a single layer.
    rules : mapping of str | type to mapping
        Limits for the layers that each key matches. A key is a class, such as ``nn.Linear``, or a
        pattern for names as `module.named_modules` returns them, with the wildcards ``*`` and ``?``
        of file names. A ``*`` matches dots too, and ``"*.spatial"`` also matches ``"spatial"``. A
        value has ``max_norm`` and optionally ``min_norm``, ``axis_norm`` and ``minmax_rate``, as in
        `ConstrainedConv2d`, and ``non_negative``, which may stand alone (Keras's NonNeg). By
        default a norm is that of a filter or unit: it is taken over all axes but the first, or but
        the second for transposed convolutions. Containers and layers without parameters are
        skipped. The limits of a layer that is already constrained are replaced.

    Returns
    -------
    dict of str to NormConstraint
        Constrained layers by name.

    Raises
    ------
    ValueError
        If a rule matches no layer, two rules give one layer different limits, or a limit is
        invalid.
    TypeError
        If a rule matches a layer that cannot be constrained: a layer of another class; a subclass,
        which may use its weight in another way, as the ``out_proj`` of ``nn.MultiheadAttention``
        does; a layer with a ``forward`` of its own; a layer whose weight is computed, not stored; a
        layer of ``nn.TransformerEncoderLayer``, which reads its weight directly in evaluation.

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
        # The object gets another class: all references to it stay valid.
        layer.__class__ = CONSTRAINED.get(type(layer), type(layer))
        layer.set_constraint(**limits)
    return {name: layer for name, (layer, _) in plan.items()}


def _plan(
    module: nn.Module, rules: Mapping[Rule, Mapping[str, Any]]
) -> dict[str, tuple[Any, Limits]]:
    """Return the layers to change with their limits, by name; raise before any is changed."""
    if not isinstance(rules, Mapping) or not rules:
        raise ValueError(f"expected rules to map name patterns or layer types, got {rules!r}")
    bypassed = set(bypassed_layers(module))
    plan: dict[int, tuple[str, nn.Module, Limits, Rule]] = {}
    for rule, limits in rules.items():
        found = list(_matching(module, rule))
        if not found:
            able = [name for name, layer in module.named_modules() if type(layer) in CONSTRAINED]
            raise ValueError(
                f"expected rule {rule!r} to match a layer, got none; "
                f"layers that can be constrained: {', '.join(map(repr, able)) or 'none'}"
            )
        for name, layer in found:
            _check_can_be_constrained(name, layer, layer in bypassed)
            checked = _check_limits(rule, limits, layer)
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
    # A layer in two places has two names.
    for name, layer in module.named_modules(remove_duplicate=False):
        if isinstance(rule, str):
            matches = fnmatchcase(name, rule) or fnmatchcase(f".{name}", rule)
        else:
            matches = isinstance(layer, rule)
        # Containers and activations have no weight to constrain; a computed weight is an error.
        if matches and (
            any(True for _ in layer.parameters(recurse=False))
            or isinstance(getattr(layer, "weight", None), torch.Tensor)
        ):
            yield name, layer


def _check_can_be_constrained(name: str, layer: nn.Module, bypassed: bool) -> None:
    kind = type(layer)
    if kind not in CONSTRAINED and not isinstance(layer, NormConstraint):
        reason = f"is none of {', '.join(f'nn.{plain.__name__}' for plain in CONSTRAINED)}"
    elif has_patched_forward(layer):
        reason = "has a forward of its own"
    elif isinstance(layer, nn.Embedding) and kind is nn.Embedding and layer.max_norm is not None:
        reason = "has a max_norm of its own, by which torch changes the weight"
    elif not _weights(layer):
        reason = "computes its weight (by a parametrization, or pruning)"
    elif bypassed:
        reason = "belongs to nn.TransformerEncoderLayer, which reads its weight directly"
    else:
        return
    raise TypeError(
        f"expected a layer that can be constrained, got {name!r}: this {kind.__name__} {reason}"
    )


def _check_limits(rule: Rule, limits: Mapping[str, Any], layer: nn.Module) -> Limits:
    names = ("max_norm", "min_norm", "axis_norm", "minmax_rate", "non_negative")
    if (
        not isinstance(limits, Mapping)
        or not {"max_norm", "non_negative"} & set(limits)
        or set(limits) - set(names)
    ):
        raise ValueError(
            f"expected rule {rule!r} to give max_norm (or non_negative) and no others than "
            f"{', '.join(names)}, got {limits!r}"
        )
    max_norm, min_norm, minmax_rate = check_limits(
        limits.get("max_norm"), limits.get("min_norm"), limits.get("minmax_rate", 1.0), stacklevel=5
    )
    n_axes = _weights(layer)[0].ndim
    of_filter = set(range(n_axes)) - {1 if isinstance(layer, TransposedBase) else 0}
    axis_norm = check_axes(limits.get("axis_norm", sorted(of_filter)), n_axes)
    return {
        "max_norm": max_norm,
        "min_norm": min_norm,
        "axis_norm": axis_norm,
        "minmax_rate": minmax_rate,
        "non_negative": check_flag("non_negative", limits.get("non_negative", False)),
    }


def _weights(layer: nn.Module) -> list[nn.Parameter]:
    """Return the weights of a layer that are stored, not computed: one, or those of an RNN."""
    own = layer.named_parameters(recurse=False)
    names = ("weight_ih", "weight_hh", "weight_hr")
    return [p for name, p in own if name == "weight" or name.startswith(names)]
