"""Plain torch layers in place of constrained ones."""

from __future__ import annotations

import copy

import torch
from torch import nn

from eegzoo.layers.constrained.convolution import ConstrainedConv1d, ConstrainedConv2d
from eegzoo.layers.constrained.dense import ConstrainedDense
from eegzoo.layers.constrained.norm_constraint import NormConstraint
from eegzoo.layers.constrained.separable import DepthwiseConv2d, SeparableConv2d
from eegzoo.layers.padding import is_lopsided

_PLAIN: dict[type[nn.Module], type[nn.Module]] = {
    ConstrainedDense: nn.Linear,
    ConstrainedConv1d: nn.Conv1d,
    ConstrainedConv2d: nn.Conv2d,
    DepthwiseConv2d: nn.Conv2d,
    SeparableConv2d: nn.Sequential,
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
