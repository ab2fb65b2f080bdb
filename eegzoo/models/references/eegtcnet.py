"""EEG-TCNet in its authors' Keras code."""

from __future__ import annotations

from torch import Tensor

from eegzoo.models.references import keras_layout as keras
from eegzoo.models.references.reference import Array, Reference

# Keras's names of layers, and ours.
PLACES = {
    "conv2d": "front.temporal",
    "batch_normalization": "front.norm",
    "depthwise_conv2d": "front.spatial",
    "batch_normalization_1": "reduce.0",
    "separable_conv2d": "separable",
    "batch_normalization_2": "separable.2",
    "conv1d": "tcn.0.body.0",
    "batch_normalization_3": "tcn.0.body.1",
    "conv1d_1": "tcn.0.body.4",
    "batch_normalization_4": "tcn.0.body.5",
    "conv1d_2": "tcn.0.shortcut",
    "conv1d_3": "tcn.1.body.0",
    "batch_normalization_5": "tcn.1.body.1",
    "conv1d_4": "tcn.1.body.4",
    "batch_normalization_6": "tcn.1.body.5",
    "dense": "head",
}


def state_from(weights: dict[str, Array]) -> dict[str, Tensor]:
    """Return our state dict from Keras's weights by name."""
    state = keras.rename(weights, PLACES, time_first=True)
    return keras.without_height(state, "separable.0", "separable.1")


REFERENCES = {
    "eegtcnet": Reference(
        model="eegtcnet",
        file="eegtcnet_keras.npz",
        arguments={"n_chans": 22, "n_times": 1125, "n_outputs": 4, "sfreq": 250},
        state_from=state_from,
        constraints={"front.spatial": (1.0, (3,)), "head": (0.25, (1,))},
    )
}
