"""Conversion of another PyTorch implementation's weights to eegzoo's state dict."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import torch
from torch import Tensor

from eegzoo.models.references.reference import Array


def rename(
    weights: Mapping[str, Array],
    places: Mapping[str, str],
    tensors: Mapping[str, str] = MappingProxyType({}),
) -> dict[str, Tensor]:
    """Return a state dict from another implementation's weights, which are named "module.tensor".

    `places` maps their names of modules to ours; modules that it lacks are left out. `tensors` maps
    names of tensors that differ. The counters of batch normalisations, which the weights lack, are
    added.
    """
    state = {}
    for name, value in weights.items():
        module, _, tensor = name.rpartition(".")
        if module in places:
            place = places[module]
            state[f"{place}.{tensors.get(tensor, tensor)}"] = torch.from_numpy(value)
            if tensor == "running_mean":
                state[f"{place}.num_batches_tracked"] = torch.tensor(0)
    return state


def below(theirs: str, ours: str, places: Mapping[str, str]) -> dict[str, str]:
    """Return `places` with the names of the enclosing modules put in front.

    Examples
    --------
    >>> below("encoder.3", "transformer.3", {"fc1": "expand.1"})
    {'encoder.3.fc1': 'transformer.3.expand.1'}
    """
    return {f"{theirs}.{their}": f"{ours}.{our}" for their, our in places.items()}
