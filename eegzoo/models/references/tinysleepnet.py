"""TinySleepNet in its authors' TensorFlow code."""

from __future__ import annotations

import torch
from torch import Tensor

from eegzoo.models.references import keras_layout as keras
from eegzoo.models.references.peephole_lstm import map_time_order, peephole_lstm
from eegzoo.models.references.reference import Array, Reference

# What the authors number 1, 2_1, 2_2 and 2_3.
BLOCKS = {"first": "1", "blocks.0": "2_1", "blocks.1": "2_2", "blocks.2": "2_3"}


def state_from(weights: dict[str, Array]) -> dict[str, Tensor]:
    """Rearrange TensorFlow's variables to our state dict."""
    weights = {name.replace("/batch_normalization/", "."): w for name, w in weights.items()}
    cell = "rnn/rnn/multi_rnn_cell/cell_0/lstm_cell"
    n_pooled = len(weights[f"{cell}/kernel"]) // 128 - 1
    state = peephole_lstm(cell, weights, "lstm", map_time_order(0, n_pooled, 128))
    for place, number in BLOCKS.items():
        kernel = weights[f"cnn/conv1d_{number}/conv2d/kernel"]
        state[f"{place}.0.weight"] = keras.conv2d(kernel).squeeze(3)
        state |= keras.batch_norm(f"cnn/bn_{number}", weights, f"{place}.1")
    state["head.weight"] = keras.dense(weights["softmax_linear/dense/kernel"])
    state["head.bias"] = torch.from_numpy(weights["softmax_linear/dense/bias"])
    return state


def windows_from(x: Array) -> Array:
    """(batch * n_windows, n_times, 1, 1) -> (batch, n_windows, 1, n_times)."""
    return x.reshape(2, 5, 1, -1)


REFERENCES = {
    "tinysleepnet": Reference(
        model="tinysleepnet",
        file="tinysleepnet_tf.npz",
        arguments={"batch_statistics": False},  # the code's, which shows in its gradients
        state_from=state_from,
        windows_from=windows_from,
    )
}
