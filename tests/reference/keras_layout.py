"""From Keras's layouts to torch's, and the stored weights by their Keras names."""

from pathlib import Path

import numpy as np
import torch

FOLDER = Path(__file__).parent


def load(file):
    with np.load(FOLDER / file, allow_pickle=False) as arrays:
        return {key: arrays[key] for key in arrays.files}


def conv2d(kernel):
    """(kh, kw, in, out) -> (out, in, kh, kw)."""
    return torch.from_numpy(kernel.transpose(3, 2, 0, 1).copy())


def depthwise2d(kernel):
    """(kh, kw, in, multiplier) -> (in * multiplier, 1, kh, kw)."""
    height, width, in_channels, multiplier = kernel.shape
    kernel = kernel.transpose(2, 3, 0, 1).reshape(in_channels * multiplier, 1, height, width)
    return torch.from_numpy(kernel.copy())


def dense(kernel, n_maps=1):
    """(in, out) -> (out, in), rows from (time, map) order to torch's (map, time)."""
    rows, n_outputs = kernel.shape
    kernel = kernel.reshape(rows // n_maps, n_maps, n_outputs).transpose(2, 1, 0)
    return torch.from_numpy(kernel.reshape(n_outputs, rows).copy())


def batch_norm(prefix, weights):
    """State-dict entries of one BatchNorm from gamma, beta, moving mean and moving variance."""
    names = {"weight": "gamma", "bias": "beta", "running_mean": "moving_mean"}
    names["running_var"] = "moving_variance"
    state = {key: torch.from_numpy(weights[f"{prefix}.{name}"]) for key, name in names.items()}
    return state | {"num_batches_tracked": torch.tensor(0)}
