"""From Keras's layouts of weights to torch's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

Array = npt.NDArray[Any]

_BATCH_NORM = {
    "weight": "gamma",
    "bias": "beta",
    "running_mean": "moving_mean",
    "running_var": "moving_variance",
}


def conv2d(kernel: Array) -> Tensor:
    """(kh, kw, in, out) -> (out, in, kh, kw)."""
    return torch.from_numpy(kernel.transpose(3, 2, 0, 1).copy())


def depthwise2d(kernel: Array) -> Tensor:
    """(kh, kw, in, multiplier) -> (in * multiplier, 1, kh, kw)."""
    height, width, in_channels, multiplier = kernel.shape
    kernel = kernel.transpose(2, 3, 0, 1).reshape(in_channels * multiplier, 1, height, width)
    return torch.from_numpy(kernel.copy())


def dense(kernel: Array, n_maps: int = 1) -> Tensor:
    """(in, out) -> (out, in), rows from (time, map) order to torch's (map, time)."""
    rows, n_outputs = kernel.shape
    kernel = kernel.reshape(rows // n_maps, n_maps, n_outputs).transpose(2, 1, 0)
    return torch.from_numpy(kernel.reshape(n_outputs, rows).copy())


def batch_norm(layer: str, weights: Mapping[str, Array], place: str) -> dict[str, Tensor]:
    """State of the BatchNorm at `place` from Keras's `layer`."""
    state = {
        f"{place}.{ours}": torch.from_numpy(np.asarray(weights[f"{layer}.{theirs}"]))
        for ours, theirs in _BATCH_NORM.items()
    }
    return state | {f"{place}.num_batches_tracked": torch.tensor(0)}
