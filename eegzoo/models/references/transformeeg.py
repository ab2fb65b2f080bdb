"""TransformEEG in its authors' PyTorch code."""

from __future__ import annotations

from torch import Tensor

from eegzoo.models.references.reference import Array, Reference
from eegzoo.models.references.torch_layout import (
    TRANSFORMER_LAYER,
    below,
    rename,
    split_projections,
)

# The authors' names of modules, and ours.
PLACES = {"linear_lay.0": "head.0", "linear_lay.2": "head.2"}
for theirs, ours in {
    "blck1": "first", "blck2": "first_beside", "blck3": "second", "blck4": "second_beside",
}.items():  # fmt: skip
    PLACES |= below(f"token_gen.{theirs}", ours, {"0": "0", "1": "1"})
for layer in range(2):
    PLACES |= below(f"transformer.layers.{layer}", f"transformer.{layer}", TRANSFORMER_LAYER)


def state_from(weights: dict[str, Array]) -> dict[str, Tensor]:
    """Return our state dict from the authors' weights by name."""
    return rename(split_projections(weights), PLACES)


REFERENCES = {
    "transformeeg": Reference(
        model="transformeeg",
        file="transformeeg_torch.npz",
        arguments={"n_chans": 8, "n_times": 200, "n_outputs": 3, "sfreq": 125},
        state_from=state_from,
    )
}
