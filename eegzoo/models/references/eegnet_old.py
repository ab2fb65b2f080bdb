"""EEGNet's first version in its authors' Keras code."""

from __future__ import annotations

from functools import partial

from eegzoo.models.references import keras_layout as keras
from eegzoo.models.references.reference import Reference

PLACES = (
    "spatial.0", "spatial.1", "image.1.0", "image.1.1", "image.3.0", "image.3.1", "head",
)  # fmt: skip

REFERENCES = {
    "eegnet_old": Reference(
        model="eegnet_old",
        file="eegnet_old_keras.npz",
        arguments={"n_chans": 14, "n_times": 100, "n_outputs": 4, "sfreq": 128},
        state_from=partial(keras.rename, places=PLACES, n_maps=4),
    )
}
