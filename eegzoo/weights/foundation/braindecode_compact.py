"""Weights of compact architectures to and from braindecode 1.8.1."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from eegzoo.layers.attention.multi_head import MultiHeadAttention
from eegzoo.layers.constrained.norm_constraint import NormConstraint
from eegzoo.models.base import EEGModel
from eegzoo.models.registry import name_of
from eegzoo.weights.foundation.braindecode_compact_maps import COMPACT_MAPS, CompactMap
from eegzoo.weights.foundation.matching import Match, load_matching


def from_compact(model: EEGModel, state: Mapping[str, Tensor]) -> Match:
    """Load the weights of braindecode's model into ours, in place; see `from_braindecode`."""
    name = name_of(model)
    compact = COMPACT_MAPS[name]
    ours = model.state_dict()
    modules = compact.modules_of(model)
    head = [*modules.values()][-1]
    converted: dict[str, Tensor] = {}
    used: set[str] = set()
    free = set()  # of a limit that theirs has as well
    for their, our in modules.items():
        for entry in _entries(ours, our):
            key, there = _key(state, their, entry), ours[f"{our}.{entry}"]
            if key is None:
                if entry == "bias" and our in compact.norm_after:
                    converted[f"{our}.bias"] = torch.zeros_like(there)
                continue
            used.add(key)
            if key == f"{their}.{entry}":
                free.add(f"{our}.{entry}")
            if our == head and _is_head_of_others(state[key], there):
                continue
            converted[f"{our}.{entry}"] = _fitted(state[key], there.shape, our == head)
    for our, theirs in compact.joined.items():
        for entry in _entries(ours, our):
            keys = [f"{their}.{entry}" for their in theirs]
            if all(key in state for key in keys):
                parts = [state[key] for key in keys]
                converted[f"{our}.{entry}"] = torch.cat(parts) if parts[0].ndim else parts[0]
                used.update(keys)
    _check_names(name, state, used)
    _change_attention(model, converted, to_ours=True)
    if compact.eps is not None:
        _change_eps(model, converted, compact.eps, to_ours=True)
    _check_limits(model, {key: converted[key] for key in free if key in converted})
    return load_matching(model, converted, new=[f"{head}."])


