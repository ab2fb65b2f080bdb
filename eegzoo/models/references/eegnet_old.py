"""EEGNet's first version in its authors' Keras code."""

from __future__ import annotations

import torch
from torch import Tensor

from eegzoo.models.references import keras_layout as keras
from eegzoo.models.references.reference import Array, Reference


def state_from(weights: dict[str, Array]) -> dict[str, Tensor]:
    """Rearrange Keras's weights, in the order of its layers, to ours."""
    *layers, head = dict.fromkeys(name.partition(".")[0] for name in weights)
    state = {}
    places = ("spatial", "image.1", "image.3")
    for place, conv, norm in zip(places, layers[::2], layers[1::2], strict=True):
        kernel = keras.conv2d(weights[f"{conv}.kernel"])
        state[f"{place}.0.weight"] = kernel
        state[f"{place}.0.bias"] = torch.from_numpy(weights[f"{conv}.bias"])
        state |= keras.batch_norm(norm, weights, f"{place}.1")
    state["head.weight"] = keras.dense(weights[f"{head}.kernel"], n_maps=len(kernel))
    state["head.bias"] = torch.from_numpy(weights[f"{head}.bias"])
    return state


REFERENCES = {
    "eegnet_old": Reference(
        model="eegnet_old",
        file="eegnet_old_keras.npz",
        arguments={"n_chans": 14, "n_times": 100, "n_outputs": 4},
        state_from=state_from,
    )
}
