"""Sinc-ShallowNet in braindecode's class."""

from __future__ import annotations

from torch import Tensor

from eegzoo.models.references.reference import Array, Reference
from eegzoo.models.references.torch_layout import rename

# Their names of modules, and ours.
PLACES = {
    "sinc_filter_layer": "front.temporal", "depthwiseconv.0": "front.norm",
    "depthwiseconv.1": "front.spatial", "temporal_aggregation.0": "pool.0", "final_layer": "head",
}  # fmt: skip


def state_from(weights: dict[str, Array]) -> dict[str, Tensor]:
    """Return our state dict from braindecode's weights by name."""
    state = rename(weights, PLACES)
    return {k: v.squeeze(0) if k.startswith("front.temporal.") else v for k, v in state.items()}


REFERENCES = {
    "sinc_shallow_net": Reference(
        model="sinc_shallow_net",
        file="sinc_shallow_net_torch.npz",
        arguments={
            "n_chans": 22, "n_times": 250, "n_outputs": 4, "sfreq": 128,
            "pool_length": 55, "pool_stride": 12,
        },
        state_from=state_from,
        not_by_authors="no code of the authors was found; this is braindecode's port",
    )
}  # fmt: skip
