"""DeepSleepNet in its authors' TensorFlow code."""

from __future__ import annotations

import numpy as np
from torch import Tensor

from eegzoo.models.references import keras_layout as keras
from eegzoo.models.references.peephole_lstm import map_time_order, peephole_lstm
from eegzoo.models.references.reference import Array, Reference

# Our blocks of convolution and normalisation, and the authors' numbers for them.
BLOCKS = {f"short.{place}": number for place, number in {0: 1, 3: 4, 4: 5, 5: 6}.items()}
BLOCKS |= {f"long.{place}": number for place, number in {0: 9, 3: 12, 4: 13, 5: 14}.items()}
PLACES = {"l19_fc/fc": "shortcut.0", "l19_fc/bn": "shortcut.1", "softmax_linear": "head"}
for block, number in BLOCKS.items():
    PLACES |= {f"l{number}_conv/conv1d": f"{block}.0", f"l{number}_conv/bn": f"{block}.1"}
TENSORS = {"weights": "kernel", "biases": "bias"}
# The short branch ends in 16 samples of 128 maps, the long branch in 8.
INPUTS = np.concatenate([map_time_order(0, 16, 128), map_time_order(16 * 128, 8, 128)])


def state_from(weights: dict[str, Array]) -> dict[str, Tensor]:
    """Return our state dict from TensorFlow's variables by name."""
    named = {}
    for name, value in weights.items():
        layer, _, tensor = name.rpartition("/")
        named[f"{layer}.{TENSORS.get(tensor, tensor)}"] = value
    named["l19_fc/fc.kernel"] = named["l19_fc/fc.kernel"][INPUTS]
    state = keras.rename(named, PLACES, time_first=True)
    state = keras.without_height(state, *(f"{block}.0" for block in BLOCKS))
    for theirs, ours in {"fw": "forwards", "bw": "backwards"}.items():
        cell = f"l21_bi_lstm/bidirectional_rnn/{theirs}/multi_rnn_cell/cell_%d/lstm_cell"
        for number, inputs in enumerate((INPUTS, None)):
            state |= peephole_lstm(cell % number, weights, f"{ours}.{number}", inputs)
    return state


def windows_from(x: Array) -> Array:
    """(batch * n_windows, n_times, 1, 1) -> (batch, n_windows, 1, n_times)."""
    return x.reshape(2, 3, 1, -1)


REFERENCES = {
    "deepsleepnet": Reference(
        model="deepsleepnet",
        file="deepsleepnet_tf.npz",
        arguments={"n_chans": 1, "n_times": 3000, "n_outputs": 5, "sfreq": 100},
        state_from=state_from,
        windows_from=windows_from,
    )
}
