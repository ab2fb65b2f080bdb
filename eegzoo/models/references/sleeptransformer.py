"""SleepTransformer in physioex's PyTorch port."""

from __future__ import annotations

from torch import Tensor

from eegzoo.models.references.reference import Array, Reference
from eegzoo.models.references.seqsleepnet import (
    FRAMES,
    attention_state,
    outputs_of,
    spectrum_state,
)
from eegzoo.models.references.torch_layout import (
    TRANSFORMER_LAYER,
    below,
    rename,
    split_projections,
)

BINS = 129
PLACES = {"sequence_encoder.clf": "head"}
for theirs, ours in {"epoch": "over_frames", "sequence": "transformer"}.items():
    for layer in range(4):
        PLACES |= below(
            f"{theirs}_encoder.encoder.layers.{layer}", f"{ours}.{layer}", TRANSFORMER_LAYER
        )


def state_from(weights: dict[str, Array]) -> dict[str, Tensor]:
    """Return our state dict from the port's weights by name.

    The statistics of spectra, which the port lacks, are those of a new network.
    """
    attention = "epoch_encoder.attention"
    n_chans = len(weights[f"{attention}.W_omega"]) // (BINS - 1)
    special = attention_state(weights, attention) | spectrum_state((n_chans, FRAMES, BINS))
    return rename(split_projections(weights), PLACES) | special


REFERENCES = {
    "sleeptransformer": Reference(
        model="sleeptransformer",
        file="sleeptransformer_torch.npz",
        arguments={"n_chans": 2, "n_times": 3000, "n_outputs": 5, "sfreq": 100},
        state_from=state_from,
        windows_from=lambda x: x,
        outputs_of=outputs_of,
        not_by_authors="the authors' code is in TensorFlow; physioex's port has public weights",
    )
}
