"""Private and version-dependent parts of torch that eegzoo uses.

All other files use them through this module, `eegzoo.torch_modules`, which is about the state of
modules, and `eegzoo.torch_tracing`. `tests/test_torch_internals.py` has a test for each name, so
that a new version of torch that changes one of them fails there, and the failure names the feature
that depends on it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any, Self

import torch
from torch import Tensor, nn
from torch.autograd import forward_ad
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.conv import _ConvNd
from torch.utils._pytree import tree_iter
from torch.utils.data._utils.collate import default_collate_fn_map

ConvBase = _ConvNd
"""Base class of torch's convolutions."""


BatchNormBase = _BatchNorm
"""Base class of torch's batch normalisations, including `torch.nn.SyncBatchNorm`."""

DEVICE_ERRORS = (RuntimeError, AssertionError)
"""Errors that torch raises for a device that it cannot use (AssertionError without CUDA)."""


def wide_dtype(x: Tensor) -> torch.dtype:
    """Return float64, or float32 for a tensor on an Apple GPU, which does not have float64.

    Examples
    --------
    >>> wide_dtype(torch.zeros(2, dtype=torch.float16))
    torch.float64
    """
    return torch.float32 if x.is_mps else torch.float64


def padding_of(conv: ConvBase) -> list[int]:
    """Return the padding of a convolution in the order of `torch.nn.functional.pad`.

    The padding before an axis may differ from the padding after it. torch itself pads by this list
    unless `padding_mode` is "zeros".

    Examples
    --------
    >>> padding_of(torch.nn.Conv2d(1, 8, (1, 16), padding="same"))
    [7, 8, 0, 0]
    """
    return conv._reversed_padding_repeated_twice


def set_padding(conv: ConvBase, padding: list[int]) -> None:
    """Replace the list that `padding_of` returns.

    Examples
    --------
    >>> conv = torch.nn.Conv1d(8, 4, 5, padding_mode="replicate")
    >>> set_padding(conv, [4, 0])
    >>> conv(torch.randn(2, 8, 100)).shape
    torch.Size([2, 4, 100])
    """
    conv._reversed_padding_repeated_twice = padding


class AfterMove(nn.Module):
    """Mixin for modules that react to a change of their device or dtype.

    Examples
    --------
    >>> class Announced(AfterMove, torch.nn.Linear):
    ...     def after_move(self):
    ...         print("moved to", self.weight.dtype)
    >>> _ = torch.nn.Sequential(Announced(4, 2)).double()
    moved to torch.float64
    """

    def after_move(self) -> None:
        """React to the change. ``to``, ``cuda``, ``double`` and similar methods call this."""
        raise NotImplementedError

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Self:
        super()._apply(fn, recurse)  # type: ignore[no-untyped-call]
        self.after_move()
        return self


def computes_as(kind: type[nn.Module], base: type[nn.Module]) -> bool:
    """Return whether a class of layers inherits the computation of `base` unchanged.

    Examples
    --------
    >>> computes_as(torch.nn.LazyConv1d, torch.nn.Conv1d)
    True
    >>> computes_as(torch.nn.Conv2d, torch.nn.Conv1d)
    False
    """
    return all(
        getattr(kind, name, None) is getattr(base, name, None)
        for name in ("forward", "_conv_forward")
    )


def has_patched_forward(module: nn.Module) -> bool:
    """Return whether ``forward`` is replaced on the module itself, not in its class.

    Examples
    --------
    >>> layer = torch.nn.Linear(4, 2)
    >>> layer.forward = lambda x: x
    >>> has_patched_forward(layer), has_patched_forward(torch.nn.Linear(4, 2))
    (True, False)
    """
    return "forward" in vars(module) or "_conv_forward" in vars(module)


