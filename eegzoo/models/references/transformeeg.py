"""TransformEEG in its authors' PyTorch code."""

from __future__ import annotations

import torch
from torch import Tensor

from eegzoo.models.references.reference import Array, Reference

BLOCKS = {"blck1": "first", "blck2": "first_beside", "blck3": "second", "blck4": "second_beside"}
PLACES = {"linear_lay.0": "head.0", "linear_lay.2": "head.2"}
for theirs, ours in BLOCKS.items():
    PLACES |= {f"token_gen.{theirs}.{layer}": f"{ours}.{layer}" for layer in (0, 1)}
LAYER_PLACES = {
    "self_attn.out_proj": "attend.0.out",
    "norm1": "attend_norm",
    "linear1": "expand.0",
    "linear2": "expand.3",
    "norm2": "expand_norm",
}
for layer in range(2):
    PLACES |= {
        f"transformer.layers.{layer}.{theirs}": f"transformer.{layer}.{ours}"
        for theirs, ours in LAYER_PLACES.items()
    }


def state_from(weights: dict[str, Array]) -> dict[str, Tensor]:
    """Rename the authors' weights to ours."""
    state = {f"{block}.1.num_batches_tracked": torch.tensor(0) for block in BLOCKS.values()}
    for name, value in weights.items():
        place, _, tensor = name.rpartition(".")
        if tensor.startswith("in_proj_"):  # "transformer.layers.0.self_attn.in_proj_weight"
            layer = place.split(".")[2]
            for part, third in zip(
                ("query", "key", "value"), torch.from_numpy(value).chunk(3), strict=True
            ):
                tensor = tensor.removeprefix("in_proj_")
                state[f"transformer.{layer}.attend.0.{part}.{tensor}"] = third
        else:
            state[f"{PLACES[place]}.{tensor}"] = torch.from_numpy(value)
    return state


REFERENCES = {
    "transformeeg": Reference(
        model="transformeeg",
        file="transformeeg_torch.npz",
        arguments={"n_chans": 8, "n_times": 200, "n_outputs": 3},
        state_from=state_from,
    )
}
