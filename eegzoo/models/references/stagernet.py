"""StagerNet in braindecode's port."""

from __future__ import annotations

import torch
from torch import Tensor

from eegzoo.models.references.reference import Array, Reference

# Where braindecode has what is ours.
PLACES = {
    "spatial_conv": "spatial",
    "feature_extractor.0": "temporal.0",
    "feature_extractor.4": "temporal.3",
    "final_layer.1": "head.1",
}


def state_from(weights: dict[str, Array]) -> dict[str, Tensor]:
    """Rename braindecode's weights to ours."""
    state = {}
    for name, value in weights.items():
        place, _, tensor = name.rpartition(".")
        state[f"{PLACES[place]}.{tensor}"] = torch.from_numpy(value)
    state["spatial.weight"] = state["spatial.weight"].squeeze(1)
    return state


REFERENCES = {
    "stagernet": Reference(
        model="stagernet",
        file="stagernet_torch.npz",
        # Kernels of 65 samples: those of an odd length are padded as the paper does.
        arguments={"n_chans": 6, "n_times": 3900, "sfreq": 130},
        state_from=state_from,
        not_by_authors="the authors published no code; braindecode's port is the most used",
    )
}
