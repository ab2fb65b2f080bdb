"""Whether a module does what its parameters say, and no more."""

from __future__ import annotations

from torch import nn

from eegzoo.layers.constrained.convolution import ConstrainedConv2d


def convolves_as_torch(module: nn.Conv2d) -> bool:
    """Tell whether a layer is a convolution with its stored or constrained weight.

    A subclass may choose that weight; one that computes otherwise, or a parametrized layer, is not
    known.
    """
    kind = type(module)
    known = any(
        kind.forward is base.forward and kind._conv_forward is base._conv_forward
        for base in (nn.Conv2d, ConstrainedConv2d)
    )
    return known and "parametrizations" not in module._modules


def normalizes_as_torch(module: nn.BatchNorm2d) -> bool:
    """Tell whether a layer is torch's, or that of several processes, which says so itself."""
    return getattr(type(module), "plain_class", type(module)) is nn.BatchNorm2d


def is_watched(module: nn.Module) -> bool:
    """Tell whether something but the module's class has a say in what its call does."""
    hooks = nn.modules.module
    return bool(
        module._forward_hooks
        or module._forward_pre_hooks
        or module._backward_hooks
        or module._backward_pre_hooks
        or "forward" in module.__dict__
        or hooks._global_forward_hooks
        or hooks._global_forward_pre_hooks
        or hooks._global_backward_hooks
        or hooks._global_backward_pre_hooks
    )


def zero_padding(module: nn.Conv2d) -> list[int]:
    """Return the zeros left, right, above and below."""
    if isinstance(module.padding, str):
        return list(module._reversed_padding_repeated_twice)
    height, width = module.padding
    return [width, width, height, height]
