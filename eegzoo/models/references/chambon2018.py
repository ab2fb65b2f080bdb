"""Chambon et al.'s network for 21 windows in physioex's PyTorch port."""

from __future__ import annotations

from torch import Tensor

from eegzoo.models.references.reference import Array, Reference
from eegzoo.models.references.torch_layout import rename

# The port's names of modules, and ours.
PLACES = {
    "epoch_encoder.spatial_conv": "spatial",
    "epoch_encoder.feature_extractor.0": "temporal.0",
    "epoch_encoder.feature_extractor.4": "temporal.3",
    "clf": "head.1",
}


def state_from(weights: dict[str, Array]) -> dict[str, Tensor]:
    """Return our state dict from the port's weights by name."""
    state = rename(weights, PLACES)
    if "spatial.weight" in state:  # a single channel has no spatial filter
        state["spatial.weight"] = state["spatial.weight"].squeeze(1)
    return state


REFERENCES = {
    "chambon2018": Reference(
        model="chambon2018",
        file="chambon2018_torch.npz",
        arguments={"n_chans": 3, "n_times": 3000, "n_outputs": 5, "sfreq": 100},
        state_from=state_from,
        windows_from=lambda x: x,
        outputs_of=lambda model, x: model(x)[:, 10],  # the window in the middle
        not_by_authors="the authors published no code; physioex's port has public weights",
    )
}
