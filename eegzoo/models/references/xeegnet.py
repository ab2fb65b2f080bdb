"""XEEGNet in its authors' PyTorch code."""

from __future__ import annotations

import torch
from torch import Tensor

from eegzoo.models.references.reference import Array, Reference

PLACES = {
    "encoder.conv1": "front.temporal",
    "encoder.conv2": "front.spatial",
    "encoder.batch1": "norm",
    "Dense": "head",
}


def state_from(weights: dict[str, Array]) -> dict[str, Tensor]:
    """Rename the authors' weights to ours."""
    state = {"norm.num_batches_tracked": torch.tensor(0)}
    for name, value in weights.items():
        place, _, tensor = name.rpartition(".")
        state[f"{PLACES[place]}.{tensor}"] = torch.from_numpy(value)
    return state


REFERENCES = {
    "xeegnet": Reference(
        model="xeegnet",
        file="xeegnet_torch.npz",
        # Learnt, so that the gradient of the temporal filters is compared as well.
        arguments={"n_chans": 19, "n_times": 500, "n_outputs": 3, "frozen_temporal": False},
        state_from=state_from,
    )
}
