"""CBraMod in its authors' PyTorch code."""

from __future__ import annotations

import numpy as np
from torch import Tensor

from eegzoo.models.references.reference import Array, Reference
from eegzoo.models.references.torch_layout import below, rename

# The authors' names of modules, and ours.
PLACES = {
    "patch_embedding.positional_encoding.0": "position",
    "patch_embedding.spectral_proj.0": "patches.spectrum",
    **{
        f"patch_embedding.proj_in.{layer}": f"patches.convolutions.{layer}"
        for layer in (0, 1, 3, 4, 6, 7)
    },
}
LAYER = {
    "norm1": "attend_norm",
    "self_attn_s": "attend_channels.qkv",
    "self_attn_s.out_proj": "attend_channels.out",
    "self_attn_t": "attend_time.qkv",
    "self_attn_t.out_proj": "attend_time.out",
    "norm2": "expand.0",
    "linear1": "expand.1",
    "linear2": "expand.4",
}
HEAD = {"1": "head.0", "4": "head.3", "7": "head.6"}
POOLED_HEAD = {"3": "head"}


def backbone_from(weights: dict[str, Array]) -> dict[str, Tensor]:
    """Return our state dict without the head from the backbone's weights, for any depth."""
    start = "encoder.layers."
    depth = 1 + max(int(name.split(".")[2]) for name in weights if name.startswith(start))
    places = PLACES.copy()
    for layer in range(depth):
        places |= below(f"{start}{layer}", f"transformer.{layer}", LAYER)
    return rename(weights, places, {"in_proj_weight": "weight", "in_proj_bias": "bias"})


def state_from(weights: dict[str, Array]) -> dict[str, Tensor]:
    """Return our state dict from the authors' weights of a classifier."""
    backbone = {
        name.removeprefix("backbone."): value
        for name, value in weights.items()
        if name.startswith("backbone.")
    }
    head = POOLED_HEAD if "classifier.3.weight" in weights else HEAD
    places = {f"classifier.{theirs}": ours for theirs, ours in head.items()}
    return backbone_from(backbone) | rename(weights, places)


def windows_from(x: Array) -> Array:
    """Return windows (batch, n_chans, n_times) in microvolts from the authors' patches."""
    return 100 * x.reshape(*x.shape[:2], -1).astype(np.float32)


SIZES = {"n_chans": 3, "n_times": 400, "n_outputs": 3, "sfreq": 200}
REFERENCES = {
    "cbramod": Reference(
        model="cbramod",
        file="cbramod_torch.npz",
        arguments={**SIZES, "n_filters": 5, "depth": 3, "n_heads": 4, "expansion": 2},
        state_from=state_from,
        windows_from=windows_from,
    )
}
# The published size with pooled tokens, in evaluation mode.
BASE = Reference(
    model="cbramod",
    file="cbramod_base_torch.npz",
    arguments={**SIZES, "n_chans": 5, "mean_pool": True},
    state_from=state_from,
    windows_from=windows_from,
)
