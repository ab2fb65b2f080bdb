"""TinySleepNet in its authors' TensorFlow code."""

from __future__ import annotations

from torch import Tensor

from eegzoo.models.references import keras_layout as keras
from eegzoo.models.references.peephole_lstm import map_time_order, peephole_lstm
from eegzoo.models.references.reference import Array, Reference

# Our blocks of convolution and normalisation, and the authors' numbers for them.
BLOCKS = {"first": "1", "blocks.0": "2_1", "blocks.1": "2_2", "blocks.2": "2_3"}
PLACES = {"softmax_linear/dense": "head"}
for block, number in BLOCKS.items():
    PLACES[f"cnn/conv1d_{number}/conv2d"] = f"{block}.0"
    PLACES[f"cnn/bn_{number}/batch_normalization"] = f"{block}.1"
CELL = "rnn/rnn/multi_rnn_cell/cell_0/lstm_cell"


def state_from(weights: dict[str, Array]) -> dict[str, Tensor]:
    """Return our state dict from TensorFlow's variables by name."""
    named = {".".join(name.rsplit("/", 1)): value for name, value in weights.items()}
    state = keras.rename(named, PLACES, time_first=True)
    state = keras.without_height(state, *(f"{block}.0" for block in BLOCKS))
    n_pooled = len(weights[f"{CELL}/kernel"]) // 128 - 1
    return state | peephole_lstm(CELL, weights, "lstm", map_time_order(0, n_pooled, 128))


def windows_from(x: Array) -> Array:
    """(batch * n_windows, n_times, 1, 1) -> (batch, n_windows, 1, n_times)."""
    return x.reshape(2, 5, 1, -1)


ARGUMENTS = {
    "n_chans": 1, "n_times": 3000, "n_outputs": 5, "sfreq": 100,
    "batch_statistics": False,  # as in the authors' code; the gradients depend on it
}  # fmt: skip

REFERENCES = {
    "tinysleepnet": Reference(
        model="tinysleepnet",
        file="tinysleepnet_tf.npz",
        arguments=ARGUMENTS,
        state_from=state_from,
        windows_from=windows_from,
    )
}
