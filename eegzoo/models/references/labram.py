"""LaBraM in its authors' PyTorch code."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from eegzoo.models.references.reference import Array, Reference
from eegzoo.models.references.torch_layout import below, rename

# The authors' names of modules, and ours.
PLACES = {
    "patch_embed.conv1": "patches.layers.0",
    "patch_embed.norm1": "patches.layers.1",
    "patch_embed.conv2": "patches.layers.3",
    "patch_embed.norm2": "patches.layers.4",
    "patch_embed.conv3": "patches.layers.6",
    "patch_embed.norm3": "patches.layers.7",
    "fc_norm": "norm",
    "head": "head",
}
LAYER = {
    "norm1": "attend.0",
    "attn.qkv": "attend.1.qkv",
    "attn.q_norm": "attend.1.query_norm",
    "attn.k_norm": "attend.1.key_norm",
    "attn.proj": "attend.1.out",
    "norm2": "expand.0",
    "mlp.fc1": "expand.1",
    "mlp.fc2": "expand.3",
}
TABLES = {"cls_token": "class_token", "pos_embed": "electrodes", "time_embed": "seconds"}

CH_NAMES = ("C4", "Fp1", "T3", "A2", "P8-O2")


def state_from(weights: dict[str, Array]) -> dict[str, Tensor]:
    """Return our state dict from the authors' weights by name, for any depth."""
    depth = 1 + max(int(name.split(".")[1]) for name in weights if name.startswith("blocks."))
    places = PLACES.copy()
    for layer in range(depth):
        places |= below(f"blocks.{layer}", f"transformer.{layer}", LAYER)
    state = rename(weights, places)
    for theirs, ours in TABLES.items():
        state[ours] = torch.from_numpy(weights[theirs][0].squeeze())
    for layer in range(depth):
        for number, branch in ((1, "attend.3"), (2, "expand.5")):
            scale = weights[f"blocks.{layer}.gamma_{number}"]
            state[f"transformer.{layer}.{branch}.weight"] = torch.from_numpy(scale)
    return state


def windows_from(x: Array) -> Array:
    """Return windows (batch, n_chans, n_times) in microvolts from the authors' patches."""
    return 100 * x.reshape(*x.shape[:2], -1).astype(np.float32)


REFERENCES = {
    "labram": Reference(
        model="labram",
        file="labram_torch.npz",
        arguments={
            "n_chans": 5, "n_times": 120, "n_outputs": 3, "sfreq": 200, "patch_length": 40,
            "n_filters": 4, "depth": 3, "n_heads": 2, "expansion": 3, "ch_names": CH_NAMES,
        },
        state_from=state_from,
        windows_from=windows_from,
    )
}  # fmt: skip
# The published size, in evaluation mode.
BASE = Reference(
    model="labram",
    file="labram_base_torch.npz",
    arguments={
        "n_chans": 5, "n_times": 400, "n_outputs": 4, "sfreq": 200, "ch_names": CH_NAMES,
    },
    state_from=state_from,
    windows_from=windows_from,
)  # fmt: skip
