"""SST-DPN in its authors' PyTorch code."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from eegzoo.models.references.reference import Array, Reference
from eegzoo.models.references.torch_layout import rename

# The authors' names of modules, and ours.
PLACES = {
    "encoder.time_conv": "temporal",
    "encoder.chanConv.0": "mix.0",
    "encoder.chanConv.1": "mix.1",
}


def state_from(weights: dict[str, Array]) -> dict[str, Tensor]:
    """Return our state dict from the authors' weights by name."""
    state = rename(weights, PLACES)
    # The authors' signals are in the order (filter, channel), ours in the order (channel, filter).
    n_signals = weights["encoder.ssa.alpha"].shape[1]
    order = np.arange(n_signals).reshape(len(weights["encoder.time_conv.bias"]), -1).T.ravel()
    state["mix.0.weight"] = torch.from_numpy(weights["encoder.chanConv.0.weight"][:, order])
    for name in ("alpha", "beta", "gamma"):
        state[f"gate.{name}"] = torch.from_numpy(weights[f"encoder.ssa.{name}"][0, order, 0])
    state["head.weight"] = torch.from_numpy(weights["isp"])
    return state


REFERENCES = {
    "sstdpn": Reference(
        model="sstdpn",
        file="sstdpn_torch.npz",
        arguments={"n_chans": 22, "n_times": 1000, "n_outputs": 4, "sfreq": 250},
        state_from=state_from,
        constraints={"head": (1.0, (1,))},
    )
}
