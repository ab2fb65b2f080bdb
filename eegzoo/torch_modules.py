"""Private parts of torch's modules that eegzoo uses: where they keep their state.

It has the same purpose as `eegzoo.torch_internals`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeGuard

from torch import Tensor, nn
from torch.nn.modules.conv import _ConvTransposeNd

from eegzoo.same_values import has_same_values

TransposedBase = _ConvTransposeNd
"""Base class of torch's transposed convolutions."""

RecurrentBase = nn.RNNBase
"""Base class of torch's recurrent layers."""


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


def stored_tensor(module: nn.Module, name: str) -> Tensor:
    """Return a parameter, buffer or attribute of a module, past a property of this name.

    Examples
    --------
    >>> stored_tensor(torch.nn.Linear(4, 2), "weight").shape
    torch.Size([2, 4])
    """
    places: tuple[dict[str, Any], ...] = (module._parameters, module._buffers, vars(module))
    for stored in places:
        if name in stored:
            tensor: Tensor = stored[name]
            return tensor
    raise AttributeError(f"{type(module).__name__!r} object has no attribute {name!r}")


def stored_buffers(module: nn.Module) -> Iterable[Tensor]:
    """Return the buffers of a module itself, in the order in which they were registered.

    Examples
    --------
    >>> len(list(stored_buffers(torch.nn.BatchNorm1d(4))))
    3
    """
    return module._buffers.values()  # type: ignore[return-value]


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
    padding = conv._output_padding(
        x,
        output_size,
        list(conv.stride),
        [*map(int, conv.padding)],
        list(conv.kernel_size),
        len(conv.kernel_size),
        list(conv.dilation),
    )
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


class ModuleState:
    """What a module computes with: the attributes and tensors of all its modules, as they were.

    Tensors are compared by value, so that no way of writing to one is missed; modules, hooks and
    attributes are compared as well.

    Parameters
    ----------
    module : nn.Module
        Module.

    Examples
    --------
    >>> net = torch.nn.Sequential(torch.nn.Linear(2, 1), torch.nn.ELU())
    >>> state = ModuleState(net)
    >>> state.holds()
    True
    >>> net[1].alpha = 2.0
    >>> state.holds()
    False
    """

    def __init__(self, module: nn.Module) -> None:
        self._modules = [(part, type(part), _attributes(part)) for part in module.modules()]
        stored = [x for part in module.modules() for x in (part._parameters, part._buffers) if x]
        self._tensors = [(x, [(name, _copy(x[name])) for name in x]) for x in stored]

    def holds(self) -> bool:
        """Return whether nothing has changed."""
        try:
            for part, kind, attributes in self._modules:
                if type(part) is not kind or vars(part) != attributes:
                    return False
            for stored, copies in self._tensors:
                if len(stored) != len(copies):
                    return False
                for (name, now), (name_before, before) in zip(stored.items(), copies, strict=True):
                    if name != name_before or not _is_same(now, before):
                        return False
        except Exception:  # attributes that cannot be compared, or tensors on two devices
            return False
        return True

    def tensors(self) -> list[Tensor | None]:
        """Return the parameters and buffers that the module has now."""
        return [tensor for stored, _ in self._tensors for tensor in stored.values()]

    def rebuilt(self, tensors: Iterable[Tensor | None]) -> nn.Module:
        """Return a module as it was, with other tensors, in the order of `tensors`."""
        left = iter(tensors)
        replaced = {
            id(stored): {name: next(left) for name, _ in copies} for stored, copies in self._tensors
        }
        twins = {part: object.__new__(kind) for part, kind, _ in self._modules}
        for part, _, attributes in self._modules:
            vars(twins[part]).update(
                {
                    name: value.copy() if _may_change(value) else value
                    for name, value in attributes.items()
                },
                _parameters=replaced.get(id(part._parameters), {}),
                _buffers=replaced.get(id(part._buffers), {}),
                _modules={
                    name: None if child is None else twins[child]
                    for name, child in attributes["_modules"].items()
                },
            )
        return twins[self._modules[0][0]]


def _copy(tensor: Tensor | None) -> Tensor | None:
    return None if tensor is None else tensor.detach().clone()


def _attributes(module: nn.Module) -> dict[str, Any]:
    """Return the attributes; containers are copied, as they may change in place."""
    tensors = (module._parameters, module._buffers)
    return {
        name: value.copy() if _may_change(value) and not any(value is x for x in tensors) else value
        for name, value in vars(module).items()
    }


def _may_change(value: object) -> TypeGuard[dict[Any, Any] | list[Any] | set[Any]]:
    return isinstance(value, (dict, list, set))


def _is_same(now: Tensor | None, before: Tensor | None) -> bool:
    if now is None or before is None:
        return now is before
    # Subclasses may replace the comparison itself.
    known = type(now) is nn.Parameter or type(now) is Tensor
    return known and has_same_values(now, before)
