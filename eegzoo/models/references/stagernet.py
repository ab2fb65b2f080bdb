"""StagerNet in braindecode's PyTorch port."""

from __future__ import annotations

from torch import Tensor

from eegzoo.models.references.reference import Array, Reference
from eegzoo.models.references.torch_layout import rename

# braindecode's names of modules, and ours.
PLACES = {
    "spatial_conv": "spatial",
    "feature_extractor.0": "temporal.0",
    "feature_extractor.4": "temporal.3",
    "final_layer.1": "head.1",
}


def state_from(weights: dict[str, Array]) -> dict[str, Tensor]:
    """Return our state dict from braindecode's weights by name."""
    state = rename(weights, PLACES)
    state["spatial.weight"] = state["spatial.weight"].squeeze(1)
    return state


REFERENCES = {
    "stagernet": Reference(
        model="stagernet",
        file="stagernet_torch.npz",
        # At 130 Hz kernels have 65 samples. The port pads kernels of odd length as the paper does.
        arguments={"n_chans": 6, "n_times": 3900, "n_outputs": 5, "sfreq": 130},
        state_from=state_from,
        not_by_authors="the authors published no code; braindecode's port is the most used",
    )
}
