"""Models that hold the statistics of a person, computed by SciPy, pyRiemann and scikit-learn."""

from __future__ import annotations

from functools import partial

import numpy as np
import torch
from torch import Tensor

from eegzoo.models.references.reference import FOLDER, Array, Reference

_REASON = "eegzoo's own network; its parts are computed by {} one after the other"
_PREFIX = "statistics/"


def with_statistics(weights: dict[str, Array], file: str) -> dict[str, Tensor]:
    """Return the weights with the statistics of the person in a file of numbers."""
    with np.load(FOLDER / file, allow_pickle=False) as arrays:
        statistics = {
            name.removeprefix(_PREFIX): arrays[name]
            for name in arrays.files
            if name.startswith(_PREFIX)
        }
    counter = {"norm.num_batches_tracked": np.array(1)}
    state = {**weights, **statistics, **counter}
    return {name: torch.from_numpy(np.asarray(value)) for name, value in state.items()}


REFERENCES = {
    "tangent_net": Reference(
        model="tangent_net",
        file="tangent_net_scipy.npz",
        arguments={"n_chans": 6, "n_times": 500, "n_outputs": 3, "sfreq": 125},
        state_from=partial(with_statistics, file="tangent_net_scipy.npz"),
        constraints={"head": (0.5, (1,))},
        not_by_authors=_REASON.format("SciPy and pyRiemann"),
    ),
    "tangent_net_two_heads": Reference(
        model="tangent_net_two_heads",
        file="tangent_net_two_heads_scipy.npz",
        arguments={"n_chans": 6, "n_times": 500, "n_outputs": 3, "sfreq": 125},
        state_from=partial(with_statistics, file="tangent_net_two_heads_scipy.npz"),
        constraints={"head.layers.0": (0.8, (1,)), "head.layers.1": (0.5, (1,))},
        not_by_authors=_REASON.format("SciPy and pyRiemann"),
    ),
    "ssvep_front": Reference(
        model="ssvep_front",
        file="ssvep_front_scipy.npz",
        arguments={
            "n_chans": 8, "n_times": 512, "n_outputs": 4, "sfreq": 128,
            "stimulus_freqs": (13, 17, 21),
        },
        state_from=partial(with_statistics, file="ssvep_front_scipy.npz"),
        constraints={"head": (1.0, (1,))},
        not_by_authors=_REASON.format("SciPy and scikit-learn"),
    ),
}  # fmt: skip
