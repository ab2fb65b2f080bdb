"""FBCNet in its authors' PyTorch code, from the frequency bands on."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from eegzoo.models.references.reference import Array, Reference

# Where the authors have what is ours.
PLACES = {"scb.0": "spatial", "scb.1": "norm", "lastLayer.0": "head"}


def state_from(weights: dict[str, Array]) -> dict[str, Tensor]:
    """Rename the authors' weights to ours."""
    state = {"norm.num_batches_tracked": torch.tensor(0)}
    for name, value in weights.items():
        place, _, tensor = name.rpartition(".")
        state[f"{PLACES[place]}.{tensor}"] = torch.from_numpy(value)
    return state


def bands_from(x: Array) -> Array:
    """(batch, 1, n_chans, n_times, n_bands) -> (batch, n_bands, n_chans, n_times)."""
    return x[:, 0].transpose(0, 3, 1, 2)


def log_probabilities(model: Any, bands: Tensor) -> Tensor:
    """Return what the authors' network ends in."""
    logits: Tensor = model.head(model.features_of_bands(bands))
    return logits.log_softmax(dim=1)


REFERENCES = {
    "fbcnet": Reference(
        model="fbcnet",
        file="fbcnet_torch.npz",
        arguments={"n_chans": 22, "n_times": 1000, "n_outputs": 4},
        state_from=state_from,
        windows_from=bands_from,
        # With torch.renorm, in each forward; the seeded weights are over some of the limits.
        constraints={"spatial": (2.0, (1, 2, 3)), "head": (0.5, (1,))},
        outputs_of=log_probabilities,
    )
}
