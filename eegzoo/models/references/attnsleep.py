"""AttnSleep in its authors' PyTorch code."""

from __future__ import annotations

import torch
from torch import Tensor

from eegzoo.models.references.reference import Array, Reference

# Where the authors have what is ours.
PLACES = {"tce.norm": "transformer.2", "fc": "head"}
for number, branch in {1: "short", 2: "long"}.items():
    for block, (conv, norm) in {0: (0, 1), 3: (5, 6), 4: (8, 9)}.items():
        PLACES[f"mrcnn.features{number}.{conv}"] = f"{branch}.{block}.0"
        PLACES[f"mrcnn.features{number}.{norm}"] = f"{branch}.{block}.1"
for theirs, ours in {
    "conv1": "body.0", "bn1": "body.1", "conv2": "body.3", "bn2": "body.4",
    "se.fc.0": "gate.0", "se.fc.2": "gate.2",
    "downsample.0": "shortcut.0", "downsample.1": "shortcut.1",
}.items():  # fmt: skip
    PLACES[f"mrcnn.AFR.0.{theirs}"] = f"recalibrate.{ours}"
for layer in range(2):
    for theirs, ours in {
        "conv": "query", "self_attn.convs.1": "key", "self_attn.convs.2": "value",
        "self_attn.linear": "out.0", "sublayer_output.1.norm": "expand.0",
        "feed_forward.w_1": "expand.1", "feed_forward.w_2": "expand.4",
    }.items():  # fmt: skip
        PLACES[f"tce.layers.{layer}.{theirs}"] = f"transformer.{layer}.{ours}"
TENSORS = {"a_2": "weight", "b_2": "bias"}


def state_from(weights: dict[str, Array]) -> dict[str, Tensor]:
    """Rename the authors' weights to ours."""
    state = {}
    for name, value in weights.items():
        place, _, tensor = name.rpartition(".")
        state[f"{PLACES[place]}.{TENSORS.get(tensor, tensor)}"] = torch.from_numpy(value)
        if tensor == "running_var":
            state[f"{PLACES[place]}.num_batches_tracked"] = torch.tensor(0)
    return state


REFERENCES = {
    "attnsleep": Reference(
        model="attnsleep",
        file="attnsleep_torch.npz",
        arguments={},
        state_from=state_from,
    )
}
