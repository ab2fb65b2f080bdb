"""Signal-JEPA in its first author's PyTorch code."""

from __future__ import annotations

from torch import Tensor

from eegzoo.models.references.reference import Array, Reference
from eegzoo.models.references.torch_layout import rename

# The author's names of modules, and ours.
CONVOLUTIONS = {
    "1.0": "convolutions.0.0", "1.2": "convolutions.0.2",
    **{f"{layer + 1}.0": f"convolutions.{layer}.0" for layer in range(1, 5)},
}  # fmt: skip


def state_from(weights: dict[str, Array]) -> dict[str, Tensor]:
    """Return our state dict from the author's weights by name."""
    places = {f"feature_encoder.{theirs}": ours for theirs, ours in CONVOLUTIONS.items()}
    state = rename(weights, {**places, "spatial_conv.1": "spatial", "final_layer.1": "head"})
    state["spatial.weight"] = state["spatial.weight"][:, 0]
    return state


REFERENCES = {
    "signal_jepa": Reference(
        model="signal_jepa",
        file="signal_jepa_torch.npz",
        arguments={"n_chans": 5, "n_times": 300, "n_outputs": 3, "sfreq": 128},
        state_from=state_from,
    )
}