def has_hooks(module: nn.Module) -> bool:
    """Return whether a call of a module runs hooks, registered on it or for all modules.

    Examples
    --------
    >>> layer = torch.nn.Linear(4, 2)
    >>> _ = layer.register_forward_hook(lambda module, inputs, output: None)
    >>> has_hooks(layer), has_hooks(torch.nn.Linear(4, 2))
    (True, False)
    """
    return has_global_hooks() or bool(
        module._forward_hooks
        or module._forward_pre_hooks
        or module._backward_hooks
        or module._backward_pre_hooks
    )


def has_global_hooks() -> bool:
    """Return whether hooks are registered for all modules.

    Examples
    --------
    >>> has_global_hooks()
    False
    """
    everywhere = nn.modules.module
    return bool(
        everywhere._global_forward_hooks
        or everywhere._global_forward_pre_hooks
        or everywhere._global_backward_hooks
        or everywhere._global_backward_pre_hooks
    )


def bypassed_layers(module: nn.Module) -> Iterator[nn.Module]:
    """Yield the layers whose weights torch may use without calling the layer.

    These are the linear layers of `torch.nn.TransformerEncoderLayer`, on its fast path in
    evaluation.

    Examples
    --------
    >>> list(bypassed_layers(torch.nn.TransformerEncoderLayer(8, 2, 16)))
    [Linear(in_features=8, out_features=16, bias=True),
     Linear(in_features=16, out_features=8, bias=True)]
    """
    for parent in module.modules():
        if isinstance(parent, nn.TransformerEncoderLayer):
            yield parent.linear1
            yield parent.linear2


def is_transformed() -> bool:
    """Return whether a ``torch.func`` transform or forward-mode differentiation is active.

    Examples
    --------
    >>> is_transformed()
    False
    >>> torch.vmap(lambda x: x + is_transformed())(torch.zeros(2))
    tensor([1., 1.])
    """
    transformed: bool = torch._C._are_functorch_transforms_active()
    return transformed or forward_ad._current_level >= 0


def check_batch_norm_input(norm: BatchNormBase, x: Tensor) -> None:
    """Raise an error if a batch normalisation does not accept the number of dimensions of `x`.

    Examples
    --------
    >>> check_batch_norm_input(torch.nn.BatchNorm2d(8), torch.zeros(2, 8, 22, 100))
    """
    norm._check_input_dim(x)  # type: ignore[no-untyped-call]


def register_collate(kind: type, collate: Callable[..., Any]) -> None:
    """Set the function with which `torch.utils.data.DataLoader` collates items of a type.

    Parameters
    ----------
    kind : type
        Type of the items of a data set.
    collate : callable
        Function that returns a batch, given a list of items and the keyword ``collate_fn_map``.

    Examples
    --------
    >>> class Name(str):
    ...     pass
    >>> register_collate(Name, lambda names, **_: "+".join(names))
    >>> torch.utils.data.default_collate([Name("Fz"), Name("Cz")])
    'Fz+Cz'
    """
    default_collate_fn_map[kind] = collate


def tensors_in(values: Any) -> Iterator[Tensor]:
    """Yield the tensors in nested sequences and mappings.

    Examples
    --------
    >>> [len(x) for x in tensors_in((torch.zeros(3), {"y": [torch.zeros(2), 1]}))]
    [3, 2]
    """
    return (value for value in tree_iter(values) if isinstance(value, Tensor))


def padded_max_pool(kernel_size: int, stride: int) -> nn.Sequential:
    """Return a max pool along time with a padding of ``kernel_size // 2`` samples on either side.

    The padding is a separate layer, because ``torch.compile`` (2.13, CPU) loses the gradient of a
    GELU that is followed by a `torch.nn.MaxPool1d` with padding.

    Examples
    --------
    >>> padded_max_pool(4, stride=4)(torch.arange(6.0).reshape(1, 6))
    tensor([[1., 5.]])
    """
    return nn.Sequential(
        nn.ConstantPad1d(kernel_size // 2, -math.inf), nn.MaxPool1d(kernel_size, stride)
    )
