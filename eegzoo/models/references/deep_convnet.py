"""DeepConvNet in the Keras code of arl-eegmodels."""

from __future__ import annotations

from torch import Tensor

from eegzoo.models.references import keras_layout as keras
from eegzoo.models.references.reference import Array, Reference

BLOCKS = ("blocks.0", "blocks.1", "blocks.2")
PLACES = ["front.temporal", "front.spatial", "first.0"]
PLACES += [f"{block}.{layer}" for block in BLOCKS for layer in (0, 1)] + ["head"]


def state_from(weights: dict[str, Array]) -> dict[str, Tensor]:
    """Return our state dict from Keras's weights, in the order of its layers."""
    state = keras.rename(weights, PLACES, n_maps=200)
    return keras.without_height(state, *(f"{block}.0" for block in BLOCKS))


REFERENCES = {
    "deep_convnet": Reference(
        model="deep_convnet",
        file="deep_convnet_keras.npz",
        arguments={"n_chans": 22, "n_times": 256, "n_outputs": 4, "sfreq": 128},
        state_from=state_from,
        constraints={
            "front.temporal": (2.0, (1, 2, 3)),
            "front.spatial": (2.0, (1, 2, 3)),
            **{f"{block}.0": (2.0, (1, 2)) for block in BLOCKS},
            "head": (0.5, (1,)),
        },
    )
}
