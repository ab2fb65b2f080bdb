"""Replacement of constrained layers by plain torch layers."""

from __future__ import annotations

import copy

import torch
from torch import nn

from eegzoo.layers.constrained.convolution import ConstrainedConv1d, ConstrainedConv2d
from eegzoo.layers.constrained.dense import ConstrainedDense
from eegzoo.layers.constrained.norm_constraint import NormConstraint
from eegzoo.layers.constrained.separable import SeparableConv2d
from eegzoo.layers.padding import is_lopsided
from eegzoo.torch_internals import computes_as, pad_by_list, padding_of

_PLAIN: dict[type[nn.Module], type[nn.Module]] = {
    ConstrainedDense: nn.Linear,
    ConstrainedConv1d: nn.Conv1d,
    ConstrainedConv2d: nn.Conv2d,
    SeparableConv2d: nn.Sequential,
}


def bake(module: nn.Module) -> nn.Module:
    """Return a copy of a network in which plain torch layers replace the constrained ones.

    The plain layers have the weights that the constrained layers use in evaluation, so that the
    outputs are equal. A copy saved by ``torch.save`` or an exporter does not need eegzoo for these
    layers, and the state-dict keys are the same. Two layers that share a weight still share it if
    it is within the limits of both.

    Parameters
    ----------
    module : nn.Module
        Network, or a single layer. It is not changed.

    Returns
    -------
    nn.Module
        Copy with the same mode and device and the same frozen parameters as `module`.

    Raises
    ------
    TypeError
        If a constrained layer has a ``forward`` other than that of `ConstrainedDense`,
        `ConstrainedConv1d` or `ConstrainedConv2d`: no plain layer is known to be equal to it.

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
        if isinstance(layer, (NormConstraint, SeparableConv2d)) and _plain_class(layer) is None:
            raise TypeError(
                f"expected constrained layers of this package, got {name!r}: a "
                f"{type(layer).__name__}, which has a forward of its own"
            )
    baked = copy.deepcopy(module)
    for layer in list(baked.modules()):
        plain = _plain_class(layer)
        if isinstance(layer, NormConstraint):
            _store_evaluation_weight(layer)
            _delete_constraint(layer)
        if isinstance(layer, (ConstrainedConv1d, ConstrainedConv2d)):
            _pad_as_torch_does(layer)
        if plain is not None:
            layer.__class__ = plain
    return baked


def _plain_class(layer: nn.Module) -> type[nn.Module] | None:
    """Return the torch class that computes as `layer` does, given its weight."""
    for base in type(layer).__mro__:
        if base in _PLAIN:
            return _PLAIN[base] if computes_as(type(layer), base) else None
    return None


def _store_evaluation_weight(layer: NormConstraint) -> None:
    stored = layer.weight
    if stored.is_meta:
        return
    training, layer.training = layer.training, False
    with torch.no_grad():
        projected = layer.constrained_weight()
    layer.training = training
    if projected is not stored and not torch.equal(projected, stored):
        layer.weight = nn.Parameter(projected, requires_grad=stored.requires_grad)


def _delete_constraint(layer: NormConstraint) -> None:
    for name in ("max_norm", "min_norm", "axis_norm", "minmax_rate", *(name for name in vars(layer)["_buffers"] if name.startswith("_last_"))):
        delattr(layer, name)


def _pad_as_torch_does(layer: ConstrainedConv1d | ConstrainedConv2d) -> None:
    """Set the padding so that torch's forward pads as that of the constrained layer does."""
    zeros_on_one_side = layer.padding_mode == "zeros" and is_lopsided(padding_of(layer))
    if layer.padding == "causal" or (layer.padding == "same" and zeros_on_one_side):
        pad_by_list(layer)
