"""ShallowConvNet in the Keras code of arl-eegmodels."""

from __future__ import annotations

from functools import partial

from eegzoo.models.references import keras_layout as keras
from eegzoo.models.references.reference import Reference

PLACES = ("front.temporal", "front.spatial", "norm", "head")
state_from = partial(keras.rename, places=PLACES, n_maps=40)

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
