"""Statistics of one person for all layers of a model, from one pass over the windows."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from eegzoo.layers.person.person_statistics import PersonStatistics, person_layers


class CalledAgainError(Exception):
    """A layer was called twice in a pass, so that its statistics do not follow from one call."""


def set_in_one_pass(model: nn.Module, windows: Tensor) -> Any:
    """Set the statistics of one person in all layers of a model, in place, and return its outputs.

    Each layer gets the statistics of its input just before it is computed, so that those after it
    see what they see in evaluation. A module with an attribute ``summed_layer``, the name of such a
    layer in it, has a method ``layer_sums`` that maps its own input to the sums of the layer, where
    this is cheaper than computing the layer's input; or to None.

    Parameters
    ----------
    model : nn.Module
        Model in evaluation mode.
    windows : Tensor, shape (n_windows, n_chans, n_times)
        All windows of one person, two or more.

    Raises
    ------
    CalledAgainError
        If a layer is called more than once.

    Examples
    --------
    >>> norm = eegzoo.layers.FeatureNorm(2).eval()
    >>> windows = torch.tensor([[1.0, 5.0], [3.0, 5.0]])
    >>> torch.equal(set_in_one_pass(norm, windows), norm(windows)), norm.running_mean
    (True, tensor([2., 5.]))
    """
    done: set[PersonStatistics] = set()

    def renew(layer: PersonStatistics, sums: tuple[Tensor, ...]) -> None:
        if layer in done:
            raise CalledAgainError
        done.add(layer)
        layer.set_statistics(*sums)

    def before_layer(layer: PersonStatistics, inputs: tuple[Tensor, ...]) -> None:
        renew(layer, layer.sums(inputs[0]))

    def before_owner(owner: Any, inputs: tuple[Tensor, ...]) -> None:
        layer, sums = getattr(owner, owner.summed_layer), owner.layer_sums(inputs[0])
        if sums is None:
            hooks.append(layer.register_forward_pre_hook(before_layer))
        else:
            renew(layer, sums)

    owners: dict[Any, nn.Module] = {}
    for part in model.modules():
        if hasattr(part, "summed_layer"):
            owners[getattr(part, str(part.summed_layer))] = part
    hooks: list[RemovableHandle] = []
    for layer in person_layers(model).values():
        if layer in owners:
            hooks.append(owners[layer].register_forward_pre_hook(before_owner))
        else:
            hooks.append(layer.register_forward_pre_hook(before_layer))
    try:
        return model(windows)
    finally:
        for hook in hooks:
            hook.remove()