def to_compact(model: EEGModel, state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return our weights as a state dict of braindecode's model; see `to_braindecode`."""
    name = name_of(model)
    compact = COMPACT_MAPS[name]
    modules = compact.modules_of(model)
    head = [*modules.values()][-1]
    ours = {key: tensor.clone() for key, tensor in model.state_dict().items()}
    _change_attention(model, ours, to_ours=False)
    if compact.eps is not None:
        _change_eps(model, ours, compact.eps, to_ours=False)
    for module, norm in compact.norm_after.items():
        ours[f"{norm}.running_mean"] -= ours[f"{module}.bias"]
    result = dict(state)
    used = set()
    for their, key, tensor in _their_entries(compact, modules, ours, state):
        if key is None:
            raise ValueError(f"expected braindecode's {name}, which has {their!r}")
        shape = state[key].shape
        tensor = _fitted(tensor, shape, modules.get(their.rpartition(".")[0]) == head)
        if tensor.shape != shape:
            raise ValueError(
                f"expected {key} of shape {tuple(tensor.shape)} in braindecode's model, got "
                f"{tuple(shape)}"
            )
        used.add(key)
        result[key] = tensor.clone()
    _check_names(name, state, used)
    return result


def compact_arguments(name: str, config: Mapping[str, Any]) -> dict[str, object]:
    """Return our arguments from those of braindecode's model, without limits of norms.

    Examples
    --------
    >>> compact_arguments("eegnet", {"F1": 4, "kernel_length": 64, "drop_prob": 0.25})
    {'F1': 4, 'kernel_length': 65}
    """
    compact = COMPACT_MAPS[name]
    for theirs, value in compact.fixed.items():
        if config.get(theirs, value) != value:
            raise ValueError(
                f"expected {theirs}={value!r} of braindecode's {name}, which ours computes, got "
                f"{config[theirs]!r}"
            )
    found = {ours: config[theirs] for ours, theirs in compact.arguments.items() if theirs in config}
    for ours, parts in compact.tuples.items():
        if all(theirs in config for theirs, _ in parts):
            found[ours] = tuple(config[theirs] * factor for theirs, factor in parts)
    for argument in compact.odd:
        length = found.get(argument)
        if isinstance(length, int):
            found[argument] = length + 1 - length % 2
    return found


def _entries(state: Mapping[str, Tensor], module: str) -> list[str]:
    start = f"{module}."
    return [key.removeprefix(start) for key in state if key.rpartition(".")[0] == module]


def _their_entries(
    compact: CompactMap,
    modules: Mapping[str, str],
    ours: Mapping[str, Tensor],
    state: Mapping[str, Tensor],
) -> Iterator[tuple[str, str | None, Tensor]]:
    """Yield the name of each of their tensors, the name that a constraint gives it, and ours."""
    for their, our in modules.items():
        for entry in _entries(ours, our):
            key = _key(state, their, entry)
            if key is not None or entry != "bias" or our not in compact.norm_after:
                yield f"{their}.{entry}", key, ours[f"{our}.{entry}"]
    for our, theirs in compact.joined.items():
        for entry in _entries(ours, our):
            tensor = ours[f"{our}.{entry}"]
            keys = [f"{their}.{entry}" for their in theirs]
            yield from ((key, None, tensor) for key in keys if key not in state)
            parts: list[Tensor] = [tensor] * len(keys)
            sizes = [state[key].numel() for key in keys]
            if tensor.ndim and sum(sizes) == len(tensor):
                parts = list(torch.split(tensor, sizes))
            yield from zip(keys, keys, parts, strict=True)


def _check_names(name: str, state: Mapping[str, Tensor], used: set[str]) -> None:
    other = [key for key in state if key not in used]
    if other:
        raise ValueError(
            f"expected weights of braindecode's {name}, got {len(other)} of other names: "
            f"{', '.join(map(repr, other[:3]))}"
        )


# How torch names the tensors of a weight normalisation.
_NORMALISED = {"norm": "original0", "direction": "original1"}


def _key(state: Mapping[str, Tensor], module: str, entry: str) -> str | None:
    """Return the name of their tensor, which a constraint or a weight normalisation changes."""
    names = [f"{module}.{entry}", f"{module}.parametrizations.{entry}.original"]
    if entry in _NORMALISED:
        names = [f"{module}.parametrizations.weight.{_NORMALISED[entry]}"]
    return next((name for name in names if name in state), None)


def _is_head_of_others(theirs: Tensor, ours: Tensor) -> bool:
    """Return whether a tensor belongs to a head that differs in its outputs alone."""
    return len(theirs) != len(ours) and theirs[0].numel() == ours[0].numel()


def _fitted(tensor: Tensor, shape: torch.Size, is_head: bool) -> Tensor:
    """Return a tensor in a shape of as many numbers, or one with a zero more or less at its end.

    Axes may differ by some of length one. A tensor that does not fit is returned as it is.
    """
    plain = [length for length in shape if length != 1]
    lengths = [length for length in tensor.shape if length != 1]
    if lengths == plain or (is_head and tensor.numel() == shape.numel()):
        return tensor.reshape(shape)
    if len(shape) > 2 and lengths and lengths[:-1] == plain[:-1]:
        flat = tensor.reshape(lengths)
        if plain[-1] == lengths[-1] + 1 and plain[-1] % 2:
            return F.pad(flat, (0, 1)).reshape(shape)
        if plain[-1] == lengths[-1] - 1 and lengths[-1] % 2 and not flat[..., -1].any():
            return flat[..., :-1].reshape(shape)
    return tensor


def _change_eps(model: EEGModel, state: dict[str, Tensor], theirs: float, *, to_ours: bool) -> None:
    """Scale weights so that normalisations with another epsilon give the same in evaluation."""
    for name, module in model.named_modules():
        if isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d)) and f"{name}.weight" in state:
            variance = state[f"{name}.running_var"]
            ratio = ((variance + module.eps) / (variance + theirs)).sqrt()
            weight = state[f"{name}.weight"]
            state[f"{name}.weight"] = weight * ratio if to_ours else weight / ratio


def _change_attention(model: EEGModel, state: dict[str, Tensor], *, to_ours: bool) -> None:
    """Scale queries, whose products with keys braindecode multiplies by torch's factor."""
    for name, module in model.named_modules():
        if isinstance(module, MultiHeadAttention):
            ratio = module.head_dim**-0.5 / module.scale
            for key in (f"{name}.query.weight", f"{name}.query.bias"):
                if key in state:
                    state[key] = state[key] * (ratio if to_ours else 1 / ratio)


def _check_limits(model: EEGModel, given: Mapping[str, Tensor]) -> None:
    """Refuse weights that our limits would change, where theirs has none."""
    for name, tensor in given.items():
        module, _, entry = name.rpartition(".")
        layer = model.get_submodule(module)
        if entry == "weight" and isinstance(layer, NormConstraint) and layer.max_norm is not None:
            if tensor.shape != layer.weight.shape:
                continue
            largest = layer.filter_norms(tensor).max().item()
            if largest > layer.max_norm * (1 + 1e-6):
                raise ValueError(
                    f"expected norms of at most {layer.max_norm:g} in {name}, got {largest:.3g}: "
                    "braindecode does not limit them; create the model without limits, "
                    "with max_norm=None and head_max_norm=None where it has them"
                )
