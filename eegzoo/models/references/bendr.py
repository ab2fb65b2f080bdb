"""BENDR in its authors' PyTorch code."""

from __future__ import annotations

import torch
from torch import Tensor

from eegzoo.models.references.reference import Array, Reference
from eegzoo.models.references.torch_layout import below, rename

# The authors' names of modules, and ours.
LAYER = {
    "self_attn": "attend.0.qkv",
    "self_attn.out_proj": "attend.0.out",
    "linear1": "expand.0",
    "linear2": "expand.3",
}


def state_from(weights: dict[str, Array]) -> dict[str, Tensor]:
    """Return our state dict from the authors' weights by name, for any depth."""
    start = "contextualizer.transformer_layers."
    depth = 1 + max(int(name.split(".")[2]) for name in weights if name.startswith(start))
    places = {
        "contextualizer.input_conditioning.1": "expand.0",
        "contextualizer.input_conditioning.4": "expand.2",
        "contextualizer.output_layer": "reduce",
        "head": "head",
    }
    for layer in range(6):
        for part in (0, 2):
            theirs = f"encoder.encoder.Encoder_{layer}.{part}"
            places[theirs] = f"convolutions.{layer}.{part}"
    for layer in range(depth):
        places |= below(f"{start}{layer}", f"transformer.{layer}", LAYER)
    state = rename(weights, places, {"in_proj_weight": "weight", "in_proj_bias": "bias"})
    for linear in ("expand.2.weight", "reduce.weight"):  # convolutions over one token
        state[linear] = state[linear].squeeze(2)
    position = "contextualizer.relative_position.0."
    tensors = {"weight_v": "direction", "weight_g": "scale", "bias": "bias"}
    for theirs, ours in tensors.items():
        state[f"position.{ours}"] = torch.from_numpy(weights[f"{position}{theirs}"])
    return state


REFERENCES = {
    "bendr": Reference(
        model="bendr",
        file="bendr_torch.npz",
        arguments={
            "n_chans": 4, "n_times": 500, "n_outputs": 3, "sfreq": 256, "embed_dim": 32, "depth": 3,
            "n_heads": 4, "feedforward_size": 40, "position_kernel_length": 5,
        },
        state_from=state_from,
    )
}  # fmt: skip
