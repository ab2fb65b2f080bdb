"""EEGNet in its authors' Keras code."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from eegzoo.models.references import keras_layout as keras
from eegzoo.models.references.reference import Array, Limits, Reference


def state_from(weights: dict[str, Array]) -> dict[str, Tensor]:
    """Rearrange Keras's weights, in the order of its layers, to ours."""
    layers = list(dict.fromkeys(name.partition(".")[0] for name in weights))
    temporal, norm_1, spatial, norm_2, separable, norm_3, head = layers
    depthwise = keras.depthwise2d(weights[f"{separable}.depthwise_kernel"])
    pointwise = keras.conv2d(weights[f"{separable}.pointwise_kernel"])
    state = {
        "front.temporal.weight": keras.conv2d(weights[f"{temporal}.kernel"]),
        "front.spatial.weight": keras.depthwise2d(weights[f"{spatial}.depthwise_kernel"]),
        "separable.0.weight": depthwise.squeeze(2),
        "separable.1.weight": pointwise.squeeze(2),
        "head.weight": keras.dense(weights[f"{head}.kernel"], n_maps=len(pointwise)),
        "head.bias": torch.from_numpy(weights[f"{head}.bias"]),
    }
    for place, layer in {"front.norm": norm_1, "reduce.0": norm_2, "separable.2": norm_3}.items():
        state |= keras.batch_norm(layer, weights, place)
    return state


_SPATIAL: Limits = {"front.spatial": (1.0, (1, 2, 3))}
_BOTH: Limits = {**_SPATIAL, "head": (0.25, (1,))}


def _variant(name: str, constraints: Limits, **arguments: Any) -> Reference:
    return Reference(name, f"{name}_keras.npz", arguments, state_from, constraints=constraints)


REFERENCES = {
    "eegnet": _variant("eegnet", _BOTH, n_chans=14, n_times=128, n_outputs=2),
    "eegnet_4_2": _variant("eegnet_4_2", _BOTH, n_chans=22, n_times=128, n_outputs=4),
    "eegnet_8_2": _variant("eegnet_8_2", _BOTH, n_chans=60, n_times=151, n_outputs=4),
    "eegnet_ssvep": _variant(
        "eegnet_ssvep", _SPATIAL, n_chans=8, n_times=256, n_outputs=12, sfreq=256
    ),
}
