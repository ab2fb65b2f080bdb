"""What the layers of a front compute: whether it is known, with which weights and padding."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn.utils.parametrize import is_parametrized

from eegzoo.layers.constrained.convolution import ConstrainedConv2d
from eegzoo.layers.constrained.norm_constraint import NormConstraint
from eegzoo.layers.constrained.separable import DepthwiseConv2d
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


def weight_of(module: nn.Conv2d) -> Tensor:
    """Return the weight with which a convolution computes; in training, project the stored one.

    Examples
    --------
    >>> weight_of(nn.Conv2d(1, 8, (1, 65))).shape
    torch.Size([8, 1, 1, 65])
    """
    return module.constrained_weight() if isinstance(module, NormConstraint) else module.weight


def settings_of(module: nn.Module) -> tuple[object, ...] | None:
    """Return what determines a layer's weight in evaluation beside tensors, or None if unknown.

    Examples
    --------
    >>> settings_of(nn.BatchNorm2d(8))
    (<class 'torch.nn.modules.batchnorm.BatchNorm2d'>, 1e-05)
    """
    if type(module) in (nn.Conv2d, nn.BatchNorm2d):
        return type(module), getattr(module, "eps", None)
    if type(module) in (ConstrainedConv2d, DepthwiseConv2d):
        limits = (module.max_norm, module.min_norm, module.minmax_rate, module.non_negative)
        return type(module), module.axis_norm, *limits
    return None


def time_padding(module: nn.Conv2d) -> tuple[int, int]:
    """Return the number of zeros before and after.

    Examples
    --------
    >>> time_padding(nn.Conv2d(1, 8, (1, 64), padding="same"))
    (31, 32)
    """
    left, right, _, _ = zero_padding(module)
    return left, right


def mixed_bias(spatial: nn.Conv2d, mixing: Tensor, shift: Tensor | None) -> Tensor | None:
    """Return the bias of each map: the spatial bias plus the mixed temporal biases.

    Examples
    --------
    >>> spatial = nn.Conv2d(2, 1, (3, 1), bias=False)
    >>> mixed_bias(spatial, torch.ones(1, 2, 3), torch.tensor([1.0, 10.0]))
    tensor([33.])
    """
    bias = spatial.bias
    if shift is None:
        return bias
    groups = spatial.groups
    shifts = shift.view(groups, -1).repeat_interleave(len(mixing) // groups, 0)
    mixed: Tensor = (mixing.sum(2, dtype=shift.dtype) * shifts).sum(1)
    return (mixed if bias is None else mixed + bias).to(mixing.dtype)
