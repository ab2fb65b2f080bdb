"""Weights of compact architectures to and from braindecode 1.8.1."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from eegzoo.layers.attention.multi_head import MultiHeadAttention
from eegzoo.layers.constrained.norm_constraint import NormConstraint
from eegzoo.models.base import EEGModel
from eegzoo.models.registry import name_of
from eegzoo.weights.foundation.matching import Match, load_matching


@dataclass(frozen=True)
class CompactMap:
    """Modules of braindecode's model and those of ours with the same values.

    Parameters
    ----------
    modules : mapping of str to str
        Names of their modules, and of ours. The last one is the head.
    norm_after : mapping of str to str
        Our modules with a bias that theirs lack, and the batch normalisation after each, whose mean
        takes the bias in braindecode's model.
    eps : float | None
        Epsilon of their batch normalisations, if ours have another.
    arguments : mapping of str to str
        Names of our arguments, and of theirs with the same value.
    odd : tuple of str
        Our arguments of kernel lengths that are odd: braindecode pads a kernel of even length like
        one that has a zero more at its end.
    """

    modules: Mapping[str, str]
    norm_after: Mapping[str, str] = field(default_factory=dict)
    eps: float | None = None
    arguments: Mapping[str, str] = field(default_factory=dict)
    odd: tuple[str, ...] = ()


_MOST_LAYERS = 24


def _eegconformer() -> dict[str, str]:
    modules = {
        "patch_embedding.shallownet.0": "front.temporal",
        "patch_embedding.shallownet.1": "front.spatial",
        "patch_embedding.shallownet.2": "tokens.0",
        "patch_embedding.projection.0": "tokens.4",
    }
    layer = {
        "0.fn.0": "attend.0", "0.fn.1.queries": "attend.1.query", "0.fn.1.keys": "attend.1.key",
        "0.fn.1.values": "attend.1.value", "0.fn.1.projection": "attend.1.out",
        "1.fn.0": "expand.0", "1.fn.1.0": "expand.1", "1.fn.1.3": "expand.4",
    }  # fmt: skip
    for number in range(_MOST_LAYERS):
        modules |= {
            f"transformer.{number}.{theirs}": f"transformer.{number}.{ours}"
            for theirs, ours in layer.items()
        }
    return {**modules, "fc.fc.0": "head.0", "fc.fc.3": "head.3", "final_layer": "head.6"}


def _eeginception_erp() -> dict[str, str]:
    modules: dict[str, str] = {}
    for branch in range(3):
        theirs, ours = f"inception_block_1.branches.{branch}", f"scales.{branch}"
        modules |= {f"{theirs}.{place}": f"{ours}.{place}" for place in (0, 1, 4, 5)}
    for branch in range(3):
        theirs, ours = f"inception_block_2.branches.{branch}", f"finer_scales.{branch}"
        modules |= {f"{theirs}.{place}": f"{ours}.{place}" for place in (0, 1)}
    places = {0: 1, 1: 2, 5: 6, 6: 7}
    modules |= {f"final_block.{theirs}": f"reduce.{ours}" for theirs, ours in places.items()}
    return {**modules, "final_layer.fc": "head"}


_POOLED = {
    "n_filters": "n_filters_time", "kernel_length": "filter_time_length",
    "pool_length": "pool_time_length", "pool_stride": "pool_time_stride",
}  # fmt: skip

COMPACT_MAPS: Mapping[str, CompactMap] = {
    "shallow_convnet": CompactMap(
        {"conv_time_spat.conv_time": "front.temporal", "conv_time_spat.conv_spat": "front.spatial",
         "bnorm": "norm", "final_layer.conv_classifier": "head"},
        arguments=_POOLED,
    ),
    "deep_convnet": CompactMap(
        {"conv_time_spat.conv_time": "front.temporal", "conv_time_spat.conv_spat": "front.spatial",
         "bnorm": "first.0",
         **{f"{kind}_{number + 2}": f"blocks.{number}.{place}"
            for number in range(3) for place, kind in enumerate(("conv", "bnorm"))},
         "final_layer.conv_classifier": "head"},
        norm_after={"front.spatial": "first.0",
                    **{f"blocks.{number}.0": f"blocks.{number}.1" for number in range(3)}},
        arguments=_POOLED,
    ),
    "eegnet": CompactMap(
        {"conv_temporal": "front.temporal", "bnorm_temporal": "front.norm",
         "conv_spatial": "front.spatial", "bnorm_1": "reduce.0",
         "conv_separable_depth": "separable.0", "conv_separable_point": "separable.1",
         "bnorm_2": "separable.2", "final_layer.conv_classifier": "head"},
        arguments={"F1": "F1", "D": "D", "F2": "F2", "kernel_length": "kernel_length",
                   "second_kernel_length": "depthwise_kernel_length"},
        odd=("kernel_length", "second_kernel_length"),
    ),
    "eegconformer": CompactMap(
        _eegconformer(),
        arguments={**_POOLED, "embed_dim": "n_filters_time", "depth": "num_layers",
                   "n_heads": "num_heads"},
    ),
    "eeginception_erp": CompactMap(_eeginception_erp(), eps=1e-5),
}  # fmt: skip

_NO_MAP = "no map of its weights has been proved"
# Why weights of other architectures of both do not move.
DIFFERENCES: Mapping[str, str] = {
    "atcnet": _NO_MAP,
    "luna": "it leaves out two normalisations that the authors' weights have",
    "attnsleep": "its feature extractor has more weights than the authors' code",
    "ctnet": _NO_MAP,
    "deepsleepnet": "it has torch's LSTM, the authors' code one with peepholes",
    "eegnex": "it normalises filters, the authors' code samples",
    "eeginception_mi": _NO_MAP,
    "eegsym": _NO_MAP,
    "eegtcnet": "its dilated convolutions have no biases",
    "fbcnet": "it filters with FIR filters, the authors' code with Chebyshev filters in both ways",
    "stagernet": "it pads kernels of even length by one sample more",
    "usleep": _NO_MAP,
}


def from_compact(model: EEGModel, state: Mapping[str, Tensor]) -> Match:
    """Load the weights of braindecode's model into ours, in place; see `from_braindecode`."""
    name = name_of(model)
    compact = COMPACT_MAPS[name]
    ours = model.state_dict()
    head = [*compact.modules.values()][-1]
    converted: dict[str, Tensor] = {}
    used: set[str] = set()
    free = set()  # of a limit that theirs has as well
    for their, our in compact.modules.items():
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
    other = [key for key in state if key not in used]
    if other:
        raise ValueError(
            f"expected weights of braindecode's {name}, got {len(other)} of other names: "
            f"{', '.join(map(repr, other[:3]))}"
        )
    _change_attention(model, converted, to_ours=True)
    if compact.eps is not None:
        _change_eps(model, converted, compact.eps, to_ours=True)
    _check_limits(model, {key: converted[key] for key in free if key in converted})
    return load_matching(model, converted, new=[f"{head}."])


