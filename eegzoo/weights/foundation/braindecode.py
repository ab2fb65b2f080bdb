"""Weights of foundation models to and from braindecode, in both directions."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from eegzoo.arguments import nearest
from eegzoo.models.base import EEGModel
from eegzoo.models.channel_contract import ChannelRows
from eegzoo.models.registry import name_of
from eegzoo.weights.foundation.braindecode_compact import (
    compact_arguments,
    from_compact,
    to_compact,
)
from eegzoo.weights.foundation.braindecode_compact_maps import COMPACT_MAPS, DIFFERENCES
from eegzoo.weights.foundation.braindecode_keys import KEY_MAPS, KeyMap, Pair
from eegzoo.weights.foundation.matching import Match, load_matching


def from_braindecode(model: EEGModel, state: Mapping[str, Tensor]) -> Match:
    """Load the weights of braindecode's model into ours, in place.

    The outputs are then those of braindecode 1.8.1, except that our foundation models take
    microvolts and scale them as the authors of the architecture do. CBraMod and EEGPT are loaded
    without layers that the authors do not have: ``proj_out`` and ``chan_proj``.

    Compact models have the arguments that `arguments_from` returns: braindecode's EEGNet has
    kernels of 64 and 16 samples, which are ours of 65 and 17. Limits of norms that braindecode's
    model lacks have to be None. Statistics of batch normalisations move so that the outputs are
    equal in evaluation.

    Parameters
    ----------
    model : EEGModel
        Model of one of the foundation models labram, biot, cbramod, steegformer, eegpt,
        signal_jepa, or of the compact models shallow_convnet, deep_convnet, eegnet, eegconformer,
        eeginception_erp, bdtcn, eegitnet, tidnet, sparcnet.
    state : mapping of str to Tensor
        State dict of braindecode's model. A head of another size is left out.

    Returns
    -------
    Match
        Number of weights that matched, and names of those that stay initialised.

    Raises
    ------
    ValueError
        If weights other than the head are missing, or have other names or shapes, or exceed a limit
        of their norms. If braindecode's architecture differs; the message says how.

    Examples
    --------
    >>> sizes = {"n_chans": 2, "n_times": 400, "n_outputs": 2, "sfreq": 200}
    >>> model = eegzoo.create_model("labram", **sizes)
    >>> from_braindecode(model, {"0.weight": torch.zeros(3)})
    Traceback (most recent call last):
        ...
    ValueError: expected weights of braindecode's labram, got 1 of other names: '0.weight'
    """
    if name_of(model) in COMPACT_MAPS:
        return from_compact(model, state)
    key_map = _map_of(model)
    pairs = key_map.pairs(_depth(state, key_map))
    used = {name for pair in (*pairs, *key_map.head) for name in pair.theirs}
    other = [
        name
        for name in state
        if name not in used and not any(fnmatch.fnmatchcase(name, each) for each in key_map.ignored)
    ]
    if other:
        raise ValueError(
            f"expected weights of braindecode's {name_of(model)}, got {len(other)} of other names: "
            f"{', '.join(map(repr, other[:3]))}"
        )
    ours = model.state_dict()
    converted = {
        pair.ours: _ours(pair, state, ours, model)
        for pair in pairs
        if all(name in state for name in pair.theirs)
    }
    for pair in key_map.head:
        if all(name in state for name in pair.theirs):
            tensor = _joined(pair, state)
            if ours[pair.ours].shape == tensor.shape:
                converted[pair.ours] = tensor
    return load_matching(model, converted, new=[pair.ours for pair in key_map.head] or ["head."])


def to_braindecode(model: EEGModel, state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the weights of a model as a state dict of braindecode's model.

    Parameters
    ----------
    model : EEGModel
        Model of one of the architectures that `from_braindecode` lists.
    state : mapping of str to Tensor
        State dict of braindecode's model of the same size. It gives the names and shapes, and the
        values of weights that we do not have. ``proj_out`` of CBraMod becomes the identity.

    Returns
    -------
    dict of str to Tensor
        State dict for ``load_state_dict`` of braindecode's model.

    Raises
    ------
    ValueError
        If braindecode's model has other weights or shapes.

    Examples
    --------
    >>> sizes = {"n_chans": 2, "n_times": 400, "n_outputs": 2, "sfreq": 200}
    >>> model = eegzoo.create_model("signal_jepa", **sizes)
    >>> theirs = {"final_layer.1.bias": torch.zeros(2)}
    >>> to_braindecode(model, theirs)
    Traceback (most recent call last):
        ...
    ValueError: expected braindecode's signal_jepa, which has 'feature_encoder.1.2.weight'
    """
    if name_of(model) in COMPACT_MAPS:
        return to_compact(model, state)
    key_map = _map_of(model)
    ours = model.state_dict()
    result = {name: tensor.clone() for name, tensor in state.items()}
    pairs = key_map.pairs(_depth(ours, key_map, "transformer."))
    fits = [pair for pair in key_map.head if all(name in state for name in pair.theirs)]
    for pair in (*pairs, *fits):
        for name in pair.theirs:
            if name not in state:
                raise ValueError(f"expected braindecode's {name_of(model)}, which has {name!r}")
        parts = ours[pair.ours].chunk(len(pair.theirs))
        for name, part in zip(pair.theirs, parts, strict=True):
            tensor = part
            for axis in sorted(pair.axes):
                tensor = tensor.unsqueeze(axis)
            if pair.is_table:
                tensor = _their_table(pair, tensor, state[name], model)
            if tensor.shape != state[name].shape:
                raise ValueError(
                    f"expected {name} of shape {tuple(tensor.shape)} in braindecode's model, got "
                    f"{tuple(state[name].shape)}"
                )
            result[name] = tensor.clone()
    if "proj_out.0.weight" in result:
        result["proj_out.0.weight"] = torch.eye(*result["proj_out.0.weight"].shape)
        result["proj_out.0.bias"].zero_()
    return result


