"""LightConvNet in its authors' PyTorch code, without the filter bank."""

from __future__ import annotations

import torch
from torch import Tensor

from eegzoo.models.references.fbcnet import logits_of_bands
from eegzoo.models.references.reference import Array, Reference
from eegzoo.models.references.torch_layout import rename

# The authors' names of modules, and ours.
PLACES = {"spacial_block.0": "spatial.0", "spacial_block.1": "spatial.1", "classify": "head"}


def state_from(weights: dict[str, Array]) -> dict[str, Tensor]:
    """Return our state dict from the authors' weights by name."""
    return {**rename(weights, PLACES), "segments": torch.from_numpy(weights["conv.weight"])}


REFERENCES = {
    "lightconvnet": Reference(
        model="lightconvnet",
        file="lightconvnet_torch.npz",
        arguments={"n_chans": 22, "n_times": 1000, "n_outputs": 4, "sfreq": 250},
        state_from=state_from,
        windows_from=lambda x: x,
        outputs_of=logits_of_bands,
    )
}
