"""TransformEEG in its authors' PyTorch code."""

from __future__ import annotations

import numpy as np
from torch import Tensor

from eegzoo.models.references.reference import Array, Reference
from eegzoo.models.references.torch_layout import below, rename

# The authors' names of modules, and ours.
PLACES = {"linear_lay.0": "head.0", "linear_lay.2": "head.2"}
for theirs, ours in {
    "blck1": "first", "blck2": "first_beside", "blck3": "second", "blck4": "second_beside",
}.items():  # fmt: skip
    PLACES |= below(f"token_gen.{theirs}", ours, {"0": "0", "1": "1"})
LAYER = {
    "self_attn.query": "attend.0.query",
    "self_attn.key": "attend.0.key",
    "self_attn.value": "attend.0.value",
    "self_attn.out_proj": "attend.0.out",
    "norm1": "attend_norm",
    "linear1": "expand.0",
    "linear2": "expand.3",
    "norm2": "expand_norm",
}
for layer in range(2):
    PLACES |= below(f"transformer.layers.{layer}", f"transformer.{layer}", LAYER)


def state_from(weights: dict[str, Array]) -> dict[str, Tensor]:
    """Return our state dict from the authors' weights by name."""
    named: dict[str, Array] = {}
    for name, value in weights.items():
        module, joined, tensor = name.partition(".in_proj_")
        if joined:  # the three projections of torch's MultiheadAttention in one array
            thirds = zip(("query", "key", "value"), np.split(value, 3), strict=True)
            named |= {f"{module}.{part}.{tensor}": third for part, third in thirds}
        else:
            named[name] = value
    return rename(named, PLACES)


REFERENCES = {
    "transformeeg": Reference(
        model="transformeeg",
        file="transformeeg_torch.npz",
        arguments={"n_chans": 8, "n_times": 200, "n_outputs": 3, "sfreq": 125},
        state_from=state_from,
    )
}
