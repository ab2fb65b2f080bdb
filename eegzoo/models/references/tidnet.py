"""TIDNet in its authors' PyTorch code, without the heads for subjects and runs."""

from __future__ import annotations

from torch import Tensor

from eegzoo.models.references.reference import Array, Reference
from eegzoo.models.references.torch_layout import rename

# The authors' names of modules, and ours.
PLACES = {
    "dscnn.temporal.1.residual": "shortcut",
    "dscnn.spatial.channel_collapse.conv": "mix.0",
    "dscnn.spatial.channel_collapse.batch_norm": "mix.2",
    "classify.1": "head",
}
for layer in range(2):
    PLACES[f"dscnn.temporal.1.net.{layer}.0"] = f"temporal.{2 * layer}"
    for place in (0, 2, 3, 5):
        PLACES[f"dscnn.spatial.net.{layer}.net.{place}"] = f"spatial.{layer}.{place}"
TENSORS = {"weight_g": "norm", "weight_v": "direction"}


def state_from(weights: dict[str, Array]) -> dict[str, Tensor]:
    """Return our state dict from the authors' weights by name."""
    state = rename(weights, PLACES, TENSORS)
    in_1d = ("temporal.", "shortcut.")
    return {k: v.squeeze(2) if k.startswith(in_1d) and v.ndim == 4 else v for k, v in state.items()}


REFERENCES = {
    "tidnet": Reference(
        model="tidnet",
        file="tidnet_torch.npz",
        arguments={"n_chans": 5, "n_times": 200, "n_outputs": 4, "sfreq": 250},
        state_from=state_from,
    )
}
