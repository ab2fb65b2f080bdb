"""U-Sleep in its authors' Keras code."""

from __future__ import annotations

import re

from torch import Tensor

from eegzoo.models.references import keras_layout as keras
from eegzoo.models.references.reference import Array, Reference

# The authors' names of layers, and ours. A block is a convolution ("0") and, two modules further
# on, its normalisation ("2").
BLOCKS = {
    r"encoder_L(\d+)_(?:conv|BN)1": r"encoder.\1",
    r"bottom_(?:conv|BN)1": "bottom",
    r"upsample_L(\d+)_(?:conv|BN)1": r"widen.\1",
    r"upsample_L(\d+)_(?:conv|BN)2": r"merge.\1",
}
POINTWISE = {
    "dense_classifier_out": "dense",
    "sequence_conv_out_1": "head.0",
    "sequence_conv_out_2": "head.2",
}


def state_from(weights: dict[str, Array]) -> dict[str, Tensor]:
    """Return our state dict from Keras's weights by name."""
    places = {name: place_of(name) for name in (key.rpartition(".")[0] for key in weights)}
    state = keras.rename(weights, places, time_first=True)
    convs = [place for name, place in places.items() if "BN" not in name]
    state = keras.without_height(state, *convs)
    for place in ("head.0", "head.2"):
        state[f"{place}.weight"] = state[f"{place}.weight"].squeeze(2)
    return state


def place_of(layer: str) -> str:
    """Return our name of one of the authors' layers."""
    if layer in POINTWISE:
        return POINTWISE[layer]
    for theirs, ours in BLOCKS.items():
        if found := re.fullmatch(theirs, layer):
            return f"{found.expand(ours)}.{2 if 'BN' in layer else 0}"
    raise KeyError(layer)


def windows_from(x: Array) -> Array:
    """(batch, n_windows, n_times, n_chans) -> (batch, n_windows, n_chans, n_times)."""
    return x.swapaxes(2, 3)


REFERENCES = {
    "usleep": Reference(
        model="usleep",
        file="usleep_keras.npz",
        # A depth that keeps the file small; 1000 samples give odd lengths in the encoder.
        arguments={"n_chans": 2, "n_times": 1000, "n_outputs": 5, "sfreq": 128, "depth": 8},
        state_from=state_from,
        windows_from=windows_from,
    )
}
