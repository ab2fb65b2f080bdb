"""Which layer's output is used by which other layer alone, observed in one forward pass."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from eegzoo.torch_internals import tensors_in

# Calls that only look at the shape or type of a tensor.
_LOOKS = {"__get__", "dim", "size", "stride", "numel", "is_floating_point", "__len__"}


class _Uses(TorchFunctionMode):
    """Counts the functions that take each tensor, and keeps all tensors alive."""

    def __init__(self) -> None:
        super().__init__()
        self.counts: Counter[int] = Counter()
        # Tensors that one is made of without computation: it only lost an axis of length one, or is
        # a concatenation of maps.
        self.sources: dict[int, tuple[Tensor, ...]] = {}
        self.kept: list[object] = []

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        out = func(*args, **(kwargs or {}))
        name = getattr(func, "__name__", "")
        self.kept.extend((args, kwargs, out))
        if name not in _LOOKS:
            tensors = tensors_in((args, kwargs))
            self.counts.update(map(id, tensors))
        if name == "squeeze" and len(args) == 2 and args[1] in (2, 3):  # behind the axis of maps
            self.sources[id(out)] = (args[0],)
        if func is torch.cat and (kwargs or {}).get("dim", args[1:] and args[1]) == 1:
            self.sources[id(out)] = tuple(args[0])
        return out


def followed_by(
    run: Callable[[], object], layers: Iterable[nn.Module], followers: Iterable[nn.Module]
) -> list[tuple[list[nn.Module], nn.Module]]:
    """Return the followers that alone take the outputs of layers, with these layers.

    All are called once in the run, and between them is nothing but the concatenation of the maps of
    several layers and the removal of an axis of length one behind the maps.

    Parameters
    ----------
    run : callable
        Function that calls a network.
    layers, followers : iterable of nn.Module
        Modules of the network.

    Returns
    -------
    list of tuple
        The layers, in the order of their maps, and their follower; in the order of the run.

    Examples
    --------
    >>> net = torch.nn.Sequential(torch.nn.Linear(4, 2), torch.nn.BatchNorm1d(2)).eval()
    >>> followed_by(lambda: net(torch.zeros(1, 4)), [net[0]], [net[1]]) == [([net[0]], net[1])]
    True
    """
    uses, calls = _Uses(), Counter[nn.Module]()
    makers: dict[int, nn.Module] = {}
    takers: list[tuple[Tensor, nn.Module]] = []

    def after(layer: nn.Module, inputs: Any, out: Any) -> None:
        calls[layer] += 1
        uses.kept.append(out)
        makers[id(out)] = layer

    def before(follower: nn.Module, inputs: Any) -> None:
        calls[follower] += 1
        if len(inputs) == 1:
            takers.append((inputs[0], follower))

    hooks = [layer.register_forward_hook(after) for layer in layers]
    hooks += [follower.register_forward_pre_hook(before) for follower in followers]
    try:
        with uses:
            run()
    finally:
        for hook in hooks:
            hook.remove()
    found = []
    for taken, follower in takers:
        between, ends = [taken], [taken]
        # What a layer itself did to its output is its own affair.
        while any(id(x) in uses.sources and id(x) not in makers for x in ends):
            ends = [
                source
                for x in ends
                for source in ((x,) if id(x) in makers else uses.sources.get(id(x), (x,)))
            ]
            between.extend(ends)
        once = all(uses.counts[id(x)] == 1 for x in between)
        chain = [makers[id(x)] for x in ends if id(x) in makers]
        # The maps of a dense layer are its last axis, those of a normalisation the second.
        same_axis = taken.ndim == 2 or not any(isinstance(x, nn.Linear) for x in chain)
        called_once = all(calls[module] == 1 for module in (*chain, follower))
        if len(chain) == len(ends) and once and same_axis and called_once:
            found.append((chain, follower))
    return found
