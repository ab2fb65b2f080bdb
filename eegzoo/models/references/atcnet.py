"""ATCNet in its authors' Keras code."""

from __future__ import annotations

import torch
from torch import Tensor

from eegzoo.layers.constrained.norms import norms_over
from eegzoo.models.references import keras_layout as keras
from eegzoo.models.references.reference import Array, Limits, Reference
from eegzoo.models.references.torch_layout import below

# Keras's names of layers, and ours.
PLACES = {
    "conv2d": "front.temporal",
    "batch_normalization": "front.norm",
    "depthwise_conv2d": "front.spatial",
    "batch_normalization_1": "reduce.0",
    "conv2d_1": "reduce.4",
    "batch_normalization_2": "reduce.5",
}
ATTENTION = {"query": "query", "key": "key", "value": "value", "attention_output": "out"}
TCN = [f"tcn.{block}.body.{layer}" for block in range(2) for layer in (0, 4)]
TCN_NORMS = [f"tcn.{block}.body.{layer}" for block in range(2) for layer in (1, 5)]
N_SEGMENTS = 5


def state_from(weights: dict[str, Array]) -> dict[str, Tensor]:
    """Return our state dict from Keras's weights by name."""
    named = {}
    for name, value in weights.items():
        if name.endswith("/kernel"):  # of an attention, with an axis for its two heads
            flat = value.reshape((16, 32) if "output" in name else (32, 16))
        else:
            flat = value.ravel() if name.endswith("/bias") else value
        named[name.replace("/", ".")] = flat
    state = keras.rename(named, PLACES, time_first=True)
    state = keras.without_height(state, "reduce.4")
    segments = [keras.rename(named, places_of(segment)) for segment in range(N_SEGMENTS)]
    for key, first in segments[0].items():
        # One convolution with groups computes those of all segments.
        join = torch.cat if key.startswith("tcn") else torch.stack
        state[key] = join([segment[key] for segment in segments]) if first.ndim else first
    return state


def places_of(segment: int) -> dict[str, str]:
    """Return Keras's names of the layers in a segment's branch, and ours."""
    places = keras.numbered("layer_normalization", ["attention"], segment)
    (attention,) = keras.numbered("multi_head_attention", ["attention.attend"], segment)
    places |= below(attention, "attention.attend", ATTENTION)
    places |= keras.numbered("conv1d", TCN, 4 * segment)
    places |= keras.numbered("batch_normalization", TCN_NORMS, 4 * segment + 3)
    return places | keras.numbered("dense", ["head"], segment)


CONSTRAINTS: Limits = {
    **dict.fromkeys(("front.temporal", "front.spatial"), (0.6, (1, 2, 3))),
    **dict.fromkeys(("reduce.4", *TCN), (0.6, (1, 2))),
}


def joint_norms(weight: Tensor) -> Tensor:
    """Return the norm of each spatial filter, taken jointly over the maps of the 16 filters."""
    norms = norms_over(weight.reshape(16, 2, -1), (0, 2))  # (1, 2, 1)
    return norms.expand(16, -1, -1).reshape(32, 1, 1, 1)


REFERENCES = {
    "atcnet": Reference(
        model="atcnet",
        file="atcnet_keras.npz",
        arguments={"n_chans": 22, "n_times": 1125, "n_outputs": 4, "sfreq": 250},
        state_from=state_from,
        constraints=CONSTRAINTS,
        norms_of={"front.spatial": joint_norms},
    )
}
