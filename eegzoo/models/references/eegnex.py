"""EEGNeX in its authors' Keras code."""

from __future__ import annotations

from functools import partial

from eegzoo.models.references import keras_layout as keras
from eegzoo.models.references.reference import Reference

# Keras's names of layers, and ours. The authors put the maps first, so that the rows of their dense
# layer are in torch's order.
PLACES = {
    "conv2d": "temporal.0",
    "batch_normalization": "temporal.1",
    "conv2d_1": "temporal.3",
    "batch_normalization_1": "temporal.4",
    "depthwise_conv2d": "spatial.0",
    "batch_normalization_2": "spatial.1",
    "conv2d_2": "dilated.0",
    "batch_normalization_3": "dilated.1",
    "conv2d_3": "dilated.2",
    "batch_normalization_4": "dilated.3",
    "dense": "head",
}

REFERENCES = {
    "eegnex": Reference(
        model="eegnex",
        file="eegnex_keras.npz",
        # 149 samples: no pooling divides its input evenly.
        arguments={"n_chans": 8, "n_times": 149, "n_outputs": 3, "sfreq": 250},
        state_from=partial(keras.rename, places=PLACES),
        constraints={"spatial.0": (1.0, (1, 2, 3)), "head": (0.25, (1,))},
    )
}
