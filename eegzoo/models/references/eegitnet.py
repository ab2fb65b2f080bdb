"""EEG-ITNet in braindecode's class."""

from __future__ import annotations

import numpy as np
from torch import Tensor

from eegzoo.models.references.reference import Array, Reference
from eegzoo.models.references.torch_layout import below, rename

# Their names of modules, and ours.
PLACES = {"dim_reduction.0": "mix.0", "dim_reduction.1": "mix.1", "first": "reduce.0"}
PLACES |= {"final_layer": "head", "final_layer.parametrizations.weight": "head"}
FRONT = {
    "0": "temporal", "1": "norm", "2": "spatial", "2.parametrizations.weight": "spatial",
}  # fmt: skip
LAYERS = {"tc1.0": "0", "tc1.1": "1", "tc2.0": "4", "tc2.1": "5"}
for scale in range(3):
    PLACES |= below(f"inception_block.branches.{scale}", f"scales.{scale}", FRONT)
for block in range(4):
    PLACES |= below(f"TC_block{block + 1}", f"tcn.{block}", LAYERS)


def state_from(weights: dict[str, Array]) -> dict[str, Tensor]:
    """Return our state dict from braindecode's weights by name."""
    named = dict(weights)
    for tensor in ("weight", "bias", "running_mean", "running_var"):
        branches = [weights[f"inception_block.branches.{scale}.3.{tensor}"] for scale in range(3)]
        named[f"first.{tensor}"] = np.concatenate(branches)
    state = rename(named, PLACES, {"original": "weight"})
    in_1d = ("tcn.", "mix.0.")
    return {k: v.squeeze(2) if k.startswith(in_1d) and v.ndim == 4 else v for k, v in state.items()}


REFERENCES = {
    "eegitnet": Reference(
        model="eegitnet",
        file="eegitnet_torch.npz",
        arguments={"n_chans": 22, "n_times": 250, "n_outputs": 4, "sfreq": 125},
        state_from=state_from,
        constraints={
            **{f"scales.{scale}.spatial": (1.0, (1, 2, 3)) for scale in range(3)},
            "head": (0.25, (1,)),
        },
    )
}
