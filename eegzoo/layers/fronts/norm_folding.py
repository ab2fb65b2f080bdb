"""Batch normalisation in evaluation as a part of the layer before it."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrize import is_parametrized

from eegzoo.layers.constrained.convolution import ConstrainedConv1d, ConstrainedConv2d
from eegzoo.layers.constrained.dense import ConstrainedDense
from eegzoo.layers.constrained.norm_constraint import NormConstraint
from eegzoo.torch_internals import (
    BatchNormBase,
    computes_as,
    has_hooks,
    has_patched_forward,
    wide_dtype,
)

_LINEAR = (nn.Conv1d, nn.Conv2d, nn.Linear, ConstrainedConv1d, ConstrainedConv2d, ConstrainedDense)
_DTYPES = (torch.float32, torch.float64)


def scale_and_shift(norm: nn.Module) -> tuple[Tensor, Tensor]:
    """Return a normalisation in evaluation as ``scale * x + shift``, both in `wide_dtype`.

    Examples
    --------
    >>> scale, shift = scale_and_shift(torch.nn.BatchNorm1d(2, eps=3.0))
    >>> scale, shift
    (tensor([0.5000, 0.5000], dtype=torch.float64), tensor([0., 0.], dtype=torch.float64))
    """
    if not isinstance(norm, BatchNormBase) or norm.running_mean is None or norm.running_var is None:
        raise ValueError(f"expected a batch normalisation with running statistics, got {norm}")
    dtype = wide_dtype(norm.running_var)
    scale = torch.rsqrt(norm.running_var.detach().to(dtype) + norm.eps)
    if norm.weight is not None:
        scale = scale * norm.weight.detach().to(dtype)
    shift = -scale * norm.running_mean.detach().to(dtype)
    if norm.bias is not None:
        shift = shift + norm.bias.detach().to(dtype)
    return scale, shift


def normalized_filters(
    weight: Tensor, bias: Tensor | None, norm: nn.Module
) -> tuple[Tensor, Tensor | None]:
    """Return kernels and biases that include a normalisation in evaluation, with their gradients.

    Parameters
    ----------
    weight : Tensor, shape (maps, channels, kernel_size)
        Kernels.
    bias : Tensor | None, shape (maps,)
        Bias of each map.
    norm : nn.BatchNorm1d | nn.Identity
        Normalisation of the maps.

    Examples
    --------
    >>> conv, norm = torch.nn.Conv1d(4, 8, 5), torch.nn.BatchNorm1d(8).eval()
    >>> x = torch.randn(2, 4, 50)
    >>> found = torch.nn.functional.conv1d(x, *normalized_filters(conv.weight, conv.bias, norm))
    >>> torch.testing.assert_close(found, norm(conv(x)))
    """
    if isinstance(norm, nn.Identity):
        return weight, bias
    if not isinstance(norm, BatchNormBase) or norm.running_mean is None or norm.running_var is None:
        raise ValueError(f"expected a batch normalisation with running statistics, got {norm}")
    wide = wide_dtype(weight)
    scale = norm.weight.to(wide) * torch.rsqrt(norm.running_var.to(wide) + norm.eps)
    shift = norm.bias.to(wide) - scale * norm.running_mean.to(wide)
    if bias is not None:
        shift = shift + scale * bias.to(wide)
    return weight * scale.to(weight.dtype)[:, None, None], shift.to(weight.dtype)


def is_foldable_norm(module: nn.Module) -> bool:
    """Return whether a layer is a batch normalisation that evaluation computes per map."""
    kind = getattr(type(module), "plain_class", type(module))
    return (
        kind in (nn.BatchNorm1d, nn.BatchNorm2d)
        and isinstance(module, BatchNormBase)
        and module.running_mean is not None
        and module.running_var is not None
        and is_untouched(module)
    )


def is_linear_layer(module: nn.Module, also: tuple[type[nn.Module], ...] = ()) -> bool:
    """Return whether a layer is a convolution or dense layer whose outputs can be scaled.

    Parameters
    ----------
    module : nn.Module
        Layer.
    also : tuple of type
        Subclasses of convolutions whose ``forward`` only changes the input of the convolution.

    Examples
    --------
    >>> is_linear_layer(torch.nn.Conv1d(4, 8, 5)), is_linear_layer(torch.nn.ReLU())
    (True, False)
    """
    if not isinstance(module, _LINEAR) or module.weight.dtype not in _DTYPES:
        return False
    if not isinstance(module.weight, nn.Parameter):  # it follows from other parameters
        return False
    known = any(computes_as(type(module), base) for base in (*_LINEAR, *also))
    return known and is_untouched(module)


def fold_norm_(layer: nn.Module, norm: nn.Module, start: int = 0) -> None:
    """Include a normalisation in the weight and bias of the layer before it, in place.

    A constrained layer loses its constraint: its weight is the one that it uses in evaluation,
    scaled.

    Parameters
    ----------
    layer : nn.Conv1d | nn.Conv2d | nn.Linear
        Layer of which `is_linear_layer` is true.
    norm : nn.BatchNorm1d | nn.BatchNorm2d
        Normalisation of its output maps.
    start : int
        First of the maps of `norm` that the layer computes.

    Examples
    --------
    >>> conv, norm = torch.nn.Conv1d(4, 8, 5), torch.nn.BatchNorm1d(8).eval()
    >>> norm.running_mean.normal_()
    tensor([...])
    >>> x = torch.randn(2, 4, 50)
    >>> expected = norm(conv(x))
    >>> fold_norm_(conv, norm)
    >>> torch.testing.assert_close(conv(x), expected)
    """
    weight: Tensor = evaluation_weight(layer)
    own = slice(start, start + len(weight))
    scale, shift = (values[own].to(weight.device) for values in scale_and_shift(norm))
    if isinstance(layer, NormConstraint):
        layer.set_constraint(None, None, layer.axis_norm, 1.0)
    folded = weight.to(wide_dtype(weight)) * scale.reshape(-1, *[1] * (weight.ndim - 1))
    if layer.bias is not None:
        shift = shift + scale * layer.bias.detach().to(scale.dtype)  # type: ignore[operator]
    layer.weight = nn.Parameter(folded.to(weight.dtype), requires_grad=False)
    layer.bias = nn.Parameter(shift.to(weight.dtype), requires_grad=False)


@torch.no_grad()
def evaluation_weight(layer: nn.Module) -> Tensor:
    """Return the weight with which a layer computes in evaluation.

    Examples
    --------
    >>> evaluation_weight(eegzoo.layers.ConstrainedDense(4, 1, max_norm=0.1)).norm() <= 0.1 + 1e-6
    tensor(True)
    """
    if not isinstance(layer, NormConstraint):
        weight: Tensor = layer.weight  # type: ignore[assignment]
        return weight.detach()
    training, layer.training = layer.training, False
    try:
        return layer.constrained_weight().detach()
    finally:
        layer.training = training


def is_untouched(module: nn.Module) -> bool:
    """Return whether a layer has neither hooks nor parametrisations nor a replaced ``forward``.

    Examples
    --------
    >>> is_untouched(torch.nn.Linear(4, 2))
    True
    """
    return not (has_hooks(module) or has_patched_forward(module) or is_parametrized(module))
