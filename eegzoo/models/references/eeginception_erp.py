"""EEGInceptionERP in its authors' Keras code."""

from __future__ import annotations

from functools import partial

from eegzoo.models.references import keras_layout as keras
from eegzoo.models.references.reference import Reference

# Our convolutions, spatial filters and normalisations, each in the order of Keras's numbers.
CONVOLUTIONS = [f"scales.{scale}.0" for scale in range(3)]
CONVOLUTIONS += [f"finer_scales.{scale}.0" for scale in range(3)] + ["reduce.1", "reduce.6"]
SPATIAL = [f"scales.{scale}.4" for scale in range(3)]
NORMS = [f"scales.{scale}.{layer}" for scale in range(3) for layer in (1, 5)]
NORMS += [f"finer_scales.{scale}.1" for scale in range(3)] + ["reduce.2", "reduce.7"]
PLACES = {
    **keras.numbered("conv2d", CONVOLUTIONS),
    **keras.numbered("depthwise_conv2d", SPATIAL),
    **keras.numbered("batch_normalization", NORMS),
    "dense": "head",
}

REFERENCES = {
    "eeginception_erp": Reference(
        model="eeginception_erp",
        file="eeginception_erp_keras.npz",
        arguments={"n_chans": 8, "n_times": 128, "n_outputs": 2, "sfreq": 128},
        state_from=partial(keras.rename, places=PLACES, n_maps=6, time_first=True),
        windows_from=lambda x: x[..., 0].swapaxes(1, 2),
        # Keras takes the norm over time, of which a spatial filter has one sample.
        constraints=dict.fromkeys(SPATIAL, (1.0, (3,))),
    )
}
