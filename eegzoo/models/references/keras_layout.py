"""Conversion of Keras and TensorFlow weights to eegzoo's state dicts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy.typing as npt
import torch
from torch import Tensor

Array = npt.NDArray[Any]

# Keras's names of tensors, and torch's. Keras's separable convolution is two modules in torch.
_TENSORS = {
    "kernel": "weight",
    "depthwise_kernel": "weight",
    "bias": "bias",
    "gamma": "weight",
    "beta": "bias",
    "moving_mean": "running_mean",
    "moving_variance": "running_var",
}
_SEPARABLE = {"depthwise_kernel": "0.weight", "pointwise_kernel": "1.weight"}


def rename(
    weights: Mapping[str, Array],
    places: Mapping[str, str] | Sequence[str],
    *,
    n_maps: int = 1,
    time_first: bool = False,
) -> dict[str, Tensor]:
    """Return a state dict from Keras's weights, which are named "layer.tensor".

    `places` maps names of layers to names of our modules; layers that it lacks are left out. A
    sequence names the modules of all layers in order. `n_maps` is the number of feature maps that
    the dense layer flattens. With `time_first`, time is the height of Keras's two-dimensional
    kernels; in eegzoo it is the width.
    """
    layers = list(dict.fromkeys(name.rpartition(".")[0] for name in weights))
    if not isinstance(places, Mapping):
        places = dict(zip(layers, places, strict=True))
    state = {}
    for name, value in weights.items():
        layer, _, tensor = name.rpartition(".")
        if layer not in places:
            continue
        tensors = _SEPARABLE if f"{layer}.pointwise_kernel" in weights else _TENSORS
        key = f"{places[layer]}.{tensors[tensor]}"
        if tensor == "depthwise_kernel":
            state[key] = depthwise2d(value)
        elif tensor.endswith("kernel"):
            state[key] = _dense(value, n_maps) if value.ndim == 2 else _conv(value)
        else:
            state[key] = torch.from_numpy(value)
        if time_first and value.ndim == 4:
            state[key] = state[key].mT
        if tensor == "moving_mean":
            state[f"{places[layer]}.num_batches_tracked"] = torch.tensor(0)
    return state


def numbered(kind: str, places: Iterable[str], first: int = 0) -> dict[str, str]:
    """Return `places` by Keras's names of the layers of a kind, numbered from `first`.

    Examples
    --------
    >>> numbered("conv2d", ["front.temporal", "reduce.4"])
    {'conv2d': 'front.temporal', 'conv2d_1': 'reduce.4'}
    """
    return {f"{kind}_{n}" if n else kind: place for n, place in enumerate(places, first)}


def without_height(state: dict[str, Tensor], *modules: str) -> dict[str, Tensor]:
    """Return the state dict with the height of the named modules' kernels, which is 1, removed."""
    return state | {f"{name}.weight": state[f"{name}.weight"].squeeze(2) for name in modules}


def depthwise2d(kernel: Array) -> Tensor:
    """(kh, kw, in, multiplier) -> (in * multiplier, 1, kh, kw)."""
    height, width, in_channels, multiplier = kernel.shape
    kernel = kernel.transpose(2, 3, 0, 1).reshape(in_channels * multiplier, 1, height, width)
    return torch.from_numpy(kernel.copy())


def _dense(kernel: Array, n_maps: int) -> Tensor:
    """(in, out) -> (out, in), with the inputs from (time, map) order to torch's (map, time)."""
    rows, n_outputs = kernel.shape
    kernel = kernel.reshape(rows // n_maps, n_maps, n_outputs).transpose(2, 1, 0)
    return torch.from_numpy(kernel.reshape(n_outputs, rows).copy())


def _conv(kernel: Array) -> Tensor:
    """(..., in, out) -> (out, in, ...)."""
    *sizes, n_in, n_out = range(kernel.ndim)
    return torch.from_numpy(kernel.transpose(n_out, n_in, *sizes).copy())
