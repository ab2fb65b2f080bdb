"""EpiNT in its authors' PyTorch code."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from eegzoo.models.references.reference import Array, Reference
from eegzoo.models.references.torch_layout import below, rename

# The authors' names of modules, and ours.
PLACES = {"norm": "standardize", "embed.proj": "patches", "head": "head.1"}
LAYER = {
    "attention.w_concat": "out",
    "norm1": "attend_norm",
    "ffn.linear1": "expand.0",
    "ffn.linear2": "expand.3",
    "norm2": "expand_norm",
}


def state_from(weights: dict[str, Array]) -> dict[str, Tensor]:
    """Return our state dict from the authors' weights by name, for any depth."""
    start = "transformer_encoder."
    depth = 1 + max(int(name.split(".")[1]) for name in weights if name.startswith(start))
    places = PLACES.copy()
    for layer in range(depth):
        places |= below(f"{start}{layer}", f"transformer.{layer}", LAYER)
    state = rename(weights, places)
    for layer in range(depth):
        for tensor in ("weight", "bias"):
            parts = [weights[f"{start}{layer}.attention.w_{part}.{tensor}"] for part in "qkv"]
            fused = torch.from_numpy(np.concatenate(parts))
            state[f"transformer.{layer}.qkv.{tensor}"] = fused
    return state | {"class_token": torch.from_numpy(weights["embed.cls_embed"])}


SIZES = {"n_chans": 1, "n_times": 3072, "n_outputs": 2, "sfreq": 1024}
REFERENCES = {
    "epint": Reference(
        model="epint",
        file="epint_torch.npz",
        arguments={
            **SIZES, "n_times": 100, "patch_length": 20, "embed_dim": 24, "depth": 3, "n_heads": 3,
            "expansion": 2,
        },
        state_from=state_from,
    )
}  # fmt: skip
# The published size, in evaluation mode.
BASE = Reference(model="epint", file="epint_base_torch.npz", arguments=SIZES, state_from=state_from)
