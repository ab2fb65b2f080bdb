"""ResNet1D in its authors' PyTorch code, and in selfEEG's port of it."""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor

from eegzoo.models.references.reference import Array, Reference

TASK_ORIENTED = {
    "conv1": "first.0",
    "bn1": "first.1",
    "conv2": "last",
    "conv3": "across",
    "fc": "head",
}
SELFEEG = {"encoder.preBlocks.0": "first.0", "encoder.preBlocks.1": "first.1", "Dense": "head"}
BLOCK = {
    "conv1": "body.0",
    "bn1": "body.1",
    "conv2": "body.3",
    "bn2": "body.4",
    "downsample.0": "shortcut.0",
    "downsample.1": "shortcut.1",
}


def places(outside: dict[str, str], prefix: str, depths: tuple[int, ...]) -> dict[str, str]:
    """Return where theirs have what is ours, given the places outside of the residual blocks."""
    found, ours = dict(outside), 0
    for stage, depth in enumerate(depths, 1):
        for block in range(depth):
            theirs = f"{prefix}layer{stage}.{block}"
            found |= {f"{theirs}.{a}": f"stages.{ours}.{b}" for a, b in BLOCK.items()}
            ours += 1
    return found


def state_from(weights: dict[str, Array], places: dict[str, str]) -> dict[str, Tensor]:
    """Rename their weights to ours."""
    state = {}
    for name, value in weights.items():
        place, _, tensor = name.rpartition(".")
        state[f"{places[place]}.{tensor}"] = torch.from_numpy(value)
        if tensor == "running_mean":
            state[f"{places[place]}.num_batches_tracked"] = torch.tensor(0)
    return state


REFERENCES = {
    "resnet1d": Reference(
        model="resnet1d",
        file="resnet1d_torch.npz",
        arguments={"n_chans": 18, "n_times": 769, "n_outputs": 3},
        state_from=partial(state_from, places=places(TASK_ORIENTED, "", (3, 4, 6, 3))),
    ),
    "resnet1d_selfeeg": Reference(
        model="resnet1d_selfeeg",
        file="resnet1d_selfeeg_torch.npz",
        arguments={"n_chans": 5, "n_times": 200, "n_outputs": 3},
        state_from=partial(state_from, places=places(SELFEEG, "encoder.", (2, 2, 2, 2))),
    ),
}
