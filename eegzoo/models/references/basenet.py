"""BaseNet in its authors' PyTorch code."""

from __future__ import annotations

from functools import partial

from torch import Tensor

from eegzoo.models.references.reference import Array, Reference
from eegzoo.models.references.torch_layout import rename

# The authors' names of modules, and ours.
PLACES = {
    "input_block.temporal_conv": "front.temporal",
    "input_block.intermediate_bn": "front.norm",
    "input_block.spatial_conv": "front.spatial",
    "input_block.bn": "pooled.0",
    "channel_expansion.0": "mix.0",
    "channel_expansion.1": "mix.1",
    "channel_attention_block.conv.0": "separable.0",
    "channel_attention_block.conv.1": "separable.1",
    "channel_attention_block.conv.2": "separable.2",
    "channel_attention_block.attention_block.fc1": "gate.gates.0",
    "channel_attention_block.attention_block.fc2": "gate.gates.2",
    "classifier.1": "head",
}


def state_from(weights: dict[str, Array]) -> dict[str, Tensor]:
    """Return our state dict from the authors' weights by name."""
    state = rename(weights, PLACES)
    in_1d = ("mix.0.", "separable.0.", "separable.1.", "gate.")
    return {k: v.squeeze(2) if k.startswith(in_1d) else v for k, v in state.items()}


_reference = partial(
    Reference,
    arguments={"n_chans": 22, "n_times": 1000, "n_outputs": 4, "sfreq": 250},
    state_from=state_from,
)
REFERENCES = {
    name: _reference(model=name, file=f"{name}_torch.npz") for name in ("basenet", "basenet_se")
}
