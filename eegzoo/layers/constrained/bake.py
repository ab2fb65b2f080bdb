"""Replacement of constrained layers by plain torch layers."""

from __future__ import annotations

import copy

import torch
from torch import nn

from eegzoo.layers.constrained.norm_constraint import NormConstraint
from eegzoo.layers.constrained.separable import SeparableConv2d
from eegzoo.layers.constrained.swap import CONSTRAINED
from eegzoo.layers.padding import is_lopsided, padding_layer
from eegzoo.torch_internals import ConvBase, computes_as, padding_of, set_padding
from eegzoo.torch_modules import move_into_child_

_PLAIN: dict[type[nn.Module], type[nn.Module]] = {
    SeparableConv2d: nn.Sequential,
    **{constrained: plain for plain, constrained in CONSTRAINED.items()},
}


def bake(module: nn.Module) -> nn.Module:
    """Return a copy of a network in which plain torch layers replace the constrained ones.

    The plain layers have the weights that the constrained layers use in evaluation, so that the
    outputs are equal. A copy saved by ``torch.save`` or an exporter does not need eegzoo for these
    layers, and tools for plain layers accept it, such as those that fold a batch normalisation into
    a convolution or merge an adapter with its weight. Two layers that share a weight still share it
    if it is within the limits of both.

    The state-dict keys are the same, with one exception. No convolution of torch pads on one side
    only, so that one with causal padding becomes a ``Sequential`` of a padding layer ``pad`` and a
    convolution ``conv``, unless its kernel has length one. A convolution with "same" padding and an
    even kernel keeps ``padding="same"``, for which torch warns once that it may copy the input.

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
        If a constrained layer has a ``forward`` of its own: no plain layer is known to be equal.

    See Also
    --------
    constrain : The inverse.

    Examples
    --------
    >>> from eegzoo.layers import ConstrainedConv1d
    >>> bake(ConstrainedConv1d(8, 4, 5, max_norm=0.5))
    Conv1d(8, 4, kernel_size=(5,), stride=(1,), padding=(2,))
    >>> bake(ConstrainedConv1d(8, 4, 5, padding="causal", max_norm=0.5))
    Sequential(
      (pad): ConstantPad1d(padding=(4, 0), value=0.0)
      (conv): Conv1d(8, 4, kernel_size=(5,), stride=(1,))
    )
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
            layer.delete_constraint()
        if plain is not None:
            layer.__class__ = plain
        if isinstance(layer, nn.Embedding) and plain is not None:
            layer.max_norm = None  # torch's own
        if isinstance(layer, ConvBase) and plain is not None:
            _pad_as_torch_does(layer)
    return baked


def _plain_class(layer: nn.Module) -> type[nn.Module] | None:
    """Return the torch class that computes as `layer` does, given its weight."""
    for base in type(layer).__mro__:
        if base in _PLAIN:
            return _PLAIN[base] if computes_as(type(layer), base) else None
    return None


def _store_evaluation_weight(layer: NormConstraint) -> None:
    training, layer.training = layer.training, False
    for name in layer.weight_names:
        stored = layer.get_parameter(name)
        if stored.is_meta:
            continue
        with torch.no_grad():
            # A subclass with one weight may override the method without its argument.
            names = () if name == "weight" else (name,)
            projected = layer.constrained_weight(*names)
        if projected is not stored and not torch.equal(projected, stored):
            setattr(layer, name, nn.Parameter(projected, requires_grad=stored.requires_grad))
    layer.training = training


def _pad_as_torch_does(layer: ConvBase) -> None:
    """Give a convolution the padding that torch has for what the constrained layer does."""
    amounts = padding_of(layer)
    if layer.padding == "causal":
        layer.padding = (0,) * len(layer.kernel_size)
        set_padding(layer, [0] * len(amounts))
        pad = padding_layer(amounts, layer.padding_mode)
        layer.padding_mode = "zeros"
        if any(amounts):
            move_into_child_(layer, "conv", before={"pad": pad})
    elif layer.padding_mode == "zeros" and not is_lopsided(amounts):
        layer.padding = tuple(amounts[::-2])  # more tools know numbers than "same"
