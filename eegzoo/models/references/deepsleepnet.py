"""DeepSleepNet in its authors' TensorFlow code."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from eegzoo.models.references import keras_layout as keras
from eegzoo.models.references.peephole_lstm import map_time_order, peephole_lstm
from eegzoo.models.references.reference import Array, Reference

# The authors number their layers through; ours are named by branch and place in it.
CONVOLUTIONS = {f"short.{place}": number for place, number in {0: 1, 3: 4, 4: 5, 5: 6}.items()}
CONVOLUTIONS |= {f"long.{place}": number for place, number in {0: 9, 3: 12, 4: 13, 5: 14}.items()}
# The short branch leaves 16 samples of its 128 maps, the long one 8.
INPUTS = np.concatenate([map_time_order(0, 16, 128), map_time_order(16 * 128, 8, 128)])


def state_from(weights: dict[str, Array]) -> dict[str, Tensor]:
    """Rearrange TensorFlow's variables to our state dict."""
    weights = {name.replace("/bn/", "/bn."): value for name, value in weights.items()}
    state = {}
    for place, number in CONVOLUTIONS.items():
        kernel = weights[f"l{number}_conv/conv1d/weights"]
        state[f"{place}.0.weight"] = keras.conv2d(kernel).squeeze(3)
        state |= keras.batch_norm(f"l{number}_conv/bn", weights, f"{place}.1")
    state["shortcut.0.weight"] = keras.dense(weights["l19_fc/fc/weights"][INPUTS])
    state |= keras.batch_norm("l19_fc/bn", weights, "shortcut.1")
    for direction, place in {"fw": "forwards", "bw": "backwards"}.items():
        for layer, inputs in enumerate((INPUTS, None)):
            cell = (
                f"l21_bi_lstm/bidirectional_rnn/{direction}/multi_rnn_cell/cell_{layer}/lstm_cell"
            )
            state |= peephole_lstm(cell, weights, f"{place}.{layer}", inputs)
    state["head.weight"] = keras.dense(weights["softmax_linear/weights"])
    state["head.bias"] = torch.from_numpy(weights["softmax_linear/biases"])
    return state


def windows_from(x: Array) -> Array:
    """(batch * n_windows, n_times, 1, 1) -> (batch, n_windows, 1, n_times)."""
    return x.reshape(2, 3, 1, -1)


REFERENCES = {
    "deepsleepnet": Reference(
        model="deepsleepnet",
        file="deepsleepnet_tf.npz",
        arguments={},
        state_from=state_from,
        windows_from=windows_from,
    )
}