def to_compact(model: EEGModel, state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return our weights as a state dict of braindecode's model; see `to_braindecode`."""
    name = name_of(model)
    compact = COMPACT_MAPS[name]
    head = [*compact.modules.values()][-1]
    ours = {key: tensor.clone() for key, tensor in model.state_dict().items()}
    _change_attention(model, ours, to_ours=False)
    if compact.eps is not None:
        _change_eps(model, ours, compact.eps, to_ours=False)
    for module, norm in compact.norm_after.items():
        ours[f"{norm}.running_mean"] -= ours[f"{module}.bias"]
    result = dict(state)
    for their, our in compact.modules.items():
        for entry in _entries(ours, our):
            key = _key(state, their, entry)
            if key is None:
                if entry == "bias" and our in compact.norm_after:
                    continue
                raise ValueError(f"expected braindecode's {name}, which has '{their}.{entry}'")
            tensor = ours[f"{our}.{entry}"]
            shape = state[key].shape
            tensor = _fitted(tensor, shape, our == head)
            if tensor.shape != shape:
                raise ValueError(
                    f"expected {key} of shape {tuple(tensor.shape)} in braindecode's model, got "
                    f"{tuple(shape)}"
                )
            result[key] = tensor.clone()
    return result


def compact_arguments(name: str, config: Mapping[str, object]) -> dict[str, object]:
    """Return our arguments from those of braindecode's model, without limits of norms.

    Examples
    --------
    >>> compact_arguments("eegnet", {"F1": 4, "kernel_length": 64, "drop_prob": 0.25})
    {'F1': 4, 'kernel_length': 65}
    """
    compact = COMPACT_MAPS[name]
    found = {ours: config[theirs] for ours, theirs in compact.arguments.items() if theirs in config}
    for argument in compact.odd:
        length = found.get(argument)
        if isinstance(length, int):
            found[argument] = length + 1 - length % 2
    return found


def _entries(state: Mapping[str, Tensor], module: str) -> list[str]:
    start = f"{module}."
    return [key.removeprefix(start) for key in state if key.rpartition(".")[0] == module]


def _key(state: Mapping[str, Tensor], module: str, entry: str) -> str | None:
    """Return the name of their tensor, which a constraint changes."""
    names = (f"{module}.{entry}", f"{module}.parametrizations.{entry}.original")
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
