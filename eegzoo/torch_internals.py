"""Private and version-dependent parts of torch that eegzoo uses.

All other files use them through this module. `tests/test_torch_internals.py` has a test for each
name, so that a new version of torch that changes one of them fails there, and the failure names the
feature that depends on it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any, Self, TypeVar

import torch
from torch import Tensor, nn
from torch.autograd import forward_ad
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.conv import _ConvNd, _ConvTransposeNd
from torch.utils.data._utils.collate import default_collate_fn_map

_Function = TypeVar("_Function", bound=Callable[..., Any])

ConvBase = _ConvNd
"""Base class of torch's convolutions."""

TransposedBase = _ConvTransposeNd
"""Base class of torch's transposed convolutions."""

RecurrentBase = nn.RNNBase
"""Base class of torch's recurrent layers."""

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


def move_into_child_(layer: nn.Module, name: str, before: dict[str, nn.Module]) -> None:
    """Make a layer a `torch.nn.Sequential` that contains the layer as it was.

    The object stays the same, so that everything that refers to it stays valid. It keeps its hooks.

    Parameters
    ----------
    layer : nn.Module
        Layer to change.
    name : str
        Name of the former layer in the sequence.
    before : dict of str to nn.Module
        Layers that come before it, by name.

    Examples
    --------
    >>> layer = torch.nn.Conv1d(8, 4, 5)
    >>> move_into_child_(layer, "conv", before={"pad": torch.nn.ConstantPad1d((4, 0), 0.0)})
    >>> layer(torch.randn(2, 8, 100)).shape, list(layer.state_dict())
    (torch.Size([2, 4, 100]), ['conv.weight', 'conv.bias'])
    """
    child = object.__new__(type(layer))
    attributes, fresh = dict(vars(layer)), vars(nn.Module())
    kept = {key for key in fresh if key.endswith("hooks") or "hooks_" in key}
    vars(child).update(attributes)
    vars(child).update({key: fresh[key] for key in kept})
    vars(layer).clear()
    layer.__class__ = nn.Sequential
    vars(layer).update(vars(nn.Module()))
    vars(layer).update({key: attributes[key] for key in kept})
    layer.training = child.training
    for key, module in {**before, name: child}.items():
        layer.add_module(key, module.train(child.training))


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


def stored_tensor(module: nn.Module, name: str) -> Tensor:
    """Return a parameter, buffer or attribute of a module, past a property of this name.

    Examples
    --------
    >>> stored_tensor(torch.nn.Linear(4, 2), "weight").shape
    torch.Size([2, 4])
    """
    tensor: Tensor
    for stored in (module._parameters, module._buffers, vars(module)):
        if name in stored:
            tensor = stored[name]
            return tensor
    raise AttributeError(f"{type(module).__name__!r} object has no attribute {name!r}")


def output_padding_of(
    conv: TransposedBase, x: Tensor, output_size: list[int] | None
) -> tuple[int, ...]:
    """Return what a transposed convolution adds to one side of its output for a size.

    Examples
    --------
    >>> conv = torch.nn.ConvTranspose1d(8, 4, 3, stride=2)
    >>> tuple(output_padding_of(conv, torch.zeros(1, 8, 10), [22]))
    (1,)
    """
    n_axes = len(conv.kernel_size)
    padding = conv._output_padding(
        x, output_size, list(conv.stride), list(conv.padding), list(conv.kernel_size), n_axes,
        list(conv.dilation),
    )  # fmt: skip
    return tuple(padding)


def call_recurrent(
    layer: RecurrentBase, kind: type[RecurrentBase], weights: dict[str, Tensor], x: Any, hx: Any
) -> Any:
    """Call a recurrent layer as one of class `kind` with other weights.

    The layer is not changed, so that several threads may call it.

    Examples
    --------
    >>> layer, x = torch.nn.GRU(4, 2), torch.randn(5, 4)
    >>> zeros = {name: torch.zeros_like(weight) for name, weight in layer.named_parameters()}
    >>> output, _ = call_recurrent(layer, torch.nn.GRU, zeros, x, None)
    >>> bool((output == 0).all())
    True
    """
    twin = object.__new__(kind)
    vars(twin).update(vars(layer))
    names = layer._flat_weights_names
    vars(twin)["_flat_weights"] = [weights.get(name, getattr(layer, name)) for name in names]
    # torch renews the list if a reference is to another tensor than the layer's.
    vars(twin)["_flat_weight_refs"] = [None] * len(names)
    return twin.forward(x, hx)


class OwnStateDict(nn.Module):
    """Mixin for modules that decide what a state dict contains, and react to loading one.

    Unlike hooks, methods are not part of an object: they neither appear in pickles nor stay behind
    when the class of an object changes.

    Examples
    --------
    >>> class Rounded(OwnStateDict, torch.nn.Linear):
    ...     def saved_values(self):
    ...         return {"weight": self.weight.detach().round()}
    ...     def after_loading(self, names):
    ...         print("loaded", *sorted(names))
    >>> layer = Rounded(2, 1)
    >>> state = layer.state_dict()
    >>> bool((state["weight"] == layer.weight.round()).all())
    True
    >>> layer.load_state_dict(state)
    loaded bias weight
    <All keys matched successfully>
    """

    def saved_values(self) -> dict[str, Tensor]:
        """Return the values that a state dict contains in place of those of own tensors."""
        raise NotImplementedError

    def after_loading(self, names: set[str]) -> None:
        """React to the loading of own tensors, given their names."""
        raise NotImplementedError

    def _save_to_state_dict(
        self, destination: dict[str, Any], prefix: str, keep_vars: bool
    ) -> None:
        super()._save_to_state_dict(destination, prefix, keep_vars)
        if not keep_vars:  # otherwise the parameters themselves are asked for
            for name, value in self.saved_values().items():
                destination[prefix + name] = value

    def _load_from_state_dict(
        self, state_dict: dict[str, Any], prefix: str, *arguments: Any
    ) -> None:
        super()._load_from_state_dict(state_dict, prefix, *arguments)
        shapes = {name: tensor.shape for name, tensor in self.named_parameters(recurse=False)}
        # A value of another shape is not loaded: it will be an error.
        self.after_loading(
            {
                name
                for name, shape in shapes.items()
                if getattr(state_dict.get(prefix + name), "shape", None) == shape
            }
        )


def without_version(weight: Tensor) -> Tensor:
    """Return an alias of a tensor; autograd and its count of changes ignore changes of the alias.

    A graph that has saved the tensor, or a view of it, stays valid, and its gradient is computed
    with the changed values.

    Examples
    --------
    >>> weight = torch.ones(2, requires_grad=True)
    >>> penalty = weight.square().sum()
    >>> _ = without_version(weight).div_(2)
    >>> penalty.backward()
    >>> weight.grad
    tensor([1., 1.])
    """
    return weight.data


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
    everywhere = nn.modules.module
    return bool(
        module._forward_hooks
        or module._forward_pre_hooks
        or module._backward_hooks
        or module._backward_pre_hooks
        or everywhere._global_forward_hooks
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


def not_compiled(function: _Function) -> _Function:
    """Exclude a function from ``torch.compile``; the code around it is compiled.

    Examples
    --------
    >>> @not_compiled
    ... def double(x):
    ...     return 2 * x
    >>> double(21)
    42
    """
    left_out: _Function = torch.compiler.disable(function)  # type: ignore[no-untyped-call]
    return left_out


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
