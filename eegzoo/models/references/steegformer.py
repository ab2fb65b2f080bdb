"""ST-EEGFormer in its authors' PyTorch code."""

from __future__ import annotations

import torch
from torch import Tensor

from eegzoo.models.references.reference import Array, Reference
from eegzoo.models.references.torch_layout import below, rename

# The authors' names of modules, and ours.
PLACES = {
    "patch_embed.proj": "patches",
    "enc_channel_emd.channel_transformation": "electrodes",
    "head": "head",
}
LAYER = {
    "norm1": "attend.0",
    "attn.qkv": "attend.1.qkv",
    "attn.proj": "attend.1.out",
    "norm2": "expand.0",
    "mlp.fc1": "expand.1",
    "mlp.fc2": "expand.3",
}


def state_from(weights: dict[str, Array]) -> dict[str, Tensor]:
    """Return our state dict from the authors' weights by name, for any depth."""
    depth = 1 + max(int(name.split(".")[1]) for name in weights if name.startswith("blocks."))
    places = PLACES.copy()
    for layer in range(depth):
        places |= below(f"blocks.{layer}", f"transformer.{layer}", LAYER)
    return rename(weights, places) | {"class_token": torch.from_numpy(weights["cls_token"][0, 0])}


SIZES = {
    "n_chans": 4, "n_times": 100, "n_outputs": 3, "sfreq": 128,
    "ch_names": ("Cz", "AFF2", "t3", "PPO2h"),
}  # fmt: skip
REFERENCES = {
    "steegformer": Reference(
        model="steegformer",
        file="steegformer_torch.npz",
        arguments={**SIZES, "embed_dim": 24, "depth": 3, "n_heads": 2},
        state_from=state_from,
    )
}
# The smallest published size, in evaluation mode.
SMALL = Reference(
    model="steegformer", file="steegformer_small_torch.npz", arguments=SIZES, state_from=state_from
)
