"""RobustSleepNet in its authors' PyTorch code."""

from __future__ import annotations

from torch import Tensor

from eegzoo.models.references.reference import Array, Reference
from eegzoo.models.references.torch_layout import rename

ENCODER = "encoder_eeg.encoder"
# The authors' names of modules, and ours.
PLACES = {
    f"{ENCODER}.filter_reduction": "filters",
    f"{ENCODER}.gru": "over_frames",
    "reducer_eeg.reduction": "reduction",
    "reducer_eeg.attention.context_matrix": "frame_attention.hidden",
    "reducer_eeg.attention.context_vector": "frame_attention.score",
    "classifier": "head",
}
for place in range(4):
    theirs, ours = f"{ENCODER}.channel_attention.attention_{place}", f"channel_attentions.{place}"
    PLACES[f"{theirs}.context_matrix"] = f"{ours}.hidden"
    PLACES[f"{theirs}.context_vector"] = f"{ours}.score"
for layer in range(2):
    PLACES[f"sequence_encoder.encoder.{layer}.residual_connection"] = f"layers.{layer}.residual"
    PLACES[f"sequence_encoder.encoder.{layer}.gru"] = f"layers.{layer}.gru"


def state_from(weights: dict[str, Array]) -> dict[str, Tensor]:
    """Return our state dict from the authors' weights by name."""
    return rename(weights, PLACES)


REFERENCES = {
    "robustsleepnet": Reference(
        model="robustsleepnet",
        file="robustsleepnet_torch.npz",
        arguments={"n_chans": 3, "n_times": 1800, "n_outputs": 5, "sfreq": 60},
        state_from=state_from,
        windows_from=lambda x: x,  # (batch, n_windows, n_chans, n_times), as ours
        outputs_of=lambda model, x: model(x).flatten(0, 1),
    )
}
