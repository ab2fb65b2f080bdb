"""Conversion of TensorFlow's LSTM cell with peepholes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from eegzoo.models.references.reference import Array


def peephole_lstm(
    cell: str, weights: Mapping[str, Array], place: str, inputs: Array | None = None
) -> dict[str, Tensor]:
    """Return the state dict of the LSTM `place` from the variables of TensorFlow's `cell`.

    If the order of the inputs differs, `inputs` is the row in TensorFlow's kernel of each of ours.
    """
    kernel = weights[f"{cell}/kernel"]
    split = len(kernel) - kernel.shape[1] // 4
    from_input, from_output = kernel[:split], kernel[split:]
    state = {
        f"{place}.weight_ih": _gates(from_input if inputs is None else from_input[inputs]),
        f"{place}.weight_hh": _gates(from_output),
        f"{place}.bias": _gates(weights[f"{cell}/bias"]),
    }
    for gate in "ifo":
        state[f"{place}.peephole_{gate}"] = torch.from_numpy(weights[f"{cell}/w_{gate}_diag"])
    return state


def map_time_order(first: int, n_times: int, n_maps: int) -> Array:
    """Return the rows of inputs in (map, time) order, given rows in (time, map) order.

    `first` is the first row.
    """
    return first + np.arange(n_times * n_maps).reshape(n_times, n_maps).T.ravel()


def _gates(columns: Array) -> Tensor:
    """Return TensorFlow's gates i, j, f, o (last axis) as torch's i, f, g, o (first axis)."""
    i, j, f, o = np.split(columns, 4, axis=-1)
    return torch.from_numpy(np.concatenate([i, f, j, o], axis=-1).T.copy())
