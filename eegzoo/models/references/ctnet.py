"""CTNet in its authors' PyTorch code."""

from __future__ import annotations

import torch
from torch import Tensor

from eegzoo.models.references.reference import Array, Reference

# Where the authors have what is ours.
PLACES = {
    "cnn.0.cnn_module.0": "front.temporal",
    "cnn.0.cnn_module.1": "front.norm",
    "cnn.0.cnn_module.2": "front.spatial",
    "cnn.0.cnn_module.3": "tokens.0",
    "cnn.0.cnn_module.7": "tokens.4",
    "cnn.0.cnn_module.8": "tokens.5",
    "classification.fc.1": "head.1",
}
LAYER_PLACES = {
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
    PLACES |= {
        f"trans.{layer}.{theirs}": f"transformer.{layer}.{ours}"
        for theirs, ours in LAYER_PLACES.items()
    }
N_TOKENS = 15


def state_from(weights: dict[str, Array]) -> dict[str, Tensor]:
    """Rename the authors' weights to ours."""
    norms = ("front.norm", "tokens.0", "tokens.5")
    state = {f"{norm}.num_batches_tracked": torch.tensor(0) for norm in norms}
    # 100 positions are built, and as many used as there are tokens.
    state["position"] = torch.from_numpy(weights["position.encoding"][0, :N_TOKENS])
    for name, value in weights.items():
        place, _, tensor = name.rpartition(".")
        if place in PLACES:
            state[f"{PLACES[place]}.{tensor}"] = torch.from_numpy(value)
    state["tokens.4.weight"] = state["tokens.4.weight"].squeeze(2)
    return state


REFERENCES = {
    "ctnet": Reference(
        model="ctnet",
        file="ctnet_torch.npz",
        arguments={"n_chans": 22, "n_times": 1000, "n_outputs": 4},
        state_from=state_from,
    )
}
