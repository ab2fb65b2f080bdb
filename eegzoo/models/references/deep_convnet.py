"""DeepConvNet in the Keras code of arl-eegmodels."""

from __future__ import annotations

import torch
from torch import Tensor

from eegzoo.models.references import keras_layout as keras
from eegzoo.models.references.reference import Array, Reference


def state_from(weights: dict[str, Array]) -> dict[str, Tensor]:
    """Rearrange Keras's weights, in the order of its layers, to ours."""
    layers = list(dict.fromkeys(name.partition(".")[0] for name in weights))
    temporal, spatial, norm, *later, head = layers
    state = {
        "front.temporal.weight": keras.conv2d(weights[f"{temporal}.kernel"]),
        "front.spatial.weight": keras.conv2d(weights[f"{spatial}.kernel"]),
        "head.weight": keras.dense(weights[f"{head}.kernel"], n_maps=200),
    }
    named = {"front.temporal": temporal, "front.spatial": spatial, "head": head}
    norms = {"first.0": norm}
    for block, (conv, norm) in enumerate(zip(later[::2], later[1::2], strict=True)):
        named[f"blocks.{block}.0"] = conv
        norms[f"blocks.{block}.1"] = norm
        state[f"blocks.{block}.0.weight"] = keras.conv2d(weights[f"{conv}.kernel"]).squeeze(2)
    for place, layer in named.items():
        state[f"{place}.bias"] = torch.from_numpy(weights[f"{layer}.bias"])
    for place, layer in norms.items():
        state |= keras.batch_norm(layer, weights, place)
    return state


REFERENCES = {
    "deep_convnet": Reference(
        model="deep_convnet",
        file="deep_convnet_keras.npz",
        arguments={"n_chans": 22, "n_times": 256, "n_outputs": 4, "sfreq": 128},
        state_from=state_from,
        constraints={
            "front.temporal": (2.0, (1, 2, 3)),
            "front.spatial": (2.0, (1, 2, 3)),
            "blocks.0.0": (2.0, (1, 2)),
            "blocks.1.0": (2.0, (1, 2)),
            "blocks.2.0": (2.0, (1, 2)),
            "head": (0.5, (1,)),
        },
    )
}
