"""EEGInceptionERP in its authors' Keras code."""

from __future__ import annotations

import torch
from torch import Tensor

from eegzoo.models.references import keras_layout as keras
from eegzoo.models.references.reference import Array, Reference


def nth(layer: str, number: int) -> str:
    """Return Keras's name for the layer that came after `number` others of its kind."""
    return f"{layer}_{number}" if number else layer


def state_from(weights: dict[str, Array]) -> dict[str, Tensor]:
    """Rearrange Keras's weights, by its names for them, to ours."""
    convolutions, norms = [], []
    for scale in range(3):
        convolutions.append(f"scales.{scale}.0")
        norms += [f"scales.{scale}.1", f"scales.{scale}.5"]
    convolutions += [f"finer_scales.{scale}.0" for scale in range(3)] + ["reduce.1", "reduce.6"]
    norms += [f"finer_scales.{scale}.1" for scale in range(3)] + ["reduce.2", "reduce.7"]
    state = {
        "head.weight": keras.dense(weights["dense.kernel"], n_maps=6),
        "head.bias": torch.from_numpy(weights["dense.bias"]),
    }
    # Keras's height is time here, its width channels.
    for number, place in enumerate(convolutions):
        state[f"{place}.weight"] = keras.conv2d(weights[f"{nth('conv2d', number)}.kernel"]).mT
    for scale in range(3):
        kernel = weights[f"{nth('depthwise_conv2d', scale)}.depthwise_kernel"]
        state[f"scales.{scale}.4.weight"] = keras.depthwise2d(kernel).mT
        bias = weights[f"{nth('conv2d', scale)}.bias"]
        state[f"scales.{scale}.0.bias"] = torch.from_numpy(bias)
    for number, place in enumerate(norms):
        state |= keras.batch_norm(nth("batch_normalization", number), weights, place)
    return state


REFERENCES = {
    "eeginception_erp": Reference(
        model="eeginception_erp",
        file="eeginception_erp_keras.npz",
        arguments={"n_chans": 8, "n_times": 128, "n_outputs": 2},
        state_from=state_from,
        windows_from=lambda x: x[..., 0].swapaxes(1, 2),
        # Keras's first axis is time, of which a spatial filter has one sample.
        constraints={f"scales.{scale}.4": (1.0, (3,)) for scale in range(3)},
    )
}
