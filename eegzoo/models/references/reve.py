"""REVE in its authors' PyTorch code."""

from __future__ import annotations

import torch
from torch import Tensor

from eegzoo.models.references.reference import Array, Reference
from eegzoo.models.references.torch_layout import below, rename

# The authors' names of modules, and ours.
ENCODER = {
    "to_patch_embedding.0": "patches",
    "mlp4d.0": "place_features.0",
    "mlp4d.2": "place_features.2",
    "ln": "place_norm",
}
LAYER = {
    "0.norm": "attend.0",
    "0.to_qkv": "attend.1.qkv",
    "0.to_out": "attend.1.out",
    "1.net.0": "expand.0",
    "1.net.1": "expand.1",
    "1.net.3": "expand.3",
}


def backbone_from(weights: dict[str, Array], start: str = "") -> dict[str, Tensor]:
    """Return our state dict without the head, for any depth; their names begin with `start`."""
    layers = f"{start}transformer.layers."
    numbers = {int(n.removeprefix(layers).split(".")[0]) for n in weights if n.startswith(layers)}
    places = {f"{start}{theirs}": ours for theirs, ours in ENCODER.items()}
    for number in numbers:
        places |= below(f"{layers}{number}", f"transformer.{number}", LAYER)
    return rename(weights, places) | {"query": torch.from_numpy(weights["cls_query_token"][0, 0])}


def state_from(weights: dict[str, Array]) -> dict[str, Tensor]:
    """Return our state dict from the weights of the authors' classifier by name."""
    # With all tokens, a layer that only changes shapes comes first.
    first, last = (0, 2) if "linear_head.0.weight" in weights else (1, 3)
    head = {f"linear_head.{first}": "head.0", f"linear_head.{last}": "head.2"}
    return backbone_from(weights, "encoder.") | rename(weights, head)


_SIZES = {
    "n_chans": 5, "n_times": 600, "n_outputs": 3, "sfreq": 200, "position_noise": 0.0,
    "ch_names": ("Cz", "O1", "T3", "FP1-F7", "ppo2h"),
}  # fmt: skip
_SMALL = {**_SIZES, "embed_dim": 24, "depth": 3, "n_heads": 2, "feedforward_size": 48}
REFERENCES = {
    "reve": Reference(model="reve", file="reve_torch.npz", arguments=_SMALL, state_from=state_from)
}
# With the attention pool alone, and the published size of it, in evaluation mode.
POOLED = Reference(
    model="reve",
    file="reve_pooled_torch.npz",
    arguments={**_SMALL, "attention_pool": True},
    state_from=state_from,
)
BASE = Reference(
    model="reve",
    file="reve_base_torch.npz",
    arguments={**_SIZES, "attention_pool": True},
    state_from=state_from,
)
