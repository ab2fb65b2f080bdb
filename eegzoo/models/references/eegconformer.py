"""EEGConformer in its authors' PyTorch code."""

from __future__ import annotations

from torch import Tensor

from eegzoo.models.references.reference import Array, Reference
from eegzoo.models.references.torch_layout import below, rename

# The authors' names of modules, and ours.
PLACES = {
    "0.shallownet.0": "front.temporal",
    "0.shallownet.1": "front.spatial",
    "0.shallownet.2": "tokens.0",
    "0.projection.0": "tokens.4",
    **{f"2.fc.{layer}": f"head.{layer}" for layer in (0, 3, 6)},
}
LAYER = {
    "0.fn.0": "attend.0",
    "0.fn.1.keys": "attend.1.key",
    "0.fn.1.queries": "attend.1.query",
    "0.fn.1.values": "attend.1.value",
    "0.fn.1.projection": "attend.1.out",
    "1.fn.0": "expand.0",
    "1.fn.1.0": "expand.1",
    "1.fn.1.3": "expand.4",
}
for layer in range(6):
    PLACES |= below(f"1.{layer}", f"transformer.{layer}", LAYER)


def state_from(weights: dict[str, Array]) -> dict[str, Tensor]:
    """Return our state dict from the authors' weights by name."""
    state = rename(weights, PLACES)
    state["tokens.4.weight"] = state["tokens.4.weight"].squeeze(3)
    return state


REFERENCES = {
    "eegconformer": Reference(
        model="eegconformer",
        file="eegconformer_torch.npz",
        arguments={"n_chans": 22, "n_times": 1000, "n_outputs": 4, "sfreq": 250},
        state_from=state_from,
    )
}
