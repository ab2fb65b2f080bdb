"""EEGPT in its authors' PyTorch code."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from eegzoo.models.references.reference import Array, Reference
from eegzoo.models.references.torch_layout import below, rename

# The authors' names of modules, and ours.
PLACES = {
    "patch_embed.proj": "patches",
    "chan_embed": "electrodes",
    "norm": "norm",
}
LAYER = {
    "norm1": "attend.0",
    "attn.qkv": "attend.1.qkv",
    "attn.proj": "attend.1.out",
    "norm2": "expand.0",
    "mlp.fc1": "expand.1",
    "mlp.fc2": "expand.3",
}


def backbone_from(weights: dict[str, Array]) -> dict[str, Tensor]:
    """Return our state dict without the head from the encoder's weights, for any depth."""
    depth = 1 + max(int(name.split(".")[1]) for name in weights if name.startswith("blocks."))
    places = PLACES.copy()
    for layer in range(depth):
        places |= below(f"blocks.{layer}", f"transformer.{layer}", LAYER)
    summaries = torch.from_numpy(weights["summary_token"][0])
    return rename(weights, places) | {"summaries": summaries}


def state_from(weights: dict[str, Array]) -> dict[str, Tensor]:
    """Return our state dict from the authors' weights of a linear probe."""
    start = "target_encoder."
    encoder = {
        name.removeprefix(start): value for name, value in weights.items() if name.startswith(start)
    }
    head = {"linear_probe1": "head.2", "linear_probe2": "head.4"}
    return backbone_from(encoder) | rename(weights, head)


def windows_from(x: Array) -> Array:
    """Return windows in microvolts from the authors' windows in millivolts."""
    return (1000 * x).astype(np.float32)


CH_NAMES = ("Cz", "O2", "Fp1", "PO6")
SIZES = {"n_chans": 4, "n_times": 200, "n_outputs": 3, "sfreq": 256, "ch_names": CH_NAMES}
LIMITS = {"head.2": (1.0, (1,)), "head.4": (0.25, (1,))}
REFERENCES = {
    "eegpt": Reference(
        model="eegpt",
        file="eegpt_torch.npz",
        arguments={
            **SIZES, "patch_stride": 32, "n_summaries": 2, "embed_dim": 24, "depth": 3,
            "n_heads": 2, "head_units": 5,
        },
        state_from=state_from,
        windows_from=windows_from,
        constraints=LIMITS,
    )
}  # fmt: skip
# The published size, in evaluation mode.
LARGE = Reference(
    model="eegpt",
    file="eegpt_large_torch.npz",
    arguments={**SIZES, "n_times": 192},
    state_from=state_from,
    windows_from=windows_from,
    constraints=LIMITS,
)
