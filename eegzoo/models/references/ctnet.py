"""CTNet in its authors' PyTorch code."""

from __future__ import annotations

import torch
from torch import Tensor

from eegzoo.models.references.reference import Array, Reference
from eegzoo.models.references.torch_layout import below, rename

# The authors' names of modules, and ours.
PLACES = {
    "cnn.0.cnn_module.0": "front.temporal",
    "cnn.0.cnn_module.1": "front.norm",
    "cnn.0.cnn_module.2": "front.spatial",
    "cnn.0.cnn_module.3": "tokens.0",
    "cnn.0.cnn_module.7": "tokens.4",
    "cnn.0.cnn_module.8": "tokens.5",
    "classification.fc.1": "head.1",
}
LAYER = {
    "0.fn.0.keys": "attend.key",
    "0.fn.0.queries": "attend.query",
    "0.fn.0.values": "attend.value",
    "0.fn.0.projection": "attend.out",
    "0.layernorm": "attend_norm",
    "1.fn.0.0": "expand.0",
    "1.fn.0.3": "expand.3",
    "1.layernorm": "expand_norm",
}
for layer in range(6):
    PLACES |= below(f"trans.{layer}", f"transformer.{layer}", LAYER)
N_TOKENS = 15


def state_from(weights: dict[str, Array]) -> dict[str, Tensor]:
    """Return our state dict from the authors' weights by name."""
    state = rename(weights, PLACES)
    state["tokens.4.weight"] = state["tokens.4.weight"].squeeze(2)
    # The authors build 100 positions and use as many as there are tokens.
    state["position"] = torch.from_numpy(weights["position.encoding"][0, :N_TOKENS])
    return state


REFERENCES = {
    "ctnet": Reference(
        model="ctnet",
        file="ctnet_torch.npz",
        arguments={"n_chans": 22, "n_times": 1000, "n_outputs": 4, "sfreq": 250},
        state_from=state_from,
    )
}
