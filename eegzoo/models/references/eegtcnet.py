"""EEG-TCNet in its authors' Keras code."""

from __future__ import annotations

import torch
from torch import Tensor

from eegzoo.models.references import keras_layout as keras
from eegzoo.models.references.reference import Array, Reference

NORMS = {
    "front.norm": "batch_normalization",
    "reduce.0": "batch_normalization_1",
    "separable.2": "batch_normalization_2",
    "tcn.0.body.1": "batch_normalization_3",
    "tcn.0.body.5": "batch_normalization_4",
    "tcn.1.body.1": "batch_normalization_5",
    "tcn.1.body.5": "batch_normalization_6",
}
CONVOLUTIONS = {
    "tcn.0.body.0": "conv1d",
    "tcn.0.body.4": "conv1d_1",
    "tcn.0.shortcut": "conv1d_2",
    "tcn.1.body.0": "conv1d_3",
    "tcn.1.body.4": "conv1d_4",
}


def state_from(weights: dict[str, Array]) -> dict[str, Tensor]:
    """Rearrange Keras's weights, by its names for them, to ours."""
    separable = {
        part: weights[f"separable_conv2d.{part}_kernel"] for part in ("depthwise", "pointwise")
    }
    state = {
        # Keras's height is time here, its width channels.
        "front.temporal.weight": keras.conv2d(weights["conv2d.kernel"]).mT,
        "front.spatial.weight": keras.depthwise2d(weights["depthwise_conv2d.depthwise_kernel"]).mT,
        "separable.0.weight": keras.depthwise2d(separable["depthwise"]).squeeze(3),
        "separable.1.weight": keras.conv2d(separable["pointwise"]).squeeze(3),
        "head.weight": keras.dense(weights["dense.kernel"]),
        "head.bias": torch.from_numpy(weights["dense.bias"]),
    }
    for place, layer in CONVOLUTIONS.items():
        kernel = weights[f"{layer}.kernel"].transpose(2, 1, 0)
        state[f"{place}.weight"] = torch.from_numpy(kernel.copy())
        state[f"{place}.bias"] = torch.from_numpy(weights[f"{layer}.bias"])
    for place, layer in NORMS.items():
        state |= keras.batch_norm(layer, weights, place)
    return state


REFERENCES = {
    "eegtcnet": Reference(
        model="eegtcnet",
        file="eegtcnet_keras.npz",
        arguments={"n_chans": 22, "n_times": 1125, "n_outputs": 4},
        state_from=state_from,
        constraints={"front.spatial": (1.0, (3,)), "head": (0.25, (1,))},
    )
}
