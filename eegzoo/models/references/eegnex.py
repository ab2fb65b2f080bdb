"""EEGNeX in its authors' Keras code."""

from __future__ import annotations

import torch
from torch import Tensor

from eegzoo.models.references import keras_layout as keras
from eegzoo.models.references.reference import Array, Reference

CONVOLUTIONS = {
    "temporal.0": "conv2d",
    "temporal.3": "conv2d_1",
    "dilated.0": "conv2d_2",
    "dilated.2": "conv2d_3",
}
NORMS = {
    "temporal.1": "batch_normalization",
    "temporal.4": "batch_normalization_1",
    "spatial.1": "batch_normalization_2",
    "dilated.1": "batch_normalization_3",
    "dilated.3": "batch_normalization_4",
}


def state_from(weights: dict[str, Array]) -> dict[str, Tensor]:
    """Rearrange Keras's weights, by its names for them, to ours."""
    state = {
        "spatial.0.weight": keras.depthwise2d(weights["depthwise_conv2d.depthwise_kernel"]),
        # The authors' maps stand first, so that their dense rows are in torch's order.
        "head.weight": keras.dense(weights["dense.kernel"]),
        "head.bias": torch.from_numpy(weights["dense.bias"]),
    }
    for place, layer in CONVOLUTIONS.items():
        state[f"{place}.weight"] = keras.conv2d(weights[f"{layer}.kernel"])
    for place, layer in NORMS.items():
        state |= keras.batch_norm(layer, weights, place)
    return state


REFERENCES = {
    "eegnex": Reference(
        model="eegnex",
        file="eegnex_keras.npz",
        # Pools that do not come out even.
        arguments={"n_chans": 8, "n_times": 149, "n_outputs": 3},
        state_from=state_from,
        constraints={"spatial.0": (1.0, (1, 2, 3)), "head": (0.25, (1,))},
    )
}
