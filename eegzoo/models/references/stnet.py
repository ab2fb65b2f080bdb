"""STNet in the library of its first author."""

from __future__ import annotations

import torch
from torch import Tensor

from eegzoo.models.references.reference import Array, Reference

PLACES = {
    "layer1": "body.0",
    "layer2": "body.3",
    "layer3": "body.6",
    "layer4.depth": "body.9.depthwise",
    "layer4.point": "body.9.pointwise",
    "layer5.conv5x5": "body.12.scales.0",
    "layer5.conv3x3": "body.12.scales.1",
    "layer5.conv1x1": "body.12.scales.2",
    "lin1": "head.0",
    "lin2": "head.3",
}


def state_from(weights: dict[str, Array]) -> dict[str, Tensor]:
    """Rename the authors' weights to ours."""
    state = {}
    for name, value in weights.items():
        place, _, tensor = name.rpartition(".")
        state[f"{PLACES[place]}.{tensor}"] = torch.from_numpy(value)
    return state


def windows_from(x: Array) -> Array:
    """(batch, samples, rows, columns) -> (batch, n_chans, n_times), a channel in every cell."""
    return x.reshape(*x.shape[:2], -1).swapaxes(1, 2)


REFERENCES = {
    "stnet": Reference(
        model="stnet",
        file="stnet_torch.npz",
        arguments={"n_chans": 81, "n_times": 128, "n_outputs": 3},
        state_from=state_from,
        windows_from=windows_from,
    )
}
