"""EEGSym in its authors' Keras code."""

from __future__ import annotations

from collections import defaultdict

import torch
from torch import Tensor

from eegzoo.models.references import keras_layout as keras
from eegzoo.models.references.reference import Array, Reference

# The unit of convolution and normalisation, and the name of the convolution in it, for each of the
# authors' convolutions in the order of their creation. Filters of three lengths share a unit.
_UNITS = [
    (f"hemisphere.{block}.{unit}", conv)
    for block in (0, 1)
    for unit, conv in (("0.body", "0.0"), ("0.body", "0.1"), ("0.body", "0.2"), ("2.body", "0"))
]
_UNITS += [
    (f"hemisphere.{block}.{unit}", "0")
    for block in (2, 3, 4)
    for unit in ("0.body", "2.body", "0.shortcut")
]
_UNITS += [("hemisphere.5.body", "0")]
_UNITS += [
    (f"merge.{unit}", "0")
    for unit in ("0.body", "1.body", "2", "3.body", "4", "5.body", "6.body", "7.body", "8.body")
]


def state_from(weights: dict[str, Array]) -> dict[str, Tensor]:
    """Return our state dict from Keras's weights, in the order of its numbers for layers."""
    (dense,) = _layers(weights, "dense")
    state = keras.rename(weights, {dense: "head"})
    convs, norms = _layers(weights, "conv3d"), _layers(weights, "batch_normalization")
    normalized = defaultdict(list)
    for conv, norm, (unit, place) in zip(convs, norms, _UNITS, strict=True):
        for name, value in keras.rename(weights, {conv: f"{unit}.{place}"}).items():
            # Keras convolves over hemispheres, time and channels; (out, in, hemispheres, time,
            # channels) -> (out, in, hemispheres * channels, time)
            is_kernel = value.ndim == 5
            state[name] = value.mT.flatten(2, 3).contiguous() if is_kernel else value
        for name, value in keras.rename(weights, {norm: f"{unit}.1"}).items():
            normalized[name].append(value)
    for name, values in normalized.items():
        state[name] = torch.cat(values) if values[0].ndim else values[0]
    return state


def windows_from(x: Array) -> Array:
    """(batch, n_times, n_chans, 1) -> (batch, n_chans, n_times)."""
    return x.squeeze(3).transpose(0, 2, 1)


def _layers(weights: dict[str, Array], kind: str) -> list[str]:
    """Return the names of Keras's layers of a kind, in the order of their numbers."""
    layers = {name.partition(".")[0] for name in weights if name.startswith(kind)}
    return sorted(layers, key=lambda layer: int(layer[len(kind) + 1 :] or 0))


REFERENCES = {
    "eegsym": Reference(
        model="eegsym",
        file="eegsym_keras.npz",
        arguments={"n_chans": 8, "n_times": 200, "n_outputs": 2, "sfreq": 128, "n_filters": 8},
        state_from=state_from,
        windows_from=windows_from,
    )
}
