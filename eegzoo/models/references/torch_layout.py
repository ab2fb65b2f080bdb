"""Conversion of another PyTorch implementation's weights to eegzoo's state dict."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
import torch
from torch import Tensor

from eegzoo.models.references.reference import Array

# The names of modules in torch's TransformerEncoderLayer, and in ours.
TRANSFORMER_LAYER = {
    "self_attn.query": "attend.0.query",
    "self_attn.key": "attend.0.key",
    "self_attn.value": "attend.0.value",
    "self_attn.out_proj": "attend.0.out",
    "norm1": "attend_norm",
    "linear1": "expand.0",
    "linear2": "expand.3",
    "norm2": "expand_norm",
}


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


def split_projections(weights: Mapping[str, Array]) -> dict[str, Array]:
    """Return weights in which the projections of torch's MultiheadAttention are apart.

    Examples
    --------
    >>> list(split_projections({"self_attn.in_proj_bias": np.zeros(6)}))
    ['self_attn.query.bias', 'self_attn.key.bias', 'self_attn.value.bias']
    """
    named: dict[str, Array] = {}
    for name, value in weights.items():
        module, joined, tensor = name.partition(".in_proj_")
        if joined:
            thirds = zip(("query", "key", "value"), np.split(value, 3), strict=True)
            named |= {f"{module}.{part}.{tensor}": third for part, third in thirds}
        else:
            named[name] = value
    return named
