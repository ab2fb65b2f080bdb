"""ShallowConvNet in the Keras code of arl-eegmodels."""

from __future__ import annotations

import torch
from torch import Tensor

from eegzoo.models.references import keras_layout as keras
from eegzoo.models.references.reference import Array, Reference


def state_from(weights: dict[str, Array]) -> dict[str, Tensor]:
    """Rearrange Keras's weights, in the order of its layers, to ours."""
    conv, spatial, norm, head = dict.fromkeys(name.partition(".")[0] for name in weights)
    return {
        "front.temporal.weight": keras.conv2d(weights[f"{conv}.kernel"]),
        "front.temporal.bias": torch.from_numpy(weights[f"{conv}.bias"]),
        "front.spatial.weight": keras.conv2d(weights[f"{spatial}.kernel"]),
        "head.weight": keras.dense(weights[f"{head}.kernel"], n_maps=40),
        "head.bias": torch.from_numpy(weights[f"{head}.bias"]),
        **keras.batch_norm(norm, weights, "norm"),
    }


REFERENCES = {
    "shallow_convnet": Reference(
        model="shallow_convnet",
        file="shallow_convnet_keras.npz",
        arguments={"n_chans": 22, "n_times": 128, "n_outputs": 4, "sfreq": 128},
        state_from=state_from,
        constraints={
            "front.temporal": (2.0, (1, 2, 3)),
            "front.spatial": (2.0, (1, 2, 3)),
            "head": (0.5, (1,)),
        },
    )
}
