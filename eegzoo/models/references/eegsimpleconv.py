"""EEG-SimpleConv in its first author's PyTorch code."""

from __future__ import annotations

from functools import partial

from eegzoo.models.references.reference import Reference
from eegzoo.models.references.torch_layout import below, rename

# The author's names of modules, and ours.
PLACES = {"conv": "front.0", "bn": "front.1", "final_layer": "head"}
for block in range(2):
    LAYERS = {name: name for name in ("0", "1", "4", "5")}
    PLACES |= below(f"blocks.{block}", f"blocks.{block}", LAYERS)

REFERENCES = {
    "eegsimpleconv": Reference(
        model="eegsimpleconv",
        file="eegsimpleconv_torch.npz",
        # At the rate of the network, because the author resamples by another filter.
        arguments={"n_chans": 22, "n_times": 320, "n_outputs": 4, "sfreq": 80},
        state_from=partial(rename, places=PLACES),
    )
}
