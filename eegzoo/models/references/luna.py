"""LUNA in its authors' PyTorch code."""

from __future__ import annotations

import torch
from torch import Tensor

from eegzoo.models.references.reference import Array, Reference
from eegzoo.models.references.torch_layout import (
    TRANSFORMER_LAYER,
    below,
    rename,
    split_projections,
)

# The authors' names of modules, and ours.
_MLP = {"fc1": "0", "norm": "2", "fc2": "3"}
PLACES = {
    **{f"patch_embed.proj_in.{n}": f"patches.layers.{n}" for n in (0, 1, 3, 4, 6, 7)},
    "freq_embed.frequency_to_embed.fc1": "spectrum.0",
    "freq_embed.frequency_to_embed.fc2": "spectrum.2",
    **below("channel_location_embedder.0", "place_features", _MLP),
    "cross_attn.queries_norm": "gather.query_norm",
    "cross_attn.keys_norm": "gather.key_norm",
    "cross_attn.values_norm": "gather.value_norm",
    "cross_attn.ffn.fc1": "gather.expand.0",
    "cross_attn.ffn.norm": "gather.expand.3",
    "cross_attn.ffn.fc2": "gather.expand.4",
    "norm": "norm",
}
ATTENTION = {"query": "query", "key": "key", "value": "value", "out_proj": "out"}
LAYER = {
    "norm1": "attend.0",
    "attn.qkv_proj": "attend.1.qkv",
    "attn.proj": "attend.1.out",
    "norm2": "expand.0",
    "mlp.fc1": "expand.1",
    "mlp.norm": "expand.3",
    "mlp.fc2": "expand.4",
}
HEAD = {
    **below("classifier.decoder_attn", "head.1", ATTENTION),
    "classifier.decoder_ffn.fc1": "head.3",
    "classifier.decoder_ffn.fc2": "head.6",
}


def backbone_from(weights: dict[str, Array]) -> dict[str, Tensor]:
    """Return our state dict without the head from the authors' weights by name, for any depth."""
    places = PLACES | below("cross_attn.cross_attention", "gather.attend", ATTENTION)
    for number in range(3):
        start = f"cross_attn.query_self_attn.layers.{number}"
        places |= below(start, f"gather.mix.{number}", TRANSFORMER_LAYER)
    for number in {int(name.split(".")[1]) for name in weights if name.startswith("blocks.")}:
        places |= below(f"blocks.{number}", f"transformer.{number}", LAYER)
    queries = torch.from_numpy(weights["cross_attn.query_embed"][0])
    return rename(split_projections(weights), places) | {"gather.attend.queries": queries}


def state_from(weights: dict[str, Array]) -> dict[str, Tensor]:
    """Return our state dict from the weights of the authors' classifier by name."""
    query = torch.from_numpy(weights["classifier.learned_agg"][0])
    head = rename(split_projections(weights), HEAD)
    return backbone_from(weights) | head | {"head.1.queries": query}


_SIZES = {
    "n_chans": 5, "n_outputs": 3, "sfreq": 256,
    "ch_names": ("FP1-F7", "C3-Cz", "P4-O2", "A1-T3", "F7-T3"),
}  # fmt: skip
REFERENCES = {
    "luna": Reference(
        model="luna",
        file="luna_torch.npz",
        arguments={
            **_SIZES, "n_times": 200, "embed_dim": 16, "n_queries": 2, "depth": 3,
            "path_drop_prob": 0.0,
        },
        state_from=state_from,
    )
}  # fmt: skip
# The smallest published size, in evaluation mode.
BASE = Reference(
    model="luna", file="luna_base_torch.npz", arguments={**_SIZES, "n_times": 400},
    state_from=state_from,
)  # fmt: skip
