"""Which layer's output is used by which other layer alone, observed in one forward pass."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from torch import Tensor, nn
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_iter

# Calls that only look at the shape or type of a tensor.
_LOOKS = {"__get__", "dim", "size", "stride", "numel", "is_floating_point", "__len__"}


class _Uses(TorchFunctionMode):
    """Counts the functions that take each tensor, and keeps all tensors alive."""

    def __init__(self) -> None:
        super().__init__()
        self.counts: Counter[int] = Counter()
        self.sources: dict[int, Tensor] = {}  # of a tensor that only lost an axis of length one
        self.kept: list[object] = []

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        out = func(*args, **(kwargs or {}))
        name = getattr(func, "__name__", "")
        self.kept.extend((args, kwargs, out))
        if name not in _LOOKS:
            tensors = (x for x in tree_iter((args, kwargs)) if isinstance(x, Tensor))
            self.counts.update(map(id, tensors))
        if name == "squeeze" and len(args) == 2 and args[1] in (2, 3):  # behind the axis of maps
            self.sources[id(out)] = args[0]
        return out


def followed_by(
    run: Callable[[], object], layers: Iterable[nn.Module], followers: Iterable[nn.Module]
) -> list[tuple[nn.Module, nn.Module]]:
    """Return the pairs of a layer and a follower that alone takes the layer's output.

    Both are called once in the run, and between them is nothing but the removal of an axis of
    length one.

    Parameters
    ----------
    run : callable
        Function that calls a network.
    layers, followers : iterable of nn.Module
        Modules of the network.

    Returns
    -------
    list of tuple of nn.Module
        Pairs in the order of the run.

    Examples
    --------
    >>> net = torch.nn.Sequential(torch.nn.Linear(4, 2), torch.nn.BatchNorm1d(2)).eval()
    >>> followed_by(lambda: net(torch.zeros(1, 4)), [net[0]], [net[1]]) == [(net[0], net[1])]
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
    pairs = []
    for taken, follower in takers:
        uses_so_far = [taken]
        source = uses.sources.get(id(taken), taken)
        if source is not taken:
            uses_so_far.append(source)
        maker = makers.get(id(source))
        once = all(uses.counts[id(x)] == 1 for x in uses_so_far)
        # The maps of a dense layer are its last axis, those of a normalisation the second.
        same_axis = not isinstance(maker, nn.Linear) or taken.ndim == 2
        if maker is not None and once and same_axis and calls[maker] == calls[follower] == 1:
            pairs.append((maker, follower))
    return pairs
