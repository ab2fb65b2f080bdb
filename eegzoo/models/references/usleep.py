"""U-Sleep in its authors' Keras code."""

from __future__ import annotations

import re

import torch
from torch import Tensor

from eegzoo.models.references import keras_layout as keras
from eegzoo.models.references.reference import Array, Reference

# The authors' names of layers, and ours: of the convolution; its normalisation is two further on.
PLACES = {
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
    """Rearrange Keras's weights to our state dict."""
    state: dict[str, Tensor] = {}
    for layer in dict.fromkeys(name.rpartition(".")[0] for name in weights):
        place = POINTWISE.get(layer) or _block(layer)
        if "BN" in layer:
            state |= keras.batch_norm(layer, weights, f"{place}.2")
            continue
        if layer not in POINTWISE:
            place = f"{place}.0"
        kernel = keras.conv2d(weights[f"{layer}.kernel"]).squeeze(3)
        state[f"{place}.weight"] = kernel.squeeze(2) if place.startswith("head") else kernel
        state[f"{place}.bias"] = torch.from_numpy(weights[f"{layer}.bias"])
    return state


def _block(layer: str) -> str:
    for theirs, ours in PLACES.items():
        if found := re.fullmatch(theirs, layer):
            return found.expand(ours)
    raise KeyError(layer)


def windows_from(x: Array) -> Array:
    """(batch, n_windows, n_times, n_chans) -> (batch, n_windows, n_chans, n_times)."""
    return x.swapaxes(2, 3)


REFERENCES = {
    "usleep": Reference(
        model="usleep",
        file="usleep_keras.npz",
        # Not so deep that the file grows; on the way in there is an odd number of samples.
        arguments={"n_times": 1000, "depth": 8},
        state_from=state_from,
        windows_from=windows_from,
    )
}
