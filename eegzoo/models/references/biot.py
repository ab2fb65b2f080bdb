"""BIOT in its authors' PyTorch code."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from eegzoo.models.references.reference import Array, Reference
from eegzoo.models.references.torch_layout import below, rename

# The authors' names of modules, and ours.
PLACES = {
    "patch_embedding.projection": "spectrum",
    "channel_tokens": "channels",
}
LAYER = {
    "0.norm": "attend.0",
    "0.fn.to_out": "attend.1.out",
    "1.norm": "expand.0",
    "1.fn.fn.w1": "expand.1",
    "1.fn.fn.w2": "expand.3",
}


def backbone_from(weights: dict[str, Array]) -> dict[str, Tensor]:
    """Return our state dict without the head from the encoder's weights, for any depth."""
    start = "transformer.layers.layers."
    depth = 1 + max(int(name.split(".")[3]) for name in weights if name.startswith(start))
    places = PLACES.copy()
    for layer in range(depth):
        places |= below(f"{start}{layer}", f"transformer.{layer}", LAYER)
    state = rename(weights, places)
    for layer in range(depth):
        parts = [weights[f"{start}{layer}.0.fn.to_{part}.weight"] for part in "qkv"]
        state[f"transformer.{layer}.attend.1.qkv.weight"] = torch.from_numpy(np.concatenate(parts))
    return state


def state_from(weights: dict[str, Array]) -> dict[str, Tensor]:
    """Return our state dict from the authors' weights of a classifier."""
    encoder = {
        name.removeprefix("biot."): value
        for name, value in weights.items()
        if name.startswith("biot.")
    }
    return backbone_from(encoder) | rename(weights, {"classifier.clshead.1": "head.1"})


SIZES = {"n_chans": 4, "n_times": 450, "n_outputs": 3, "sfreq": 200}
REFERENCES = {
    "biot": Reference(
        model="biot",
        file="biot_torch.npz",
        arguments={
            **SIZES, "n_times": 100, "patch_length": 40, "patch_stride": 20, "depth": 2,
            "n_heads": 4,
        },
        state_from=state_from,
    )
}  # fmt: skip
# The published size, in evaluation mode.
BASE = Reference(model="biot", file="biot_base_torch.npz", arguments=SIZES, state_from=state_from)
