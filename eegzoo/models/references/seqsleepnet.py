"""SeqSleepNet in physioex's PyTorch port."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from eegzoo.models.references.reference import Array, Reference
from eegzoo.models.references.torch_layout import rename

# The port's names of modules, and ours.
PLACES = {
    "epoch_encoder.F2_birnn": "over_frames",
    "sequence_encoder.LSTM": "gru",
    "sequence_encoder.clf": "head",
}
FRAMES = 29


def state_from(weights: dict[str, Array]) -> dict[str, Tensor]:
    """Return our state dict from the port's weights by name.

    Its fixed triangular filters are left out, and the statistics of spectra, which it lacks, are
    those of a new network.
    """
    gains = torch.from_numpy(weights["epoch_encoder.F2_filtbank.W"])
    shape = (len(gains), FRAMES, gains.shape[1])
    special = attention_state(weights, "epoch_encoder.F2_attention") | spectrum_state(shape)
    return rename(weights, PLACES) | {"gains": gains} | special


def attention_state(weights: dict[str, Array], theirs: str) -> dict[str, Tensor]:
    """Return the state of the attention over frames from the port's, called `theirs`."""
    return {
        "frame_attention.hidden.weight": torch.from_numpy(weights[f"{theirs}.W_omega"].T),
        "frame_attention.hidden.bias": torch.from_numpy(weights[f"{theirs}.b_omega"]),
        "frame_attention.score.weight": torch.from_numpy(weights[f"{theirs}.u_omega"][None]),
    }


def spectrum_state(shape: tuple[int, int, int]) -> dict[str, Tensor]:
    """Return the statistics of spectra of a new network."""
    return {"spectrum_mean": torch.zeros(shape), "spectrum_std": torch.full(shape, 20.0)}


def outputs_of(model: Any, spectra: Tensor) -> Tensor:
    """Return logits (windows, n_outputs) for standardised spectra, which the port takes.

    `spectra` has the shape (batch, n_windows, n_chans, frames, bins).
    """
    windows = model.window_features(spectra.flatten(0, 1)).unflatten(0, spectra.shape[:2])
    logits: Tensor = model.head(model.over_windows(windows)).flatten(0, 1)
    return logits


REFERENCES = {
    "seqsleepnet": Reference(
        model="seqsleepnet",
        file="seqsleepnet_torch.npz",
        arguments={"n_chans": 2, "n_times": 3000, "n_outputs": 5, "sfreq": 100},
        state_from=state_from,
        windows_from=lambda x: x,
        outputs_of=outputs_of,
        not_by_authors="the authors' code is in TensorFlow; physioex's port has public weights",
    )
}
