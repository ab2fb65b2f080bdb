"""ATCNet in its authors' Keras code."""

from __future__ import annotations

import torch
from torch import Tensor

from eegzoo.models.references import keras_layout as keras
from eegzoo.models.references.reference import Array, Reference


def state_from(weights: dict[str, Array]) -> dict[str, Tensor]:
    """Rearrange Keras's weights, by its names for them, to ours."""
    norms = {"front.norm": "batch_normalization"}
    norms |= {"reduce.0": "batch_normalization_1", "reduce.5": "batch_normalization_2"}
    state = {
        # Keras's height is time here, its width channels.
        "front.temporal.weight": keras.conv2d(weights["conv2d.kernel"]).mT,
        "front.spatial.weight": keras.depthwise2d(weights["depthwise_conv2d.depthwise_kernel"]).mT,
        "reduce.4.weight": keras.conv2d(weights["conv2d_1.kernel"]).squeeze(3),
    }
    for place, name in norms.items():
        state |= keras.batch_norm(name, weights, place)
    windows = [window_state(weights, window) for window in range(5)]
    for key, value in windows[0].items():
        parts = [window[key] for window in windows]
        side_by_side = torch.cat if key.startswith("tcn") else torch.stack
        state[key] = side_by_side(parts) if value.ndim else value
    return state


def window_state(weights: dict[str, Array], window: int) -> dict[str, Tensor]:
    """Return the state of one sliding window's branch."""

    def nth(layer: str, number: int) -> str:
        return f"{layer}_{number}" if number else layer

    attention, norm = nth("multi_head_attention", window), nth("layer_normalization", window)
    state = {
        "attention.weight": torch.from_numpy(weights[f"{norm}.gamma"]),
        "attention.bias": torch.from_numpy(weights[f"{norm}.beta"]),
        "head.weight": keras.dense(weights[f"{nth('dense', window)}.kernel"]),
        "head.bias": torch.from_numpy(weights[f"{nth('dense', window)}.bias"]),
    }
    for ours, theirs in {"query": "query", "key": "key", "value": "value"}.items():
        kernel = weights[f"{attention}.{theirs}/kernel"]
        state[f"attention.attend.{ours}.weight"] = keras.dense(kernel.reshape(32, 16))
        bias = weights[f"{attention}.{theirs}/bias"]
        state[f"attention.attend.{ours}.bias"] = torch.from_numpy(bias.reshape(16))
    kernel = weights[f"{attention}.attention_output/kernel"]
    state["attention.attend.out.weight"] = keras.dense(kernel.reshape(16, 32))
    bias = weights[f"{attention}.attention_output/bias"]
    state["attention.attend.out.bias"] = torch.from_numpy(bias)
    for block in range(2):
        for half in range(2):
            number = 4 * window + 2 * block + half
            conv, norm = nth("conv1d", number), f"batch_normalization_{number + 3}"
            place = f"tcn.{block}.body.{4 * half}"
            kernel = weights[f"{conv}.kernel"].transpose(2, 1, 0)
            state[f"{place}.weight"] = torch.from_numpy(kernel.copy())
            state[f"{place}.bias"] = torch.from_numpy(weights[f"{conv}.bias"])
            state |= keras.batch_norm(norm, weights, f"tcn.{block}.body.{4 * half + 1}")
    return state


_CONVOLUTIONS = {"front.temporal": (1, 2, 3), "front.spatial": (1, 2, 3), "reduce.4": (1, 2)}
_CONVOLUTIONS |= {f"tcn.{block}.body.{conv}": (1, 2) for block in range(2) for conv in (0, 4)}

REFERENCES = {
    "atcnet": Reference(
        model="atcnet",
        file="atcnet_keras.npz",
        arguments={"n_chans": 22, "n_times": 1125, "n_outputs": 4},
        state_from=state_from,
        constraints={name: (0.6, axes) for name, axes in _CONVOLUTIONS.items()},
    )
}