def arguments_from(architecture: str, config: Mapping[str, Any]) -> dict[str, Any]:
    """Return our arguments of an architecture from the arguments of braindecode's model.

    Examples
    --------
    >>> arguments_from("steegformer", {"embed_dim": 768, "depth": 12, "drop_prob": 0.0})
    {'embed_dim': 768, 'depth': 12}
    """
    if architecture in COMPACT_MAPS:
        return compact_arguments(architecture, config)
    if architecture in DIFFERENCES:
        raise ValueError(
            f"expected an architecture that braindecode shares, got {architecture!r}: "
            f"{DIFFERENCES[architecture]}"
        )
    if architecture not in KEY_MAPS:
        raise ValueError(
            f"expected an architecture that braindecode shares, got {architecture!r}"
            f"{nearest(architecture, [*KEY_MAPS, *COMPACT_MAPS])}"
        )
    names = KEY_MAPS[architecture].arguments
    return {
        names[name]: int(value) if isinstance(value, float) and value.is_integer() else value
        for name, value in config.items()
        if name in names
    }


def _map_of(model: EEGModel) -> KeyMap:
    architecture = name_of(model)
    arguments_from(architecture, {})
    return KEY_MAPS[architecture]


def _depth(state: Mapping[str, Tensor], key_map: KeyMap, start: str = "") -> int:
    """Return the number of transformer layers."""
    if not key_map.layers:
        return 0
    pattern = re.compile(re.escape(start or key_map.layers) + r"(\d+)\.")
    return max((1 + int(found[1]) for name in state if (found := pattern.match(name))), default=1)


def _joined(pair: Pair, state: Mapping[str, Tensor]) -> Tensor:
    tensor = torch.cat([state[name] for name in pair.theirs])
    for axis in sorted(pair.axes, reverse=True):
        tensor = tensor.squeeze(axis)
    return tensor


def _ours(
    pair: Pair, state: Mapping[str, Tensor], ours: Mapping[str, Tensor], model: EEGModel
) -> Tensor:
    tensor = _joined(pair, state)
    if not pair.is_table or pair.ours not in ours or tensor.shape == ours[pair.ours].shape:
        return tensor
    table = ours[pair.ours].clone()
    rows = _rows(pair, len(tensor), model)
    table[rows] = tensor[: len(rows)].to(table.dtype)
    return table


def _their_table(pair: Pair, ours: Tensor, theirs: Tensor, model: EEGModel) -> Tensor:
    """Return their table with the rows that our model uses."""
    if ours.shape == theirs.shape:
        return ours
    axis = len(pair.axes)
    table = theirs.clone()
    rows = _rows(pair, theirs.shape[axis], model)
    table.narrow(axis, 0, len(rows)).copy_(ours.index_select(axis, torch.tensor(rows)))
    return table


def _rows(pair: Pair, n_theirs: int, model: EEGModel) -> list[int]:
    """Return the rows of our table that are the first rows of theirs.

    A table of seconds begins with the first. braindecode's BIOT has a row for each channel of a
    window in their order.
    """
    if pair.ours == "channels.weight":
        chosen = model.rows
        rows = list(chosen.rows) if isinstance(chosen, ChannelRows) else []
        if len(rows) != n_theirs:
            raise ValueError(f"expected a model of {n_theirs} channels, got {model.n_chans}")
        return rows
    n_ours, needed = len(model.get_parameter(pair.ours)), model.n_patches
    if n_theirs < needed:
        raise ValueError(
            f"expected windows of at most {n_theirs} patches for these weights, got {needed}"
        )
    return list(range(min(n_theirs, n_ours)))
