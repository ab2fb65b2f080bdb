"""MSVTNet in its authors' PyTorch code, without the heads of its branches."""

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
BRANCH = {
    "0": "0.temporal", "1": "0.norm", "2": "0.spatial", "3": "1", "7": "5", "8": "6",
}  # fmt: skip
PLACES = {"transformer.trans.norm": "transformer.2", "last_head.1": "head"}
for branch in range(4):
    PLACES |= below(f"mstsconv.{branch}.0", f"scales.{branch}", BRANCH)
for layer in range(2):
    PLACES |= below(f"transformer.trans.layers.{layer}", f"transformer.{layer}", TRANSFORMER_LAYER)


def state_from(weights: dict[str, Array]) -> dict[str, Tensor]:
    """Return our state dict from the authors' weights by name."""
    state = rename(split_projections(weights), PLACES)
    for branch in range(4):
        second = f"scales.{branch}.5.weight"
        state[second] = state[second].squeeze(2)
    state["class_token"] = torch.from_numpy(weights["transformer.cls_embedding"][0, 0])
    state["position"] = torch.from_numpy(weights["transformer.pos_embedding.pe"][0])
    return state


REFERENCES = {
    "msvtnet": Reference(
        model="msvtnet",
        file="msvtnet_torch.npz",
        arguments={"n_chans": 22, "n_times": 1000, "n_outputs": 4, "sfreq": 250},
        state_from=state_from,
        outputs_of=lambda model, x: model(x).log_softmax(dim=1),
    )
}
