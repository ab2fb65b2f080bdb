"""SCCNet in its first author's PyTorch code, padded as in the paper."""

from __future__ import annotations

from torch import Tensor

from eegzoo.models.references.reference import Array, Reference
from eegzoo.models.references.torch_layout import rename

# The author's names of modules, and ours.
PLACES = {
    "spatial_conv": "spatial.0",
    "spatial_batch_norm": "spatial.1",
    "spatial_filt_conv": "temporal.0",
    "batch_norm": "temporal.1",
    "final_layer": "head",
}


def state_from(weights: dict[str, Array]) -> dict[str, Tensor]:
    """Return our state dict from the author's weights by name."""
    state = rename(weights, PLACES)
    state["spatial.0.weight"] = state["spatial.0.weight"].squeeze(1)
    return state


REFERENCES = {
    "sccnet": Reference(
        model="sccnet",
        file="sccnet_torch.npz",
        arguments={"n_chans": 22, "n_times": 562, "n_outputs": 4, "sfreq": 125},
        state_from=state_from,
    )
}
