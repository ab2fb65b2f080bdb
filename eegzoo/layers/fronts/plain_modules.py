"""Checks that a layer computes what its parameters imply, and nothing else."""

from __future__ import annotations

from torch import nn
from torch.nn.utils.parametrize import is_parametrized

from eegzoo.layers.constrained.convolution import ConstrainedConv2d
from eegzoo.torch_internals import computes_as, padding_of


def is_plain_convolution(module: nn.Conv2d) -> bool:
    """Return whether a layer is a convolution with its stored or its constrained weight.

    A subclass may choose how the weight is constrained. For a subclass with a ``forward`` of its
    own and for a parametrized layer the answer is no.
    """
    kind = type(module)
    known = computes_as(kind, nn.Conv2d) or computes_as(kind, ConstrainedConv2d)
    return known and not is_parametrized(module)


def is_plain_batch_norm(module: nn.BatchNorm2d) -> bool:
    """Return whether a layer is `torch.nn.BatchNorm2d`, synchronised over processes or not."""
    return getattr(type(module), "plain_class", type(module)) is nn.BatchNorm2d


def zero_padding(module: nn.Conv2d) -> list[int]:
    """Return the number of zeros on the left, on the right, above and below."""
    if isinstance(module.padding, str):
        return list(padding_of(module))
    height, width = module.padding
    return [width, width, height, height]
